// Lines of a file: #L10 or #L10-L20 marks them, a click on a number sets one, Shift and a click
// make it a range. The permalink follows, so that it names the same lines.
const table = document.getElementById("code");
const permalink = document.querySelector("[data-permalink]");
const address = permalink?.getAttribute("href");

function range() {
  const found = /^#L(\d+)(?:-L(\d+))?$/.exec(location.hash);
  if (!found) return null;
  const [a, b] = [Number(found[1]), Number(found[2] || found[1])];
  return [Math.min(a, b), Math.max(a, b)];
}

function show(scroll) {
  table.querySelectorAll("[data-on]").forEach((row) => delete row.dataset.on);
  const chosen = range();
  if (permalink) permalink.href = address + (chosen ? location.hash : "");
  if (!chosen) return;
  for (let n = chosen[0]; n <= Math.min(chosen[1], chosen[0] + 5000); n++) {
    const row = document.getElementById(`L${n}`);
    if (row) row.dataset.on = "";
  }
  if (scroll) document.getElementById(`L${chosen[0]}`)?.scrollIntoView({ block: "center" });
}

if (table) {
  table.addEventListener("click", (event) => {
    const number = event.target.closest("[data-n]");
    const chosen = range();
    if (!number || !event.shiftKey || !chosen) return;
    event.preventDefault();
    history.replaceState(null, "", `#L${chosen[0]}-L${number.dataset.n}`);
    show(false);
  });
  addEventListener("hashchange", () => show(false));
  show(true);
}
