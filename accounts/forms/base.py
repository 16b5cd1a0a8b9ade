"""What the forms of this app share: a service's refusal beside the field, and two people editing one record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from django import forms
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from typing_extensions import override

from accounts import selectors
from crm.core.errors import Refusal, VersionConflict
from crm.core.models import BaseModel

if TYPE_CHECKING:
    from django.http import QueryDict

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that somebody else changed meanwhile, in words."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """One save of somebody else while this form was open."""

    who: str
    at: datetime
    differences: list[Difference]


class ServiceForm(forms.Form):
    """A form whose saving is one service call. ``FIELDS`` are the service's names, the same as the form's."""

    FIELDS: ClassVar[tuple[str, ...]] = ()

    def values(self) -> dict[str, Any]:
        """What the service is given."""
        return {name: self.cleaned_data[name] for name in self.FIELDS if name in self.cleaned_data}

    def carry_out(self, write: Callable[[], Result]) -> Result | None:
        """Run ``write``; None when it refused, with the reason beside the field it names."""
        try:
            return write()
        except VersionConflict as conflict:
            self.meet(conflict)
        except Refusal as refusal:
            name = self.field_for(
                (refusal.field or "").partition("[")[0]
            )  # a list's fault may name its item: scopes[2]
            self.add_error(name if name in self.fields else None, str(refusal.detail))
        return None

    def field_for(self, name: str) -> str:
        """The form's field for a service's, where their names differ."""
        return name

    def meet(self, conflict: VersionConflict) -> None:
        raise conflict

    def retype(self, name: str, value: Any) -> None:
        """Put ``value`` into a field as if the reader had typed it; the rest stays as it was."""
        typed = cast("QueryDict", self.data).copy()
        typed[self.add_prefix(name)] = value
        self.data = typed


class RecordForm(ServiceForm):
    """A form on a stored record. It carries the version its reader saw, so that nobody overwrites unknowingly (P13).

    After a conflict everything typed is still there, ``meanwhile`` says what others saved, and the form now carries the
    version they made: sending it again is a decision.
    """

    version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0)
    meanwhile: list[Meanwhile] = []

    def __init__(self, data: Any = None, *, record: BaseModel | None = None, **kwargs: Any) -> None:
        self.record = record
        if record is not None:
            kwargs["initial"] = {**self.initial_of(record), "version": record.version, **kwargs.get("initial", {})}
        super().__init__(data, **kwargs)

    def initial_of(self, record: BaseModel) -> dict[str, Any]:
        """The stored values under the form's names."""
        return {name: getattr(record, name) for name in self.FIELDS}

    @property
    def expected_version(self) -> int | None:
        return self.cleaned_data.get("version")

    @override
    def meet(self, conflict: VersionConflict) -> None:
        assert self.record is not None  # a new record has no version to conflict with
        changes = selectors.changes_since(self.record, self.expected_version or 0)
        self.meanwhile = [Meanwhile(change.who, change.at, list(self._in_words(change.changes))) for change in changes]
        self.retype("version", conflict.current)
        self.add_error(None, str(conflict.detail))

    def _in_words(self, changes: dict[str, list[Any]]) -> Any:
        for name, (before, after) in changes.items():
            field = self.fields.get(name)
            label = str(field.label) if field and field.label else name.replace("_", " ").capitalize()
            yield Difference(label, self.say(name, before), self.say(name, after))

    def say(self, name: str, value: Any) -> str:
        """A journalled value of field ``name`` as the form's reader would say it."""
        return said(self.fields.get(name), value)


def said(field: forms.Field | None, value: Any) -> str:
    """A journalled value as the form's reader would say it."""
    if value in (None, "", [], {}):
        return _("nothing")
    if isinstance(value, list):
        return ", ".join(said(field, item) for item in value)
    if isinstance(field, forms.ModelChoiceField):
        found = field.queryset.filter(pk=value).first() if field.queryset is not None else None
        return str(found) if found else _("something you do not see")
    if isinstance(field, forms.DateTimeField):
        return date_format(datetime.fromisoformat(str(value)), "SHORT_DATETIME_FORMAT")
    for key, label in _choices(field):
        if str(key) == str(value):
            return str(label)
    return _("other values") if isinstance(value, dict) else str(value)


def _choices(field: forms.Field | None) -> Any:
    """``(value, label)`` of a field with choices, groups opened."""
    for value, label in getattr(field, "choices", []) or []:
        if isinstance(label, list | tuple):
            yield from label
        else:
            yield value, label
