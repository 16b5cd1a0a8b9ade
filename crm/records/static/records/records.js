/* Lists and records by keyboard and pointer. Every module finds its elements by data attributes. */
import "./rows.js";
import "./facts.js";
import "./board.js";
import "./columns.js";
