// Values with their unit, short enough for an axis.
const scaled = (steps) => (v) => {
  const [size, word, digits] = steps.find(([s]) => Math.abs(v) >= s) || steps.at(-1);
  return +(v / size).toFixed(digits) + (word ? " " + word : "");
};

const UNITS = {
  "": scaled([[1e9, "G", 1], [1e6, "M", 1], [1e4, "k", 0], [1e3, "k", 1], [10, "", 1], [1, "", 2], [1, "", 3]]),
  ms: scaled([[1e3, "s", 2], [10, "ms", 0], [1, "ms", 2]]),
  s: (v) => (Math.abs(v) >= 5400 ? +(v / 3600).toFixed(1) + " h" : Math.abs(v) >= 300 ? +(v / 60).toFixed(1) + " min" : +v.toFixed(Math.abs(v) < 10 ? 2 : 0) + " s"),
  "%": (v) => +v.toFixed(Math.abs(v) < 10 ? 2 : 1) + " %",
  B: scaled([[1e12, "TB", 1], [1e9, "GB", 1], [1e6, "MB", 1], [1e3, "kB", 1], [1, "B", 0]]),
};

/** A function that writes a value in `unit`; unknown units are written behind the number. */
export function format(unit) {
  return UNITS[unit || ""] || ((v) => UNITS[""](v) + " " + unit);
}
