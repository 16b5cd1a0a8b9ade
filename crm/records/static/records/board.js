/* The board: a card is dragged to another stage, or goes there by Alt and an arrow, or by its two buttons. The server
   answers the whole board, so that totals and numbers are always its own. */
import { each } from "../tandem/js/page.js";

const board = () => document.getElementById("board");

function move(card, values) {
  const focused = `card-${card.dataset.id}`;
  window.htmx.ajax("POST", card.dataset.move, {
    source: board(), target: "#board", swap: "outerHTML", values: { ...values, version: card.dataset.version },
  }).then(() => document.getElementById(focused)?.focus());
}

document.addEventListener("keydown", event => {
  const card = event.altKey && event.target.closest?.(".card");
  const to = { ArrowRight: "next", ArrowLeft: "back" }[event.key];
  if (!card || !to || !card.querySelector(".card-moves")) return;
  event.preventDefault(); // the browser's own Alt and arrow leaves the page
  move(card, { to });
});
document.addEventListener("click", event => {
  const button = event.target.closest?.("[data-to]");
  if (button) move(button.closest(".card"), { to: button.dataset.to });
});

each("[data-board]", async place => {
  if (!place.dataset.dragScript || !place.querySelector(".card-moves")) return;
  try {
    await import(place.dataset.dragScript);
  } catch {
    return; // keys and buttons remain
  }
  place.dataset.drag = "";
  for (const lane of place.querySelectorAll("[data-lane]")) {
    window.Sortable.create(lane, {
      group: "deals",
      sort: false,
      delay: 150,
      delayOnTouchOnly: true,
      animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 160,
      onEnd: ({ item, from, to }) => from !== to && move(item, { stage: to.dataset.lane }),
    });
  }
});
/* A move that was refused leaves the card where it was dragged to: draw the board as it is. */
document.addEventListener("htmx:responseError", event => {
  if (event.detail.elt !== board()) return;
  window.htmx.ajax("GET", location.href, { target: "#board", select: "#board", swap: "outerHTML" });
});
