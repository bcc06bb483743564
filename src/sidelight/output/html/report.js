"use strict";
// Filters findings. Nothing here ever turns text into markup.
(() => {
  const form = document.getElementById("filter");
  if (!form) return;
  const rows = Array.from(document.querySelectorAll(".finding"));
  const shown = document.getElementById("shown");
  const texts = new Map();
  const textOf = (row) => {
    if (!texts.has(row)) texts.set(row, row.textContent.toLowerCase());
    return texts.get(row);
  };
  const apply = () => {
    const words = form.text.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const row of rows) {
      const fits =
        (!form.level.value || row.dataset.level === form.level.value) &&
        (!form.class.value || row.dataset.class === form.class.value) &&
        (form.host.selectedIndex === 0 || row.dataset.host === form.host.value) &&
        words.every((word) => textOf(row).includes(word));
      row.hidden = !fits;
      count += fits;
    }
    shown.textContent = count + " of " + rows.length + " shown";
  };
  let pending = 0;
  form.addEventListener("input", () => {
    clearTimeout(pending);
    pending = setTimeout(apply, 120);
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(apply));
  const open = () => {
    const row = document.getElementById(location.hash.slice(1));
    if (!row || !row.classList.contains("finding")) return;
    if (row.hidden) form.reset();
    row.hidden = false;
    row.open = true;
    row.scrollIntoView();
  };
  window.addEventListener("hashchange", open);
  form.hidden = false;
  apply();
  open();
})();
