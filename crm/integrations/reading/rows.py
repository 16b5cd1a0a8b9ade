"""What every reader gives: rows with their line, or a fault with its line and reason."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from django.utils.translation import gettext as _

from crm.core.api import text as edge

# Bytes that are no text in the chosen encoding arrive as these lone surrogates (see ``encodings``).
UNDECODABLE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a row cannot be taken: a stable ``code``, a sentence, and the column where it is one column's fault."""

    code: str
    message: str
    column: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: ``number`` counts rows from 1, ``line`` is where it begins in the file, ``cells`` its texts in order.

    A row with a ``fault`` was read but cannot be taken.
    """

    number: int
    line: int
    cells: list[str]
    fault: Fault | None = None


def clean(cell: str) -> str:
    """One cell as it is kept: NFC, line feeds for line ends, no blanks around. Old line breaks (VT, FF) become new ones."""
    if cell.isascii() and cell.isprintable():
        return cell.strip()
    return edge.normal(cell).replace("\r", "\n").replace("\x0b", "\n").replace("\x0c", "\n").strip()


def fault_of_text(cells: list[str], names: list[str]) -> Fault | None:
    """The first cell that no screen or database can bear."""
    for index, cell in enumerate(cells):
        if cell.isprintable():
            continue
        name = names[index] if index < len(names) else ""
        if UNDECODABLE.search(cell):
            return Fault("bad_bytes", _("Some letters cannot be read in this encoding. Is it the right one?"), name)
        if edge.has_controls(cell, multiline=True):
            shown = next(c for c in cell if edge.has_controls(c, multiline=True))
            return Fault(
                "control_character",
                _("There is a control character (%(code)s) in the text.") % {"code": _code(shown)},
                name,
            )
    return None


def _code(character: str) -> str:
    return unicodedata.name(character, f"U+{ord(character):04X}")
