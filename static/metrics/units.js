// Values with their unit, short enough for an axis.
// A step is [from this magnitude on, divide by, word, digits].
const scaled = (steps) => (v) => {
  const [, size, word, digits] = steps.find(([from]) => Math.abs(v) >= from) || steps.at(-1);
  return +(v / size).toFixed(digits) + (word ? " " + word : "");
};

const UNITS = {
  "": scaled([[1e9, 1e9, "G", 1], [1e6, 1e6, "M", 1], [1e4, 1e3, "k", 0], [1e3, 1e3, "k", 1], [10, 1, "", 1], [1, 1, "", 2], [0, 1, "", 3]]),
  ms: scaled([[1e3, 1e3, "s", 2], [10, 1, "ms", 0], [0, 1, "ms", 2]]),
  s: scaled([[5400, 3600, "h", 1], [300, 60, "min", 1], [10, 1, "s", 0], [0, 1, "s", 2]]),
  "%": scaled([[10, 1, "%", 1], [0, 1, "%", 2]]),
  B: scaled([[1e12, 1e12, "TB", 1], [1e9, 1e9, "GB", 1], [1e6, 1e6, "MB", 1], [1e3, 1e3, "kB", 1], [0, 1, "B", 0]]),
};

/** A function that writes a value in `unit`; unknown units are written behind the number. */
export function format(unit) {
  return UNITS[unit || ""] || ((v) => UNITS[""](v) + " " + unit);
}
