"""Forms of the doors: what people outside fill in, and what managers set them up with."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from typing_extensions import override

from accounts.forms.base import RecordForm, ServiceForm
from accounts.models import User
from crm.core.forms import DateInput
from leads.models import Campaign, CustomField, Product, Questionnaire, QuestionnaireVersion, WebForm
from leads.services import custom, questionnaires, web_forms

# --- Outside: a web form ---------------------------------------------------------------------------------------------

# Name -> label, longest, and what browsers call it so that they can fill it in.
_ASKED: dict[str, tuple[Any, int, str]] = {
    "first_name": (gettext_lazy("First name"), 100, "given-name"),
    "last_name": (gettext_lazy("Last name"), 100, "family-name"),
    "email": (gettext_lazy("E-mail"), 254, "email"),
    "phone": (gettext_lazy("Phone"), 40, "tel"),
    "company_name": (gettext_lazy("Company"), 200, "organization"),
    "job_title": (gettext_lazy("Job title"), 160, "organization-title"),
    "website": (gettext_lazy("Website"), 300, "url"),
    "street": (gettext_lazy("Street"), 300, "address-line1"),
    "postal_code": (gettext_lazy("Postal code"), 20, "postal-code"),
    "city": (gettext_lazy("City"), 120, "address-level2"),
    "region": (gettext_lazy("Region"), 120, "address-level1"),
    "country": (gettext_lazy("Country"), 80, "country-name"),
}
LONGEST_ENQUIRY = 5_000


class EnquiryForm(ServiceForm):
    """The fields of one web form. ``reference`` is the honeypot: people do not see it, robots fill it in."""

    ticket = forms.CharField(widget=forms.HiddenInput, max_length=500, required=False)
    reference = forms.CharField(required=False, max_length=200)

    def __init__(self, form: WebForm, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.asked = [name for name in form.fields if name in web_forms.ASKABLE]
        for name in self.asked:
            self.fields[name] = _asked_field(name)
            self.fields[name].required = name in form.required and name != "needs_demo"
        if form.consent_text:
            self.fields["consent"] = forms.BooleanField(label=form.consent_text, required=False)

    @property
    def shown(self) -> list[forms.BoundField]:
        """What people see, in order."""
        return [self[name] for name in (*self.asked, "consent") if name in self.fields]

    @override
    def values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.asked if self.cleaned_data[name] not in ("", None)}

    @property
    def consents(self) -> bool:
        return bool(self.cleaned_data.get("consent"))

    @property
    def is_trapped(self) -> bool:
        return bool(self.cleaned_data.get("reference"))

    def start_again(self, ticket: str) -> None:
        """For another try: what was typed stays, the trap is emptied, the ticket is fresh."""
        self.retype("reference", "")
        self.retype("ticket", ticket)


def _asked_field(name: str) -> forms.Field:
    if name == "notes":
        area = forms.Textarea(attrs={"rows": 5})
        return forms.CharField(label=_("How can we help?"), max_length=LONGEST_ENQUIRY, widget=area)
    if name == "needs_demo":
        return forms.BooleanField(label=_("I would like to see it"), required=False)
    label, longest, autocomplete = _ASKED[name]
    kind = forms.EmailField if name == "email" else forms.CharField
    widget = {"email": forms.EmailInput, "phone": forms.TextInput}.get(name, forms.TextInput)
    attributes = {"autocomplete": autocomplete} | ({"inputmode": "tel"} if name == "phone" else {})
    return kind(label=label, max_length=longest, widget=widget(attrs=attributes))


# --- Outside and inside: the answers of a questionnaire --------------------------------------------------------------


class AnswersForm(ServiceForm):
    """The questions of a version. Asked by a rep nothing is required: a conversation does not follow a form."""

    def __init__(
        self, version: QuestionnaireVersion, data: Any = None, *, answers: Mapping[str, Any], by_rep: bool = False
    ) -> None:
        self.questions = version.questions
        initial = {question["key"]: _initial(answers.get(question["key"])) for question in self.questions}
        super().__init__(data, initial=initial)
        for question in self.questions:
            field = _answer_field(question)
            field.required = question["required"] and not by_rep
            self.fields[question["key"]] = field

    @override
    def values(self) -> dict[str, Any]:
        return {question["key"]: self.cleaned_data.get(question["key"]) for question in self.questions}


def _initial(value: Any) -> Any:
    return questionnaires.YES if value is True else questionnaires.NO if value is False else value


def _answer_field(question: Mapping[str, Any]) -> forms.Field:
    label, choices = question["text"], [(choice, choice) for choice in question["choices"]]
    match question["kind"]:
        case "number":
            return forms.DecimalField(label=label, max_digits=18)
        case "date":
            return forms.DateField(label=label, widget=DateInput)
        case "yes_no":
            both = [(questionnaires.YES, _("Yes")), (questionnaires.NO, _("No"))]
            return forms.ChoiceField(label=label, choices=both, widget=forms.RadioSelect)
        case "choice":
            return forms.ChoiceField(label=label, choices=choices, widget=forms.RadioSelect)
        case "choices":
            return forms.MultipleChoiceField(label=label, choices=choices, widget=forms.CheckboxSelectMultiple)
        case _:
            area = forms.Textarea(attrs={"rows": 2})
            return forms.CharField(label=label, max_length=questionnaires.LONGEST_ANSWER, widget=area)


class AskForm(forms.Form):
    """Which questionnaire to ask on a lead."""

    questionnaire = forms.ModelChoiceField(label=gettext_lazy("Questionnaire"), queryset=Questionnaire.objects.none())

    def __init__(self, data: Any = None, *, reader: User) -> None:
        super().__init__(data)
        rows = Questionnaire.objects.visible_to(reader).filter(is_active=True)
        self.fields["questionnaire"].queryset = rows  # type: ignore[attr-defined]


# --- Inside: settings of web forms -----------------------------------------------------------------------------------


def _field_choices() -> list[tuple[str, Any]]:
    words = {name: label for name, (label, _longest, _autocomplete) in _ASKED.items()}
    words |= {"notes": _("How can we help?"), "needs_demo": _("I would like to see it")}
    return [(name, words[name]) for name in web_forms.ASKABLE]


class WebFormForm(RecordForm):
    FIELDS: ClassVar = web_forms.FIELDS

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=120, help_text=gettext_lazy("For you; nobody outside sees it.")
    )
    title = forms.CharField(label=gettext_lazy("Title"), max_length=120, required=False)
    intro = forms.CharField(
        label=gettext_lazy("Introduction"), max_length=2_000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    fields_ = forms.MultipleChoiceField(
        label=gettext_lazy("Ask for"), choices=_field_choices, widget=forms.CheckboxSelectMultiple
    )
    required = forms.MultipleChoiceField(
        label=gettext_lazy("Must be filled in"),
        choices=_field_choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    consent_text = forms.CharField(
        label=gettext_lazy("Consent"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("A box to tick. The text is kept as proof. Empty asks for nothing."),
    )
    thanks = forms.CharField(
        label=gettext_lazy("Thanks"), max_length=2_000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=settings.LANGUAGES)
    source = forms.CharField(label=gettext_lazy("Source of its leads"), max_length=80, required=False)
    campaign = forms.ModelChoiceField(label=gettext_lazy("Campaign"), queryset=Campaign.objects.none(), required=False)
    product = forms.ModelChoiceField(label=gettext_lazy("Product"), queryset=Product.objects.none(), required=False)
    origins = forms.CharField(
        label=gettext_lazy("Shown on"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("Web sites that may show it in a frame, one per line: https://www.example.com"),
    )
    is_active = forms.BooleanField(label=gettext_lazy("Open"), required=False, initial=True)

    def __init__(self, data: Any = None, *, reader: User, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["campaign"].queryset = Campaign.objects.visible_to(reader)  # type: ignore[attr-defined]
        self.fields["product"].queryset = Product.objects.visible_to(reader)  # type: ignore[attr-defined]

    @override
    def initial_of(self, record: Any) -> dict[str, Any]:
        initial = super().initial_of(record)
        return initial | {"fields_": initial.pop("fields"), "origins": "\n".join(record.origins)}

    @override
    def values(self) -> dict[str, Any]:
        # A form has ``fields`` of its own: the service's carries a line.
        values = super().values() | {"fields": self.cleaned_data["fields_"]}
        return values | {"origins": [line for line in self.cleaned_data["origins"].splitlines() if line.strip()]}

    @override
    def field_for(self, name: str) -> str:
        return "fields_" if name == "fields" else name


# --- Inside: settings of questionnaires ------------------------------------------------------------------------------

_POINTS = re.compile(r"^(.*\S)\s*=\s*([+-]?\d{1,3})$")
_TARGETS = {
    "lead.needs_demo": gettext_lazy("Lead: wants to see it"),
    "lead.expected_value": gettext_lazy("Lead: expected value"),
    "lead.product": gettext_lazy("Lead: product"),
    "company.employees": gettext_lazy("Company: employees"),
    "company.sector": gettext_lazy("Company: sector"),
    "company.website": gettext_lazy("Company: website"),
    "contact.job_title": gettext_lazy("Contact: job title"),
    "contact.level": gettext_lazy("Contact: level"),
}


def target_choices() -> list[tuple[str, Any]]:
    own = [(f"custom.{field.key}", field.label) for field in custom.fields_of(CustomField.Holder.LEAD)]
    return [("", _("nothing")), *_TARGETS.items(), *own]


class QuestionnaireForm(RecordForm):
    FIELDS: ClassVar = ("name", "is_active")

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    is_active = forms.BooleanField(label=gettext_lazy("Used"), required=False, initial=True)


class QuestionForm(forms.Form):
    """One question. ``answers`` are lines ``answer = points``."""

    mark_optional = False

    key = forms.CharField(widget=forms.HiddenInput, required=False, max_length=60)
    text = forms.CharField(label=gettext_lazy("Question"), max_length=300, required=False)
    kind = forms.ChoiceField(
        label=gettext_lazy("Answer"),
        choices=[
            ("text", gettext_lazy("Text")),
            ("number", gettext_lazy("Number")),
            ("date", gettext_lazy("Date")),
            ("yes_no", gettext_lazy("Yes or no")),
            ("choice", gettext_lazy("Choice")),
            ("choices", gettext_lazy("Several choices")),
        ],
    )
    answers = forms.CharField(
        label=gettext_lazy("Answers and their points"),
        required=False,
        max_length=6_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("One per line; “this quarter = 20” gives 20 points. Of yes or no: yes = 10."),
    )
    axis = forms.ChoiceField(
        label=gettext_lazy("Points for"),
        choices=[("fit", gettext_lazy("Fit")), ("engagement", gettext_lazy("Engagement"))],
    )
    sets = forms.ChoiceField(label=gettext_lazy("Fills in"), choices=target_choices, required=False)
    required = forms.BooleanField(label=gettext_lazy("Must be answered"), required=False)

    @classmethod
    def initial_of(cls, question: Mapping[str, Any]) -> dict[str, Any]:
        points = question.get("points", {})
        offered = question["choices"] or list(points)
        lines = [f"{answer} = {points[answer]}" if answer in points else answer for answer in offered]
        return {**question, "answers": "\n".join(lines)}

    def question(self) -> dict[str, Any]:
        """As ``questionnaires.read_questions`` takes it."""
        lines = [_answer_line(line) for line in self.cleaned_data["answers"].splitlines() if line.strip()]
        values = {
            name: value for name, value in self.cleaned_data.items() if name not in {"answers", "ORDER", "DELETE"}
        }
        return values | {
            "choices": [answer for answer, _number in lines],
            "points": {answer: number for answer, number in lines if number},
        }


def _answer_line(line: str) -> tuple[str, int]:
    match = _POINTS.match(line.strip())
    return (match[1], int(match[2])) if match else (line.strip(), 0)


class BaseQuestions(forms.BaseFormSet):  # type: ignore[type-arg]  # generic in the stubs only
    """The questions in their order; rows without a text are none."""

    @override
    def add_fields(self, form: QuestionForm, index: int | None) -> None:
        super().add_fields(form, index)
        form.fields["ORDER"].label = _("Place")
        form.fields["DELETE"].label = _("Take away")

    def questions(self) -> list[dict[str, Any]]:
        rows: Iterable[QuestionForm] = self.ordered_forms
        return [form.question() for form in rows if form.cleaned_data.get("text")]


Questions = forms.formset_factory(
    QuestionForm, formset=BaseQuestions, extra=1, can_order=True, can_delete=True, max_num=questionnaires.MOST_QUESTIONS
)
