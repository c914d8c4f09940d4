// The pipeline page: choosing an execution in "Actions of" shows it at once. Delegated, because
// the part is replaced while the page lives.
document.addEventListener("change", (event) => {
  const field = event.target.closest("[data-submit]");
  if (field) field.form.requestSubmit();
});
