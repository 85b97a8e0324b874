// Reports: print on request.
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-prints]")) window.print();
});
