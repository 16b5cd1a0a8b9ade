"""Which currencies exist, how finely they divide, how they look."""

from __future__ import annotations

import pytest

from crm.core.errors import Invalid
from crm.core.money import (
    check_currency,
    currency_name,
    currency_symbol,
    current_currencies,
    known_currencies,
    minor_units,
    shown_places,
)


@pytest.mark.parametrize(
    ("currency", "units", "shown"),
    [
        ("EUR", 2, 2),
        ("USD", 2, 2),
        ("IDR", 2, 0),
        ("JPY", 0, 0),
        ("XOF", 0, 0),
        ("KWD", 3, 3),
        ("TND", 3, 3),
        ("IQD", 3, 0),
        ("LAK", 2, 0),
        ("CHF", 2, 2),
        ("CLF", 4, 4),
        ("ITL", 0, 0),  # of the past
        ("DEM", 2, 2),
    ],
)
def test_what_a_currency_divides_into_and_what_is_shown(currency, units, shown):
    assert (minor_units(currency), shown_places(currency)) == (units, shown)


def test_every_known_currency_divides_and_has_a_name_and_a_symbol_in_our_languages():
    for currency in known_currencies():
        assert 0 <= shown_places(currency) <= minor_units(currency) <= 4
        for locale in ("en", "fr", "id"):
            assert currency_name(currency, locale)
            assert currency_symbol(currency, locale)


def test_forms_offer_what_is_in_use_and_rows_keep_what_was():
    assert {"EUR", "USD", "IDR", "JPY", "XOF", "KWD"} <= set(current_currencies())
    assert list(current_currencies()) == sorted(current_currencies())
    assert {"DEM", "FRF", "XAU", "XXX"}.isdisjoint(current_currencies())
    assert {"DEM", "FRF", "EUR"} <= known_currencies() >= set(current_currencies())


@pytest.mark.parametrize("code", ["XXX", "XAU", "XTS", "eur", "", "EURO", None, 5, ["EUR"]])
def test_what_is_no_currency_is_refused(code):
    with pytest.raises(Invalid) as refused:
        check_currency(code, field="price.currency")
    assert (refused.value.field, refused.value.specific_code) == ("price.currency", "unknown_currency")


@pytest.mark.parametrize(
    ("currency", "locale", "symbol"),
    [
        ("EUR", "fr", "€"),
        ("USD", "en", "$"),
        ("USD", "fr", "$US"),
        ("IDR", "id", "Rp"),
        ("IDR", "en", "Rp"),
        ("IDR", "fr", "Rp"),
        ("KWD", "en", "KWD"),
        ("EUR", "xx-unknown", "€"),
    ],
)
def test_symbols(currency, locale, symbol):
    assert currency_symbol(currency, locale) == symbol


def test_names():
    assert currency_name("IDR", "fr") == "roupie indonésienne"
    assert currency_name("EUR", "id") == "Euro"
