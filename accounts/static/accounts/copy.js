/* A button that copies a field: data-copies="<id>". Where the browser does not let us, the text is marked to copy by hand. */
import { each } from "../tandem/js/page.js";
import { toast } from "../tandem/js/toasts.js";

each("[data-copies]", button => {
  const field = document.getElementById(button.dataset.copies);
  button.addEventListener("click", async () => {
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
      toast({ text: button.dataset.copied });
    } catch {
      field.focus();
    }
  });
});
