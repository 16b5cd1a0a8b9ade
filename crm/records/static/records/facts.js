/* Facts changed in place: a click on the line or the key e opens it, Escape gives it back as it was, Enter saves (a form
   does that by itself; in a text of several lines with Ctrl). */
import { typing } from "../tandem/js/page.js";

const off = () => { try { return localStorage.getItem("tandem.keys-off") !== null; } catch { return false; } };

document.addEventListener("click", event => {
  const fact = event.target.closest(".fact");
  if (!fact || event.target.closest("a, button, input, select, textarea, label")) return;
  if (getSelection()?.toString()) return; // somebody copies the value
  fact.querySelector("[data-edit]")?.click();
});

document.addEventListener("keydown", event => {
  const form = event.target.closest?.(".fact-form");
  if (form && event.key === "Escape") {
    event.preventDefault();
    form.querySelector("[data-cancel]").click();
  } else if (form && event.key === "Enter" && event.ctrlKey) {
    event.preventDefault();
    form.requestSubmit();
  } else if (event.key === "e" && !typing(event) && !event.ctrlKey && !event.metaKey && !event.altKey && !off() && !document.querySelector("dialog:modal")) {
    const near = document.activeElement?.closest(".fact") ?? document.querySelector("[data-facts] .fact:has([data-edit])");
    near?.querySelector("[data-edit]")?.click();
  }
});

/* Into the field when it opens; back to its pencil when it closes, so that Tab goes on to the next fact. */
document.addEventListener("htmx:afterSettle", event => {
  const fact = event.target.closest?.(".fact");
  if (!fact) return;
  const field = fact.querySelector("[aria-invalid=true], .fact-form :is(input:not([type=hidden]), select, textarea)");
  (field ?? fact.querySelector("[data-edit]"))?.focus({ preventScroll: true });
  if (field?.matches("input[type=text], input[type=number]")) field.select();
});
