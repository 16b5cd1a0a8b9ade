/* The search on the board: a combobox. htmx brings the results; the arrows walk them while the focus stays in the field. */
import { around, each } from "./page.js";

each("[data-find]", find => {
  const field = find.querySelector("input[type=search]"), list = find.querySelector("[role=listbox]");
  const opener = find.querySelector("[data-find-open]"), closer = find.querySelector("[data-find-close]");
  const options = () => [...list.querySelectorAll("[role=option]")];
  const chosen = () => options().find(option => option.ariaSelected === "true");

  function mark(option) {
    for (const other of options()) other.ariaSelected = String(other === option);
    if (option) field.setAttribute("aria-activedescendant", option.id);
    else field.removeAttribute("aria-activedescendant");
    option?.scrollIntoView({ block: "nearest" });
  }
  const shown = on => field.setAttribute("aria-expanded", String(on));

  list.addEventListener("htmx:afterSwap", () => { mark(null); shown(options().length > 0); });
  field.addEventListener("input", () => { if (!field.value.trim()) { list.replaceChildren(); shown(false); } });
  field.addEventListener("keydown", event => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key], all = options();
    if (step && all.length) {
      event.preventDefault();
      mark(chosen() ? around(all, chosen(), step) : all.at(step > 0 ? 0 : -1));
    } else if (event.key === "Enter" && chosen()) {
      event.preventDefault();
      chosen().click();
    } else if (event.key === "Escape") {
      event.preventDefault();
      if (field.value) { field.value = ""; list.replaceChildren(); shown(false); } else close();
    }
  });

  function open() {
    find.toggleAttribute("data-open", true);
    opener.ariaExpanded = "true";
    field.focus();
    field.select();
  }
  function close() {
    find.removeAttribute("data-open");
    opener.ariaExpanded = "false";
    if (opener.checkVisibility()) opener.focus(); else field.blur();
  }
  opener.addEventListener("click", open);
  closer.addEventListener("click", close);
  find.addEventListener("tandem:open", open);
});
