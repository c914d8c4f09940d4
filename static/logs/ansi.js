// Terminal colours: "\x1b[1;31mtext" becomes pieces of text with class names. 16 colours, bold and dim are
// kept, 256 and true colours go to the nearest of them, everything else is dropped.
const NAMES = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];
const SEQUENCE = /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\^_])/g;
const COLOUR = /^\x1b\[([0-9;]*)m$/;
const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/g;

export function plain(text) {
  return (text.includes("\x1b") ? text.replace(SEQUENCE, "") : text).replaceAll("\t", "    ");
}

// How many columns a monospaced font needs.
export function width(text) {
  return text.length + (/[^\x00-\u10ff]/.test(text) ? (text.match(WIDE)?.length ?? 0) : 0);
}

function nearest(r, g, b) {
  const top = Math.max(r, g, b);
  if (top < 40) return "black";
  const on = (v) => v > top * 0.6;
  return NAMES[(on(r) ? 1 : 0) + (on(g) ? 2 : 0) + (on(b) ? 4 : 0)];
}

function of256(n) {
  if (n < 16) return NAMES[n % 8];
  if (n >= 232) return n < 238 ? "black" : "white";
  const level = (v) => (v ? 55 + v * 40 : 0);
  return nearest(level(Math.floor((n - 16) / 36)), level(Math.floor((n - 16) / 6) % 6), level((n - 16) % 6));
}

function apply(style, codes) {
  for (let k = 0; k < codes.length; k++) {
    const c = codes[k];
    if (c === 0) { style.fg = ""; style.bold = style.dim = false; }
    else if (c === 1) style.bold = true;
    else if (c === 2) style.dim = true;
    else if (c === 22) style.bold = style.dim = false;
    else if (c === 39) style.fg = "";
    else if (c >= 30 && c <= 37) style.fg = NAMES[c - 30];
    else if (c >= 90 && c <= 97) style.fg = NAMES[c - 90];
    else if (c === 38 || c === 48) {
      const rgb = codes[k + 1] === 2, name = rgb ? nearest(...codes.slice(k + 2, k + 5)) : of256(codes[k + 2] ?? 0);
      if (c === 38) style.fg = name;
      k += rgb ? 4 : 2;
    }
  }
}

export function ansi(raw) {
  if (!raw.includes("\x1b")) return [{ text: raw.replaceAll("\t", "    "), cls: "" }];
  const out = [], style = { fg: "", bold: false, dim: false };
  let at = 0;
  const piece = (text) => {
    if (text) out.push({ text: text.replaceAll("\t", "    "), cls: [style.fg && "a-" + style.fg, style.bold && "b", style.dim && "dim"].filter(Boolean).join(" ") });
  };
  for (const match of raw.matchAll(SEQUENCE)) {
    piece(raw.slice(at, match.index));
    at = match.index + match[0].length;
    const colour = COLOUR.exec(match[0]);
    if (colour) apply(style, (colour[1] || "0").split(";").map(Number));
  }
  piece(raw.slice(at));
  return out;
}
