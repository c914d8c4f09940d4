// Before the first paint: the theme that the user chose on the other pages; then the switch, and on a phone the
// lists as cards, whose cells need the names of their columns.
(() => {
  const chosen = document.cookie.match(/(?:^|; )theme=(light|dark)/);
  const root = document.documentElement;
  if (chosen) root.dataset.theme = chosen[1];
  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("#result_list").forEach((table) => {
      const names = [...table.querySelectorAll("thead th")].map((th) => th.querySelector(".text")?.textContent.trim() ?? "");
      table.querySelectorAll("tbody tr").forEach((row) => [...row.cells].forEach((cell, k) => { cell.dataset.label = names[k] || ""; }));
    });
  });
  // The searchable choices that Django puts over a select have no name of their own.
  const nameChoices = () => document.querySelectorAll(".select2-selection").forEach((box) => {
    const select = box.closest(".select2")?.previousElementSibling;
    const label = select?.labels?.[0]?.textContent || select?.name.split("-").pop() || "Choose";
    box.setAttribute("aria-label", label.replace(":", "").trim());
    box.querySelector("[role=textbox]")?.setAttribute("aria-label", label.replace(":", "").trim());
  });
  addEventListener("load", () => {
    nameChoices();
    document.querySelectorAll(".search-label-icon[aria-label]").forEach((icon) => icon.setAttribute("role", "img"));
  });
  document.addEventListener("formset:added", () => setTimeout(nameChoices));
  document.addEventListener("click", (e) => {
    if (!e.target.closest("[data-theme-toggle]")) return;
    const dark = root.dataset.theme === "dark" || (!root.dataset.theme && matchMedia("(prefers-color-scheme: dark)").matches);
    root.dataset.theme = dark ? "light" : "dark";
    document.cookie = `theme=${root.dataset.theme}; path=/; max-age=31536000; samesite=lax`;
  });
})();
