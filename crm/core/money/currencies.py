"""Currencies of ISO 4217: which exist, how finely they divide, how they look.

Two precisions, on purpose. `minor_units` is the smallest unit the standard knows (a hundredth for IDR, a thousandth
for KWD, one for JPY): amounts are rounded and stored to it. `shown_places` is what people deal in today (none for
IDR, from CLDR's cash digits): amounts are shown with so many decimals, and with more when hiding them would lie.
"""

from __future__ import annotations

from functools import cache, lru_cache

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.numbers import get_currency_name, get_currency_symbol, get_territory_currencies, list_currencies
from django.utils.translation import gettext as _

from crm.core.errors import Invalid

USUAL_MINOR_UNITS = 2

# ISO 4217, list one: the currencies in use that do not divide by a hundred.
_MINOR_UNITS = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI"), 0),
    **dict.fromkeys(("VND", "VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}

# Codes of ISO 4217 that are no money: metals, baskets, bond units, testing, none.
_NOT_MONEY = frozenset(
    {
        "XAG",
        "XAU",
        "XBA",
        "XBB",
        "XBC",
        "XBD",
        "XDR",
        "XEU",
        "XFO",
        "XFU",
        "XPD",
        "XPT",
        "XRE",
        "XSU",
        "XTS",
        "XUA",
        "XXX",
    }
)

# Where everybody, in every language of ours, writes something else than CLDR's English.
_SYMBOLS = {"IDR": "Rp"}


@cache
def known_currencies() -> frozenset[str]:
    """Every code an amount may carry, those of the past included: old rows stay readable."""
    return frozenset(list_currencies()) - _NOT_MONEY


@cache
def current_currencies() -> tuple[str, ...]:
    """The codes in use somewhere as CLDR has it, in order: what forms offer."""
    territories = get_global("territory_currencies")
    used = {code for territory in territories for code in get_territory_currencies(territory, tender=True)}
    return tuple(sorted(used - _NOT_MONEY))


def check_currency(code: object, *, field: str = "currency") -> str:
    """The code itself when it is one (three capitals); ``Invalid`` (``unknown_currency``) otherwise."""
    if not isinstance(code, str) or code not in known_currencies():
        detail = _("“%(code)s” is no currency. Write its three letters, such as EUR or IDR.")
        raise Invalid(detail % {"code": str(code)[:20]}, field=field, code="unknown_currency")
    return code


@lru_cache(maxsize=512)
def minor_units(currency: str) -> int:
    """Decimals of the smallest unit: 2 for EUR and IDR, 0 for JPY, 3 for KWD. CLDR knows those of the past."""
    check_currency(currency)
    if currency in _MINOR_UNITS:
        return _MINOR_UNITS[currency]
    return USUAL_MINOR_UNITS if currency in current_currencies() else _cldr_digits(currency)[0]


@lru_cache(maxsize=512)
def shown_places(currency: str) -> int:
    """Decimals people write: 2 for EUR, none for IDR and JPY."""
    return min(minor_units(currency), _cldr_digits(currency)[2])


@lru_cache(maxsize=4096)
def currency_symbol(currency: str, locale: str) -> str:
    """How readers of a language know the currency: ``€``, ``Rp``, ``$US`` in French, else its code."""
    return _SYMBOLS.get(currency) or get_currency_symbol(check_currency(currency), locale=load_locale(locale))


def currency_name(currency: str, locale: str) -> str:
    """The name of the currency: “Indonesian Rupiah”, « roupie indonésienne »."""
    return get_currency_name(check_currency(currency), locale=load_locale(locale))


@lru_cache(maxsize=64)
def load_locale(code: str) -> Locale:
    """CLDR's data for a language code such as ``fr``, ``en-gb``; English for one it does not know."""
    try:
        return Locale.parse(code, sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale.parse("en")


def _cldr_digits(currency: str) -> tuple[int, int, int, int]:
    """Digits and rounding in books, digits and rounding in cash."""
    fractions = get_global("currency_fractions")
    digits: tuple[int, int, int, int] = fractions.get(currency, fractions["DEFAULT"])
    return digits
