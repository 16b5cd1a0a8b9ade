"""Choosing one of a million: type a few letters, choose among what is found. Plain radio buttons, so any keyboard works."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from typing_extensions import override

from accounts.models import User


class PickWidget(forms.Widget):
    """A search field with what it found below it; what is chosen stands first."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind
        self.chosen: Model | None = None

    @override
    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        facts = {
            "name": name,
            "id": (attrs or {}).get("id", f"id_{name}"),
            "attrs": attrs or {},
            "chosen": self.chosen,
            "url": reverse(f"records:pick-{self.kind}"),
        }
        return render_to_string("records/parts/pick.html", facts)


class PickField(forms.Field):
    """A record that the reader sees, by its id."""

    def __init__(self, model: type[Model], *, reader: User, **kwargs: Any) -> None:
        self.model, self.reader = model, reader
        super().__init__(widget=PickWidget(model._meta.model_name or ""), **kwargs)

    @override
    def prepare_value(self, value: Any) -> Any:
        self.widget.chosen = self._found(value)
        return value

    @override
    def clean(self, value: Any) -> Any:
        if not value:
            if self.required:
                raise ValidationError(self.error_messages["required"])
            return None
        found = self._found(value)
        if found is None:
            raise ValidationError(_("There is no such record, or you may not see it."))
        return found

    def _found(self, value: Any) -> Model | None:
        if isinstance(value, Model):
            return value
        try:
            key = UUID(str(value))
        except ValueError:
            return None
        found: Model | None = self.model._default_manager.visible_to(self.reader).filter(pk=key).first()  # type: ignore[attr-defined]
        return found
