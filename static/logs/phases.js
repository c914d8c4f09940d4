// Phases of a build or deployment, and failures, from the marks of lines. A phase reaches to the next one's start.
const STATES = { SUCCEEDED: "ok", FAILED: "fail", FAULT: "fail", TIMED_OUT: "fail", CLIENT_ERROR: "fail" };

export class Phases {
  constructor() { this.reset(); }
  reset() { this.list = []; this.failures = []; this.errorAt = -2; this.firstMs = 0; this.lastMs = 0; this.heardAt = 0; this.ended = false; }
  // The time of the newest line; while lines come, the clock runs on between them.
  heard(at) { this.lastMs = at; this.heardAt = performance.now(); }
  get nowMs() { return this.lastMs + (this.heardAt && !this.ended ? performance.now() - this.heardAt : 0); }

  // A marked line; marks come in order of their lines.
  see(n, at, mark) {
    if (mark.startsWith("phase:")) {
      this.list.push({ name: mark.slice(6), state: "", from: n, begin: at, end: 0, open: true });
    } else if (mark.startsWith("phase-end:")) {
      const [, name, status] = mark.split(":"), phase = this.list.findLast((p) => p.name === name);
      if (phase) { phase.state = STATES[(status ?? "").toUpperCase()] ?? "idle"; phase.end = at; }
    } else if (mark === "error") {
      if (n !== this.errorAt + 1) this.failures.push(n);
      this.errorAt = n;
    }
  }
  stateOf(p) { return p.state || (this.ended || p !== this.list.at(-1) ? "idle" : "run"); }
  secondsOf(p) { return Math.max(0, ((p.end || this.list[this.list.indexOf(p) + 1]?.begin || this.nowMs) - p.begin) / 1000); }
  // What the log consists of, from top to bottom: [{ phase | null, from, to }].
  sections(total) {
    const out = [], first = this.list[0]?.from ?? total;
    if (first > 0) out.push({ phase: null, from: 0, to: first });
    this.list.forEach((phase, k) => out.push({ phase, from: phase.from, to: this.list[k + 1]?.from ?? total }));
    return out;
  }
}
