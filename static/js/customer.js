/* A customer's systems and flows: as a picture or as a list. The choice is kept in this browser; without one a phone shows the list. */
(() => {
  const KEY = "landscape-view";
  const landscape = document.querySelector("[data-landscape]");
  if (!landscape) return;
  const buttons = landscape.querySelectorAll("[data-landscape-view]");
  const narrow = matchMedia("(max-width: 40rem)");
  const kept = () => { try { return localStorage.getItem(KEY); } catch { return null; } };
  const show = () => {
    const view = kept() ?? (narrow.matches ? "list" : "picture");
    landscape.dataset.view = view;
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.landscapeView === view));
  };
  for (const button of buttons) {
    button.addEventListener("click", () => {
      try { localStorage.setItem(KEY, button.dataset.landscapeView); } catch { /* the choice is then for this page only */ }
      show();
      if (!kept()) landscape.dataset.view = button.dataset.landscapeView;
    });
  }
  narrow.addEventListener("change", show);
  show();
})();
