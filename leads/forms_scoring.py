"""Forms of the scoring settings: a rule in words, and what the model may learn from."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy
from typing_extensions import override

from accounts.forms.base import RecordForm, ServiceForm
from crm.core.forms import Checks, Segments
from crm.core.models import BaseModel
from leads.models import Axis, ScoreRule, ScoreSettings
from leads.services.scoring_facts import all_facts


class ValuesField(forms.CharField):
    """Texts, separated by commas, as a list."""

    @override
    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    @override
    def to_python(self, value: Any) -> Any:
        return [text.strip() for text in str(value or "").split(",") if text.strip()]

    @override
    def run_validators(self, value: Any) -> None:
        """The service checks the list."""


class RuleForm(RecordForm):
    """One rule: where this is so, that many points."""

    FIELDS: ClassVar = ("axis", "fact", "test", "points", "half_life_days", "group", "group_cap", "is_active")

    axis = forms.ChoiceField(label=gettext_lazy("Axis"), choices=Axis.choices, widget=Segments, initial=Axis.FIT)
    fact = forms.ChoiceField(label=gettext_lazy("Fact"))
    test = forms.ChoiceField(label=gettext_lazy("Condition"), choices=ScoreRule.Test.choices)
    compared = ValuesField(
        label=gettext_lazy("Value"),
        required=False,
        help_text=gettext_lazy("Several are separated by commas; none for “is known” and “is not known”."),
    )
    points = forms.IntegerField(
        label=gettext_lazy("Points"), min_value=-100, max_value=100, help_text=gettext_lazy("From -100 to 100.")
    )
    half_life_days = forms.IntegerField(
        label=gettext_lazy("Halves every (days)"),
        required=False,
        min_value=1,
        max_value=3650,
        help_text=gettext_lazy("Engagement fades; empty keeps the points."),
    )
    group = forms.CharField(
        label=gettext_lazy("Group"),
        required=False,
        max_length=60,
        help_text=gettext_lazy("Rules of one group share a cap."),
    )
    group_cap = forms.IntegerField(label=gettext_lazy("At most, together"), required=False, min_value=1, max_value=100)
    is_active = forms.BooleanField(label=gettext_lazy("Used"), required=False, initial=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["fact"].choices = [(key, fact.label) for key, fact in all_facts().items()]  # type: ignore[attr-defined]

    @override
    def initial_of(self, record: BaseModel) -> dict[str, Any]:
        return super().initial_of(record) | {"compared": getattr(record, "values", [])}

    @override
    def values(self) -> dict[str, Any]:
        return super().values() | {"values": self.cleaned_data.get("compared", [])}

    @override
    def field_for(self, name: str) -> str:
        return "compared" if name == "values" else name


class LearningForm(ServiceForm):
    """How often models are learned, what they may not use, and how far back they look."""

    FIELDS: ClassVar = ("retrain", "window_months", "excluded")

    retrain = forms.ChoiceField(
        label=gettext_lazy("Learn again"),
        choices=ScoreSettings.Retrain.choices,
        help_text=gettext_lazy(
            "A new model is put to use when it beats the rules and the usual share and is not clearly worse than the one in use."
        ),
    )
    window_months = forms.IntegerField(label=gettext_lazy("Learn from the last (months)"), min_value=3, max_value=120)
    excluded = forms.MultipleChoiceField(
        label=gettext_lazy("Never use"),
        required=False,
        widget=Checks,
        help_text=gettext_lazy("Whatever people fill in while they sell: it would tell the model how things ended."),
    )

    def __init__(self, *args: Any, settings: ScoreSettings, **kwargs: Any) -> None:
        kwargs["initial"] = {name: getattr(settings, name) for name in self.FIELDS}
        super().__init__(*args, **kwargs)
        choices = [(key, fact.label) for key, fact in all_facts().items() if fact.is_learnable]
        self.fields["excluded"].choices = choices  # type: ignore[attr-defined]
