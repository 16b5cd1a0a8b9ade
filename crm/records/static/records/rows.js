/* Rows: j and k go from one to the next, Enter opens (it is a link), x selects, Shift with j, k or a click selects a
   stretch. The bar at the foot shows while something is selected. Where the reader stood survives a redrawn page. */

const HERE = `tandem.row:${location.pathname}`;
const rows = () => [...document.querySelectorAll("[data-row]")].filter(row => row.checkVisibility());
const tick = row => row?.closest("tr")?.querySelector("[data-tick]");
const busy = event => event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog:modal, [popover]:popover-open")
  || event.target.closest?.("input:not([type=checkbox]), textarea, select, [contenteditable]");
/* The switch of crm/core's keys.js holds for these keys too. */
const off = () => { try { return localStorage.getItem("tandem.keys-off") !== null; } catch { return false; } };

function here() {
  const focused = document.activeElement?.closest("tr, .card")?.querySelector("[data-row]");
  return focused ?? document.getElementById(recall());
}
const recall = () => { try { return sessionStorage.getItem(HERE) ?? ""; } catch { return ""; } };
const remember = row => { try { sessionStorage.setItem(HERE, row.id); } catch { /* then the next page begins at the top */ } };

function go(step, selecting) {
  const all = rows(), from = here();
  const next = from ? all[all.indexOf(from) + step] : all[0];
  if (!next) return;
  if (selecting && from) { check(from, true); check(next, true); }
  next.focus();
  next.closest("tr, .card").scrollIntoView({ block: "nearest" });
}

function check(row, on) {
  const box = tick(row);
  if (box && box.checked !== on) { box.checked = on; show(); }
}

document.addEventListener("focusin", event => {
  const row = event.target.closest("tr, .card")?.querySelector("[data-row]");
  if (row) remember(row);
});

document.addEventListener("keydown", event => {
  if (busy(event) || off() || !document.querySelector("[data-row]")) return;
  const key = event.key.toLowerCase();
  if (key === "j" || key === "k") { event.preventDefault(); go(key === "j" ? 1 : -1, event.shiftKey); }
  if (key === "x" && tick(here())) { event.preventDefault(); check(here(), !tick(here()).checked); }
  if (key === "escape" && chosen().length) clear();
});

/* ---------- Selecting ---------- */
const boxes = () => [...document.querySelectorAll("[data-tick]")];
const chosen = () => boxes().filter(box => box.checked);
let last = null;

document.addEventListener("click", event => {
  const box = event.target.closest?.("[data-tick]");
  if (!box) return;
  const all = boxes();
  if (event.shiftKey && last && all.includes(last)) {
    const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((a, b) => a - b);
    for (const one of all.slice(from, to + 1)) one.checked = box.checked;
  }
  last = box;
  show();
});

document.addEventListener("change", event => {
  if (event.target.matches("[data-tick-all]")) for (const box of boxes()) box.checked = event.target.checked;
  if (event.target.matches("[data-tick-all], [data-tick]")) show();
});
document.addEventListener("click", event => event.target.closest("[data-untick]") && clear());
document.addEventListener("htmx:afterSettle", () => show());
addEventListener("pageshow", () => show());

function clear() {
  for (const box of boxes()) box.checked = false;
  show();
}

function show() {
  const bar = document.querySelector("[data-selection]");
  if (!bar) return;
  const number = chosen().length, all = document.querySelector("[data-tick-all]");
  bar.hidden = number === 0;
  bar.querySelector("[data-selected]").textContent = number;
  for (const box of boxes()) box.closest("tr").toggleAttribute("data-chosen", box.checked);
  if (all) { all.checked = number > 0 && number === boxes().length; all.indeterminate = number > 0 && !all.checked; }
}
