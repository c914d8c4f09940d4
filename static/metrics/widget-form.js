// Shows the fields that the chosen kind of widget needs; without scripts all are shown.
document.querySelectorAll("[data-widget-form]").forEach((form) => {
  const kind = form.elements.kind;
  const show = () => form.querySelectorAll("[data-for]").forEach((part) => {
    part.hidden = !part.dataset.for.split(" ").includes(kind.value);
  });
  kind.addEventListener("change", show);
  show();
});
