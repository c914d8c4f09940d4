// Buttons elsewhere lead here by #approve and #reject: open the sheet on a phone, the form on a desk.
const sheet = { "#approve": "sheet-ok", "#reject": "sheet-no" }[location.hash];
const dialog = sheet && document.getElementById(sheet);
document.documentElement.dataset.js = "";
if (dialog) {
  if (matchMedia("(width < 720px)").matches) dialog.showModal();
  else document.getElementById("cmt-w")?.focus();
}
