/* The mapping studio: lines drawn between the columns, search and filters, keys, and what the panel needs while one types.
   The server draws everything; without this script the columns are lists and the panel is a form with a button. */
(() => {
  const studio = document.querySelector("[data-studio]");
  if (!studio) return;
  const SVG = "http://www.w3.org/2000/svg";
  const columns = () => document.getElementById("studio-columns");
  const panel = document.getElementById("studio-panel");
  const rows = (side) => [...columns().querySelectorAll(`.studio-row${side ? `[data-side="${side}"]` : ""}`)];
  const SIDES = ["source", "canonical", "target"];
  const before = { canonical: "source", target: "canonical" };
  const isShown = (row) => !row.hidden && row.offsetParent !== null;
  const isPhone = () => matchMedia("(max-width: 47.99rem)").matches;

  /* --- lines ------------------------------------------------------------------------------------------------------ */
  const draw = () => {
    const frame = columns();
    const picture = frame.querySelector(".studio-lines");
    picture.replaceChildren();
    if (isPhone()) return;
    const origin = frame.getBoundingClientRect();
    picture.setAttribute("viewBox", `0 0 ${origin.width} ${frame.scrollHeight}`);
    picture.setAttribute("width", origin.width);
    picture.setAttribute("height", frame.scrollHeight);
    const places = new Map([...frame.querySelectorAll("[data-name]")].map((row) => [`${row.dataset.side} ${row.dataset.name}`, row]));
    const open = frame.querySelector("[aria-current]")?.closest(".studio-row");
    for (const row of rows()) {
      if (!row.dataset.links || !isShown(row)) continue;
      for (const name of row.dataset.links.split("|")) {
        const from = places.get(`${before[row.dataset.side]} ${name}`);
        if (!from || !isShown(from)) continue;
        const [one, other] = [from.getBoundingClientRect(), row.getBoundingClientRect()];
        const [x1, y1] = [one.right - origin.left, one.top + Math.min(one.height / 2, 22) - origin.top];
        const [x2, y2] = [other.left - origin.left, other.top + Math.min(other.height / 2, 22) - origin.top];
        const bend = (x2 - x1) / 2;
        const path = document.createElementNS(SVG, "path");
        path.setAttribute("d", `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`);
        const marks = [row === open || from === open ? "is-open" : "", row.classList.contains("is-wrong") ? "is-wrong" : ""].filter(Boolean);
        if (marks.length) path.setAttribute("class", marks.join(" "));
        picture.append(path);
      }
    }
  };
  let drawing = 0;
  const drawSoon = () => { cancelAnimationFrame(drawing); drawing = requestAnimationFrame(draw); };

  /* --- search, filters, one column at a time on a phone ------------------------------------------------------------- */
  const search = document.querySelector("[data-studio-search]");
  const filters = document.querySelector("[data-studio-filters]");
  const sides = document.querySelector("[data-studio-sides]");
  const pressed = (within, name) => [...within.querySelectorAll("[aria-pressed='true']")].map((one) => one.dataset[name]);
  const narrow = () => {
    const words = search.value.trim().toLocaleLowerCase().split(/\s+/).filter(Boolean);
    const wanted = pressed(filters, "filter");
    const fits = (row) => words.every((word) => row.dataset.words.toLocaleLowerCase().includes(word))
      && wanted.every((mark) => row.dataset.marks.split(" ").includes(mark));
    const found = new Set(rows().filter(fits));
    /* What a row that fits is linked with stays beside it, so that a search shows the whole way of a value. */
    const kept = new Set(found);
    const named = new Map(rows().map((row) => [`${row.dataset.side} ${row.dataset.name}`, row]));
    const linked = (row) => (row.dataset.links || "").split("|").map((name) => named.get(`${before[row.dataset.side]} ${name}`)).filter(Boolean);
    if (words.length || wanted.length) {
      const leads = new Set(found); // to the left: what a kept row reads
      for (const side of ["target", "canonical"]) for (const row of rows(side)) if (leads.has(row)) for (const other of linked(row)) leads.add(other);
      const follows = new Set(found); // to the right: what reads a kept row
      for (const side of ["canonical", "target"]) for (const row of rows(side)) if (linked(row).some((other) => follows.has(other))) follows.add(row);
      for (const row of [...leads, ...follows]) kept.add(row);
    }
    for (const row of rows()) row.hidden = !kept.has(row);
    for (const group of columns().querySelectorAll(".studio-group")) {
      group.hidden = !rows(group.dataset.side).some((row) => !row.hidden && row.dataset.name.startsWith(`${group.dataset.name}.`));
    }
    columns().querySelector("[data-studio-nothing]").hidden = kept.size > 0;
    drawSoon();
  };
  const showSide = () => {
    columns().dataset.shown = pressed(sides, "shows")[0] || "target";
    drawSoon();
  };
  for (const one of [search, filters, sides]) one.hidden = false;
  search.addEventListener("input", narrow);
  filters.addEventListener("click", (click) => {
    const chip = click.target.closest("[data-filter]");
    if (!chip) return;
    chip.setAttribute("aria-pressed", String(chip.getAttribute("aria-pressed") !== "true"));
    narrow();
  });
  sides.addEventListener("click", (click) => {
    const chip = click.target.closest("[data-shows]");
    if (!chip) return;
    for (const one of sides.querySelectorAll("[data-shows]")) one.setAttribute("aria-pressed", String(one === chip));
    showSide();
  });

  /* --- the panel ---------------------------------------------------------------------------------------------------- */
  const editing = () => panel.querySelector("[data-studio-form]")?.dataset.editing || "";
  const settlePanel = () => {
    const isOpen = panel.childElementCount > 0;
    studio.classList.toggle("has-panel", isOpen);
    for (const adds of panel.querySelectorAll("[data-studio-adds]")) adds.hidden = false;
    for (const button of columns().querySelectorAll("[data-uses]")) {
      button.hidden = button.closest(".studio-row").dataset.side !== editing();
    }
    drawSoon();
  };
  const mark = (link) => {
    for (const one of columns().querySelectorAll("[aria-current]")) one.removeAttribute("aria-current");
    link?.setAttribute("aria-current", "true");
  };
  const close = () => {
    const link = columns().querySelector("[aria-current]");
    mark(null);
    panel.replaceChildren();
    history.replaceState(null, "", studio.dataset.close);
    settlePanel();
    link?.focus();
  };
  panel.addEventListener("click", (click) => {
    if (!click.target.closest("[data-studio-close]")) return;
    click.preventDefault();
    close();
  });
  panel.addEventListener("change", (change) => {
    const select = change.target.closest("[data-adds-step]");
    if (!select || !select.value) return;
    const field = panel.querySelector("[name=transforms]");
    field.value = [field.value.trimEnd(), select.value].filter(Boolean).join("\n");
    select.value = "";
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  });
  const use = (name) => {
    const field = panel.querySelector("[name=source]");
    if (!field) return;
    field.value = name;
    panel.querySelector("[name=expression]").value = "";
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  };
  studio.addEventListener("click", (click) => {
    const button = click.target.closest("[data-uses]");
    if (button) use(button.dataset.uses);
  });

  /* --- ticked lines ------------------------------------------------------------------------------------------------- */
  const bulk = document.querySelector("[data-studio-bulk]");
  const tickedWords = bulk.querySelector("[data-studio-ticked]");
  const settleBulk = () => {
    const ticked = columns().querySelectorAll("[name=tick]:checked").length;
    bulk.hidden = ticked === 0;
    tickedWords.textContent = ticked;
    for (const part of bulk.querySelectorAll("[data-for]")) part.hidden = !part.dataset.for.split(" ").includes(bulk.elements.deed.value);
  };
  document.addEventListener("change", (change) => {
    if (change.target.name === "tick" || change.target.form === bulk) settleBulk();
  });

  /* --- keys --------------------------------------------------------------------------------------------------------- */
  const chosen = () => columns().querySelector(".studio-row.chosen");
  const choose = (row) => {
    chosen()?.classList.remove("chosen");
    if (!row) return;
    row.classList.add("chosen");
    row.querySelector("a")?.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  };
  const walk = (by) => {
    const side = chosen()?.dataset.side || "target";
    const all = rows(side).filter(isShown);
    const now = all.indexOf(chosen());
    choose(all[Math.min(Math.max(now + by, 0), all.length - 1)]);
  };
  const cross = (by) => {
    const side = SIDES[SIDES.indexOf(chosen()?.dataset.side || "target") + by];
    if (side) choose(rows(side).find(isShown));
  };
  const turn = (name) => document.querySelector(`[data-studio-${name}] button:not([disabled])`)?.click();
  const typing = (target) => target.closest?.("input:not([type=checkbox]), textarea, select");
  document.addEventListener("keydown", (key) => {
    if (document.querySelector("dialog[open]")) return;
    if (key.key === "Escape" && panel.childElementCount) { close(); return; }
    if (typing(key.target)) return;
    if ((key.ctrlKey || key.metaKey) && key.key.toLowerCase() === "z") {
      key.preventDefault();
      turn(key.shiftKey ? "redo" : "undo");
      return;
    }
    if (key.ctrlKey || key.metaKey || key.altKey || panel.contains(key.target)) return;
    const does = { ArrowDown: () => walk(1), ArrowUp: () => walk(-1), ArrowRight: () => cross(1), ArrowLeft: () => cross(-1) }[key.key];
    if (does) { key.preventDefault(); does(); }
    else if (key.key === "Enter" && !key.target.closest("a, button, summary")) chosen()?.querySelector("a")?.click();
  });
  studio.addEventListener("focusin", (focus) => {
    const row = focus.target.closest(".studio-row");
    if (row && row !== chosen()) { chosen()?.classList.remove("chosen"); row.classList.add("chosen"); }
  });

  /* --- what the server sends ----------------------------------------------------------------------------------------- */
  let ticks = [];
  let focused = "";
  document.addEventListener("htmx:beforeSwap", () => {
    ticks = [...columns().querySelectorAll("[name=tick]:checked")].map((one) => one.value);
    focused = document.activeElement?.closest(".studio-row") ? document.activeElement.getAttribute("href") || "" : "";
  });
  document.addEventListener("htmx:afterRequest", (request) => {
    const link = request.detail.elt.closest?.("[data-studio-open]");
    if (!link || !request.detail.successful) return;
    mark(link);
    settlePanel();
    (panel.querySelector("[name=source]") || panel).focus({ preventScroll: true });
    if (isPhone()) panel.scrollIntoView({ block: "start" });
  });
  document.addEventListener("htmx:afterSettle", () => {
    for (const box of columns().querySelectorAll("[name=tick]")) if (ticks.includes(box.value)) box.checked = true;
    if (focused) columns().querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
    settlePanel();
    showSide();
    narrow();
    settleBulk();
  });
  /* An error empties or fills its own place and moves the rows: the lines follow. */
  addEventListener("resize", drawSoon);
  new ResizeObserver(drawSoon).observe(studio);
  settlePanel();
  settleBulk();
  showSide();
  narrow();
})();
