/* Lists that can be put in order by dragging. The library comes only to pages that have such a list; without it the
   buttons up and down remain. */
import { each } from "./page.js";

each("[data-order][data-drag-script]", async list => {
  try {
    await import(list.dataset.dragScript);
  } catch {
    return;
  }
  list.dataset.drag = "";
  window.Sortable.create(list, {
    handle: ".order-grip",
    animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 160,
    onEnd: ({ oldIndex, newIndex }) => {
      if (oldIndex === newIndex) return;
      const order = [...list.children].map(item => item.dataset.id);
      window.htmx.ajax("POST", list.dataset.order, { source: list, target: list, swap: "outerHTML", values: { order } });
    },
  });
});
