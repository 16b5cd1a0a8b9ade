"""Values of the organisation's own fields that one record alone may have."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from functools import partial
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from crm.core.errors import Conflict
from leads.models import CustomField, CustomValue, Record
from leads.services import custom
from leads.services.bulk.directory import Directory, among


class OwnValues:
    """Whose a unique value is, for the records of one holder (``company contact lead deal``; empty for one without)."""

    def __init__(self, directory: Directory, holder: str) -> None:
        self.directory = directory
        self.model: Any = custom.HOLDERS.get(holder)
        self.fields = {field.key: field for field in custom.fields_of(holder) if field.is_unique} if holder else {}

    def load(self, given: Iterable[dict[str, Any]]) -> None:
        """Find who has the values that a chunk brings."""
        brought = list(given) if self.fields else []
        for key, field in self.fields.items():
            asked = {_compared(field, values[key]) for values in brought if key in values}
            self.directory.load(_shelf(key), asked, partial(self._owners, field))

    def _owners(self, field: CustomField, keys: list[Any]) -> Iterable[tuple[Hashable, Any]]:
        rows = CustomValue.objects.filter(among("unique_key", keys), field=field).values_list("unique_key", "record_id")
        owners: dict[str, UUID] = {str(key): record_id for key, record_id in rows}
        records = self.model.objects.defer("search_words").in_bulk(list(owners.values()))
        return [(key, records[record_id]) for key, record_id in owners.items() if record_id in records]

    def check(self, given: dict[str, Any], record: Record | None) -> None:
        """Raise ``Conflict`` for a value that another record than ``record`` has, as a single write does."""
        for key in self.fields.keys() & given.keys():
            field = self.fields[key]
            value = _compared(field, given[key])
            for owner in self.directory.find(_shelf(key), value):
                if owner is not record and key in owner.custom and _compared(field, owner.custom[key]) == value:
                    detail = _("Another record has this value in “%(field)s”.") % {"field": field.label}
                    raise Conflict(detail, field=f"custom.{key}", code="already_exists")

    def register(self, record: Any) -> None:
        """The record has its values from here on."""
        for key in self.fields.keys() & record.custom.keys() if self.fields else ():
            self.directory.add(_shelf(key), _compared(self.fields[key], record.custom[key]), record)


def _compared(field: CustomField, value: Any) -> str | None:
    """A value as its unique key."""
    return custom.index(field, UUID(int=0), value)[0].unique_key


def _shelf(key: str) -> str:
    return f"own.{key}"
