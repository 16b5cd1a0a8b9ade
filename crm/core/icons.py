"""The icons: our names for them, and where their lines come from.

The lines are Lucide's (ISC licence), installed by npm as one JSON file; it is read once. Without the file every icon is
an empty string: nothing breaks and the words stand. Two marks of the trade are our own.
"""

from __future__ import annotations

import functools
import json
import logging
import re

from django.utils.html import format_html
from django.utils.safestring import SafeString

from crm.core.finders import node_modules

logger = logging.getLogger(__name__)

SOURCE = "@iconify-json/lucide/icons.json"

# Our word -> Lucide's. Add a line when a page needs one; a name that is not here is a programming error.
NAMES = {
    "add": "plus",
    "ascending": "chevron-down",  # the sorted column's mark; the style turns it
    "back": "chevron-left",
    "bell": "bell",
    "calendar": "calendar",
    "car": "car",
    "chart": "chart-column",
    "clock": "clock",
    "close": "x",
    "company": "building",
    "copy": "copy",
    "desk": "headset",
    "down": "chevron-down",
    "download": "download",
    "edit": "pencil",
    "filter": "sliders-horizontal",
    "forward": "chevron-right",
    "grip": "grip-vertical",
    "hide": "eye-off",
    "home": "house",
    "inbox": "inbox",
    "info": "info",
    "key": "key",
    "keyboard": "keyboard",
    "language": "languages",
    "lead": "target",
    "link": "link",
    "list": "list",
    "lock": "lock",
    "mail": "mail",
    "map": "map",
    "message": "message-square",
    "moon": "moon",
    "more": "ellipsis",
    "move-down": "arrow-down",
    "move-up": "arrow-up",
    "offline": "cloud-off",
    "ok": "check",
    "people": "users",
    "person": "user",
    "phone": "phone",
    "pin": "map-pin",
    "refresh": "refresh-cw",
    "route": "route",
    "search": "search",
    "settings": "settings",
    "shield": "shield",
    "show": "eye",
    "sign-out": "log-out",
    "sun": "sun",
    "system": "monitor",
    "undo": "undo-2",
    "upload": "upload",
    "warn": "triangle-alert",
}
# An interchange is Tandem's own sign: an ink capsule that joins both lines.
OWN = {
    "handoff": '<rect x="3" y="7.5" width="18" height="9" rx="4.5"/><path d="M8 12h8"/>',
    "none": '<path d="M6 12h12" stroke-dasharray="3 4"/>',
}

# Colour and stroke are the style sheet's business, so the package's own attributes go.
_DRESS = re.compile(
    r' (?:fill="none"|stroke="currentColor"|stroke-linecap="round"|stroke-linejoin="round"|stroke-width="2")'
)
# The lines are put into pages unescaped: shapes and numbers only, whatever the package may one day hold.
_SHAPES = re.compile(
    r'(?:<(?:path|circle|rect|line|ellipse|polyline|polygon|g)(?: [a-z][a-z0-9]*="[\w .,-]*")*/?>|</g>)+'
)


@functools.cache
def _lines() -> dict[str, str]:
    """Our name -> the shapes inside the ``<svg>``."""
    try:
        drawn = dict(json.loads((node_modules() / SOURCE).read_text())["icons"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        logger.warning("icons are not drawn: %s (%s)", SOURCE, error)
        return dict(OWN)
    found = {name: _DRESS.sub("", drawn[theirs]["body"]) for name, theirs in NAMES.items() if theirs in drawn}
    return OWN | {name: shapes for name, shapes in found.items() if _SHAPES.fullmatch(shapes)}


def draw(name: str, *, label: object = "", css: str = "") -> SafeString:
    """The icon as inline SVG on a 24-unit grid. ``label`` makes it speak, and stands in its place when it cannot be drawn."""
    if name not in NAMES and name not in OWN:
        raise KeyError(f"No icon is called {name!r}: add it to crm.core.icons.NAMES.")
    shapes = _lines().get(name)
    if shapes is None:
        return format_html("<span>{}</span>", label) if label else SafeString()
    drawn = format_html(
        '<svg class="i{}" viewBox="0 0 24 24" aria-hidden="true">{}</svg>',
        f" {css}" if css else "",
        SafeString(shapes),  # checked against _SHAPES above
    )
    return drawn + format_html('<span class="vh">{}</span>', label) if label else drawn
