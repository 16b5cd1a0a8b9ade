/* What the pages of accounts add: passkeys, copying, rows to add and take away, clocks. */
import "./clocks.js";
import "./copy.js";
import "./passkeys.js";
import "./repeats.js";
