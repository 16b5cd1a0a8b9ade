/* Clocks of other places: <time data-clock="Asia/Jakarta">. The server wrote the time; this keeps it. */
const language = document.documentElement.lang || "en";
const tick = () => {
  for (const clock of document.querySelectorAll("time[data-clock]")) {
    const words = new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, { timeZone: clock.dataset.clock, hour: "2-digit", minute: "2-digit" });
    const text = words.format(new Date());
    if (clock.textContent !== text) clock.textContent = text;
  }
};
setInterval(() => { if (!document.hidden) tick(); }, 10_000);
document.addEventListener("visibilitychange", () => { if (!document.hidden) tick(); });
