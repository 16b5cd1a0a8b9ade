"""Forms of the record pages: a new company, contact or deal, the verbs, a saved view."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from typing_extensions import override

from accounts.forms.base import ServiceForm
from accounts.models import Motion, User
from crm.core.clock import now
from crm.core.forms import DateInput, Segments
from crm.records.facts import OwnerField, from_input, own_field
from crm.records.pick import PickField
from leads import selectors
from leads.models import Company, Consent, Contact, CustomField, Lead, Reason, SavedView, Stage
from leads.services import custom


class ReaderForm(ServiceForm):
    """A form that knows who reads it."""

    def __init__(self, data: Any = None, *, reader: User, **kwargs: Any) -> None:
        self.reader = reader
        super().__init__(data, **kwargs)


class OwnFieldsForm(ReaderForm):
    """Ends with the organisation's own fields of ``HOLDER``."""

    HOLDER: ClassVar[str] = ""

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.own: dict[str, CustomField] = {f"custom.{one.key}": one for one in custom.fields_of(self.HOLDER)}
        for name, found in self.own.items():
            self.fields[name] = own_field(found)
            self.fields[name].required = found.is_required

    def own_values(self) -> dict[str, Any]:
        given = {found.key: self.cleaned_data.get(name) for name, found in self.own.items()}
        return {
            key: from_input(self.own[f"custom.{key}"], value)
            for key, value in given.items()
            if value not in ("", None, [])
        }


class CompanyForm(OwnFieldsForm):
    """A new company with its main site."""

    HOLDER = "company"
    FIELDS = ("name", "website", "sector", "tier", "employees")

    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)
    website = forms.CharField(label=gettext_lazy("Website"), max_length=300, required=False)
    sector = forms.CharField(label=gettext_lazy("Sector"), max_length=80, required=False)
    tier = forms.ChoiceField(label=gettext_lazy("Tier"), choices=[("", "—"), *Company.Tier.choices], required=False)
    employees = forms.IntegerField(label=gettext_lazy("Employees"), min_value=0, required=False)
    street = forms.CharField(label=gettext_lazy("Street"), max_length=300, required=False)
    postal_code = forms.CharField(label=gettext_lazy("Postal code"), max_length=20, required=False)
    city = forms.CharField(label=gettext_lazy("City"), max_length=120, required=False)
    country = forms.CharField(label=gettext_lazy("Country"), max_length=80, required=False)
    phone = forms.CharField(label=gettext_lazy("Phone"), max_length=40, required=False)
    email = forms.EmailField(label=gettext_lazy("E-mail"), required=False)

    @override
    def values(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        place = {name: cleaned[name] for name in ("street", "postal_code", "city", "country") if cleaned[name]}
        return {
            **super().values(),
            "sites": [place] if place else [],
            "phones": [cleaned["phone"]] if cleaned["phone"] else [],
            "emails": [cleaned["email"]] if cleaned["email"] else [],
            "custom": self.own_values(),
        }

    @override
    def field_for(self, name: str) -> str:
        return {"phones": "phone", "emails": "email", "sites": "city"}.get(name, name)


class ContactForm(OwnFieldsForm):
    """A new contact."""

    HOLDER = "contact"
    FIELDS = ("first_name", "last_name", "job_title", "level", "language", "company")

    first_name = forms.CharField(label=gettext_lazy("First name"), max_length=100, required=False)
    last_name = forms.CharField(label=gettext_lazy("Last name"), max_length=100, required=False)
    job_title = forms.CharField(label=gettext_lazy("Job title"), max_length=160, required=False)
    level = forms.ChoiceField(label=gettext_lazy("Level"), choices=[("", "—"), *Contact.Level.choices], required=False)
    phone = forms.CharField(label=gettext_lazy("Phone"), max_length=40, required=False)
    email = forms.EmailField(label=gettext_lazy("E-mail"), required=False)
    language = forms.CharField(label=gettext_lazy("Language"), max_length=12, required=False)

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["company"] = PickField(Company, reader=self.reader, label=_("Company"), required=False)

    @override
    def values(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        return {
            **super().values(),
            "phones": [cleaned["phone"]] if cleaned["phone"] else [],
            "emails": [cleaned["email"]] if cleaned["email"] else [],
            "custom": self.own_values(),
        }

    @override
    def field_for(self, name: str) -> str:
        return {"phones": "phone", "emails": "email"}.get(name, name)


class DealForm(OwnFieldsForm):
    """A new deal; ``initial`` may name lead, company and contact."""

    HOLDER = "deal"
    FIELDS = ("name", "stage", "amount", "currency", "close_on", "motion", "company", "contact", "lead")

    name = forms.CharField(label=gettext_lazy("Name"), max_length=200)
    amount = forms.DecimalField(
        label=gettext_lazy("Amount"), max_digits=18, decimal_places=4, min_value=0, required=False
    )
    currency = forms.CharField(
        label=gettext_lazy("Currency"), min_length=3, max_length=3, required=False, initial="EUR"
    )
    close_on = forms.DateField(label=gettext_lazy("Expected to close"), widget=DateInput, required=False)
    motion = forms.ChoiceField(
        label=gettext_lazy("Motion"), choices=Motion.choices, widget=Segments, initial=Motion.INSIDE
    )

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        stages = Stage.objects.visible_to(self.reader).filter(pipeline__is_active=True).select_related("pipeline")
        self.fields["stage"] = StageField(
            stages.order_by("pipeline__position", "pipeline__name", "position"), label=_("Stage"), required=False
        )
        self.fields["company"] = PickField(Company, reader=self.reader, label=_("Company"), required=False)
        self.fields["contact"] = PickField(Contact, reader=self.reader, label=_("Contact"), required=False)
        rows = Lead.objects.visible_to(self.reader).select_related("contact", "company")
        self.fields["lead"] = forms.ModelChoiceField(rows, required=False, widget=forms.HiddenInput)

    @override
    def values(self) -> dict[str, Any]:
        given = super().values()
        if given["amount"] is None:
            given["currency"] = ""
        return {**given, "custom": self.own_values()}


class StageField(forms.ModelChoiceField):  # type: ignore[type-arg]  # not generic when it runs
    """A stage under the name of its pipeline; none: the first of the motion's pipeline."""

    def __init__(self, queryset: Any, **kwargs: Any) -> None:
        super().__init__(queryset, empty_label=_("The first one"), **kwargs)

    @override
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.pipeline}: {obj.name}"


# --- Verbs ------------------------------------------------------------------------------------------------------------------------


class ReasonForm(ReaderForm):
    """Why something ends."""

    KIND: ClassVar[Reason.Kind] = Reason.Kind.DISQUALIFIED

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        needed = self.KIND != Reason.Kind.WON
        self.fields["reason"] = forms.ModelChoiceField(
            selectors.reasons(self.KIND), label=_("Reason"), required=needed, widget=forms.RadioSelect, empty_label=None
        )
        self.order_fields(["reason"])


class DisqualifyForm(ReasonForm):
    note = forms.CharField(label=gettext_lazy("Note"), max_length=500, required=False)


class LoseForm(ReasonForm):
    KIND = Reason.Kind.LOST
    competitor = forms.CharField(label=gettext_lazy("Went to"), max_length=120, required=False)


class WinForm(ReasonForm):
    KIND = Reason.Kind.WON
    closed_on = forms.DateField(label=gettext_lazy("Closed on"), widget=DateInput, required=False)


class AssignForm(ReaderForm):
    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["owner"] = OwnerField(reader=self.reader, label=_("Owner"), required=False)


class QualifyForm(ReaderForm):
    """Qualified; by default a deal opens with it."""

    with_deal = forms.BooleanField(label=gettext_lazy("Open a deal"), required=False, initial=True)
    name = forms.CharField(label=gettext_lazy("Name of the deal"), max_length=200, required=False)
    amount = forms.DecimalField(
        label=gettext_lazy("Amount"), max_digits=18, decimal_places=4, min_value=0, required=False
    )
    currency = forms.CharField(label=gettext_lazy("Currency"), min_length=3, max_length=3, required=False)
    close_on = forms.DateField(label=gettext_lazy("Expected to close"), widget=DateInput, required=False)

    def deal(self) -> dict[str, Any] | None:
        cleaned = self.cleaned_data
        if not cleaned["with_deal"]:
            return None
        given = {name: cleaned[name] for name in ("name", "close_on") if cleaned[name]}
        if cleaned["amount"] is not None:
            given |= {"amount": cleaned["amount"], "currency": cleaned["currency"] or "EUR"}
        return given


class ConsentForm(ReaderForm):
    FIELDS = ("channel", "state", "proof", "at")

    channel = forms.ChoiceField(label=gettext_lazy("Channel"), choices=Consent.Channel.choices, widget=Segments)
    state = forms.ChoiceField(label=gettext_lazy("Answer"), choices=Consent.State.choices, widget=Segments)
    proof = forms.CharField(label=gettext_lazy("Proof"), max_length=500, required=False,
                            help_text=gettext_lazy("Where it can be looked up: a form, a mail, a call."))  # fmt: skip
    at = forms.DateTimeField(label=gettext_lazy("On"), required=False, widget=forms.HiddenInput)

    @override
    def values(self) -> dict[str, Any]:
        return {**super().values(), "at": self.cleaned_data["at"] or now()}


class ForbidForm(ReaderForm):
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200, required=False)


# --- Saved views ---------------------------------------------------------------------------------------------------------------


class ViewForm(ServiceForm):
    """The name of a view, for whom it is, whether it opens first; kept in the open view or as a new one."""

    FIELDS = ("name", "is_shared", "is_first")
    HERE, ANOTHER = "here", "another"

    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    is_shared = forms.BooleanField(label=gettext_lazy("Everybody may use it"), required=False)
    is_first = forms.BooleanField(label=gettext_lazy("Opens first for me"), required=False)
    where = forms.ChoiceField(
        label=gettext_lazy("Keep"),
        choices=[(HERE, gettext_lazy("In this view")), (ANOTHER, gettext_lazy("As a new view"))],
        widget=Segments,
        required=False,
    )

    def __init__(self, data: Any = None, *, view: SavedView | None) -> None:
        known = {name: getattr(view, name) for name in self.FIELDS} if view else {}
        super().__init__(data, initial={**known, "where": self.HERE if view else self.ANOTHER})
        if view is None:
            self.fields["where"].widget = forms.HiddenInput()
