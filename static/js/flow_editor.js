/* The flow editor: what is typed is saved by itself, steps are walked with the keys, and nothing that is being typed moves.
   Without this script every form sends itself. Keys: arrows walk, Enter edits, Escape goes back, Alt with an arrow moves a step,
   Delete removes it, Ctrl+Z undoes, Ctrl+Shift+Z redoes. */
(() => {
  const root = document.getElementById("flow-editor");
  if (!root) return;
  const PAUSE = 700; // milliseconds without a key before what was typed is saved
  const AGAIN = 5000; // until a save that met no server is tried again
  const MADE_FROM = ["seen", "live", "draft"]; // what every change says it was made from
  const LOOK = 15000; // how often is looked for others' changes
  const find = (selector, within = root) => within.querySelector(selector);
  const all = (selector, within = root) => [...within.querySelectorAll(selector)];
  const part = (name, within = root) => find(`[data-part="${name}"]`, within);
  const columns = (within = root) => find("[data-seen]", within);
  const form = () => find("form[data-autosaves]");
  const links = () => all(".way-link");
  const typing = (target) => target.closest?.("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");

  /* --- what is shown ------------------------------------------------------------------------------------------- */
  const say = (words) => {
    const says = find("[data-says]");
    if (says) says.textContent = words;
  };
  const lost = (words) => { find("[data-state]")?.classList.add("is-lost"); say(words); };
  const keepingFocus = (change) => {
    const { activeElement: here } = document;
    const held = here?.classList.contains("way-link");
    const [id, start, end, top] = [here?.id, here?.selectionStart, here?.selectionEnd, window.scrollY];
    const [open, chosen] = [all("details[open][id]").map((one) => one.id), columns().dataset.chosen];
    change();
    if (columns().dataset.chosen !== chosen) { // another step: its form is read from its beginning
      part("form").scrollTop = 0;
      if (held) document.getElementById(id)?.focus({ preventScroll: true });
      window.scrollTo({ top });
      return;
    }
    for (const one of open) document.getElementById(one)?.setAttribute("open", "");
    const again = id ? document.getElementById(id) : null;
    if (again && again !== document.activeElement) {
      again.focus({ preventScroll: true });
      if (typeof start === "number" && again.setSelectionRange) try { again.setSelectionRange(start, end); } catch { /* a control without a caret */ }
    }
    window.scrollTo({ top });
  };
  const toast = (answer) => {
    const here = document.getElementById("toasts");
    const fresh = answer.getElementById("toasts");
    if (here && fresh) here.append(...fresh.children);
    fresh?.remove();
    document.dispatchEvent(new Event("toasts:added"));
  };
  const adopt = (name, answer) => part(name).replaceChildren(...part(name, answer).childNodes);
  const about = (answer) => {
    const { seen, live, draft, chosen } = columns(answer).dataset;
    Object.assign(columns().dataset, { seen, live, draft, chosen });
    for (const name of MADE_FROM) for (const field of all(`input[name="${name}"]`)) field.value = columns().dataset[name];
  };
  /* What another changed of the same step comes back with the answer: it is put in place, but for what was typed meanwhile,
     which is offered beside it. How the server writes a value ("1,5" as "1, 5") is no change. */
  const valueOf = (control) => (["checkbox", "radio"].includes(control.type) ? control.checked : control.value);
  const put = (control, value) => { if (typeof value === "boolean") control.checked = value; else control.value = value; };
  const loose = (value) => (typeof value === "string" ? value.replace(/\s+/g, "").replaceAll(";", ",").replace(/^0+(?=\d)/, "") : value);
  const shownOnes = (of) => [...of.elements].filter((control) => control.id && control.type !== "hidden");
  const offer = (control, mine) => {
    const note = find("template[data-overtaken]").content.firstElementChild.cloneNode(true);
    find("[data-mine]", note).textContent = mine;
    find("button", note).addEventListener("click", () => {
      put(control, mine);
      note.remove();
      control.dispatchEvent(new Event("input", { bubbles: true }));
    });
    control.after(note);
  };
  const meet = (posted, answer) => {
    for (const control of shownOnes(form())) {
      const theirs = answer.getElementById(control.id);
      if (!posted.has(control) || (!theirs && !control.closest("[data-row]"))) continue;
      const [sent, mine, now] = [posted.get(control), valueOf(control), theirs ? valueOf(theirs) : ""];
      if (theirs?.tagName === "SELECT" && theirs.innerHTML !== control.innerHTML) {
        control.replaceChildren(...theirs.cloneNode(true).childNodes);
        put(control, mine);
      }
      if (loose(now) === loose(sent)) continue;
      put(control, now);
      if (mine !== sent && loose(mine) !== loose(now)) offer(control, mine);
    }
  };
  /* The answer to what was typed: everything but the controls themselves, which may hold more than what was sent. */
  const follow = (answer, posted) => keepingFocus(() => {
    for (const name of ["bar", "notices", "way"]) adopt(name, answer);
    about(answer);
    for (const entry of all("[data-entry]", answer)) {
      const here = find(`[data-entry="${CSS.escape(entry.dataset.entry)}"]`);
      if (!here) continue;
      const [was, now] = [find('[id$="_error"]', here), find('[id$="_error"]', entry)];
      if (was && now) was.replaceWith(now); else if (was) was.remove(); else if (now) find(".field, fieldset", here).append(now);
      const [control, shown] = [find("[name]", here), find("[name]", entry)];
      for (const mark of ["aria-invalid", "aria-describedby"]) {
        if (shown?.hasAttribute(mark)) control?.setAttribute(mark, shown.getAttribute(mark)); else control?.removeAttribute(mark);
      }
      control?.classList.toggle("is-invalid", Boolean(shown?.classList.contains("is-invalid")));
      for (const row of all("[data-row]", entry).slice(all("[data-row]", here).length)) all("[data-row]", here).at(-1).after(row.cloneNode(true));
    }
    meet(posted, answer);
    for (const list of all("datalist", answer)) document.getElementById(list.id)?.replaceChildren(...list.childNodes);
    const title = find("#step-title");
    const named = find("#step-title", answer);
    if (title && named) title.replaceChildren(...named.childNodes);
    drawn();
  });
  const replace = (answer) => keepingFocus(() => {
    for (const name of ["bar", "notices", "way", "form"]) adopt(name, answer);
    about(answer);
    began();
  });

  /* --- the ways of deciding steps, drawn at the side of the picture ---------------------------------------------- */
  const drawn = () => {
    const way = part("way");
    const list = find(".way", way);
    find("svg.way-ways-drawn", way)?.remove();
    if (!list) return;
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("class", "way-ways-drawn");
    svg.setAttribute("aria-hidden", "true");
    const box = way.getBoundingClientRect();
    let lane = 0;
    for (const from of all("[data-ways]", list)) {
      for (const to of from.dataset.ways.trim().split(/\s+/).filter(Boolean)) {
        const goal = find(`[data-step="${CSS.escape(to)}"]`, list);
        if (!goal) continue;
        const [start, end] = [from.getBoundingClientRect(), goal.getBoundingClientRect()];
        const [x, y1, y2] = [start.right - box.left, start.top + start.height / 2 - box.top, end.top + end.height / 2 - box.top];
        const out = x + 10 + 6 * (lane % 4);
        lane += 1;
        const path = document.createElementNS(svg.namespaceURI, "path");
        path.setAttribute("d", `M ${x} ${y1} H ${out} V ${y2} H ${x + 6}`);
        const head = document.createElementNS(svg.namespaceURI, "polygon");
        head.setAttribute("points", `${x},${y2} ${x + 7},${y2 - 4} ${x + 7},${y2 + 4}`);
        svg.append(path, head);
      }
    }
    way.append(svg);
  };
  addEventListener("resize", drawn);

  /* --- saving -------------------------------------------------------------------------------------------------- */
  let timer = null;
  let dirty = false;
  let queue = Promise.resolve(); // one request at a time: each says what it was made from
  class SignedOut extends Error {}
  let failed = false;
  /* After a failure somebody may have signed in anew, in another tab: forms carry the new session's mark then. */
  const renew = async () => {
    const { answer } = await ask(location.href);
    const fresh = find('input[name="csrfmiddlewaretoken"]', answer)?.value;
    for (const field of all('input[name="csrfmiddlewaretoken"]')) field.value = fresh ?? field.value;
    failed = false;
  };
  const asking = () => Boolean(form()?.hasAttribute("data-asks"));
  const ask = async (url, options = {}) => {
    const response = await fetch(url, { ...options, headers: { "X-Part": "editor" }, credentials: "same-origin" });
    const text = await response.text();
    if (response.redirected && response.url.includes("/accounts/login/")) throw new SignedOut();
    const answer = new DOMParser().parseFromString(text, "text/html");
    if (!columns(answer)) throw new TypeError("no editor");
    return { answer, refused: response.status === 409 };
  };
  const inTurn = (work) => { queue = queue.then(work, work).catch(() => undefined); return queue; };
  const save = () => {
    clearTimeout(timer);
    return inTurn(async () => {
      const sent = form();
      if (!dirty || !sent) return;
      dirty = false;
      say(root.dataset.saving);
      try {
        if (failed) await renew();
        const body = new FormData(sent);
        const posted = new Map(shownOnes(sent).map((control) => [control, valueOf(control)]));
        const { answer, refused } = await ask(sent.action, { method: "POST", body });
        if (form() !== sent) return; // somebody has gone on to another step meanwhile
        if (refused) { replace(answer); document.getElementById("draft-conflict")?.focus(); } else follow(answer, posted);
      } catch (problem) {
        dirty = failed = true;
        lost(problem instanceof SignedOut ? root.dataset.signedOut : root.dataset.lost);
        timer = setTimeout(save, AGAIN);
      }
    });
  };
  root.addEventListener("input", (input) => {
    if (!input.target.closest("form[data-autosaves]")) return;
    dirty = true;
    clearTimeout(timer);
    if (!asking()) timer = setTimeout(save, PAUSE);
  });
  root.addEventListener("change", (change) => {
    if (change.target.closest("form[data-autosaves]") && dirty && !asking()) save();
  });
  root.addEventListener("submit", (submit) => {
    const sent = submit.target;
    if (sent.matches("form[data-autosaves]")) {
      submit.preventDefault();
      sent.removeAttribute("data-asks");
      dirty = true;
      save().then(() => { if (!dirty && !asking()) go(location.href, { quiet: true }); });
    } else if (sent.matches("form[data-acts]")) {
      submit.preventDefault();
      act(sent);
    }
  });
  const act = async (sent) => {
    await save();
    return inTurn(async () => {
      const body = new FormData(sent);
      for (const name of MADE_FROM) if (body.has(name)) body.set(name, columns().dataset[name]);
      try {
        const { answer } = await ask(sent.action, { method: "POST", body });
        toast(answer);
        replace(answer);
        remember();
        if (sent.matches("[data-begins]")) edit(); // a new step is filled in
        else if (document.activeElement === document.body) current()?.focus(); // the keys go on from the step that is shown
      } catch { lost(root.dataset.refused); }
    });
  };
  const remember = () => history.replaceState(null, "", `?step=${encodeURIComponent(columns().dataset.chosen)}`);

  /* Below the steps, on a phone, the form would be chosen without being seen. */
  const inSight = () => {
    const title = find("#step-title");
    const { top, bottom } = title.getBoundingClientRect();
    if (top < 0 || bottom > innerHeight) { title.scrollIntoView({ block: "start" }); title.focus({ preventScroll: true }); }
  };

  /* --- going to another step ----------------------------------------------------------------------------------- */
  const edit = () => (find("form[data-autosaves] :is(input:not([type=hidden]), textarea, select)") ?? find("#step-title"))?.focus();
  const go = async (url, { quiet = false, byKeys = false } = {}) => {
    await save();
    if (dirty) return;
    await inTurn(async () => {
      try {
        const { answer } = await ask(url);
        replace(answer);
        if (!quiet) history.pushState(null, "", url);
      } catch { location.assign(url); }
    });
    if (byKeys) edit(); else if (!quiet) inSight();
  };
  root.addEventListener("click", (click) => {
    const link = click.target.closest(".way-link");
    if (!link || click.ctrlKey || click.metaKey || click.shiftKey || click.button) return;
    click.preventDefault();
    go(link.href, { byKeys: click.detail === 0 }); // by the keys: on into the form
  });
  addEventListener("popstate", () => go(location.href, { quiet: true }));

  /* --- keys ---------------------------------------------------------------------------------------------------- */
  const walk = (by) => {
    const known = links();
    const at = known.findIndex((link) => link === document.activeElement || (!known.includes(document.activeElement) && link.hasAttribute("aria-current")));
    known[Math.min(Math.max(at + by, 0), known.length - 1)]?.focus();
  };
  const current = () => find('.way-link[aria-current="step"]');
  const press = (name) => find(`form[data-key="${name}"] button:not([disabled])`)?.click();
  /* Keys about a step are about the one the keys are at: it is chosen first. */
  const onStep = async (link, name) => {
    if (link !== current()) await go(link.href);
    press(name);
  };
  document.addEventListener("keydown", (key) => {
    if (document.querySelector("dialog[open]")) return;
    const control = key.ctrlKey || key.metaKey;
    if (control && key.key.toLowerCase() === "z" && !(typing(key.target) && dirty)) {
      key.preventDefault();
      press(key.shiftKey ? "redo" : "undo");
      return;
    }
    if (key.key === "Escape" && root.contains(key.target) && key.target.closest("[data-part='form']")) { current()?.focus(); return; }
    const link = key.target.closest?.(".way-link");
    const free = link || key.target === document.body || key.target.id === "step-title";
    if (control || typing(key.target) || !free) return;
    const arrow = { ArrowUp: -1, ArrowDown: 1 }[key.key];
    if (arrow && key.altKey) onStep(link ?? current(), arrow < 0 ? "up" : "down");
    else if (arrow && !key.altKey) walk(arrow);
    else if (key.key === "Delete" && link) onStep(link, "remove");
    else return;
    key.preventDefault();
  });

  /* --- others -------------------------------------------------------------------------------------------------- */
  const look = async () => {
    if (document.hidden || dirty || asking()) return;
    await inTurn(async () => {
      const { answer } = await ask(location.href).catch(() => ({}));
      if (!answer || dirty || MADE_FROM.every((name) => columns(answer).dataset[name] === columns().dataset[name])) return;
      replace(answer);
    });
  };
  setInterval(look, LOOK);
  addEventListener("beforeunload", (unload) => { if (dirty) unload.preventDefault(); });
  const began = () => {
    dirty = false;
    clearTimeout(timer);
    for (const plain of all("[data-plain]")) plain.hidden = true;
    drawn();
  };
  began();
})();
