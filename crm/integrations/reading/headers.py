"""Which row names the columns, and what the columns are called when names are missing or doubled."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from django.utils.translation import gettext as _

SEARCHED_ROWS = 20
_DATA = re.compile(
    r"""[+-]?[\d.,\s]*\d%?$            # a number
      | [^@\s]+@[^@\s]+\.\w+$          # an e-mail address
      | \+?[\d\s().-]{7,}$             # a phone number
      | https?://                      # a web address
      | \d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}  # a day
      | (?:true|false)$""",
    re.VERBOSE | re.IGNORECASE,
)


def find_header(records: Sequence[Sequence[str]]) -> int | None:
    """The index of the row that names the columns among the first ones; None when the file begins with data.

    Titles above the table have fewer cells than its rows; names are short, and none of them is a number, a day or an address.
    """
    filled = [sum(1 for cell in row if cell.strip()) for row in records[:SEARCHED_ROWS]]
    if not any(filled):
        return None
    width = Counter(len(row) for row, count in zip(records, filled, strict=False) if count).most_common(1)[0][0]
    for index, row in enumerate(records[:SEARCHED_ROWS]):
        if not filled[index] or (len(row) < width and filled[index] <= width / 2):
            continue
        return index if _names_columns(row) else None
    return None


def _names_columns(row: Sequence[str]) -> bool:
    texts = [cell.strip() for cell in row if cell.strip()]
    if any(len(text) > 200 for text in texts):
        return False
    return sum(1 for text in texts if _DATA.match(text)) <= len(texts) // 8


def name_columns(header: Sequence[str], width: int) -> list[str]:
    """A name for each column, unique: ``Name``, ``Name (2)``, ``Column 3``."""
    names = list[str]()
    for index in range(max(width, len(header))):
        given = " ".join(header[index].split())[:200] if index < len(header) else ""
        names.append(_unique(given or _("Column %(number)d") % {"number": index + 1}, names))
    return names


def _unique(name: str, taken: Sequence[str]) -> str:
    number, unique = 2, name
    while unique in taken:
        unique, number = f"{name} ({number})", number + 1
    return unique
