// Where each line lies, however many there are, without measuring: the font is monospaced, so a wrapped line
// takes ceil(characters / columns) rows. Lines that were never seen count as one row until they are.
import { BLOCK } from "./lines.js";

export class Layout {
  constructor(lines, H, HEAD) {
    this.lines = lines; this.H = H; this.HEAD = HEAD;
    this.wrap = false; this.columns = 80; this.widest = 0; this.sections = []; this.height = 0;
    this.sums = new Map(); this.before = [0]; // rows inside each block, rows before each block
  }
  // Recount: after a change of columns (all), or of one block.
  touch(k) {
    if (k === undefined) { this.sums.clear(); this.before.length = 1; return; }
    this.sums.delete(k);
    this.before.length = Math.min(this.before.length, k + 1);
    const w = this.lines.blocks.get(k)?.widths;
    if (w) for (const v of w) if (v > this.widest) this.widest = v;
  }
  sum(k) {
    let s = this.sums.get(k);
    if (!s) {
      const w = this.lines.blocks.get(k)?.widths;
      if (!w) return null;
      s = new Uint32Array(BLOCK + 1);
      for (let i = 0; i < BLOCK; i++) s[i + 1] = s[i] + Math.max(1, Math.ceil(w[i] / this.columns));
      this.sums.set(k, s);
    }
    return s;
  }
  rowsBeforeBlock(k) {
    for (let j = this.before.length; j <= k; j++) this.before[j] = this.before[j - 1] + (this.sum(j - 1)?.[BLOCK] ?? BLOCK);
    return this.before[k];
  }
  // Rows that lines 0…n-1 take, as if no phase were folded.
  rows(n) {
    if (!this.wrap) return n;
    const k = Math.floor(n / BLOCK), i = n % BLOCK;
    return this.rowsBeforeBlock(k) + (i ? this.sum(k)?.[i] ?? i : 0);
  }
  lineOfRow(r) {
    if (!this.wrap) return r;
    let a = 0, b = Math.floor(Math.max(0, this.lines.total - 1) / BLOCK);
    while (a < b) { const m = (a + b + 1) >> 1; this.rowsBeforeBlock(m) <= r ? (a = m) : (b = m - 1); }
    const rest = r - this.rowsBeforeBlock(a), s = this.sum(a);
    if (!s) return a * BLOCK + rest;
    let lo = 0, hi = BLOCK - 1;
    while (lo < hi) { const m = (lo + hi + 1) >> 1; s[m] <= rest ? (lo = m) : (hi = m - 1); }
    return a * BLOCK + lo;
  }
  // Lay the sections ({ phase, from, to }) one below the other.
  place(sections) {
    let y = 0;
    for (const s of sections) {
      s.top = y;
      if (s.phase) y += this.HEAD;
      s.start = y;
      if (!s.phase || s.phase.open) y += this.H * (this.rows(s.to) - this.rows(s.from));
      s.bottom = y;
    }
    this.sections = sections; this.height = y;
  }
  sectionOf(n) { return this.sections.findLast((s) => s.from <= n); }
  sectionAt(y) { return this.sections.findLast((s) => s.top <= y) ?? this.sections[0]; }
  // The top of a line, or -1 when it is folded away.
  top(n) {
    const s = this.sectionOf(n);
    return !s || (s.phase && !s.phase.open) ? -1 : s.start + this.H * (this.rows(n) - this.rows(s.from));
  }
  lineAt(s, y) {
    const n = this.lineOfRow(this.rows(s.from) + Math.max(0, Math.floor((y - s.start) / this.H)));
    return Math.min(Math.max(n, s.from), s.to - 1);
  }
  // What shows between two heights: [{ phase, top } | { n, top }…].
  between(a, b) {
    const out = [];
    for (let k = this.sections.indexOf(this.sectionAt(a)); k >= 0 && k < this.sections.length; k++) {
      const s = this.sections[k];
      if (s.top > b) break;
      if (s.phase && s.start > a) out.push({ phase: s.phase, top: s.top });
      if (s.bottom <= s.start || s.bottom <= a) continue;
      for (let n = this.lineAt(s, a); n < s.to; n++) {
        const top = s.start + this.H * (this.rows(n) - this.rows(s.from));
        if (top > b) break;
        out.push({ n, top });
      }
    }
    return out;
  }
}
