"""Splitting an amount without losing or inventing a cent."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.core.errors import Invalid
from crm.core.money import Money, minor_units

CURRENCIES = ("EUR", "JPY", "KWD", "IDR", "CLF")
weight_lists = st.lists(
    st.integers(0, 10**6) | st.decimals(0, 1000, places=3, allow_nan=False), min_size=1, max_size=20
).filter(any)


@st.composite
def whole_amounts(draw: st.DrawFn) -> Money:
    currency = draw(st.sampled_from(CURRENCIES))
    return Money(Decimal(draw(st.integers(-(10**12), 10**12))).scaleb(-minor_units(currency)), currency)


@pytest.mark.parametrize(
    ("amount", "currency", "weights", "shares"),
    [
        ("100", "EUR", [1, 1, 1], ["33.34", "33.33", "33.33"]),
        ("0.05", "EUR", [1, 1], ["0.03", "0.02"]),
        ("-0.05", "EUR", [1, 1], ["-0.03", "-0.02"]),
        ("10", "EUR", [1, 2, 7], ["1", "2", "7"]),
        ("0.01", "EUR", [0, 1, 1], ["0", "0.01", "0"]),
        ("100", "JPY", [1, 1, 1], ["34", "33", "33"]),
        ("1", "KWD", [1, 1, 1], ["0.334", "0.333", "0.333"]),
        ("100", "EUR", [Decimal("33.3"), Decimal("66.7")], ["33.30", "66.70"]),
        # The leftover cent goes to the largest part cut off (0.75 of a cent), not to the first share.
        ("1.00", "EUR", [Decimal("24.5"), Decimal("25.75"), Decimal("49.75")], ["0.24", "0.26", "0.50"]),
        ("0", "EUR", [3, 4], ["0", "0"]),
        ("5", "EUR", [7], ["5"]),
    ],
)
def test_worked_cases(amount, currency, weights, shares):
    expected = tuple(Money.of(share, currency) for share in shares)
    assert Money.of(amount, currency).allocate(weights) == expected


@settings(deadline=None)
@given(whole_amounts(), weight_lists)
def test_nothing_is_lost_and_every_share_is_within_one_unit_of_its_due(money, weights):
    shares = money.allocate(weights)
    assert Money.total(shares, money.currency) == money
    unit = Fraction(1, 10 ** minor_units(money.currency))
    for share, weight in zip(shares, weights, strict=True):
        due = Fraction(money.amount) * Fraction(weight) / sum(map(Fraction, weights))
        assert abs(Fraction(share.amount) - due) < unit
        assert share.checked() == share
        assert weight or not share


@settings(deadline=None)
@given(whole_amounts(), weight_lists, st.integers(1, 1000))
def test_only_the_proportion_of_weights_counts(money, weights, factor):
    assert money.allocate(weights) == money.allocate([weight * factor for weight in weights])


@settings(deadline=None)
@given(whole_amounts(), weight_lists)
def test_a_debt_is_split_like_the_amount_owed(money, weights):
    assert (-money).allocate(weights) == tuple(-share for share in money.allocate(weights))


@pytest.mark.parametrize("weights", [[], [0], [0, 0], [1, -1], [2, -1], [1] * 10_001])
def test_weights_that_divide_nothing_are_refused(weights):
    with pytest.raises(ValueError, match="weight"):
        Money.of(1, "EUR").allocate(weights)


def test_fractions_of_a_cent_cannot_be_allocated():
    with pytest.raises(Invalid) as refused:
        Money.of("0.005", "EUR").allocate([1, 1])
    assert refused.value.specific_code == "amount_too_precise"
