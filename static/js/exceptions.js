/* The exception queue: keys, selection, and a list that follows without moving what is being read.
   j k walk, Enter or o opens, a assigns to me, r retries, e corrects, s leaves out, n notes, x selects, Escape goes back. */
(() => {
  const queue = document.getElementById("queue");
  if (!queue) return;
  const find = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const list = () => document.getElementById("queue-list");
  const pane = () => document.getElementById("case-pane");
  const says = document.getElementById("queue-says");
  const say = (words) => { says.textContent = ""; requestAnimationFrame(() => { says.textContent = words; }); };
  const filled = (words, values) => words.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
  const rows = () => all("[data-row]", list()).filter((row) => row.getClientRects().length);
  const caseOf = (row) => row?.closest("[data-case]")?.dataset.case ?? "";
  const rowOf = (id) => (id ? find(`[data-case="${CSS.escape(id)}"] [data-row]`, list()) : null);
  const shown = () => find("[data-shown-case]", pane())?.dataset.shownCase ?? "";
  let here = null; // the row the keys are at, by case or by cause: rows are replaced when the list is read again
  const nameOf = (row) => (row ? { case: caseOf(row), cause: row.closest("[data-cause]")?.dataset.cause ?? "" } : null);
  const current = () => {
    const focused = document.activeElement?.closest?.("[data-row]");
    if (focused) return focused;
    if (here?.case && rowOf(here.case)) return rowOf(here.case);
    if (here?.cause) return find(`[data-cause="${CSS.escape(here.cause)}"] [data-row]`, list());
    return rowOf(shown());
  };
  const go = (row) => {
    if (!row) return;
    here = nameOf(row);
    row.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  };
  const step = (by) => {
    const known = rows();
    const at = known.indexOf(current());
    const next = known[at < 0 ? 0 : at + by];
    if (next) go(next); else say(says.dataset.end);
  };
  const followingCase = (id) => {
    const ids = rows().map(caseOf).filter(Boolean);
    const at = ids.indexOf(id);
    return at < 0 ? ids.find((other) => other !== id) ?? "" : ids[at + 1] ?? ids[at - 1] ?? "";
  };

  /* --- opening ------------------------------------------------------------------------------------------------- */
  const markOpen = () => {
    const id = shown();
    queue.toggleAttribute("data-open", Boolean(id));
    for (const row of all("[data-case]", list())) {
      const open = row.dataset.case === id;
      row.classList.toggle("is-open", open);
      row.querySelector("[data-row]").toggleAttribute("aria-current", open);
    }
  };
  const opened = (id) => new Promise((done) => {
    if (!id || shown() === id) { done(); return; }
    const row = rowOf(id);
    if (!row) { done(); return; }
    document.addEventListener("htmx:afterSettle", function settled(event) {
      if (event.detail.target !== pane()) return;
      document.removeEventListener("htmx:afterSettle", settled);
      done();
    });
    row.click();
  });
  const does = (what) => find(`[data-does="${what}"]`, pane());
  const act = async (what) => {
    const row = current();
    await opened(caseOf(row) || shown());
    const thing = does(what);
    if (!thing) return;
    htmx.process(thing); // a key may come before what was just brought in is taken hold of
    if (thing.matches("form")) { if (!find("button[disabled]", thing)) thing.requestSubmit(); return; }
    if (thing.matches("a")) { thing.click(); return; }
    if (thing.hasAttribute("data-closed")) { say(find(".way-note", thing)?.textContent ?? ""); return; }
    for (const other of all("details.way[open]", pane())) other.open = other === thing;
    thing.open = true;
    find("input:not([type=hidden]), textarea", thing)?.focus();
    thing.scrollIntoView({ block: "nearest" });
  };

  /* --- selection ----------------------------------------------------------------------------------------------- */
  let everything = false;
  let last = null;
  const picks = () => all("[data-pick]", list());
  const picked = () => picks().filter((box) => box.checked);
  const showPicked = () => {
    const bar = find("[data-bulk-form]", list());
    if (!bar) return;
    const total = Number(find("[data-picks-everything]", bar)?.dataset.total ?? 0);
    const number = everything ? total : picked().length;
    bar.hidden = !number;
    find("[data-everything]", bar).value = everything ? "1" : "";
    const words = number ? filled(says.dataset.many, { n: number.toLocaleString(document.documentElement.lang) }) : says.dataset.none;
    find("[data-picked-words]", bar).textContent = words;
    find("[data-picks-everything]", bar)?.toggleAttribute("hidden", everything || number >= total);
    find("[data-picked]", bar).replaceChildren(...(everything ? [] : picked().map((box) => {
      const field = document.createElement("input");
      Object.assign(field, { type: "hidden", name: "ids", value: box.value });
      return field;
    })));
    for (const group of all("[data-cause]", list())) {
      const boxes = all("[data-pick]", group);
      const own = find("[data-picks-cause]", group);
      if (!own) continue;
      const number = boxes.filter((box) => box.checked).length;
      own.checked = Boolean(boxes.length) && number === boxes.length;
      own.indeterminate = number > 0 && number < boxes.length;
      own.disabled = !boxes.length;
    }
  };
  const pick = (box, on) => { if (box) { box.checked = on; everything = false; } };
  const toggle = (range) => {
    const row = current();
    const box = row && find("[data-pick], [data-picks-cause]", row.parentElement);
    if (!box || box.disabled) return;
    if (range && last) {
      const known = picks();
      const [from, to] = [known.findIndex((one) => one.value === last), known.indexOf(box)].sort((a, b) => a - b);
      for (const one of known.slice(Math.max(from, 0), to + 1)) pick(one, true);
      showPicked();
    } else box.click();
    say(filled(says.dataset.many, { n: picked().length }));
  };
  document.addEventListener("change", (change) => {
    const box = change.target;
    if (box.matches("[data-pick]")) { last = box.value; everything = false; showPicked(); }
    if (box.matches("[data-picks-cause]")) {
      for (const one of all("[data-pick]", box.closest("[data-cause]"))) pick(one, box.checked);
      showPicked();
    }
  });
  const clear = () => { everything = false; last = null; for (const box of picks()) box.checked = false; showPicked(); };

  /* --- the list reads itself again ------------------------------------------------------------------------------ */
  let goTo = "";
  const refresh = () => htmx.ajax("GET", location.pathname + location.search, { target: "#queue-list", swap: "outerHTML show:none", source: queue });
  document.body.addEventListener("queue-changed", (event) => {
    goTo = event.detail.case ?? "";
    if (event.detail.moved) {
      here = { case: goTo, cause: "" };
      if (list().contains(document.activeElement) || !pane().contains(document.activeElement)) go(rowOf(goTo));
    }
    refresh();
  });
  const kept = { top: 0, ticks: new Set(), opened: false };
  const isListsTurn = () => list().contains(document.activeElement) || document.activeElement === document.body || !document.activeElement;
  document.addEventListener("htmx:configRequest", (asked) => {
    const { target, parameters, path, headers } = asked.detail;
    if (target?.id === "queue-list") {
      for (const group of all("[data-cause][data-unfolded]", list())) parameters.append?.("open", group.dataset.cause);
    }
    if (target?.id === "case-pane" && asked.detail.verb === "post") parameters.set?.("next", followingCase(shown()));
    return [path, headers];
  });
  document.addEventListener("htmx:beforeSwap", (swap) => {
    if (swap.detail.target?.id !== "queue-list") return;
    kept.top = find("[data-rows]", list())?.scrollTop ?? 0;
    kept.ticks = new Set(picked().map((box) => box.value));
    kept.focus = isListsTurn();
  });
  document.addEventListener("htmx:afterSettle", (settled) => {
    const target = settled.detail.target;
    if (target?.id === "queue-list" || settled.detail.elt?.id === "queue-list") {
      for (const box of picks()) box.checked = kept.ticks.has(box.value);
      const scroller = find("[data-rows]", list());
      if (scroller) scroller.scrollTop = kept.top;
      markOpen();
      showPicked();
      // Who has begun to write meanwhile keeps the keys: each letter would be a command here.
      if (kept.focus && isListsTurn()) go(rowOf(goTo) ?? (goTo ? null : current()));
    }
    if (target?.id === "case-pane") {
      markOpen();
      const title = find("[data-shown-case]", pane())?.dataset.title;
      if (title) say(filled(says.dataset.opened, { title }));
      find("[autofocus]", pane())?.focus();
      if (find("[data-correcting]", pane())) (find("[autofocus], input[name=new_value]", pane()) ?? pane()).focus();
      find(".field-error", pane())?.closest(".field, details, form")?.querySelector("input:not([type=hidden]), textarea, select")?.focus();
      const errors = find(".notice[role=alert], .field-error", pane());
      if (errors && find("details[open]", pane())) say(errors.textContent.trim());
      find(".queue-case").scrollTop = 0;
    }
    if (target?.id === "bulk-dialog-body") {
      const dialog = document.getElementById("bulk-dialog");
      if (!dialog.open) dialog.showModal();
    }
    const group = target?.closest?.("[data-cause]");
    if (group && target.matches(".cause-cases")) {
      group.toggleAttribute("data-unfolded", true);
      find("[data-unfolds]", group).setAttribute("aria-expanded", "true");
      showPicked();
    }
  });
  /* An unfolded cause is folded again without asking the server. */
  document.addEventListener("htmx:beforeRequest", (asked) => {
    const head = asked.detail.elt;
    if (!head.matches?.("[data-unfolds]")) return;
    const group = head.closest("[data-cause]");
    if (!group.hasAttribute("data-unfolded")) return;
    asked.preventDefault();
    find(".cause-cases", group).replaceChildren();
    group.removeAttribute("data-unfolded");
    head.setAttribute("aria-expanded", "false");
    showPicked();
  });

  document.addEventListener("click", (click) => {
    const at = (selector) => click.target.closest?.(selector);
    if (at("[data-row]")) here = nameOf(at("[data-row]"));
    if (at("[data-shows-new]")) { goTo = ""; refresh(); }
    if (at("[data-picks-everything]")) { everything = true; for (const box of picks()) box.checked = true; showPicked(); }
    if (at("[data-picks-none]")) clear();
    if (at(".way[data-closed] > summary")) click.preventDefault();
    if (!at(".queue-more")) find(".queue-more[open]")?.removeAttribute("open");
    if (at("[data-back]")) {
      click.preventDefault();
      back();
    }
  });
  const back = () => {
    const id = shown();
    if (find("[data-correcting]", pane())) { find("[data-leaves-edit]", pane())?.click(); return; }
    if (matchMedia("(max-width: 63.99rem)").matches) {
      pane().replaceChildren();
      const address = new URL(location.href);
      address.searchParams.delete("case");
      history.pushState({}, "", address);
      markOpen();
    }
    go(rowOf(id) ?? current());
  };

  /* --- keys ----------------------------------------------------------------------------------------------------- */
  const typing = (target) => target.closest?.("input:not([type=checkbox]), textarea, select, [contenteditable]");
  document.addEventListener("keydown", (key) => {
    if (key.ctrlKey || key.metaKey || key.altKey || find("dialog[open]")) return;
    if (key.key === "Escape" && (pane().contains(key.target) || typing(key.target))) { back(); return; }
    if (typing(key.target)) return;
    const keys = {
      j: () => step(1), k: () => step(-1), o: () => current()?.click(), a: () => act("assign"), r: () => act("retry"),
      e: () => act("edit"), s: () => act("skip"), n: () => act("note"), c: () => act("close"), x: () => toggle(false), X: () => toggle(true),
    };
    const run = keys[key.key];
    if (!run) return;
    key.preventDefault();
    run();
  });

  rowOf(shown())?.scrollIntoView({ block: "nearest" });
  showPicked();
})();
