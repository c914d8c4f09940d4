// Selects marked data-submit send their form at once; without scripts the form's button does.
document.addEventListener("change", (e) => e.target.closest("select[data-submit]")?.form.requestSubmit());
document.querySelectorAll("[data-script-hides]").forEach((el) => { el.hidden = true; });
