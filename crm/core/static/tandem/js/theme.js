/* Light, dark or as the system says; and how tight the rows stand. Kept in cookies, which the server writes into <html>:
   no flash at the next page. Without this script the system decides, and the switches stay away. */
import { each } from "./page.js";

const YEAR = 31_536_000;

each("[data-sets]", group => {
  const name = group.dataset.sets, root = document.documentElement;
  const buttons = [...group.querySelectorAll("button[value]")];
  const show = () => buttons.forEach(button => { button.ariaPressed = String(button.value === (root.dataset[name] ?? "")); });
  group.closest("[data-needs-script]")?.removeAttribute("hidden");
  show();
  group.addEventListener("click", event => {
    const button = event.target.closest("button[value]");
    if (!button) return;
    const secure = location.protocol === "https:" ? "; secure" : "";
    document.cookie = `${name}=${button.value}; path=/; max-age=${button.value ? YEAR : 0}; samesite=lax${secure}`;
    if (button.value) root.dataset[name] = button.value; else delete root.dataset[name];
    document.dispatchEvent(new CustomEvent("tandem:look"));
  });
  document.addEventListener("tandem:look", show);
});
