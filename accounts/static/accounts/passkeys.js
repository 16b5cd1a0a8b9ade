/* Passkeys: the browser's own dialog, then an ordinary form with its answer.

   <form data-passkey="create | get | sign-in" data-options="<id of the JSON block>">: the options come from the page, for
   sign-in from the form's own address, so that a page that is left open does not hold a stale challenge. */
import { each } from "../tandem/js/page.js";
import { toast } from "../tandem/js/toasts.js";

const supported = Boolean(window.PublicKeyCredential?.parseRequestOptionsFromJSON);

async function options(form) {
  if (form.dataset.passkey !== "sign-in") return JSON.parse(document.getElementById(form.dataset.options).textContent);
  const answer = await fetch(form.action, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  return (await answer.json()).request_options;
}

async function credential(form) {
  const { publicKey } = await options(form);
  if (form.dataset.passkey === "create") {
    choose(publicKey, form.elements.passwordless?.checked ?? false);
    return navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(publicKey) });
  }
  return navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(publicKey) });
}

/* To sign in alone a passkey must be kept on the device and must check who holds it. */
function choose(publicKey, alone) {
  const wish = publicKey.authenticatorSelection ??= {};
  wish.residentKey = alone ? "required" : "discouraged";
  wish.requireResidentKey = alone;
  if (alone) wish.userVerification = "required";
}

each("[data-passkey]", form => {
  if (!supported) return;
  form.hidden = false;
  const button = form.querySelector("[type=submit]");
  form.addEventListener("submit", async event => {
    if (form.elements.credential.value) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    button.ariaBusy = "true";
    try {
      form.elements.credential.value = JSON.stringify((await credential(form)).toJSON());
      form.submit();
    } catch (error) {
      button.ariaBusy = null;
      // Closing the browser's dialog is a choice, not an error.
      if (error.name !== "AbortError") toast({ kind: "late", text: form.dataset.failed });
    }
  });
});
