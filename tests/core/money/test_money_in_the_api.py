"""Money at the doors: the serializer field and the validator."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import models
from rest_framework import serializers

from crm.core.money import Money
from crm.core.money.fields import AMOUNT_DIGITS, AMOUNT_PLACES, MoneyField, validate_currency


class PriceSerializer(serializers.Serializer):
    price = MoneyField()
    discount = MoneyField(required=False, allow_null=True)


def errors(price: object) -> object:
    serializer = PriceSerializer(data={"price": price})
    assert not serializer.is_valid()
    return serializer.errors["price"]


@pytest.mark.parametrize(
    ("sent", "money"),
    [
        ({"amount": "12.50", "currency": "EUR"}, Money.of("12.50", "EUR")),
        ({"amount": "-12.5", "currency": "EUR"}, Money.of("-12.50", "EUR")),
        ({"amount": 12, "currency": "JPY"}, Money.of(12, "JPY")),
    ],
)
def test_money_comes_in(sent, money):
    serializer = PriceSerializer(data={"price": sent})
    assert serializer.is_valid(), serializer.errors
    assert serializer.validated_data["price"] == money


def test_money_goes_out_as_text():
    shown = PriceSerializer({"price": Money(Decimal("12.5000"), "EUR"), "discount": None}).data
    assert shown == {"price": {"amount": "12.50", "currency": "EUR"}, "discount": None}


@pytest.mark.parametrize(
    ("sent", "part", "code"),
    [
        ({"amount": 12.5, "currency": "EUR"}, "amount", "amount_malformed"),
        ({"amount": True, "currency": "EUR"}, "amount", "amount_malformed"),
        ({"amount": None, "currency": "EUR"}, "amount", "amount_malformed"),
        ({"amount": "12,50", "currency": "EUR"}, "amount", "amount_malformed"),
        ({"amount": "1e9", "currency": "EUR"}, "amount", "amount_malformed"),
        ({"amount": "\u0000", "currency": "EUR"}, "amount", "amount_malformed"),
        ({"amount": "12.505", "currency": "EUR"}, "amount", "amount_too_precise"),
        ({"amount": "0.5", "currency": "JPY"}, "amount", "amount_too_precise"),
        ({"amount": "100000000000000", "currency": "EUR"}, "amount", "amount_out_of_range"),
        ({"amount": 10**400, "currency": "EUR"}, "amount", "amount_out_of_range"),
        ({"amount": "12.50", "currency": "euro"}, "currency", "unknown_currency"),
        ({"amount": "12.50", "currency": None}, "currency", "unknown_currency"),
    ],
)
def test_refusals_name_the_part_and_a_code(sent, part, code):
    refused = errors(sent)
    assert list(refused) == [part]
    assert [detail.code for detail in refused[part]] == [code]


@pytest.mark.parametrize(
    "sent", ["12.50 EUR", 12, [], {}, {"amount": "1"}, {"amount": "1", "currency": "EUR", "rate": 1}]
)
def test_other_shapes_are_refused_as_a_whole(sent):
    assert [detail.code for detail in errors(sent)] == ["amount_malformed"]


def test_the_validator_speaks_django():
    validate_currency("IDR")
    with pytest.raises(DjangoValidationError) as refused:
        validate_currency("idr")
    assert refused.value.code == "unknown_currency"


def test_the_column_holds_every_amount_that_passes_the_check():
    column = models.DecimalField(max_digits=AMOUNT_DIGITS, decimal_places=AMOUNT_PLACES)
    for amount, currency in (("99999999999999.99", "EUR"), ("0.0001", "CLF"), ("-99999999999999.9999", "UYW")):
        column.run_validators(Money.of(amount, currency).checked().amount)
    with pytest.raises(DjangoValidationError):
        column.run_validators(Decimal(10**14))
