/* The wizard's manners: one more row of people can be added without asking the server. */
(() => {
  document.addEventListener("click", (click) => {
    const button = click.target.closest("[data-adds-row]");
    if (!button) return;
    const name = button.dataset.addsRow;
    const rows = document.querySelector(`[data-rows="${name}"]`);
    const total = document.querySelector(`[name="${name}-TOTAL_FORMS"]`);
    const most = Number(document.querySelector(`[name="${name}-MAX_NUM_FORMS"]`)?.value ?? 20);
    const number = Number(total.value);
    if (number >= most) return;
    const row = document.getElementById(`${name}-empty`).content.cloneNode(true);
    for (const part of row.querySelectorAll("*")) {
      for (const attribute of part.attributes) {
        if (attribute.value.includes("__prefix__")) attribute.value = attribute.value.replaceAll("__prefix__", String(number));
      }
    }
    rows.append(row);
    total.value = String(number + 1);
    button.disabled = number + 1 >= most;
    rows.lastElementChild.querySelector("input")?.focus();
  });
})();
