// Before the first paint: the theme that the user chose on the other pages; then the switch.
(() => {
  const chosen = document.cookie.match(/(?:^|; )theme=(light|dark)/);
  const root = document.documentElement;
  if (chosen) root.dataset.theme = chosen[1];
  document.addEventListener("click", (e) => {
    if (!e.target.closest("[data-theme-toggle]")) return;
    const dark = root.dataset.theme === "dark" || (!root.dataset.theme && matchMedia("(prefers-color-scheme: dark)").matches);
    root.dataset.theme = dark ? "light" : "dark";
    document.cookie = `theme=${root.dataset.theme}; path=/; max-age=31536000; samesite=lax`;
  });
})();
