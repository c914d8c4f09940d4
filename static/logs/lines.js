// The lines that the viewer holds: blocks of 2,000, fetched when they are looked at, the least recently used
// dropped. Lengths of all lines ever seen are kept, so that heights stay exact when texts are gone.
import { plain, width } from "./ansi.js";

export const BLOCK = 2000;
const KEEP = 40;

export class Lines {
  constructor(url, changed) {
    this.url = url; this.changed = changed; // changed(block) after a block's lines arrived
    this.total = 0; this.blocks = new Map(); this.asked = new Set(); this.clock = 0; this.failedAt = 0;
  }
  reset() { this.total = 0; this.blocks.clear(); }

  block(k) {
    let b = this.blocks.get(k);
    if (!b) this.blocks.set(k, (b = { rows: null, count: 0, widths: null, used: 0 }));
    return b;
  }
  // One line as [at, mark, text], or undefined while it is not here.
  get(n) {
    const b = this.blocks.get(Math.floor(n / BLOCK));
    if (b) b.used = ++this.clock;
    return b?.rows?.[n % BLOCK];
  }
  put(from, rows) {
    for (let k = 0; k < rows.length; ) {
      const n = from + k, number = Math.floor(n / BLOCK), b = this.block(number), at = n % BLOCK;
      const some = Math.min(BLOCK - at, rows.length - k);
      b.rows ??= new Array(BLOCK);
      b.widths ??= new Uint32Array(BLOCK);
      for (let i = 0; i < some; i++) {
        if (!b.rows[at + i]) b.count++;
        if (rows[k + i][2].includes("\n")) rows[k + i][2] = rows[k + i][2].trimEnd().replaceAll("\n", "␊");
        b.rows[at + i] = rows[k + i];
        b.widths[at + i] = width(plain(rows[k + i][2]));
      }
      b.used = ++this.clock;
      this.changed(number);
      k += some;
    }
    this.total = Math.max(this.total, from + rows.length);
    this.evict();
  }
  evict() {
    const held = [...this.blocks.values()].filter((b) => b.rows);
    if (held.length <= KEEP) return;
    held.sort((a, b) => a.used - b.used);
    for (const b of held.slice(0, held.length - KEEP)) { b.rows = null; b.count = 0; }
  }
  whole(k) { return (this.blocks.get(k)?.count ?? 0) >= Math.min(BLOCK, this.total - k * BLOCK); }

  // Fetch what is missing of lines a…b; resolves when it is here.
  async want(a, b) {
    const jobs = [];
    for (let k = Math.floor(a / BLOCK); k <= Math.floor(Math.max(a, b - 1) / BLOCK); k++)
      if (k * BLOCK < this.total && !this.whole(k) && !this.asked.has(k) && Date.now() - this.failedAt > 1000) jobs.push(this.fetch(k));
    await Promise.all(jobs);
  }
  async fetch(k) {
    this.asked.add(k);
    try {
      for (let from = k * BLOCK, stop = Math.min(from + BLOCK, this.total); from < stop; ) {
        const answer = await fetch(`${this.url}?from=${from}&limit=${stop - from}`);
        if (!answer.ok) throw new Error(answer.status);
        const page = await answer.json();
        if (!page.lines.length) break;
        this.put(page.from, page.lines);
        from = page.from + page.lines.length;
      }
    } catch { this.failedAt = Date.now(); setTimeout(() => this.changed(k), 1500); } finally { this.asked.delete(k); }
  }
}
