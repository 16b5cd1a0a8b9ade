/* Relative times stay right while a page is open; polls run once a minute and rest while nobody looks. */
import { say } from "./page.js";

const UNITS = [["year", 31_536_000], ["month", 2_592_000], ["week", 604_800], ["day", 86_400], ["hour", 3_600], ["minute", 60]];
const words = new Intl.RelativeTimeFormat(document.documentElement.lang || "en", { numeric: "always" });

/** "3 minutes ago", "in 2 days": the largest unit that fits, rounded as the server rounds. */
export function ago(seconds) {
  const [unit, size] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? [];
  return unit ? words.format(Math.round(seconds / size), unit) : say("now");
}

function refresh() {
  for (const time of document.querySelectorAll("time[data-ago]")) {
    const text = ago((Date.parse(time.dateTime) - Date.now()) / 1000);
    if (time.textContent !== text) time.textContent = text;
  }
}

setInterval(() => {
  if (document.hidden) return;
  refresh();
  document.body.dispatchEvent(new CustomEvent("tandem:poll"));
}, 60_000);
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  refresh();
  document.body.dispatchEvent(new CustomEvent("tandem:poll"));
});
