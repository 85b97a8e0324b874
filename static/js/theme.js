/* Light or dark: the choice is kept in a cookie the server reads; without one the system's setting is followed.
   Loaded in the head without defer, so that no page is painted in the wrong theme first. */
(() => {
  const root = document.documentElement;
  const wished = matchMedia("(prefers-color-scheme: dark)");
  const follow = () => { root.dataset.bsTheme = wished.matches ? "dark" : "light"; };
  if (root.dataset.theme === "system") {
    follow();
    wished.addEventListener("change", () => { if (root.dataset.theme === "system") follow(); });
  }
  document.addEventListener("click", (click) => {
    if (!click.target.closest("[data-toggles-theme]")) return;
    const theme = root.dataset.bsTheme === "dark" ? "light" : "dark";
    root.dataset.bsTheme = root.dataset.theme = theme;
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `theme=${theme}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
  });
})();
