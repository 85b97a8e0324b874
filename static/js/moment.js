/* Moments: the server writes the exact time in UTC; here it becomes relative and, on hover, the viewer's own zone. */
(() => {
  const locale = document.documentElement.lang || undefined;
  const exact = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
  const zone = new Intl.DateTimeFormat(locale, { timeZoneName: "short" });
  const day = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", year: "numeric" });
  const spans = [[60, 1, "s"], [3600, 60, "min"], [86400, 3600, "h"]];

  const distance = (seconds) => {
    for (const [limit, size, unit] of spans) if (seconds < limit) return `${Math.floor(seconds / size)} ${unit}`;
    const days = Math.floor(seconds / 86400);
    return days === 1 ? "1 day" : `${days} days`;
  };
  const relative = (when) => {
    const seconds = (Date.now() - when) / 1000;
    const away = Math.abs(seconds);
    if (away < 10) return "just now";
    if (away >= 30 * 86400) return day.format(when);
    return seconds > 0 ? `${distance(away)} ago` : `in ${distance(away)}`;
  };
  const zoneName = (when) => zone.formatToParts(when).find((part) => part.type === "timeZoneName")?.value ?? "";
  const upgrade = (within) => {
    for (const mark of within.querySelectorAll("time[data-moment]")) {
      const when = new Date(mark.dateTime);
      if (Number.isNaN(when.getTime())) continue;
      const words = `${exact.format(when)} ${zoneName(when)}`.trim();
      mark.title = words;
      const [short, full] = [mark.querySelector(".moment-relative"), mark.querySelector(".moment-exact")];
      if (short) short.textContent = relative(when);
      if (full) full.textContent = words;
    }
  };
  document.addEventListener("DOMContentLoaded", () => upgrade(document));
  document.addEventListener("htmx:afterSettle", (settled) => upgrade(settled.target.parentElement ?? document));
  setInterval(() => upgrade(document), 30000);
})();
