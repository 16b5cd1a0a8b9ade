/* htmx: the token, sessions that ended, answers that went wrong, and focus that stays where it was. */
import { meta, say } from "./page.js";
import { toast } from "./toasts.js";

const SENTENCES = { 403: "refused", 404: "gone", 409: "conflict", 410: "gone", 412: "conflict", 400: "invalid", 422: "invalid", 429: "too-many" };

document.addEventListener("htmx:configRequest", event => {
  event.detail.headers["X-CSRFToken"] = meta("csrf-token");
});

/* A session that ended: the sign-in page comes as a whole page and leads back here, never into a corner of this one. */
function signIn() {
  location.assign(`${meta("sign-in")}?next=${encodeURIComponent(location.pathname + location.search)}`);
}
document.addEventListener("htmx:beforeOnLoad", event => {
  const { xhr } = event.detail;
  const landed = xhr.responseURL && new URL(xhr.responseURL).pathname;
  const lost = meta("sign-in") && landed === meta("sign-in") && location.pathname !== landed;
  if (xhr.getResponseHeader("HX-Redirect") || !(xhr.status === 401 || lost)) return;
  event.preventDefault();
  signIn();
});

/* Nothing is swapped when an answer is an error, so what was typed stays; a sentence and the request's number say why. */
document.addEventListener("htmx:responseError", event => {
  const { xhr } = event.detail;
  if (xhr.status === 401) return;
  const number = xhr.getResponseHeader("X-Request-ID");
  // A service's own reason, where it gives one; else the general sentence of that status.
  const reason = JSON.parse(xhr.getResponseHeader("X-Refusal") ?? "null");
  toast({ kind: "late", text: reason ?? say(SENTENCES[xhr.status] ?? "broken"), note: number && !reason ? say("request", number) : "" });
});
for (const lost of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(lost, event => {
    if (!event.detail.elt.hasAttribute("data-quiet")) toast({ kind: "late", text: say("away") });
  });
}

/* Busy: the button that was pressed says so and cannot be pressed twice. */
const submitter = event => event.detail.requestConfig?.triggeringEvent?.submitter;
document.addEventListener("htmx:beforeRequest", event => submitter(event)?.setAttribute("aria-busy", "true"));
document.addEventListener("htmx:afterRequest", event => submitter(event)?.removeAttribute("aria-busy"));
document.addEventListener("submit", event => {
  const button = event.submitter;
  if (!button || event.defaultPrevented || event.target.method === "dialog") return;
  if (button.ariaBusy === "true") return event.preventDefault();
  button.ariaBusy = "true";
});
addEventListener("pageshow", event => {
  if (event.persisted) for (const button of document.querySelectorAll("button[aria-busy=true]")) button.ariaBusy = null;
});

/* Focus: htmx keeps it on elements with the same id; where the focused one is gone, it goes to what took its place. */
let lost = "";
document.addEventListener("htmx:beforeSwap", event => {
  const { target } = event.detail;
  lost = target.id && target.contains(document.activeElement) && document.activeElement !== document.body ? target.id : "";
});
document.addEventListener("htmx:afterSettle", () => {
  const place = lost && document.activeElement === document.body && document.getElementById(lost);
  lost = "";
  if (!place) return;
  if (!place.hasAttribute("tabindex")) place.tabIndex = -1;
  place.focus({ preventScroll: true });
});

/* A form that came back refused: to the list of errors, or to the first wrong field. */
const first = (root, selector) => [...root.querySelectorAll(selector)].find(found => !found.closest("[data-sample]"));
const toErrors = root => (first(root, "[data-focus]") ?? first(root, "[aria-invalid=true]"))?.focus();
toErrors(document);
document.addEventListener("htmx:load", event => toErrors(event.detail.elt));
