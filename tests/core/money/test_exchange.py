"""Dated rates, and conversions that remember where they came from."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.core.errors import Invalid
from crm.core.money import Conversion, CurrenciesDiffer, ExchangeRate, FloatMoneyError, Money, convert, minor_units

DAY = date(2026, 11, 20)
EUR_IDR = ExchangeRate("EUR", "IDR", Decimal("18234.5678"), DAY)


def test_a_conversion_keeps_the_original_the_rate_and_its_date():
    assert convert(Money.of("12.50", "EUR"), EUR_IDR) == Conversion(
        original=Money.of("12.50", "EUR"), converted=Money.of("227932.10", "IDR"), rate=EUR_IDR
    )
    assert convert(Money.of("12.50", "EUR"), EUR_IDR).rate.on == DAY


@pytest.mark.parametrize(
    ("amount", "rate", "converted"),
    [
        (("227932.10", "IDR"), EUR_IDR, ("12.50", "EUR")),
        (("1", "IDR"), EUR_IDR, ("0.00", "EUR")),
        (("100", "EUR"), ExchangeRate("EUR", "JPY", Decimal("163.455"), DAY), ("16346", "JPY")),
        (("-100", "EUR"), ExchangeRate("EUR", "JPY", Decimal("163.455"), DAY), ("-16346", "JPY")),
        (("1", "JPY"), ExchangeRate("EUR", "JPY", Decimal(200), DAY), ("0.01", "EUR")),  # 0.005, away from zero
        (("-1", "JPY"), ExchangeRate("EUR", "JPY", Decimal(200), DAY), ("-0.01", "EUR")),
        (("1", "USD"), ExchangeRate("KWD", "USD", Decimal(3), DAY), ("0.333", "KWD")),
    ],
)
def test_both_directions_round_once_half_away(amount, rate, converted):
    assert convert(Money.of(*amount), rate).converted == Money.of(*converted)


@settings(deadline=None)
@given(
    st.decimals(-(10**12), 10**12, places=2, allow_nan=False),
    st.decimals(Decimal("0.0001"), 10**6, places=6, allow_nan=False),
    st.booleans(),
)
def test_agrees_with_exact_fractions(amount, number, onwards):
    rate = ExchangeRate("EUR", "KWD", number, DAY)
    money, target = (Money(amount, "EUR"), "KWD") if onwards else (Money(amount, "KWD"), "EUR")
    exact = Fraction(amount) * (Fraction(number) if onwards else 1 / Fraction(number))
    scale = 10 ** minor_units(target)
    units = (abs(exact) * scale + Fraction(1, 2)).__floor__()
    assert convert(money, rate).converted.amount * scale == (units if amount >= 0 else -units)


def test_a_third_currency_is_refused():
    with pytest.raises(CurrenciesDiffer):
        convert(Money.of(1, "USD"), EUR_IDR)


@pytest.mark.parametrize(
    ("base", "quote", "rate", "field"),
    [
        ("EUR", "EUR", "1", "quote"),
        ("EUR", "IDR", "0", "rate"),
        ("EUR", "IDR", "-1", "rate"),
        ("EUR", "IDR", "NaN", None),
        ("XXX", "IDR", "1", "base"),
        ("EUR", "idr", "1", "quote"),
    ],
)
def test_impossible_rates_are_refused(base, quote, rate, field):
    with pytest.raises(Invalid) as refused:
        ExchangeRate(base, quote, Decimal(rate), DAY)
    assert refused.value.field == field


def test_a_float_rate_is_refused():
    with pytest.raises(FloatMoneyError):
        ExchangeRate("EUR", "IDR", 18234.5, DAY)
