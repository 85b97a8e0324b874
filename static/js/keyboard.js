/* Keyboard: "/" to search, "?" for help, j and k through the rows of a table, Enter to open one. */
(() => {
  const typing = (target) => target.closest?.("input, textarea, select, [contenteditable]");
  const rows = () => [...document.querySelectorAll("table.rows[data-walks] tbody tr")];
  const chosen = () => document.querySelector("table.rows[data-walks] tr.chosen");
  const step = (by) => {
    const all = rows();
    if (!all.length) return;
    const now = all.indexOf(chosen());
    const next = all[Math.min(Math.max(now + by, 0), all.length - 1)];
    for (const row of all) row.classList.remove("chosen");
    next.classList.add("chosen");
    next.scrollIntoView({ block: "nearest" });
  };
  document.addEventListener("keydown", (key) => {
    if (key.ctrlKey || key.metaKey || key.altKey || typing(key.target) || document.querySelector("dialog[open]")) return;
    const does = {
      "/": () => document.querySelector("[data-search]")?.focus(),
      "?": () => document.getElementById("keyboard-help")?.showModal(),
      j: () => step(1),
      k: () => step(-1),
      Enter: () => !key.target.closest("a, button, summary") && chosen()?.querySelector("a[href]")?.click(),
    }[key.key];
    if (!does) return;
    if (key.key !== "Enter") key.preventDefault();
    does();
  });
})();
