// Scrolls heights beyond what browsers can lay out (about 17 million pixels): the bar is then proportional, while
// wheel and keys still move line by line. Below the limit it is plain native scrolling.
const LIMIT = 8_000_000;

export class Scroller {
  constructor(box, pad) { this.box = box; this.pad = pad; this.height = 0; this.real = 0; this.shift = 0; this.last = 0; this.timer = 0; }
  get room() { return this.box.clientHeight; }
  get top() { return this.box.scrollTop + this.shift; }
  get max() { return Math.max(0, this.height - this.room); }

  resize(height) {
    const top = this.top;
    this.height = height;
    this.real = Math.min(height, LIMIT);
    this.pad.style.height = this.real + "px";
    if (this.real === height) { if (this.shift) { this.shift = 0; this.to(top); } return; }
    this.to(top);
  }
  barOf(top) { return this.max ? (top / this.max) * (this.real - this.room) : 0; }
  to(top) {
    top = Math.min(Math.max(0, top), this.max);
    this.box.scrollTop = this.real === this.height ? top : this.barOf(top);
    this.shift = this.real === this.height ? 0 : top - this.box.scrollTop;
    this.last = this.box.scrollTop;
  }
  // Call on every scroll event: whether it was the reader who scrolled.
  moved() {
    const s = this.box.scrollTop, d = s - this.last, span = this.real - this.room;
    if (Math.abs(d) < 1) return false;
    this.last = s;
    if (this.real === this.height) return true;
    let top = Math.abs(d) > 2 * this.room ? (s / span) * this.max : s + this.shift;
    top = Math.min(Math.max(0, top), this.max);
    this.shift = top - s;
    clearTimeout(this.timer);
    const edge = (s <= 0 && top > 0) || (s >= span - 1 && top < this.max);
    if (edge) this.to(top); else this.timer = setTimeout(() => this.to(this.top), 200);
    return true;
  }
}
