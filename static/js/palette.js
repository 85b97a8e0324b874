/* The command palette: Ctrl-K or the search button; arrow keys choose, Enter opens. Answers come as parts of the search page.
   The last places are kept in this browser only, for each person, and forgotten when they sign out. */
(() => {
  const palette = document.getElementById("palette");
  const person = document.body.dataset.person;
  const PLACES = `places:${person}`;
  const MOST_PLACES = 8;
  const DETAIL = /^\/(customers|flows|connections|exceptions|runs|operations|partners|onboarding)\/[0-9a-f-]{36}\//;
  const ICONS = { customers: "building", flows: "arrows-exchange", connections: "plug", exceptions: "alert-triangle", runs: "history", operations: "list-details", partners: "building", onboarding: "flag" };
  const isMac = /Mac|iPhone|iPad/.test(navigator.platform);
  if (isMac) for (const key of document.querySelectorAll("[data-shortcut]")) key.textContent = "⌘ K";

  const places = () => { try { return JSON.parse(localStorage.getItem(PLACES)) ?? []; } catch { return []; } };
  const keep = (list) => { try { localStorage.setItem(PLACES, JSON.stringify(list)); } catch { /* a private window */ } };
  const remember = () => {
    const place = DETAIL.exec(location.pathname);
    const title = document.querySelector("main .page-title");
    if (!place || !title || !person) return;
    const words = [...title.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE).map((node) => node.textContent).join("").trim() || title.textContent.trim();
    const crumb = [...document.querySelectorAll("main .crumbs a")].at(-1)?.textContent.trim() ?? "";
    keep([{ url: place[0], words: words.slice(0, 120), note: crumb.slice(0, 80), kind: place[1] }, ...places().filter((one) => one.url !== place[0])].slice(0, MOST_PLACES));
  };
  remember();
  document.addEventListener("submit", (submit) => {
    if (submit.target.matches("[data-signs-out]")) try { localStorage.removeItem(PLACES); } catch { /* nothing was kept */ }
  });
  if (!palette) return;

  const input = palette.querySelector(".palette-input");
  const results = palette.querySelector(".palette-results");
  const status = document.getElementById("palette-status");
  const choices = () => [...results.querySelectorAll("[role=option]")];
  let asked = null;
  let timer = 0;

  const choose = (choice) => {
    for (const one of choices()) one.setAttribute("aria-selected", String(one === choice));
    if (choice) { input.setAttribute("aria-activedescendant", choice.id); choice.scrollIntoView({ block: "nearest" }); }
    else input.removeAttribute("aria-activedescendant");
  };
  const chosen = () => results.querySelector("[role=option][aria-selected=true]");
  const sprite = () => document.querySelector("svg.icon use")?.getAttribute("href").split("#")[0] ?? "";
  const recent = () => {
    const known = places().filter((place) => place.url !== location.pathname);
    if (!known.length) return null;
    const group = document.createElement("div");
    group.setAttribute("role", "group");
    group.setAttribute("aria-labelledby", "palette-recent");
    const title = document.createElement("div");
    title.className = "palette-title";
    title.id = "palette-recent";
    title.textContent = palette.dataset.recentTitle;
    group.append(title);
    known.forEach((place, at) => {
      const choice = document.createElement("a");
      Object.assign(choice, { className: "palette-choice", href: place.url, id: `palette-recent-${at}` });
      choice.setAttribute("role", "option");
      choice.setAttribute("aria-selected", "false");
      choice.tabIndex = -1;
      const icon = document.querySelector("svg.icon").cloneNode(true);
      icon.setAttribute("class", "icon icon-18");
      icon.querySelector("use").setAttribute("href", `${sprite()}#${ICONS[place.kind] ?? "history"}`);
      const words = document.createElement("span");
      words.className = "palette-words";
      const label = document.createElement("span");
      label.className = "palette-label";
      label.textContent = place.words;
      words.append(label);
      if (place.note) {
        const note = document.createElement("span");
        note.className = "palette-note";
        note.textContent = place.note;
        words.append(note);
      }
      choice.append(icon, words);
      group.append(choice);
    });
    return group;
  };
  const show = (html, words) => {
    results.innerHTML = html;
    if (!words) { const group = recent(); if (group) results.prepend(group); }
    results.removeAttribute("aria-busy");
    results.scrollTop = 0;
    // A list without choices is no list: what is said instead is read as text.
    results.setAttribute("role", choices().length ? "listbox" : "region");
    input.setAttribute("aria-expanded", String(choices().length > 0));
    status.textContent = results.querySelector("[data-announces]")?.dataset.announces ?? "";
    choose(words ? choices()[0] : null);
  };
  const ask = async () => {
    asked?.abort();
    asked = new AbortController();
    const words = input.value.trim();
    const url = new URL(palette.dataset.url, location.href);
    url.searchParams.set("q", words);
    results.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(url, { headers: { "X-Part": "palette" }, signal: asked.signal });
      if (answer.redirected || answer.status === 401) { location.reload(); return; }
      if (!answer.ok) throw new Error(String(answer.status));
      show(await answer.text(), words);
    } catch (error) {
      if (error.name === "AbortError") return;
      results.removeAttribute("aria-busy");
      results.textContent = palette.dataset.broken;
      status.textContent = palette.dataset.broken;
    }
  };
  const open = () => {
    if (palette.open) return;
    for (const menu of document.querySelectorAll("details.menu[open]")) menu.open = false;
    palette.showModal();
    input.select();
    input.focus();
    ask();
  };
  document.addEventListener("click", (click) => {
    if (!click.target.closest("[data-opens-palette]") || click.ctrlKey || click.metaKey) return;
    click.preventDefault();
    open();
  });
  document.addEventListener("keydown", (key) => {
    if (!(key.ctrlKey || key.metaKey) || key.shiftKey || key.altKey || key.key.toLowerCase() !== "k") return;
    key.preventDefault();
    if (palette.open) palette.close(); else open();
  });
  input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, 140); });
  input.addEventListener("keydown", (key) => {
    const all = choices();
    const now = all.indexOf(chosen());
    const to = { ArrowDown: (now + 1) % all.length, ArrowUp: (now <= 0 ? all.length : now) - 1, Home: null, End: null, PageDown: Math.min(now + 6, all.length - 1), PageUp: Math.max(now - 6, 0) }[key.key];
    if (to === undefined || to === null || !all.length) return;
    key.preventDefault();
    choose(all[to]);
  });
  palette.querySelector("form").addEventListener("submit", (submit) => {
    const choice = chosen();
    if (choice) { submit.preventDefault(); palette.close(); choice.click(); }
    else if (!input.value.trim()) submit.preventDefault();
  });
  results.addEventListener("click", (click) => {
    const choice = click.target.closest("[data-does]");
    if (!choice) { if (click.target.closest("a")) palette.close(); return; }
    click.preventDefault();
    palette.close();
    document.querySelector(choice.dataset.does)?.click();
  });
})();
