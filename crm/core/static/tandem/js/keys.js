/* Keys. "/" searches, "?" shows the keys, "g" and a letter goes to a page, and a single letter presses the button that
   shows it. Never while somebody types, never with Ctrl, Alt or the command key, and off for whoever switches them off. */
import { open } from "./dialogs.js";
import { each, typing, usable } from "./page.js";

const OFF = "tandem.keys-off", WAIT = 1500;
let going = 0;

/* A browser that keeps nothing may throw here; then the keys are simply on. */
const enabled = () => { try { return localStorage.getItem(OFF) === null; } catch { return true; } };
each("[data-keys-on]", box => {
  box.checked = enabled();
  box.addEventListener("change", () => box.checked ? localStorage.removeItem(OFF) : localStorage.setItem(OFF, "1"));
});

/** The last usable element for a key: a message's Undo stands after the page's own buttons. */
const target = (attribute, key) => [...document.querySelectorAll(`[${attribute}="${CSS.escape(key)}"]`)].filter(usable).at(-1);

document.addEventListener("keydown", event => {
  if (typing(event) || event.ctrlKey || event.metaKey || event.altKey || event.key.length !== 1 || !enabled()) return;
  const done = press(event.key);
  going = event.key === "g" && !done ? Date.now() : 0;
  if (done) event.preventDefault();
});

function press(key) {
  const link = Date.now() - going < WAIT && target("data-go", key);
  if (link) { link.click(); return true; }
  const modal = document.querySelector("dialog:modal");
  if (key === "/" && !modal) {
    const find = document.querySelector("[data-find]");
    find?.dispatchEvent(new CustomEvent("tandem:open"));
    return find !== null;
  }
  if (key === "?" && !modal) { open(document.getElementById("keys")); return true; }
  const button = target("aria-keyshortcuts", key);
  if (!button) return false;
  button.matches("input, textarea, select") ? button.focus() : button.click();
  return true;
}
