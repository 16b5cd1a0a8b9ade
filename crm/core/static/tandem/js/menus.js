/* Menus and popovers open and close by themselves (popover, popovertarget). This adds the arrow keys, and a place beside
   the button where the browser cannot anchor yet. */
import { around } from "./page.js";

const anchors = CSS.supports("position-area: block-end");
const narrow = matchMedia("(width < 48rem)");
const items = menu => [...menu.querySelectorAll("a, button, input")].filter(item => item.checkVisibility());

document.addEventListener("toggle", event => {
  const pop = event.target;
  if (!pop.matches?.("[popover]") || event.newState !== "open") return;
  if (!anchors && !narrow.matches) place(pop);
  if (pop.matches("[data-menu]")) items(pop)[0]?.focus();
}, true);

function place(pop) {
  const button = document.querySelector(`[popovertarget="${pop.id}"]`)?.getBoundingClientRect();
  if (!button) return;
  const { width, height } = pop.getBoundingClientRect();
  const left = pop.classList.contains("pop-end") ? button.right - width : button.left;
  const below = button.bottom + height < innerHeight;
  pop.style.left = `${Math.max(8, Math.min(left, innerWidth - width - 8))}px`;
  pop.style.top = `${below ? button.bottom : Math.max(8, button.top - height - 12)}px`;
}

document.addEventListener("keydown", event => {
  const menu = event.target.closest?.("[data-menu]");
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!menu || event.target.matches("input[type=radio]")) return;
  const all = items(menu);
  const next = step ? around(all, document.activeElement, step) : { Home: all[0], End: all.at(-1) }[event.key];
  if (!next) return;
  event.preventDefault();
  next.focus();
});
