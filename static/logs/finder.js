// Search: the server scans what is stored and streams line numbers; lines that arrive later are looked at here.
import { plain } from "./ansi.js";

export class Finder {
  constructor(url, changed) { this.url = url; this.changed = changed; this.clear(); }
  clear() { this.abort?.abort(); this.text = ""; this.hits = []; this.at = -1; this.busy = this.cut = false; this.upTo = 0; }

  // Lines from `total` on are given to `see`.
  async find(text, total) {
    this.clear();
    if (!text) return this.changed();
    const abort = (this.abort = new AbortController());
    this.text = text; this.busy = true; this.upTo = total;
    this.changed();
    try {
      const answer = await fetch(`${this.url}?q=${encodeURIComponent(text)}`, { signal: abort.signal });
      for await (const row of rows(answer.body)) {
        if (row.done) this.cut = row.cut;
        if (!row.numbers) continue;
        this.hits = this.hits.filter((n) => n < total).concat(row.numbers.filter((n) => n < total), this.hits.filter((n) => n >= total));
        this.changed();
      }
    } catch (error) {
      if (error.name === "AbortError") return;
      this.failed = true;
    }
    this.busy = false;
    this.changed();
  }
  see(from, lines) {
    if (!this.text) return;
    const low = this.text.toLowerCase();
    lines.forEach((l, k) => { if (from + k >= this.upTo && plain(l[2]).toLowerCase().includes(low)) this.hits.push(from + k); });
    this.upTo = Math.max(this.upTo, from + lines.length);
  }
  step(d) {
    if (!this.hits.length) return -1;
    this.at = this.at < 0 ? (d < 0 ? this.hits.length - 1 : 0) : (this.at + d + this.hits.length) % this.hits.length;
    return this.hits[this.at];
  }
  get line() { return this.hits[this.at] ?? -1; }
  get words() {
    if (!this.text) return "";
    if (!this.hits.length) return this.busy ? "…" : "none";
    return `${this.at < 0 ? "" : (this.at + 1).toLocaleString("en") + " of "}${this.hits.length.toLocaleString("en")}${this.busy ? "…" : this.cut ? "+" : ""}`;
  }
}

async function* rows(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const parts = (rest + value).split("\n");
    rest = parts.pop();
    for (const part of parts) yield JSON.parse(part);
  }
}
