"""How the organisation sells: products, campaigns, pipelines with stages, reasons, own fields."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from accounts.forms.base import RecordForm, ServiceForm
from accounts.models import Motion
from crm.core import formats
from crm.core.errors import Invalid
from crm.core.forms import DateInput, Segments
from crm.core.money import current_currencies
from crm.core.money.fields import AMOUNT_DIGITS, AMOUNT_PLACES
from leads.models import Campaign, CustomField, ForecastCategory, Product, Reason, Stage
from leads.services import custom

Kind = CustomField.Kind

NOTHING = "\N{EN DASH}"


def currencies() -> list[tuple[str, str]]:
    return [("", NOTHING), *((code, code) for code in current_currencies())]


class CurrencyField(forms.ChoiceField):
    """A currency in use somewhere; an older one that a record carries stays a choice."""

    def __init__(self) -> None:
        super().__init__(label=_("Currency"), required=False, choices=currencies)


def amount(label: Any) -> forms.DecimalField:
    return forms.DecimalField(
        label=label, required=False, min_value=Decimal(0), max_digits=AMOUNT_DIGITS, decimal_places=AMOUNT_PLACES
    )


class LinesField(forms.CharField):
    """Several short texts, a line each; a list of them in Python."""

    widget = forms.Textarea(attrs={"rows": 5})

    @override
    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list | tuple) else value

    @override
    def clean(self, value: Any) -> list[str]:
        return [line.strip() for line in str(super().clean(value) or "").splitlines() if line.strip()]


# --- What is sold ----------------------------------------------------------------------------------------------------------


class ProductForm(RecordForm):
    """A product."""

    FIELDS: ClassVar = (
        "name", "code", "family", "price", "currency", "margin_rate", "cycle_days", "demo_need", "is_remote",
    )  # fmt: skip

    name = forms.CharField(label=_("Name"), max_length=120)
    code = forms.CharField(label=_("Code"), max_length=60, required=False)
    family = forms.CharField(label=_("Family"), max_length=80, required=False)
    price = amount(_("Price"))
    currency = CurrencyField()
    margin_rate = forms.DecimalField(
        label=_("Margin (%)"),
        required=False,
        min_value=Decimal(-100),
        max_value=Decimal(100),
        max_digits=5,
        decimal_places=2,
    )
    cycle_days = forms.IntegerField(label=_("Typical cycle (days)"), required=False, min_value=0, max_value=32_767)
    demo_need = forms.ChoiceField(label=_("Demonstration"), choices=Product.DemoNeed.choices)
    is_remote = forms.BooleanField(label=_("Can be delivered from afar"), required=False)

    @override
    def initial_of(self, record: Any) -> dict[str, Any]:
        rate = record.margin_rate
        return super().initial_of(record) | {"margin_rate": None if rate is None else rate * 100}

    @override
    def values(self) -> dict[str, Any]:
        values = super().values()
        rate = values["margin_rate"]
        return values | {"margin_rate": None if rate is None else rate / 100}

    @override
    def say(self, name: str, value: Any) -> str:
        if name == "margin_rate" and value is not None:
            return formats.percent(Decimal(str(value)), 2)
        return super().say(name, value)


class CampaignForm(RecordForm):
    """A campaign."""

    FIELDS: ClassVar = ("name", "kind", "starts_on", "ends_on", "cost", "currency")

    name = forms.CharField(label=_("Name"), max_length=120)
    kind = forms.ChoiceField(label=_("Kind"), choices=Campaign.Kind.choices)
    starts_on = forms.DateField(label=_("From"), required=False, widget=DateInput)
    ends_on = forms.DateField(label=_("Until"), required=False, widget=DateInput)
    cost = amount(_("Cost"))
    currency = CurrencyField()


# --- Pipelines -------------------------------------------------------------------------------------------------------------


class PipelineForm(RecordForm):
    """A pipeline's name and motion."""

    FIELDS: ClassVar = ("name", "motion")

    name = forms.CharField(label=_("Name"), max_length=80)
    motion = forms.ChoiceField(label=_("Motion"), choices=Motion.choices, widget=Segments, initial=Motion.INSIDE)


class NewPipelineForm(PipelineForm):
    """A new pipeline with the names of its stages; their chances are set afterwards."""

    stages = LinesField(
        label=_("Stages"), help_text=_("One per line, in order. Chances and clocks are set afterwards.")
    )

    @override
    def values(self) -> dict[str, Any]:
        names: list[str] = self.cleaned_data["stages"]
        return super().values() | {
            "stages": [{"name": name, **_guess(place, len(names))} for place, name in enumerate(names)]
        }


def _guess(place: int, count: int) -> dict[str, Any]:
    """A first chance that rises evenly towards the end."""
    return {"probability": round(100 * (place + 1) / (count + 1))}


class StageForm(RecordForm):
    """A stage."""

    FIELDS: ClassVar = ("name", "probability", "forecast", "stale_days")

    name = forms.CharField(label=_("Name"), max_length=80)
    probability = forms.IntegerField(
        label=_("Chance (%)"), min_value=0, max_value=100, help_text=_("How many of a hundred that reach it are won.")
    )
    forecast = forms.ChoiceField(label=_("Forecast"), choices=ForecastCategory.choices)
    stale_days = forms.IntegerField(
        label=_("Stuck after (days)"), required=False, min_value=1, max_value=32_767, help_text=_("Empty: never.")
    )


class RemoveStageForm(ServiceForm):
    """Where the deals of a stage go when it is taken out."""

    move_to = forms.ModelChoiceField(
        Stage.objects.none(),
        label=_("Its deals go to"),
        required=False,
        empty_label=_("It has none"),
    )

    def __init__(self, *args: Any, stage: Stage, deals: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["move_to"]
        field.queryset = stage.pipeline.stages.exclude(pk=stage.pk)
        if deals:
            field.required, field.empty_label = True, _("Choose one")


# --- Reasons ---------------------------------------------------------------------------------------------------------------


class ReasonForm(RecordForm):
    """A reason in other words."""

    FIELDS: ClassVar[tuple[str, ...]] = ("label",)

    label = forms.CharField(label=_("Reason"), max_length=80)


class NewReasonForm(ReasonForm):
    """A new reason."""

    FIELDS: ClassVar[tuple[str, ...]] = ("kind", "label")

    kind = forms.ChoiceField(label=_("For"), choices=Reason.Kind.choices, widget=forms.RadioSelect)


# --- Own fields ------------------------------------------------------------------------------------------------------------


class FieldForm(RecordForm):
    """A field of the organisation's own. Offers only what its kind and its holder know."""

    FIELDS: ClassVar[tuple[str, ...]] = ("label", "help", "choices", "is_required", "is_unique", "default", "motions")

    label = forms.CharField(label=_("Name"), max_length=80)
    help = forms.CharField(label=_("Help"), max_length=200, required=False)
    choices = LinesField(label=_("Choices"), required=False, help_text=_("One per line."))
    default = forms.CharField(
        label=_("Default"),
        max_length=custom.LONGEST_TEXT,
        required=False,
        help_text=_("What a new record gets: 12.50, 2026-11-21, 12.50 EUR, yes."),
    )
    is_required = forms.BooleanField(label=_("Required"), required=False)
    is_unique = forms.BooleanField(label=_("No two records have the same value"), required=False)
    motions = forms.MultipleChoiceField(
        label=_("Only on"),
        choices=Motion.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Leads and deals; none chosen is on all."),
    )

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        record: Any = self.record
        if record is not None:
            for name in _pointless(record):
                del self.fields[name]

    @override
    def initial_of(self, record: Any) -> dict[str, Any]:
        return super().initial_of(record) | {"default": custom.to_text(record, record.default)}

    def defined(self) -> CustomField:
        """The field as far as the form says it: enough to read a default."""
        record: Any = self.record
        kind = record.kind if record is not None else self.cleaned_data["kind"]
        choices = self.cleaned_data.get("choices", [])
        return CustomField(key="default", kind=kind, choices=choices, link_to=getattr(record, "link_to", ""))

    @override
    def values(self) -> dict[str, Any]:
        values = super().values()
        if "default" in values:
            values["default"] = custom.from_text(self.defined(), values["default"])
        return values

    @override
    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors and cleaned.get("default"):
            try:
                custom.from_text(self.defined(), cleaned["default"])
            except Invalid as error:
                self.add_error("default", str(error.detail))
        return cleaned


def _pointless(field: CustomField) -> set[str]:
    """What a field of this kind and holder has no use for."""
    names = set() if field.kind in {Kind.CHOICE, Kind.CHOICES} else {"choices"}
    names |= set() if field.kind in custom.MAY_BE_UNIQUE else {"is_unique"}
    names |= set() if field.holder in custom.WITH_MOTION else {"motions"}
    return names | ({"default"} if field.kind == Kind.LINK else set())


class NewFieldForm(FieldForm):
    """A new field. What it is on, its key and its kind never change afterwards."""

    FIELDS: ClassVar[tuple[str, ...]] = ("holder", "kind", "link_to", "key", *FieldForm.FIELDS)

    holder = forms.ChoiceField(label=_("On"), choices=CustomField.Holder.choices, widget=Segments)
    kind = forms.ChoiceField(label=_("Kind"), choices=Kind.choices, help_text=_("It never changes afterwards."))
    link_to = forms.ChoiceField(
        label=_("Links to"),
        required=False,
        choices=[("", NOTHING), *CustomField.Holder.choices],
        help_text=_("Of a link."),
    )
    key = forms.CharField(
        label=_("Key"),
        max_length=40,
        required=False,
        help_text=_("In files and over the API; made from the name if it is left out."),
    )

    field_order = ("holder", "kind", "label", "key", "help", "choices", "link_to")
