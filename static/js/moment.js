/* Moments: the server writes the exact time; here it becomes relative and keeps growing older, in the page's language and in
   the zone the person chose (data-zone on <html>), else the device's. */
(() => {
  const { lang, dataset } = document.documentElement;
  const locale = lang || undefined;
  const timeZone = dataset.zone || undefined;
  const exact = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short", timeZone });
  const zone = new Intl.DateTimeFormat(locale, { timeZoneName: "short", timeZone });
  const day = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", year: "numeric", timeZone });
  /* the same words as the server's, so that nothing moves when they are renewed */
  const german = (locale ?? "").startsWith("de");
  const said = german
    ? { now: "gerade eben", ago: (span) => `vor ${span}`, later: (span) => `in ${span}`, units: ["Sek.", "Min.", "Std."], days: ["Tag", "Tagen"] }
    : { now: "just now", ago: (span) => `${span} ago`, later: (span) => `in ${span}`, units: ["s", "min", "h"], days: ["day", "days"] };

  const spanWords = (away) => {
    const [limit, size] = [[60, 1], [3600, 60], [86400, 3600]].find(([most]) => away < most) ?? [0, 86400];
    const amount = Math.floor(away / size);
    return limit ? `${amount} ${said.units[[60, 3600, 86400].indexOf(limit)]}` : `${amount} ${said.days[amount === 1 ? 0 : 1]}`;
  };
  const relative = (when) => {
    const seconds = (Date.now() - when) / 1000;
    const away = Math.abs(seconds);
    if (away < 10) return said.now;
    if (away >= 30 * 86400) return day.format(when);
    return seconds > 0 ? said.ago(spanWords(away)) : said.later(spanWords(away));
  };
  const zoneName = (when) => zone.formatToParts(when).find((part) => part.type === "timeZoneName")?.value ?? "";
  const upgrade = (within) => {
    for (const mark of within.querySelectorAll("time[data-moment]")) {
      const when = new Date(mark.dateTime);
      if (Number.isNaN(when.getTime())) continue;
      const full = `${exact.format(when)} ${zoneName(when)}`.trim();
      mark.title = full;
      const [near, far] = [mark.querySelector(".moment-relative"), mark.querySelector(".moment-exact")];
      if (near) near.textContent = relative(when);
      if (far) far.textContent = full;
    }
  };
  document.addEventListener("DOMContentLoaded", () => upgrade(document));
  document.addEventListener("htmx:afterSettle", (settled) => upgrade(settled.target.parentElement ?? document));
  setInterval(() => upgrade(document), 30000);
})();
