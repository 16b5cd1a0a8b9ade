"""What Django and the API need of money: the shape of its columns, a validator, a serializer field.

A row has two plain columns (the reasons stand in `crm.core.money.amounts`)::

    amount = models.DecimalField(_("amount"), max_digits=AMOUNT_DIGITS, decimal_places=AMOUNT_PLACES)
    currency = models.CharField(_("currency"), max_length=3, validators=[validate_currency])
"""

from __future__ import annotations

from django.core.exceptions import ValidationError
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from typing_extensions import override

from crm.core.errors import Invalid
from crm.core.money.amounts import STORED_DIGITS, STORED_PLACES, Money
from crm.core.money.currencies import check_currency

AMOUNT_DIGITS = STORED_DIGITS
AMOUNT_PLACES = STORED_PLACES

_SCHEMA = {
    "type": "object",
    "description": "An exact amount: text, because JSON numbers are not exact, and an ISO 4217 code.",
    "properties": {
        "amount": {"type": "string", "pattern": r"^-?[0-9]{1,14}(\.[0-9]{1,4})?$", "example": "12.50"},
        "currency": {"type": "string", "pattern": "^[A-Z]{3}$", "example": "EUR"},
    },
    "required": ["amount", "currency"],
    "additionalProperties": False,
}


def validate_currency(code: str) -> None:
    """Refuse what is no currency, as a validator of model and form fields."""
    try:
        check_currency(code)
    except Invalid as error:
        raise ValidationError(str(error.detail), code=error.specific_code) from error


@extend_schema_field(_SCHEMA)
class MoneyField(serializers.Field[Money, object, dict[str, str], Money]):
    """`Money` in the API: ``{"amount": "12.50", "currency": "EUR"}``; refused input is named per part."""

    @override
    def to_representation(self, value: Money) -> dict[str, str]:
        """The JSON shape."""
        return value.to_json()

    @override
    def to_internal_value(self, data: object) -> Money:
        """Money in whole minor units that fits its column."""
        try:
            return Money.parse_json(data, field="")
        except Invalid as error:
            part = (error.field or "").strip(".")
            detail = str(error.detail)
            raise serializers.ValidationError({part: [detail]} if part else [detail], error.specific_code) from error
