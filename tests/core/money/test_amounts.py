"""`Money`: exact, of one currency, never a float."""

from __future__ import annotations

import pickle
from decimal import Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.core.errors import Invalid
from crm.core.money import CurrenciesDiffer, FloatMoneyError, Money, totals_by_currency

EUR_5 = Money.of(5, "EUR")
amounts = st.decimals(-(10**13), 10**13, places=4, allow_nan=False)


def test_equal_when_the_numbers_are():
    assert Money.of("12.5", "EUR") == Money.of("12.5000", "EUR") == Money(Decimal("12.50"), "EUR")
    assert len({Money.of("12.5", "EUR"), Money.of("12.50", "EUR"), Money.of("12.5", "USD")}) == 2
    assert Money.of(0, "EUR") != Money.of(0, "IDR")
    assert EUR_5 != 5


def test_arithmetic_in_one_currency():
    assert EUR_5 + Money.of("0.10", "EUR") == Money.of("5.10", "EUR")
    assert EUR_5 - Money.of(7, "EUR") == -Money.of(2, "EUR") == Money.of(-2, "EUR")
    assert EUR_5 * 3 == 3 * EUR_5 == EUR_5 * Decimal(3) == Money.of(15, "EUR")
    assert abs(Money.of(-5, "EUR")) == EUR_5
    assert Money.of(4, "EUR") < EUR_5 <= Money.of(5, "EUR") < Money.of(6, "EUR") > EUR_5 >= Money.of(5, "EUR")
    assert not Money.zero("EUR")
    assert EUR_5


def test_ten_cents_thrice_are_thirty_cents():
    assert Money.total([Money.of("0.10", "EUR")] * 3, "EUR") == Money.of("0.30", "EUR")


def test_an_empty_sum_has_a_currency():
    assert Money.total([], "IDR") == Money.zero("IDR")


@pytest.mark.parametrize(
    "mix",
    [
        lambda a, b: a + b,
        lambda a, b: a - b,
        lambda a, b: a < b,
        lambda a, b: a <= b,
        lambda a, b: a > b,
        lambda a, b: a >= b,
        lambda a, b: Money.total([a, b], "EUR"),
        lambda a, b: Money.total([b], "EUR"),
        max,
    ],
)
def test_currencies_never_mix(mix):
    with pytest.raises(CurrenciesDiffer) as refused:
        mix(EUR_5, Money.of(5, "USD"))
    assert refused.value.specific_code == "currencies_differ"


@pytest.mark.parametrize(
    "careless",
    [
        lambda: Money(12.5, "EUR"),
        lambda: Money.of(12.5, "EUR"),
        lambda: Money.of(float("nan"), "EUR"),
        lambda: EUR_5 * 0.2,
        lambda: 0.2 * EUR_5,
        lambda: EUR_5.percentage(0.5),
        lambda: EUR_5.allocate([0.5, 0.5]),
        lambda: EUR_5 + 1.0,
        lambda: EUR_5 + 1,
        lambda: EUR_5 < 6,
        lambda: Money("12.5", "EUR"),
        lambda: Money(12, "EUR"),
        lambda: EUR_5 * EUR_5,
    ],
)
def test_floats_and_bare_numbers_are_refused(careless):
    with pytest.raises(TypeError):
        careless()


def test_a_float_has_its_own_error():
    with pytest.raises(FloatMoneyError, match=r"12\.5 is a float"):
        Money(12.5, "EUR")


@pytest.mark.parametrize(
    "text",
    [
        "",
        " 5",
        "5 ",
        "+5",
        "1,5",
        "1 000",
        "1e3",
        "0x10",
        "NaN",
        "Infinity",
        "-",
        ".5",
        "5.",
        "--5",
        "1_000",
        "\u0665",
        "1" * 31,
        "0." + "1" * 31,
    ],
)
def test_machine_text_is_plain(text):
    with pytest.raises(Invalid) as refused:
        Money.of(text, "EUR", field="price")
    assert (refused.value.field, refused.value.specific_code) == ("price", "amount_malformed")


@pytest.mark.parametrize(
    "amount",
    [
        Decimal("NaN"),
        Decimal("sNaN"),
        Decimal("Infinity"),
        Decimal("1E+30"),
        Decimal("1E-31"),
        Decimal("1E+999999"),
        10**400,
    ],
)
def test_numbers_that_are_no_amount_are_refused(amount):
    with pytest.raises(Invalid):
        Money.of(amount, "EUR")


@pytest.mark.parametrize("code", ["", "eur", "EURO", "EU", "XXX", "XAU", "ZZZ", None, 978])
def test_unknown_currencies_are_refused(code):
    with pytest.raises(Invalid) as refused:
        Money(Decimal(1), code)
    assert (refused.value.field, refused.value.specific_code) == ("currency", "unknown_currency")


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        ("12.5", "EUR", "12.50"),
        ("0.4230", "EUR", "0.423"),
        ("-0.00", "EUR", "0.00"),
        ("1285000", "IDR", "1285000.00"),
        ("1285", "JPY", "1285"),
        ("1.5", "KWD", "1.500"),
        ("-7", "EUR", "-7.00"),
        (Decimal("1E+3"), "EUR", "1000.00"),
    ],
)
def test_written_for_machines(amount, currency, text):
    money = Money.of(amount, currency)
    assert money.to_json() == {"amount": text, "currency": currency}
    assert str(money) == f"{text} {currency}"
    assert Money.of(money.amount_text, currency) == money


@settings(deadline=None)
@given(amounts, amounts)
def test_sums_and_products_of_stored_amounts_are_exact_whatever_the_context(a, b):
    with localcontext() as context:
        context.prec = 3
        total = Money(a, "EUR") + Money(b, "EUR")
        assert total - Money(b, "EUR") == Money(a, "EUR")
        product = Money(a, "EUR") * b
        share = Money(a, "CLF").percentage(1)
        parts = Money(a, "CLF").allocate([1, 2])
    assert Fraction(total.amount) == Fraction(a) + Fraction(b)
    assert Fraction(product.amount) == Fraction(a) * Fraction(b)
    assert abs(Fraction(share.amount) - Fraction(a) / 10_000) <= Fraction(1, 20_000)
    assert parts[0] + parts[1] == Money(a, "CLF")


@settings(deadline=None)
@given(st.lists(st.tuples(amounts, st.sampled_from(["EUR", "IDR", "JPY"]))))
def test_unlike_amounts_get_one_total_each(pairs):
    everything = [Money(amount, currency) for amount, currency in pairs]
    totals = totals_by_currency(everything)
    assert list(totals) == sorted({money.currency for money in everything})
    for currency, total in totals.items():
        assert total == Money.total([money for money in everything if money.currency == currency], currency)


def test_immutable_and_picklable():
    with pytest.raises(AttributeError):
        EUR_5.amount = Decimal(6)
    assert pickle.loads(pickle.dumps(EUR_5)) == EUR_5


@pytest.mark.parametrize(
    ("amount", "currency", "code"),
    [
        ("0.001", "EUR", "amount_too_precise"),
        ("0.5", "JPY", "amount_too_precise"),
        ("0.0001", "KWD", "amount_too_precise"),
        ("0.00001", "CLF", "amount_too_precise"),
        ("100000000000000", "IDR", "amount_out_of_range"),
        ("-100000000000000", "IDR", "amount_out_of_range"),
    ],
)
def test_checked_refuses_what_the_column_would_change(amount, currency, code):
    with pytest.raises(Invalid) as refused:
        Money.of(amount, currency).checked(field="price")
    assert (refused.value.field, refused.value.specific_code) == ("price", code)


@pytest.mark.parametrize(
    ("amount", "currency"),
    [("99999999999999.99", "EUR"), ("0.0001", "CLF"), ("0.001", "KWD"), ("12.5000", "EUR"), ("7.000", "JPY")],
)
def test_checked_passes_what_fits(amount, currency):
    money = Money.of(amount, currency)
    assert money.checked() is money
