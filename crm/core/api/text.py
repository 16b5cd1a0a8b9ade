"""Text at the edge: one normal form, nothing that a screen or a database cannot bear (reliability D52, M14)."""

from __future__ import annotations

import re
import unicodedata

# C0 and C1 controls and DEL, except tab and line feed; lone surrogates, which no UTF-8 can carry.
_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_UNWANTED_IN_LINE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def normal(text: str) -> str:
    """NFC, with line ends as line feeds: composed and decomposed "Müller" become the same."""
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n"))


def has_controls(text: str, *, multiline: bool) -> bool:
    return (_UNWANTED if multiline else _UNWANTED_IN_LINE).search(text) is not None


def is_storable(text: str) -> bool:
    """Whether PostgreSQL can keep it at all, as text or inside JSON: no NUL, no lone surrogate."""
    return _UNSTORABLE.search(text) is None
