"""Amounts as people write and read them, in the habits of their language.

Written amounts are read strictly: a group has three digits, decimals are those of the currency. So ``1.285`` is
1285 in Indonesian, is refused in English (EUR has no thousandths), and is never quietly taken for 1.28.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from functools import lru_cache
from typing import Literal

from babel.numbers import NumberPattern, format_decimal, get_decimal_symbol, get_group_symbol, parse_pattern
from django.utils.translation import gettext as _

from crm.core.errors import Invalid
from crm.core.money.amounts import Money, check_number, decimals_of, round_half_away, too_precise
from crm.core.money.currencies import (
    check_currency,
    currency_symbol,
    current_currencies,
    load_locale,
    minor_units,
    shown_places,
)
from crm.core.money.errors import CurrenciesDiffer

Decimals = Literal["usual", "needed", "none"]

NO_BREAK_SPACE = "\u00a0"
_SPACES = " \u00a0\u2009\u202f"  # plain, no-break, thin, narrow no-break
_MINUS = "\u2212-"  # the hyphen last, or a character class would take it for a range
_LONGEST = 60

# [sign] [currency] [sign] digits and separators [currency], with Indonesia's closing ",-" for "no cents".
_NAME = rf"(?!\.)[^0-9+,{_MINUS}]*"
_SIGN = rf"[+{_MINUS}]?"
_WRITTEN = re.compile(
    rf"(?P<sign>{_SIGN})(?P<before>{_NAME})(?P<inner>{_SIGN})[{_SPACES}]*"
    rf"(?P<number>[0-9](?:[0-9.,{_SPACES}]*[0-9])?)(?:,[-\u2013])?(?P<after>{_NAME})"
)


def parse_money(
    text: str, locale: str, *, currency: str | None = None, default: str | None = None, field: str = "amount"
) -> Money:
    """The amount somebody wrote in a language: ``1.285.000`` (id), ``52 000 €`` (fr), ``$41,200.50`` (en).

    ``currency`` is the only one allowed, ``default`` the one meant when the text names none; without either the
    text must name it by code or by the symbol its readers use. Any space may separate groups; where the point is
    not the group sign it is read as a decimal point too. ``Invalid`` with ``amount_malformed``,
    ``amount_too_precise``, ``amount_out_of_range``, ``currency_missing`` or ``unknown_currency``,
    ``CurrenciesDiffer`` when the text names another currency than the one allowed.
    """
    written = _WRITTEN.fullmatch(text.strip()) if len(text) <= _LONGEST else None
    number = _number_pattern(locale).fullmatch(written["number"]) if written else None
    if written is None or number is None:
        raise _no_amount(text, locale, field)
    signs = written["sign"] + written["inner"]
    names = [name for side in ("before", "after") if (name := written[side].strip(_SPACES))]
    if len(signs) > 1 or len(names) > 1:
        raise _no_amount(text, locale, field)
    found = _find_currency("".join(names), locale, currency or default, field)
    if currency and found != currency:
        raise CurrenciesDiffer(currency, found, field=field)
    decimals = number["decimals"] or ""
    if len(decimals) > minor_units(found):  # "12.500" may well be a thousand times 12.5
        raise too_precise(found, field)
    sign = "-" if signs and signs in _MINUS else ""
    amount = Decimal(f"{sign}{re.sub('[^0-9]', '', number['whole'])}.{decimals or 0}")
    return Money(check_number(amount, field=field), found).checked(field=field)


def format_money(money: Money, locale: str, *, decimals: Decimals = "usual") -> str:
    """The amount for readers of a language: ``52 000,00 €``, ``€52,000.00``, ``Rp 1.285.000``, with no-break spaces.

    ``decimals``: ``usual`` as many as the currency is written with, and all there are when that would hide some;
    ``needed`` none when the amount is whole; ``none`` rounds to whole units, for axes and headlines whose exact
    figure stands nearby.
    """
    places = _places(money, decimals)
    amount = round_half_away(money.amount, places)
    locale_data = load_locale(locale)
    pattern = locale_data.currency_formats["standard"]
    symbol = currency_symbol(money.currency, locale)
    digits: str = _digits_pattern(locale, places).apply(amount.copy_abs(), locale_data)
    side = int(amount < 0)
    return _before(pattern.prefix[side], symbol) + digits + _after(pattern.suffix[side], symbol)


def _places(money: Money, decimals: Decimals) -> int:
    needed, usual = decimals_of(money.amount), shown_places(money.currency)
    if decimals == "none" or (decimals == "needed" and not needed):
        return 0
    return usual if needed <= usual else max(needed, minor_units(money.currency))


@lru_cache(maxsize=256)
def _digits_pattern(locale: str, places: int) -> NumberPattern:
    """How a language groups digits, with a fixed number of decimals: ``#,##0.00``."""
    grouped: str = load_locale(locale).decimal_formats[None].pattern.split(".")[0]
    return parse_pattern(f"{grouped}.{'0' * places}" if places else grouped)


def _before(prefix: str, symbol: str) -> str:
    """The symbol in front of the digits, apart from them when it ends in a letter (CLDR's currency spacing)."""
    gap = NO_BREAK_SPACE if prefix.endswith("¤") and not _stands_alone(symbol[-1]) else ""
    return prefix.replace("¤", symbol) + gap


def _after(suffix: str, symbol: str) -> str:
    gap = NO_BREAK_SPACE if suffix.startswith("¤") and not _stands_alone(symbol[0]) else ""
    return gap + suffix.replace("¤", symbol)


def _stands_alone(character: str) -> bool:
    """Whether a character is a sign or a space, so that digits may follow at once."""
    return unicodedata.category(character)[0] in "SZ"


@lru_cache(maxsize=64)
def _number_pattern(locale: str) -> re.Pattern[str]:
    group, point = get_group_symbol(load_locale(locale)), get_decimal_symbol(load_locale(locale))
    groups = _SPACES + group
    points = point if group == "." else point + "."
    return re.compile(
        rf"(?P<whole>[0-9]+|[0-9]{{1,3}}(?P<group>[{groups}])[0-9]{{3}}(?:(?P=group)[0-9]{{3}})*)"
        rf"(?:[{points}](?P<decimals>[0-9]+))?"
    )


def _find_currency(name: str, locale: str, expected: str | None, field: str) -> str:
    """The code meant by a name beside the digits; the expected one when there is no name or it may stand for it."""
    if not name and expected:
        return check_currency(expected)
    if not name:
        detail = _("Say in which currency, such as 52 000 EUR.")
        raise Invalid(detail, field=field, code="currency_missing")
    if expected and _may_mean(name, expected, locale):
        return expected
    return check_currency(_codes_by_symbol(locale).get(_bare(name)) or name.upper(), field=field)


def _may_mean(name: str, currency: str, locale: str) -> bool:
    """Whether readers may write a currency so: its symbol, or the bare sign in it ($ for CA$)."""
    symbol = currency_symbol(currency, locale)
    return _bare(name) == _bare(symbol) or (not any(map(str.isalnum, name)) and name in symbol)


def _bare(symbol: str) -> str:
    """A symbol without case and closing point: ``Rp.`` is ``rp``."""
    return symbol.casefold().removesuffix(".")


@lru_cache(maxsize=64)
def _codes_by_symbol(locale: str) -> dict[str, str]:
    return {_bare(currency_symbol(code, locale)): code for code in reversed(current_currencies())}


def _no_amount(text: str, locale: str, field: str) -> Invalid:
    example = format_decimal(Decimal("1285.50"), format="#,##0.00", locale=load_locale(locale))
    detail = _("“%(text)s” is no amount. Write it like %(example)s.")
    return Invalid(detail % {"text": text[:40], "example": example}, field=field, code="amount_malformed")
