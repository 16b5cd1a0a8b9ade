/* Columns are shown in the order in which they stand in the dialog; the arrows move one. */
document.addEventListener("click", event => {
  const button = event.target.closest?.("[data-columns] :is([data-up], [data-down])");
  if (!button) return;
  const item = button.closest("li");
  const other = "up" in button.dataset ? item.previousElementSibling : item.nextElementSibling;
  if (!other) return;
  "up" in button.dataset ? other.before(item) : other.after(item);
  button.focus();
});
