/* Small manners of the shell: dialogs, menus, the side bar on phones, toasts, copying. All by data attributes. */
(() => {
  const opens = (id) => {
    const panel = document.getElementById(id);
    if (panel && !panel.open) panel.showModal();
  };
  const setSide = (open) => {
    document.body.classList.toggle("side-open", open);
    document.querySelector(".side-toggle")?.setAttribute("aria-expanded", String(open));
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
    word.textContent = "Copied";
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
    if (at("[data-dismisses]")) leave(at(".toast-note"));
    if (at("[data-copies]")) copy(at("[data-copies]"));
    if (at("[data-prints]")) print();
  });
  document.addEventListener("keydown", (key) => {
    if (key.key !== "Escape") return;
    for (const menu of document.querySelectorAll("details.menu[open]")) { menu.open = false; menu.querySelector("summary").focus(); }
    setSide(false);
  });
  const greet = () => {
    for (const toast of document.querySelectorAll(".toast-note[data-leaves]:not([data-timed])")) {
      toast.dataset.timed = "yes";
      setTimeout(() => leave(toast), 7000);
    }
  };
  document.addEventListener("DOMContentLoaded", greet);
  document.addEventListener("htmx:afterSettle", greet);
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
  document.addEventListener("htmx:sendError", offline);
  document.addEventListener("htmx:afterOnLoad", online);
})();
