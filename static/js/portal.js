/* Small manners of the shell: dialogs, menus, the side bar, figures beside the menu, toasts, copying. All by data attributes. */
(() => {
  const opens = (id) => {
    const panel = document.getElementById(id);
    if (panel && !panel.open) panel.showModal();
  };
  const setSide = (open) => {
    document.body.classList.toggle("side-open", open);
    document.querySelector(".side-toggle")?.setAttribute("aria-expanded", String(open));
  };
  /* Kept in a cookie, so that the server already answers with the width that was chosen. */
  const foldSide = (button) => {
    const root = document.documentElement;
    const narrow = root.dataset.side !== "narrow";
    if (narrow) root.dataset.side = "narrow"; else delete root.dataset.side;
    button.setAttribute("aria-expanded", String(!narrow));
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `side=${narrow ? "narrow" : "wide"}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
  };
  const leave = (toast) => {
    toast.classList.add("leaving");
    setTimeout(() => toast.remove(), 250);
  };
  const copy = async (button) => {
    const source = document.getElementById(button.dataset.copies);
    if (!source) return;
    try {
      await navigator.clipboard.writeText(source.value ?? source.textContent);
    } catch {
      const range = document.createRange();
      range.selectNodeContents(source);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      return;
    }
    const word = button.querySelector("[data-word]");
    if (!word) return;
    const before = word.textContent;
    word.textContent = document.body.dataset.copied || "Copied";
    setTimeout(() => { word.textContent = before; }, 1600);
  };

  document.addEventListener("click", (click) => {
    const at = (selector) => click.target.closest(selector);
    for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(click.target)) menu.open = false;
    if (at("[data-opens]")) opens(at("[data-opens]").dataset.opens);
    if (at("[data-closes]")) at("dialog")?.close();
    if (click.target instanceof HTMLDialogElement) click.target.close();
    if (at(".side-toggle")) setSide(!document.body.classList.contains("side-open"));
    if (at(".side-veil")) setSide(false);
    if (at("[data-folds-side]")) foldSide(at("[data-folds-side]"));
    if (at("[data-dismisses]")) leave(at(".toast-note"));
    if (at("[data-copies]")) copy(at("[data-copies]"));
    if (at("[data-prints]")) print();
  });
  document.addEventListener("keydown", (key) => {
    if (key.key !== "Escape") return;
    for (const menu of document.querySelectorAll("details.menu[open]")) { menu.open = false; menu.querySelector("summary").focus(); }
    setSide(false);
  });
  /* A toast waits for whoever is reading it or about to press its button. */
  const stay = (toast, time) => {
    setTimeout(() => { if (toast.matches(":hover, :focus-within")) stay(toast, 2000); else leave(toast); }, time);
  };
  /* Where the menu or the parts of a page scroll sideways, the present one is in sight. */
  const reveal = () => {
    for (const here of document.querySelectorAll(".calm-nav [aria-current], .tabs [aria-current]")) {
      const strip = here.closest("ul");
      strip.scrollLeft = here.offsetLeft - (strip.clientWidth - here.offsetWidth) / 2;
    }
  };
  document.addEventListener("DOMContentLoaded", reveal);
  const greet = () => {
    for (const toast of document.querySelectorAll(".toast-note[data-leaves]:not([data-timed])")) {
      toast.dataset.timed = "yes";
      stay(toast, 1000 * (Number(toast.dataset.leaves) || 7));
    }
  };
  document.addEventListener("DOMContentLoaded", greet);
  document.addEventListener("htmx:afterSettle", greet);
  document.addEventListener("toasts:added", greet);
  /* A second click must not send a form twice; coming back to the page allows it again. */
  document.addEventListener("submit", (submit) => {
    const form = submit.target;
    if (submit.defaultPrevented || form.method === "get" || form.matches("[data-repeats], [hx-post]")) return;
    if (form.dataset.sent) submit.preventDefault();
    form.dataset.sent = "yes";
  });
  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  });
  document.addEventListener("change", (change) => {
    if (change.target.matches("[data-submits]")) change.target.form?.requestSubmit();
  });
  const offline = () => document.querySelector(".connection-note")?.removeAttribute("hidden");
  const online = () => document.querySelector(".connection-note")?.setAttribute("hidden", "");
  /* A region that asks for itself must not swallow the sign-in page once the session has ended. */
  document.addEventListener("htmx:beforeSwap", (swap) => {
    if (!swap.detail.xhr.responseURL.includes("/accounts/login/")) return;
    swap.detail.shouldSwap = false;
    location.reload();
  });
  /* The figures beside the menu follow without a reload; a page nobody looks at asks for nothing. */
  const counted = document.querySelector("[data-counts-url]");
  const showCounts = (counts) => {
    const locale = document.documentElement.lang || undefined;
    for (const mark of document.querySelectorAll("[data-count]")) {
      const { number = 0, mine = 0 } = counts[mark.dataset.count] ?? {};
      mark.hidden = !number;
      mark.textContent = number.toLocaleString(locale);
      if (mine) mark.title = mark.dataset.words.replace("{number}", number.toLocaleString(locale)).replace("{mine}", mine.toLocaleString(locale));
      else mark.removeAttribute("title");
    }
  };
  const count = async () => {
    if (document.hidden) return;
    try {
      const answer = await fetch(counted.dataset.countsUrl, { headers: { Accept: "application/json" }, redirect: "error" });
      if (answer.ok) showCounts(await answer.json());
    } catch { /* the next time will do */ }
  };
  if (counted && document.querySelector("[data-count]")) setInterval(count, 30000);
  document.addEventListener("htmx:sendError", offline);
  document.addEventListener("htmx:afterOnLoad", online);
})();
