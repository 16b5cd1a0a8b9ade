/* Small things that several modules need. */

const words = JSON.parse(document.getElementById("words")?.textContent ?? "{}");

/** The sentence called `name`, in the reader's language; %s takes `value`. */
export const say = (name, value = "") => (words[name] ?? "").replace("%s", value);

/** What the server wrote into <meta name="…">. */
export const meta = name => document.querySelector(`meta[name="${name}"]`)?.content ?? "";

/** Run `set_up` on every element that matches now, and on those that htmx brings later. */
export function each(selector, set_up) {
  const done = new WeakSet();
  const look = root => {
    const found = [...(root.matches?.(selector) ? [root] : []), ...root.querySelectorAll(selector)];
    for (const element of found) if (!done.has(element)) { done.add(element); set_up(element); }
  };
  look(document);
  document.addEventListener("htmx:load", event => look(event.detail.elt));
}

/** Whether a key press belongs to a field that somebody types in. */
export const typing = event => event.isComposing
  || event.target.closest?.("input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select, [contenteditable]") != null;

/** Whether an element can be seen and used: shown, enabled, and not behind an open dialog. */
export function usable(element) {
  const dialog = document.querySelector("dialog:modal");
  return element.checkVisibility() && !element.closest("[inert]") && !element.matches(":disabled, [aria-disabled=true]") && (!dialog || dialog.contains(element));
}

/** The element `step` further in a list that goes round. */
export const around = (list, from, step) => list[(list.indexOf(from) + step + list.length) % list.length];
