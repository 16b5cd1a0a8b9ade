"""How Django forms look: ``{{ form }}`` and ``{{ form.email.as_field_group }}`` are drawn by ``components/form.html`` and
``components/field.html``, every widget included. A form says nothing of its look; it may choose a widget below.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms.renderers import TemplatesSetting
from django.utils.functional import cached_property
from django.utils.safestring import SafeString

# From this many visible fields on, a refused form lists its errors above the first field.
LONG_FORM = 5


class DateInput(forms.DateInput):
    """The browser's own date picker."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


class TimeInput(forms.TimeInput):
    """The browser's own time field, to the minute."""

    input_type = "time"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%H:%M")


class DateTimeInput(forms.DateTimeInput):
    """Day and time in one field, on the reader's wall clock."""

    input_type = "datetime-local"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%dT%H:%M")


class Segments(forms.RadioSelect):
    """Two or three short choices in one bar."""


class Checks(forms.CheckboxSelectMultiple):
    """Several choices down the page, for labels longer than a word or two (``CheckboxSelectMultiple`` draws pills)."""


class TandemField(forms.BoundField):
    """A form field that knows how it is drawn."""

    @property
    def kind(self) -> str:
        """Which part of ``components/field.html`` draws it: check, checks, picks, segments, password or control."""
        widget = self.field.widget
        if isinstance(widget, forms.CheckboxInput):
            return "check"
        if isinstance(widget, Checks):
            return "checks"
        if isinstance(widget, Segments):
            return "segments"
        if isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple):
            return "picks"
        return "password" if isinstance(widget, forms.PasswordInput) else "control"

    @property
    def is_optional(self) -> bool:
        """Whether to say "optional" beside the label: what must be filled in is the rule and goes unmarked."""
        return not self.field.required and not self.field.disabled and getattr(self.form, "mark_optional", True)

    @property
    def control(self) -> SafeString:
        """The widget in the look of ``.in``, keeping the classes that the form gave it."""
        own = self.field.widget.attrs.get("class", "")
        short = (
            " in-short"
            if isinstance(self.field.widget, forms.DateInput | forms.TimeInput | forms.DateTimeInput)
            else ""
        )
        return self.as_widget(attrs={"class": f"in{short} {own}".strip()})

    @property
    def errors_id(self) -> str:
        return f"{self.auto_id}_error"

    @property
    def hint_id(self) -> str:
        return f"{self.auto_id}_helptext"

    @cached_property
    def anchor(self) -> str:
        """The id that a link in the error summary jumps to."""
        return self.id_for_label or f"{self.auto_id}_0"


class TandemRenderer(TemplatesSetting):
    """``FORM_RENDERER``: Tandem's templates for forms and fields, Django's for the widgets themselves."""

    form_template_name = "components/form.html"
    field_template_name = "components/field.html"
    bound_field_class = TandemField
