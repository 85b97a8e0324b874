/* Figures that keep themselves up to date: a page with a data-figures region asks its own address again every so many seconds
   (with figures=1) and takes over only those parts (data-figure) whose words have changed. Nothing else moves: scroll, focus
   and charts stay. */
(() => {
  const region = document.querySelector("[data-figures]");
  if (!region) return;
  const parts = (within) => within.querySelectorAll("[data-figure]");
  // As the server wrote it: the page itself turns moments into the reader's own words afterwards.
  const written = new Map([...parts(document)].map((part) => [part.dataset.figure, part.innerHTML]));
  const tell = (name, target) => target.dispatchEvent(new CustomEvent(name, { bubbles: true }));

  const same = (focused) => {
    if (focused.id) return `#${CSS.escape(focused.id)}`;
    const href = focused.getAttribute?.("href");
    return href ? `a[href="${CSS.escape(href)}"]` : null;
  };
  const take = (fresh) => {
    for (const part of parts(fresh)) {
      const name = part.dataset.figure;
      const present = document.querySelector(`[data-figure="${CSS.escape(name)}"]`);
      if (!present || written.get(name) === part.innerHTML) continue;
      const focused = present.contains(document.activeElement) ? same(document.activeElement) : null;
      written.set(name, part.innerHTML);
      present.className = part.className;
      present.replaceChildren(...part.childNodes);
      if (focused) present.querySelector(focused)?.focus({ preventScroll: true });
      tell("htmx:afterSettle", present);
    }
  };
  const ask = async () => {
    if (document.hidden) return;
    try {
      const address = new URL(location.href);
      address.searchParams.set("figures", "1");
      const answer = await fetch(address, { headers: { "HX-Request": "true" } });
      if (answer.status === 401) { location.reload(); return; }
      if (!answer.ok) return;
      take(new DOMParser().parseFromString(await answer.text(), "text/html"));
      tell("htmx:afterOnLoad", region);
    } catch {
      tell("htmx:sendError", region);
    }
  };
  setInterval(ask, Number(region.dataset.every || 15) * 1000);
  document.addEventListener("visibilitychange", ask);
})();
