/* The profile page: says what time it is in the chosen zone, and offers the zone of the device. */
(() => {
  const field = document.querySelector("[data-zone-field]");
  if (!field) return;
  const now = document.querySelector("[data-zone-now]");
  const take = document.querySelector("[data-takes-zone]");
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const clock = (zone) => {
    try {
      return new Intl.DateTimeFormat(document.documentElement.lang, { timeZone: zone, hour: "2-digit", minute: "2-digit" }).format();
    } catch {
      return "";
    }
  };
  const follow = () => {
    const zone = field.value.trim().replaceAll(" ", "_");
    const time = zone ? clock(zone) : "";
    now.hidden = !time;
    now.textContent = now.dataset.words.replace("{time}", time);
    take.hidden = !here || zone === here;
    take.textContent = take.dataset.words.replace("{zone}", here);
  };
  take.addEventListener("click", () => {
    field.value = here;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  });
  field.addEventListener("input", follow);
  setInterval(follow, 30000);
  addEventListener("pageshow", follow);
})();
