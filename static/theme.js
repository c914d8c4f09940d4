// Switches between light and dark and remembers it in a cookie, so that the server
// renders the next page in the right theme and nothing flashes.
const root = document.documentElement;

function remember(theme) {
  if (theme) root.dataset.theme = theme; else delete root.dataset.theme;
  document.cookie = `theme=${theme}; path=/; max-age=${theme ? 31536000 : 0}; samesite=lax`;
  document.dispatchEvent(new CustomEvent("themechange"));
}

document.addEventListener("click", (e) => {
  if (e.target.closest("[data-theme-system]")) return remember("");
  if (!e.target.closest("[data-theme-toggle]")) return;
  const dark = root.dataset.theme === "dark" ||
    (!root.dataset.theme && matchMedia("(prefers-color-scheme: dark)").matches);
  remember(dark ? "light" : "dark");
});
