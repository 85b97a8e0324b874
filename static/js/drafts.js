/* Nothing typed is lost: what is typed into a form is kept in this tab until the form has done its work. It comes back when
   the session ended meanwhile and after a page was left by accident; secrets are never kept. Forms opt out with data-no-draft. */
(() => {
  const person = document.body.dataset.person;
  const PREFIX = "draft:";
  const isEntrance = document.body.classList.contains("entrance-page");
  const SECRET = /passw|secret|token|credential|api.?key|^code$|otp/i;
  const store = (() => { try { return window.sessionStorage; } catch { return null; } })();
  if (!store) return;

  const keys = () => Object.keys(store).filter((key) => key.startsWith(PREFIX));
  const read = (key) => { try { return JSON.parse(store.getItem(key)); } catch { return null; } };
  const write = (key, draft) => { try { store.setItem(key, JSON.stringify(draft)); } catch { /* the tab's store is full */ } };
  const change = (key, changes) => { const draft = read(key); if (draft) write(key, { ...draft, ...changes }); };

  document.addEventListener("submit", (submit) => {
    if (submit.target.matches("[data-signs-out]")) for (const key of keys()) store.removeItem(key);
  });

  /* A form that was sent and led to the sign-in page has not done its work. */
  if (isEntrance || !person) {
    for (const key of keys()) if (read(key)?.sent) change(key, { sent: false });
    return;
  }

  const isKept = (field) => field.name && !["password", "file", "hidden", "submit", "button", "reset"].includes(field.type)
    && !SECRET.test(field.name) && !field.closest("[data-no-draft]") && field.autocomplete !== "one-time-code" && field.dataset.secret === undefined;
  const fieldsOf = (form) => [...form.elements].filter(isKept);
  const valueOf = (field) => (["checkbox", "radio"].includes(field.type) ? field.checked : field.multiple ? [...field.selectedOptions].map((one) => one.value) : field.value);
  const nameOf = (field) => (["checkbox", "radio"].includes(field.type) ? `${field.name}=${field.value}` : field.name);
  const valuesOf = (form) => {
    const values = {};
    const seen = {};
    for (const field of fieldsOf(form)) {
      const name = nameOf(field);
      seen[name] = (seen[name] ?? -1) + 1;
      values[seen[name] ? `${name}#${seen[name]}` : name] = valueOf(field);
    }
    return values;
  };
  const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);
  const forms = () => [...document.querySelectorAll("form")].filter((form) => form.method === "post" && !form.matches("[data-no-draft]") && fieldsOf(form).length);
  const place = location.pathname + location.search;
  const keyOf = (form) => {
    const action = form.getAttribute("action") || "";
    const twins = forms().filter((one) => (one.getAttribute("action") || "") === action);
    return `${PREFIX}${person}:${place}:${action}:${twins.indexOf(form)}`;
  };
  const bases = new WeakMap();

  const put = (form, values) => {
    const seen = {};
    for (const field of fieldsOf(form)) {
      const name = nameOf(field);
      seen[name] = (seen[name] ?? -1) + 1;
      const value = values[seen[name] ? `${name}#${seen[name]}` : name];
      if (value === undefined || same(value, valueOf(field))) continue;
      if (typeof value === "boolean") field.checked = value;
      else if (Array.isArray(value)) for (const option of field.options) option.selected = value.includes(option.value);
      else field.value = value;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
  };
  const announce = (form, key) => {
    const notice = document.getElementById("draft-notice")?.content.firstElementChild?.cloneNode(true);
    if (!notice) return;
    notice.querySelector("[data-forgets-draft]").addEventListener("click", () => {
      store.removeItem(key);
      form.reset();
      put(form, bases.get(form));
      store.removeItem(key);
      notice.remove();
    });
    form.prepend(notice);
    form.closest("dialog:not([open])")?.showModal();
  };
  const restore = (form) => {
    const key = keyOf(form);
    const draft = read(key);
    const now = valuesOf(form);
    bases.set(form, now);
    if (!draft) return;
    const cameBack = ["back_forward", "reload"].includes(performance.getEntriesByType("navigation")[0]?.type);
    // A form that comes back from the server shows what was typed itself; one whose record changed meanwhile is not overwritten.
    if ((draft.sent && !cameBack) || !same(draft.base, now) || same(draft.values, now)) {
      store.removeItem(key);
      return;
    }
    put(form, draft.values);
    change(key, { sent: false });
    announce(form, key);
  };
  /* Whatever was sent from another page has arrived somewhere by now. */
  for (const key of keys()) {
    const draft = read(key);
    if (!draft || !key.startsWith(`${PREFIX}${person}:`) || (draft.sent && draft.place !== place)) store.removeItem(key);
  }
  const begin = (within) => { for (const form of forms()) if (within.contains(form) && !bases.has(form)) restore(form); };
  begin(document);
  document.addEventListener("htmx:afterSettle", (settled) => begin(settled.target));

  const isChanged = (form) => bases.has(form) && !same(bases.get(form), valuesOf(form));
  let leaving = false;
  document.addEventListener("input", (input) => {
    const form = input.target.form;
    if (!form || !bases.has(form) || !isKept(input.target)) return;
    const key = keyOf(form);
    if (isChanged(form)) write(key, { place, base: bases.get(form), values: valuesOf(form), sent: false });
    else store.removeItem(key);
  });
  document.addEventListener("submit", (submit) => {
    if (submit.defaultPrevented || !bases.has(submit.target)) return;
    leaving = true;
    change(keyOf(submit.target), { sent: true });
  });
  /* A part of the page that was sent by htmx and accepted has done its work. */
  document.addEventListener("htmx:afterRequest", (request) => {
    const form = request.detail.elt?.closest?.("form");
    if (form && bases.has(form) && request.detail.successful) {
      store.removeItem(keyOf(form));
      bases.set(form, valuesOf(form));
    }
  });
  /* The server sends the page elsewhere, to the sign-in page perhaps: nothing to ask about. */
  document.addEventListener("htmx:beforeOnLoad", (answer) => {
    if (answer.detail.xhr.getResponseHeader("HX-Redirect")) leaving = true;
  });
  addEventListener("pageshow", () => { leaving = false; });
  addEventListener("beforeunload", (unload) => {
    // A search or a switch that sends itself is not something to lose.
    const open = forms().some((form) => isChanged(form) && !form.querySelector("[data-submits]") && form.offsetParent !== null);
    if (!leaving && open) unload.preventDefault();
  });
})();
