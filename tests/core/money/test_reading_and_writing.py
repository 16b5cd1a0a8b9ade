"""Amounts as people of three languages write and read them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.core.errors import Invalid
from crm.core.money import CurrenciesDiffer, Money, current_currencies, format_money, minor_units, parse_money

NBSP, NARROW = "\u00a0", "\u202f"


@pytest.mark.parametrize(
    ("amount", "currency", "en", "fr", "id_"),
    [
        ("52000", "EUR", "€52,000.00", f"52{NARROW}000,00{NBSP}€", "€52.000,00"),
        ("1285000", "IDR", f"Rp{NBSP}1,285,000", f"1{NARROW}285{NARROW}000{NBSP}Rp", f"Rp{NBSP}1.285.000"),
        ("1285000.5", "IDR", f"Rp{NBSP}1,285,000.50", f"1{NARROW}285{NARROW}000,50{NBSP}Rp", f"Rp{NBSP}1.285.000,50"),
        ("-41200.5", "USD", "-$41,200.50", f"-41{NARROW}200,50{NBSP}$US", "-US$41.200,50"),
        ("4.8", "EUR", "€4.80", f"4,80{NBSP}€", "€4,80"),
        ("1285", "JPY", "¥1,285", f"1{NARROW}285{NBSP}JPY", "JP¥1.285"),
        ("1.5", "KWD", f"KWD{NBSP}1.500", f"1,500{NBSP}KWD", f"KWD{NBSP}1,500"),
        ("0.423", "EUR", "€0.423", f"0,423{NBSP}€", "€0,423"),
        ("0", "EUR", "€0.00", f"0,00{NBSP}€", "€0,00"),
    ],
)
def test_written_for_people(amount, currency, en, fr, id_):
    money = Money.of(amount, currency)
    assert [format_money(money, locale) for locale in ("en", "fr", "id")] == [en, fr, id_]


@pytest.mark.parametrize(
    ("amount", "currency", "decimals", "text"),
    [
        ("52000", "EUR", "needed", f"52{NARROW}000{NBSP}€"),
        ("4.8", "EUR", "needed", f"4,80{NBSP}€"),
        ("1285000", "IDR", "needed", f"1{NARROW}285{NARROW}000{NBSP}Rp"),
        ("52000.5", "EUR", "none", f"52{NARROW}001{NBSP}€"),
        ("-0.4", "EUR", "none", f"0{NBSP}€"),
        ("-0.5", "EUR", "none", f"-1{NBSP}€"),
    ],
)
def test_fewer_decimals_where_asked(amount, currency, decimals, text):
    assert format_money(Money.of(amount, currency), "fr", decimals=decimals) == text


def test_django_s_language_codes_and_unknown_ones_work():
    assert format_money(Money.of(52000, "EUR"), "en-gb") == "€52,000.00"
    assert format_money(Money.of(52000, "EUR"), "xx-nowhere") == "€52,000.00"


@pytest.mark.parametrize(
    ("text", "locale", "money"),
    [
        ("Rp 1.285.000", "id", ("1285000", "IDR")),
        ("Rp1.285.000", "id", ("1285000", "IDR")),
        ("Rp. 1.285.000,50", "id", ("1285000.50", "IDR")),
        ("Rp1.285.000,-", "id", ("1285000", "IDR")),
        ("rp 500", "id", ("500", "IDR")),
        ("1.285.000 IDR", "id", ("1285000", "IDR")),
        ("US$41.200,50", "id", ("41200.50", "USD")),
        ("52 000 €", "fr", ("52000", "EUR")),
        (f"52{NARROW}000,00{NBSP}€", "fr", ("52000", "EUR")),
        ("52000 €", "fr", ("52000", "EUR")),
        ("52000€", "fr", ("52000", "EUR")),
        ("12,5 eur", "fr", ("12.50", "EUR")),
        ("12.50 €", "fr", ("12.50", "EUR")),  # the point of the number pad
        ("41 200,50 $US", "fr", ("41200.50", "USD")),
        (f"500 F{NARROW}CFA", "fr", ("500", "XOF")),
        ("$41,200.50", "en", ("41200.50", "USD")),
        ("EUR 41 200.50", "en", ("41200.50", "EUR")),
        ("€1", "en", ("1", "EUR")),
        ("-$5", "en", ("-5", "USD")),
        ("$-5", "en", ("-5", "USD")),
        ("- 5 USD", "en", ("-5", "USD")),
        ("\u22125 €", "fr", ("-5", "EUR")),
        ("+5 €", "fr", ("5", "EUR")),
        ("  5 €  ", "fr", ("5", "EUR")),
        ("KWD 1.285", "en", ("1.285", "KWD")),
        ("KWD 1.285", "id", ("1285", "KWD")),
        ("0 EUR", "en", ("0", "EUR")),
        ("007 EUR", "en", ("7", "EUR")),
    ],
)
def test_read_as_its_writer_meant_it(text, locale, money):
    assert parse_money(text, locale) == Money.of(*money)


@pytest.mark.parametrize(
    ("text", "locale", "code"),
    [
        ("1.285 EUR", "en", "amount_too_precise"),
        ("1.285 EUR", "fr", "amount_too_precise"),
        ("1,285 EUR", "fr", "amount_too_precise"),
        ("0.5 JPY", "en", "amount_too_precise"),
        ("12.500 EUR", "fr", "amount_too_precise"),
        ("1,28 EUR", "en", "amount_malformed"),
        ("12,34,567 EUR", "en", "amount_malformed"),
        ("1.28 EUR", "id", "amount_malformed"),
        ("1.285.00 EUR", "id", "amount_malformed"),
        ("1.285.000 EUR", "fr", "amount_malformed"),
        ("41,200.50 EUR", "fr", "amount_malformed"),
        ("41.200,50 EUR", "en", "amount_malformed"),
        ("1 285,000 EUR", "en", "amount_malformed"),
        ("1,285 000 EUR", "en", "amount_malformed"),
        ("52  000 EUR", "en", "amount_malformed"),
        ("0000,000 EUR", "en", "amount_malformed"),
        ("1e5 EUR", "en", "amount_malformed"),
        ("0x10 EUR", "en", "amount_malformed"),
        ("1_000 EUR", "en", "amount_malformed"),
        ("5 6 EUR", "en", "amount_malformed"),
        ("12. EUR", "en", "amount_malformed"),
        (".5 EUR", "en", "amount_malformed"),
        ("--5 EUR", "en", "amount_malformed"),
        ("-$-5", "en", "amount_malformed"),
        ("€5€", "en", "amount_malformed"),
        ("5-6 EUR", "en", "amount_malformed"),
        ("", "en", "amount_malformed"),
        ("EUR", "en", "amount_malformed"),
        ("NaN", "en", "amount_malformed"),
        ("\u0665 EUR", "en", "amount_malformed"),
        ("½ EUR", "en", "amount_malformed"),
        ("5² EUR", "en", "unknown_currency"),
        ("9" * 61, "en", "amount_malformed"),
        ("100000000000000 EUR", "en", "amount_out_of_range"),
        ("9" * 50 + " EUR", "en", "amount_out_of_range"),
        ("5", "en", "currency_missing"),
        ("5 bananas", "en", "unknown_currency"),
        ("$5", "fr", "unknown_currency"),
        ("5 XAU", "en", "unknown_currency"),
    ],
)
def test_refused_rather_than_guessed(text, locale, code):
    with pytest.raises(Invalid) as refused:
        parse_money(text, locale, field="price")
    assert (refused.value.field, refused.value.specific_code) == ("price", code)


def test_a_refusal_shows_how_to_write_it():
    with pytest.raises(Invalid, match=f"Write it like 1{NARROW}285,50"):
        parse_money("41,200.50", "fr", currency="EUR")


def test_the_only_currency_allowed_need_not_be_named_and_no_other_may_be():
    assert parse_money("5", "en", currency="CAD") == Money.of(5, "CAD")
    assert parse_money("CA$5", "en", currency="CAD") == Money.of(5, "CAD")
    assert parse_money("$5", "en", currency="CAD") == Money.of(5, "CAD")
    with pytest.raises(CurrenciesDiffer) as refused:
        parse_money("€5", "en", currency="CAD", field="price")
    assert refused.value.field == "price"


def test_a_default_gives_way_to_the_currency_that_is_named():
    assert parse_money("5", "fr", default="EUR") == Money.of(5, "EUR")
    assert parse_money("5 IDR", "fr", default="EUR") == Money.of(5, "IDR")
    with pytest.raises(Invalid):
        parse_money("5", "fr", default="XXX")


@settings(deadline=None)
@given(
    st.integers(-(10**13), 10**13),
    st.sampled_from(current_currencies()),
    st.sampled_from(["en", "fr", "id"]),
    st.sampled_from(["usual", "needed"]),
)
def test_what_was_written_is_read_back(units, currency, locale, decimals):
    money = Money(Decimal(units).scaleb(-minor_units(currency)), currency)
    assert parse_money(format_money(money, locale, decimals=decimals), locale, currency=currency) == money


@settings(deadline=None)
@given(st.text(max_size=70), st.sampled_from(["en", "fr", "id"]))
def test_any_text_is_an_amount_or_refused(text, locale):
    try:
        money = parse_money(text, locale, default="EUR")
    except Invalid:
        return
    assert money.checked() == money


@settings(deadline=None)
@given(st.from_regex(r"[-+]?[0-9]{1,4}([., ][0-9]{1,4}){0,3} ?€?", fullmatch=True), st.sampled_from(["en", "fr", "id"]))
def test_what_is_read_has_the_digits_that_were_written(text, locale):
    try:
        money = parse_money(text, locale, default="EUR")
    except Invalid:
        return
    assert only_digits(text) == only_digits(money.amount_text)


def only_digits(text: str) -> str:
    return "".join(filter(str.isdigit, text)).strip("0")
