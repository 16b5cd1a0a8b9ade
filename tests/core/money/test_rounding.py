"""One rule: half away from zero, per line, then summed."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.core.errors import Invalid
from crm.core.money import FloatMoneyError, Money, minor_units, round_half_away, round_money

numbers = st.decimals(-(10**13), 10**13, allow_nan=False, allow_infinity=False, places=8)


@pytest.mark.parametrize(
    ("amount", "currency", "rounded"),
    [
        ("2.665", "EUR", "2.67"),  # half to even would give 2.66
        ("2.675", "EUR", "2.68"),  # the float 2.675 would give 2.67
        ("-2.665", "EUR", "-2.67"),
        ("2.6649999999", "EUR", "2.66"),
        ("0.005", "EUR", "0.01"),
        ("-0.005", "EUR", "-0.01"),
        ("-0.004", "EUR", "0.00"),
        ("2.5", "JPY", "3"),
        ("-2.5", "JPY", "-3"),
        ("1.5", "JPY", "2"),
        ("1.2345", "KWD", "1.235"),
        ("1.00005", "CLF", "1.0001"),
        ("1285000.125", "IDR", "1285000.13"),
        ("7", "EUR", "7.00"),
    ],
)
def test_half_away_from_zero(amount, currency, rounded):
    assert str(round_money(Decimal(amount), currency)) == rounded
    assert Money.of(amount, currency).rounded() == Money.of(rounded, currency)


@settings(deadline=None)
@given(numbers, st.sampled_from(["EUR", "JPY", "KWD", "CLF", "IDR"]))
def test_agrees_with_the_rule_written_in_fractions(amount, currency):
    scale = 10 ** minor_units(currency)
    units = (abs(Fraction(amount)) * scale + Fraction(1, 2)).__floor__()
    assert round_money(amount, currency) * scale == (units if amount >= 0 else -units)


@settings(deadline=None)
@given(numbers)
def test_symmetric_and_settled(amount):
    assert round_money(-amount, "EUR") == -round_money(amount, "EUR")
    assert round_money(round_money(amount, "EUR"), "EUR") == round_money(amount, "EUR")


def test_zero_has_no_sign():
    assert str(round_money(Decimal("-0.001"), "EUR")) == "0.00"


def test_places_may_be_given():
    assert round_half_away(Decimal("0.42295"), 4) == Decimal("0.4230")
    assert round_half_away(Decimal("-12.5"), 0) == Decimal(-13)


def test_floats_and_nonsense_are_refused():
    with pytest.raises(FloatMoneyError):
        round_money(2.675, "EUR")
    with pytest.raises(Invalid):
        round_money(Decimal("NaN"), "EUR")
    with pytest.raises(Invalid):
        round_money(Decimal(1), "XXX")


@pytest.mark.parametrize(
    ("amount", "basis_points", "share"),
    [
        ("100", 2000, "20.00"),
        ("99.99", 1, "0.01"),
        ("0.50", 100, "0.01"),
        ("0.49", 100, "0.00"),
        ("-0.50", 100, "-0.01"),
        ("33.33", 3333, "11.11"),
        ("100", 12345, "123.45"),
        ("100", -500, "-5.00"),
        ("100", 0, "0"),
    ],
)
def test_percentages_are_basis_points(amount, basis_points, share):
    assert Money.of(amount, "EUR").percentage(basis_points) == Money.of(share, "EUR")


def test_lines_are_rounded_and_then_summed():
    lines = [(Money.of("0.125", "EUR") * 1).rounded() for _ in range(3)]
    assert Money.total(lines, "EUR") == Money.of("0.39", "EUR")  # 0.375 in one go would be 0.38
