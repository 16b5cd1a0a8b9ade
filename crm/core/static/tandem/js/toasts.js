/* Messages after an act. Ten seconds for those that can be undone, by button or the key u; the clock stands still while
   somebody points at one, is in it, or looks at another page. Those that tell of an error wait to be closed. */
import { each } from "./page.js";

const list = document.getElementById("toasts");
const SECONDS = 6, MOST = 3, TICK = 250;

/** Show a message: {text, undo: address to POST to, kind: "" or "late", note}. */
export function toast({ text, undo = "", kind = "", note = "" }) {
  if (!list) return;
  const item = document.getElementById(kind === "late" ? "toast-late" : "toast").content.firstElementChild.cloneNode(true);
  item.querySelector("[data-text]").textContent = text;
  item.querySelector("[data-note]").textContent = note;
  const form = item.querySelector("[data-undo]");
  if (undo) {
    form.action = undo;
    form.setAttribute("hx-post", undo);
    form.hidden = false;
  } else {
    form.remove();
    delete item.dataset.seconds;
  }
  item.dataset.new = "";
  home().append(list);
  list.append(item);
  window.htmx?.process(item);
  start(item);
  while (list.children.length > MOST) list.firstElementChild.remove();
}

/* An open dialog makes everything outside it dead, so the messages move into it. */
const home = () => document.querySelector("dialog:modal") ?? document.body;
document.addEventListener("close", () => list && document.body.append(list), true);

const started = new WeakSet();
function start(item) {
  if (started.has(item)) return;
  started.add(item);
  item.querySelector("[data-dismiss]").addEventListener("click", () => leave(item));
  item.querySelector("[data-undo]")?.addEventListener("htmx:afterRequest", event => event.detail.successful && leave(item));
  if (item.classList.contains("toast-late")) return;
  let left = (Number(item.dataset.seconds) || SECONDS) * 1000;
  const clock = setInterval(() => {
    const paused = document.hidden || item.matches(":hover, :focus-within");
    item.toggleAttribute("data-paused", paused);
    if (!paused) left -= TICK;
    if (left <= 0 || !item.isConnected) { clearInterval(clock); leave(item); }
  }, TICK);
}

/* Focus must not fall through to the top of the page when the message under it goes. */
function leave(item) {
  const had = item.contains(document.activeElement);
  item.remove();
  if (had) document.getElementById("main")?.focus({ preventScroll: true });
}

each("[data-toast]", start);
document.addEventListener("tandem:toast", event => toast(event.detail));
