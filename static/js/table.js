/* Lists: search while typing, rows ticked for bulk actions, "x" to tick, and a swap of the region that disturbs nothing. */
(() => {
  const typingPause = 350;
  const list = (within) => within?.closest?.(".list");
  const picks = (region) => [...region.querySelectorAll("[data-picks]")];
  const ticked = (region) => picks(region).filter((box) => box.checked);

  /* --- ticking rows --- */
  const show = (region) => {
    const bar = region.querySelector("[data-bulk]");
    if (!bar) return;
    const boxes = picks(region);
    const chosen = ticked(region);
    if (chosen.length < boxes.length) delete bar.dataset.everything;
    const number = bar.dataset.everything ? Number(bar.dataset.total) : chosen.length;
    const figure = new Intl.NumberFormat(document.documentElement.lang || undefined).format(number);
    const words = number === 1 ? bar.dataset.one : bar.dataset.many.replace("{n}", figure);
    bar.hidden = !number;
    for (const place of region.querySelectorAll("[data-bulk-words]")) place.textContent = words;
    const everything = bar.querySelector("[data-picks-everything]");
    if (everything) everything.hidden = Boolean(bar.dataset.everything);
    for (const box of boxes) box.closest("tr").classList.toggle("picked", box.checked);
    const all = region.querySelector("[data-picks-all]");
    if (all) {
      all.checked = boxes.length > 0 && chosen.length === boxes.length;
      all.indeterminate = chosen.length > 0 && !all.checked;
    }
  };
  const tickAll = (region, on) => {
    for (const box of picks(region)) box.checked = on;
    show(region);
  };
  const carry = (region) => {
    const everything = region.querySelector("[data-bulk]").dataset.everything;
    const named = everything ? [["everything", "1"]] : ticked(region).map((box) => ["ids", box.value]);
    for (const place of region.querySelectorAll("[data-picked]")) {
      place.replaceChildren(...named.map(([name, value]) => {
        const field = document.createElement("input");
        [field.type, field.name, field.value] = ["hidden", name, value];
        return field;
      }));
    }
  };
  let last = null;
  document.addEventListener("change", (change) => {
    const region = list(change.target);
    if (!region) return;
    if (change.target.matches("[data-picks-all]")) tickAll(region, change.target.checked);
    if (change.target.matches("[data-picks]")) show(region);
  });
  document.addEventListener("click", (click) => {
    const region = list(click.target);
    if (!region) return;
    const box = click.target.closest("[data-picks]");
    if (box) {
      const boxes = picks(region);
      if (click.shiftKey && boxes.includes(last)) {
        const [from, to] = [boxes.indexOf(last), boxes.indexOf(box)].sort((a, b) => a - b);
        for (const between of boxes.slice(from, to + 1)) between.checked = box.checked;
      }
      last = box;
      show(region);
    }
    if (click.target.closest("[data-picks-everything]")) {
      tickAll(region, true);
      region.querySelector("[data-bulk]").dataset.everything = "yes";
      show(region);
    }
    if (click.target.closest("[data-picks-none]")) tickAll(region, false);
    if (click.target.closest("[data-bulk] [data-opens]")) carry(region);
  });
  document.addEventListener("keydown", (key) => {
    if (key.key !== "x" || key.ctrlKey || key.metaKey || key.altKey || document.querySelector("dialog[open]")) return;
    if (key.target.closest?.("input:not([data-picks]), textarea, select, [contenteditable]")) return;
    const box = document.querySelector(".list tr.chosen [data-picks]");
    if (!box) return;
    key.preventDefault();
    box.checked = !box.checked;
    show(list(box));
  });

  /* --- asking while typing --- */
  let pause = 0;
  document.addEventListener("input", (input) => {
    if (!input.target.matches("[data-list-search]")) return;
    clearTimeout(pause);
    pause = setTimeout(() => input.target.isConnected && input.target.form.requestSubmit(), typingPause);
  });
  document.addEventListener("submit", () => clearTimeout(pause));
  /* Empty fields say nothing: they stay out of the address; several columns are one word of it. */
  document.addEventListener("htmx:configRequest", (asked) => {
    if (!asked.target.matches?.("[data-list-form]")) return;
    const said = asked.detail.formData;
    for (const name of [...new Set(said.keys())]) if (said.getAll(name).every((value) => value === "")) said.delete(name);
    const columns = said.getAll("columns");
    if (columns.length > 1) said.set("columns", columns.join(","));
  });

  /* --- swapping: typed words, open menus and ticked rows stay as they are --- */
  let before = null;
  document.addEventListener("htmx:beforeSwap", (swap) => {
    const region = swap.detail.target;
    before = null;
    if (!region?.matches?.(".list")) return;
    const search = region.querySelector("[data-list-search]");
    before = {
      id: region.id,
      search: document.activeElement === search && search ? [search.value, search.selectionStart, search.selectionEnd] : null,
      menus: [...region.querySelectorAll("details.menu[open]")].filter((menu) => menu.querySelector("form")).map((menu) => menu.id),
      ticks: ticked(region).map((box) => box.value),
    };
  });
  document.addEventListener("htmx:afterSwap", () => {
    const region = before && document.getElementById(before.id);
    if (!region) return;
    for (const id of before.menus) document.getElementById(id)?.setAttribute("open", "");
    for (const box of picks(region)) box.checked = before.ticks.includes(box.value);
    show(region);
    const search = region.querySelector("[data-list-search]");
    if (before.search && search) {
      const [typed, from, to] = before.search;
      const behind = search.value !== typed.trim();
      search.value = typed;
      search.focus();
      search.setSelectionRange(from, to);
      if (behind) search.dispatchEvent(new Event("input", { bubbles: true }));
    }
    const said = region.parentElement.querySelector("[data-list-status]");
    if (said) said.textContent = region.dataset.list || region.querySelector(".blank-title")?.textContent || "";
    before = null;
  });
  /* Coming back, a browser may restore ticks. */
  addEventListener("pageshow", () => document.querySelectorAll(".list").forEach(show));
})();
