"""Text that no spreadsheet takes for a formula, and the way back (P41).

The rule, in both directions: a text cell that begins with any number of apostrophes and then one of ``= + - @``, tab or
carriage return gets one more apostrophe in front; the reader takes one away from exactly these. Numbers are written as
numbers and never change; a phone number such as ``+33 6 12…`` is text and is protected. So reading what was written gives
what was there, and a cell of somebody else's file that reads ``'=…`` means the same there: "a text that begins with =".
"""

from __future__ import annotations

import re

_LIVE = re.compile(r"'*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]")
_PROTECTED = re.compile(r"''*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]")


def escape(text: str) -> str:
    """The text with a guard in front where a spreadsheet would compute it."""
    return f"'{text}" if _LIVE.match(text) else text


def unescape(text: str) -> str:
    """What ``escape`` was given."""
    return text[1:] if text.startswith("'") and _PROTECTED.match(text) else text
