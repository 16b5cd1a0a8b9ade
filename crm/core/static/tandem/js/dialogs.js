/* Dialogs (the browser's own), the question before an act that cannot be undone, and the eye of a password field. */
import { each } from "./page.js";

document.addEventListener("click", event => {
  const opener = event.target.closest("[data-opens]");
  if (opener) open(document.getElementById(opener.dataset.opens));
  const closer = event.target.closest("[data-closes]");
  if (closer) closer.closest("dialog").close();
  // The ground behind a dialog closes it, as pressing Escape does.
  if (event.target.matches("dialog.dlg") && outside(event)) event.target.close();
});

/** Show a dialog; it takes the focus and gives it back when it closes. */
export function open(dialog) {
  if (dialog && !dialog.open) dialog.showModal();
}

function outside({ target, clientX: x, clientY: y }) {
  const box = target.getBoundingClientRect();
  return x < box.left || x > box.right || y < box.top || y > box.bottom;
}

/** Ask; answers a promise of true or false. */
function ask(question) {
  const dialog = document.getElementById("confirm");
  const { promise, resolve } = Promise.withResolvers();
  const yes = dialog.querySelector("[data-answer]");
  dialog.querySelector("h2").textContent = question;
  const answer = () => { dialog.returnValue = "yes"; dialog.close("yes"); };
  yes.addEventListener("click", answer);
  dialog.addEventListener("close", () => { yes.removeEventListener("click", answer); resolve(dialog.returnValue === "yes"); }, { once: true });
  dialog.returnValue = "";
  open(dialog);
  return promise;
}

/* hx-confirm="…" on htmx elements, data-confirm="…" on plain forms. */
document.addEventListener("htmx:confirm", async event => {
  if (!event.detail.question) return;
  event.preventDefault();
  if (await ask(event.detail.question)) event.detail.issueRequest(true);
});
document.addEventListener("submit", async event => {
  const question = event.submitter?.dataset.confirm ?? event.target.dataset.confirm;
  if (!question || event.target.dataset.sure === "yes") return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const { target: form, submitter } = event;
  if (!(await ask(question))) return;
  form.dataset.sure = "yes";
  form.requestSubmit(submitter);
}, true);

each("[data-reveals]", button => {
  const field = document.getElementById(button.dataset.reveals);
  button.hidden = !field;
  button.addEventListener("click", () => {
    const shown = field.type === "text";
    field.type = shown ? "password" : "text";
    button.ariaPressed = String(!shown);
    field.focus();
  });
});
