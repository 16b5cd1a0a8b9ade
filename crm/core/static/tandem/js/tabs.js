/* Tabs after the WAI-ARIA pattern, made of links to sections. Without this script the sections simply stand below each
   other. Panes are tabs on narrow screens only: wide ones show them side by side. */
import { around, each } from "./page.js";

const wide = matchMedia("(width >= 60rem)");

each("[data-tabs]", bar => {
  const tabs = [...bar.querySelectorAll("a[href^='#']")];
  const panel = tab => document.getElementById(tab.hash.slice(1));
  const only_narrow = bar.dataset.tabs === "narrow";

  function choose(chosen, { focus = false } = {}) {
    for (const tab of tabs) {
      const on = tab === chosen;
      tab.role = "tab";
      tab.ariaSelected = String(on);
      tab.tabIndex = on ? 0 : -1;
      tab.removeAttribute("aria-current");
      tab.setAttribute("aria-controls", tab.hash.slice(1));
      Object.assign(panel(tab), { role: "tabpanel", hidden: !on });
      panel(tab).setAttribute("aria-labelledby", (tab.id ||= `tab-${tab.hash.slice(1)}`));
    }
    if (focus) chosen.focus();
  }
  const release = () => tabs.forEach(tab => { panel(tab).hidden = false; panel(tab).removeAttribute("role"); });
  const at_start = () => tabs.find(tab => tab.hash === location.hash) ?? tabs.find(tab => tab.ariaCurrent) ?? tabs[0];
  const now = () => tabs.find(tab => tab.ariaSelected === "true") ?? at_start();

  bar.role = "tablist";
  const fit = () => (only_narrow && wide.matches ? release() : choose(now()));
  fit();
  if (only_narrow) wide.addEventListener("change", fit);

  bar.addEventListener("click", event => {
    const tab = event.target.closest("a");
    if (!tab || event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    choose(tab, { focus: true });
    history.replaceState(history.state, "", tab.hash);
  });
  bar.addEventListener("keydown", event => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const next = step ? around(tabs, now(), step) : { Home: tabs[0], End: tabs.at(-1) }[event.key];
    if (!next) return;
    event.preventDefault();
    choose(next, { focus: true });
  });
});
