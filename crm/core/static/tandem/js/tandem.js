/* Everything the pages share. Each module finds its elements by data attributes and leaves plain HTML working. */
import "./requests.js";
import "./toasts.js";
import "./dialogs.js";
import "./menus.js";
import "./tabs.js";
import "./search.js";
import "./keys.js";
import "./times.js";
import "./theme.js";
import "./order.js";

document.documentElement.dataset.ready = "";
