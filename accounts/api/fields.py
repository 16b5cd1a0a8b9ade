"""Fields with a shape of this app."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError
from typing_extensions import override

from crm.core.errors import Invalid
from crm.core.worktime import WEEKDAYS, WeeklyHours

_TIME = {"type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d$|^24:00$"}
_INTERVAL = {"type": "array", "items": _TIME, "minItems": 2, "maxItems": 2}
HOURS = {
    "type": "object",
    "description": 'Per weekday the intervals that are worked, on the wall clock: {"mon": [["09:00", "12:30"], ["13:30", "18:00"]]}.',
    "propertyNames": {"enum": list(WEEKDAYS)},
    "additionalProperties": {"type": "array", "items": _INTERVAL},
}


@extend_schema_field(HOURS, component_name="WeekOfHours")
class WeekOfHours(serializers.Field[Any, Any, Any, Any]):
    """The weekly hours of a calendar, as ``crm.core.worktime`` reads them; answered with all seven days."""

    @override
    def to_internal_value(self, data: Any) -> dict[str, list[list[str]]]:
        try:
            return WeeklyHours.parse(data).to_json()
        except Invalid as error:
            raise ValidationError([ErrorDetail(str(error.detail), error.specific_code)]) from error

    @override
    def to_representation(self, value: Any) -> Any:
        return value
