/* Lists of fields that grow: [data-repeats] holds a [data-list], a <template> and a [data-add] button; each item has a
   [data-drop] button. And the week's "Monday for all workdays". Every change tells the form, which may show a preview. */
import { each } from "../tandem/js/page.js";

const changed = form => form?.dispatchEvent(new CustomEvent("tandem:changed", { bubbles: true }));
const show = root => { for (const element of root.querySelectorAll("[data-needs-script]")) element.hidden = false; };

function add(box) {
  const item = box.querySelector("template").content.firstElementChild.cloneNode(true);
  show(item);
  box.querySelector("[data-list]").append(item);
  return item;
}

each("[data-repeats]", box => {
  show(box);
  box.addEventListener("click", event => {
    if (event.target.closest("[data-add]")) add(box).querySelector("input").focus();
    const drop = event.target.closest("[data-drop]");
    if (!drop) return;
    const form = box.closest("form");
    drop.closest("[data-item]").remove();
    (box.querySelector("[data-item] input") ?? box.querySelector("[data-add]")).focus();
    changed(form);
  });
});

each("[data-week]", week => {
  show(week);
  week.querySelector("[data-copies-week]")?.addEventListener("click", () => {
    const [monday, ...others] = week.querySelectorAll("[data-repeats]");
    const times = [...monday.querySelectorAll("[data-item]")].map(item => [...item.querySelectorAll("input")].map(input => input.value));
    for (const day of others.slice(0, 4)) {
      day.querySelector("[data-list]").replaceChildren();
      for (const values of times) [...add(day).querySelectorAll("input")].forEach((input, place) => { input.value = values[place]; });
    }
    changed(week.closest("form"));
  });
});
