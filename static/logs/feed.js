// The log's WebSocket: opens at the first line that is not here yet, and again with back-off after a loss, so
// that no line is missed or shown twice. Where sockets do not get through it asks by HTTP instead.
export class Feed {
  // on = { next(): number, frame(from, rows, total), ended(), state(word), reset() }
  constructor(stream, url, on) {
    this.stream = stream; this.url = url; this.on = on; this.attempts = 0; this.over = false;
    addEventListener("online", () => this.hurry());
    document.addEventListener("visibilitychange", () => document.hidden || this.hurry());
  }
  open() {
    if (this.over || (this.socket && this.socket.readyState <= WebSocket.OPEN)) return;
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/ws/logs/${this.stream}/?from=${this.on.next()}`);
    this.socket = socket;
    socket.onmessage = (message) => socket === this.socket && this.take(JSON.parse(message.data));
    socket.onclose = (close) => socket === this.socket && this.closed(close.code);
  }
  take(frame) {
    this.attempts = 0;
    this.on.state("live");
    const next = this.on.next();
    if (frame.from > next || (frame.from < next && !frame.lines.length && !frame.ended)) {
      if (frame.from < next) this.on.reset();
      return this.socket.close();
    }
    this.on.frame(next, frame.lines.slice(next - frame.from), frame.total);
    if (frame.ended) { this.over = true; this.on.ended(); }
  }
  closed(code) {
    if (this.over) return;
    const word = { 4401: "signed-out", 4403: "denied", 4404: "gone" }[code];
    if (word) { this.over = true; return this.on.state(word); }
    this.on.state("lost");
    if (this.attempts >= 3) this.poll();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.open(), Math.min(10000, 200 * 2 ** this.attempts++) * (0.75 + Math.random() / 2));
  }
  stop() { this.over = true; clearTimeout(this.timer); this.socket?.close(); }
  hurry() { if (!this.over) { this.attempts = 0; clearTimeout(this.timer); this.open(); } }
  async poll() {
    try {
      const page = await (await fetch(`${this.url}?from=${this.on.next()}`)).json();
      const next = this.on.next();
      if (page.from <= next) this.on.frame(next, page.lines.slice(next - page.from), page.total);
      if (page.ended && this.on.next() >= page.total) { this.over = true; clearTimeout(this.timer); this.on.ended(); }
    } catch { /* the server is away too; the socket's timer tries again */ }
  }
}
