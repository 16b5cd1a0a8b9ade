"""Cells as values: days and times, numbers, money, yes or no, as people of several countries write them.

Nothing is guessed per cell. How a file writes its days and decimals is recognised once over a sample, shown, corrected; then every
cell is read strictly in that way, and one that does not fit is refused with its reason.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Literal

from django.utils.translation import gettext as _

from crm.core.errors import Invalid
from crm.core.money.currencies import current_currencies
from crm.core.text import fold

DateOrder = Literal["dmy", "mdy", "ymd"]
DecimalSign = Literal[".", ","]

_NUMBERS = re.compile(
    r"(?P<a>\d{1,4})(?P<sign>[-/. ])\s?(?P<b>\d{1,2}|[^\W\d]{3,10}\.?)(?P=sign)\s?(?P<c>\d{1,4})(?P<rest>(?:[T,\s].*)?)",
    re.DOTALL,
)
_COMPACT = re.compile(r"(?P<a>\d{4})(?P<b>\d{2})(?P<c>\d{2})(?P<rest>(?:T.*)?)")
_MONTH_FIRST = re.compile(r"(?P<b>[^\W\d]{3,10})\.?\s+(?P<a>\d{1,2})(?:st|nd|rd|th)?,?\s+(?P<c>\d{4})(?P<rest>)")
_TIME = re.compile(
    r"[T,\s]*(?P<h>\d{1,2})[:.](?P<m>\d{2})(?:[:.](?P<s>\d{2})(?:[.,]\d{1,9})?)?\s*(?P<half>[AaPp]\.?[Mm]\.?)?"
    r"\s*(?P<zone>Z?(?:[+-]\d{2}:?\d{2})?|UTC|GMT)?"
)
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january janvier janv januari",
            "feb february fevrier fevr fev februari peb pebruari",
            "mar march mars maret",
            "apr april avril avr",
            "may mai mei",
            "jun june juin juni",
            "jul july juillet juil juli",
            "aug august aout agu agt agustus ags",
            "sep sept september septembre",
            "oct october octobre okt oktober",
            "nov november novembre nop nopember",
            "dec december decembre des desember",
        ),
        1,
    )
    for name in names.split()
}
_YES = frozenset("yes y true t 1 oui o vrai ya iya benar x on".split())
_NO = frozenset("no n false f 0 non faux tidak bukan salah off".split())
_BLANKS = " \u00a0\u2009\u202f'\u2019"
_NUMBER = re.compile(r"(?P<sign>[-+\u2212]?)(?P<digits>[\d.,\s'\u2019]*\d[\d.,]*)(?P<exponent>[eE][-+]?\d{1,3})?")
_SYMBOLS = {
    "€": "EUR", "$": "USD", "£": "GBP", "¥": "JPY", "Rp": "IDR", "₹": "INR", "₩": "KRW", "₫": "VND", "₱": "PHP", "฿": "THB",
    "A$": "AUD", "C$": "CAD", "S$": "SGD", "US$": "USD", "RM": "MYR", "CHF": "CHF", "R$": "BRL", "zł": "PLN",
}  # fmt: skip


# --- How a file writes them ------------------------------------------------------------------------------------------


def recognise_dates(texts: Iterable[str]) -> tuple[DateOrder, bool]:
    """The order of day, month and year over many cells, and whether they leave no doubt."""
    first = second = 0
    for text in texts:
        match = _NUMBERS.fullmatch(text.strip())
        if match is None or len(match["a"]) > 2 or not match["b"].isdigit() or match["sign"] == " ":
            continue
        first = max(first, int(match["a"]))
        second = max(second, int(match["b"]))
        if match["sign"] == ".":  # nobody writes months first with points
            first = max(first, 13)
    if first > 12 >= second:
        return "dmy", True
    if second > 12 >= first:
        return "mdy", True
    return "dmy", not first


def recognise_decimals(texts: Iterable[str]) -> tuple[DecimalSign, bool]:
    """The decimal sign over many cells, and whether they leave no doubt. ``1,234`` alone proves nothing."""
    votes = {".": 0, ",": 0}
    doubtful = 0
    for text in texts:
        number = re.sub(rf"[^\d.,]|[{_BLANKS}]", "", text)
        points, commas = number.count("."), number.count(",")
        if not points and not commas:
            continue
        if points and commas:
            votes["." if number.rfind(".") > number.rfind(",") else ","] += 1
        elif points > 1:
            votes[","] += 1
        elif commas > 1:
            votes["."] += 1
        elif len(number) - 1 - max(number.find("."), number.find(",")) != 3 or number.startswith(("0.", "0,")):
            votes["." if points else ","] += 1
        else:
            doubtful += 1
    best: DecimalSign = "," if votes[","] > votes["."] else "."
    return best, bool(votes[best]) or not doubtful


# --- One cell --------------------------------------------------------------------------------------------------------


def parse_day(text: str, order: DateOrder) -> dt.date:
    """The day; a time behind it is read and left out. ``Invalid`` (``date_malformed``, ``no_such_day``)."""
    return _parse_date(text, order)[0]


def parse_moment(text: str, order: DateOrder, zone: dt.tzinfo) -> dt.datetime:
    """An instant, aware; a day alone is its midnight, a time without zone is in ``zone``."""
    day, rest = _parse_date(text, order)
    if not rest.strip():
        return dt.datetime.combine(day, dt.time(), zone)
    match = _TIME.fullmatch(rest.strip())
    if match is None:
        raise _no_date(text)
    hour = int(match["h"])
    if half := (match["half"] or "").lower()[:1]:
        hour = hour % 12 + (12 if half == "p" else 0)
    try:
        time = dt.time(hour, int(match["m"]), int(match["s"] or 0), tzinfo=_zone(match["zone"]) or zone)
        return dt.datetime.combine(day, time)
    except ValueError as error:
        raise Invalid(_("There is no such time: “%(text)s”.") % {"text": text[:40]}, code="no_such_time") from error


def _zone(text: str | None) -> dt.tzinfo | None:
    if not text:
        return None
    offset = text.removeprefix("Z").removeprefix("UTC").removeprefix("GMT").replace(":", "")
    if not offset:
        return dt.UTC
    span = dt.timedelta(hours=int(offset[1:3]), minutes=int(offset[3:5]))
    return dt.timezone(-span if offset[0] == "-" else span)


def _parse_date(text: str, order: DateOrder) -> tuple[dt.date, str]:
    written = text.strip()
    match = _NUMBERS.fullmatch(written) or _COMPACT.fullmatch(written) or _MONTH_FIRST.fullmatch(written)
    if match is None:
        raise _no_date(text)
    a, b, c = match["a"], match["b"], match["c"]
    if not b.isdigit():
        month = _MONTHS.get(fold(b).rstrip("."))
        if month is None:
            raise _no_date(text)
        year, day = (int(a), int(c)) if len(a) == 4 else (_year(c), int(a))
    elif len(a) == 4:
        year, month, day = int(a), int(b), int(c)
    elif len(a) > 2 or len(c) not in (2, 4):
        raise _no_date(text)
    elif order == "ymd" and len(c) == 2:
        year, month, day = _year(a), int(b), int(c)
    else:
        year = _year(c)
        day, month = (int(b), int(a)) if order == "mdy" else (int(a), int(b))
    try:
        return dt.date(year, month, day), match["rest"]
    except ValueError as error:
        raise Invalid(_("There is no such day: “%(text)s”.") % {"text": text[:40]}, code="no_such_day") from error


def _year(text: str) -> int:
    """Two digits mean the hundred years around now: 69 is 1969, 68 is 2068, as POSIX has it."""
    if len(text) == 3:
        raise _no_date(text)
    number = int(text)
    return number if len(text) == 4 else number + (1900 if number >= 69 else 2000)


def _no_date(text: str) -> Invalid:
    return Invalid(_("“%(text)s” is no date.") % {"text": text[:40]}, code="date_malformed")


def parse_number(text: str, decimal: DecimalSign = ".") -> Decimal:
    """A number with its groups of three, a percentage without its sign. ``Invalid`` (``number_malformed``, ``number_too_large``)."""
    written = text.strip().removesuffix("%").strip()
    if written.startswith("(") and written.endswith(")"):  # accountants' minus
        written = "-" + written[1:-1].strip()
    match = _NUMBER.fullmatch(written)
    if match is None or len(written) > 60:
        raise _no_number(text)
    whole, _point, fraction = match["digits"].partition(decimal)
    group = "," if decimal == "." else "."
    if not _is_grouped(whole, group) or not (fraction.isdigit() or not fraction):
        raise _no_number(text)
    digits = re.sub(rf"[{re.escape(group)}{_BLANKS}]", "", whole)
    if not digits.isascii() or not (fraction.isascii() or not fraction):
        raise _no_number(text)
    sign = "-" if match["sign"] in ("-", "\u2212") else ""
    number = Decimal(f"{sign}{digits or 0}.{fraction or 0}{match['exponent'] or ''}")
    if abs(number) >= Decimal("1e15"):
        raise Invalid(_("“%(text)s” is too large.") % {"text": text[:40]}, code="number_too_large")
    return number


def _is_grouped(whole: str, group: str) -> bool:
    parts = re.split(rf"[{re.escape(group)}{_BLANKS}]", whole)
    return all(part.isdigit() for part in parts) and (
        len(parts) == 1 or (1 <= len(parts[0]) <= 3 and all(len(part) == 3 for part in parts[1:]))
    )


def parse_whole(text: str, decimal: DecimalSign = ".") -> int:
    number = parse_number(text, decimal)
    if number != number.to_integral_value():
        raise Invalid(_("“%(text)s” is no whole number.") % {"text": text[:40]}, code="number_malformed")
    return int(number)


def _no_number(text: str) -> Invalid:
    return Invalid(_("“%(text)s” is no number.") % {"text": text[:40]}, code="number_malformed")


def parse_money(text: str, decimal: DecimalSign = ".") -> tuple[Decimal, str]:
    """An amount and the code of the currency written beside it, empty when none is."""
    match = re.fullmatch(
        r"(?P<sign>[-\u2212(]?)\s*(?P<before>[^\d\s.,()-]*)\.?\s*(?P<number>-?[\d.,'\u2019\s]*\d[\d.,eE+]*)\s*(?P<after>[^\d()]*)\)?",
        text.strip(),
    )
    if match is None:
        raise _no_number(text)
    name = (match["before"] or match["after"]).strip()
    amount = parse_number(match["number"], decimal)
    if match["sign"]:
        amount = -amount
    if not name or name == "-":
        return amount, ""
    code = _SYMBOLS.get(name) or _SYMBOLS.get(name.capitalize()) or name.upper()
    if code not in current_currencies():
        raise Invalid(_("“%(text)s” is no currency.") % {"text": name[:20]}, code="unknown_currency")
    return amount, code


def parse_yes_no(text: str) -> bool:
    """Yes or no in three languages; ``Invalid`` (``not_yes_or_no``)."""
    word = fold(text.strip())
    if word in _YES or word in _NO:
        return word in _YES
    raise Invalid(_("“%(text)s” is neither yes nor no.") % {"text": text[:40]}, code="not_yes_or_no")
