// Reports: print on request, and show the two days only when days are chosen.
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-prints]")) window.print();
});

document.addEventListener("DOMContentLoaded", () => {
  const days = document.querySelector("[data-days]");
  const period = document.querySelector("select[name=period]");
  if (!days || !period) return;
  const follow = () => {
    days.hidden = period.value !== "chosen";
  };
  period.addEventListener("change", follow);
  follow();
});
