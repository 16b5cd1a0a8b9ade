"""The form behind the one line: everything that was read of it, to be looked at and corrected."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from accounts.forms.base import ServiceForm
from accounts.models import Capability, User
from crm.core import ids
from leads import normal
from leads.intake.lines import read_lines
from leads.models import Campaign, Lead, Product

Channel = Lead.Channel
# How somebody comes to enter a lead by hand.
BY_HAND = (Channel.REP, Channel.CALL, Channel.WALK_IN, Channel.EVENT, Channel.MESSAGE, Channel.EMAIL)
_SEVERAL = re.compile(r"[,;\n]+")


def home_country(reader: User) -> str:
    """Whose numbering plan somebody means who writes a number without its country: that of their working calendar."""
    calendar = reader.calendar or (reader.team.calendar if reader.team else None)
    return calendar.country if calendar else ""


class PasteForm(forms.Form):
    """The one line."""

    text = forms.CharField(
        label=_("Paste a signature, or type name, company, phone"),
        max_length=4_000,
        widget=forms.Textarea(attrs={"rows": 3, "autofocus": True, "data-quick-line": ""}),
    )


class QuickAddForm(ServiceForm):
    """A lead in the intake's flat names; ``phones`` and ``emails`` may hold several, with commas between."""

    # Nearly everything is; saying so at each field helps nobody.
    mark_optional = False

    lead_id = forms.UUIDField(widget=forms.HiddenInput)
    first_name = forms.CharField(label=_("First name"), max_length=100, required=False)
    last_name = forms.CharField(label=_("Last name"), max_length=100, required=False)
    company_name = forms.CharField(label=_("Company"), max_length=200, required=False)
    job_title = forms.CharField(label=_("Job title"), max_length=160, required=False)
    phones = forms.CharField(label=_("Phones"), max_length=300, required=False)
    emails = forms.CharField(label=_("E-mails"), max_length=600, required=False)
    website = forms.CharField(label=_("Website"), max_length=300, required=False)
    street = forms.CharField(label=_("Street"), max_length=300, required=False)
    postal_code = forms.CharField(label=_("Postal code"), max_length=20, required=False)
    city = forms.CharField(label=_("City"), max_length=120, required=False)
    country = forms.CharField(label=_("Country"), max_length=80, required=False)
    source = forms.CharField(label=_("Source"), max_length=80, required=False)
    channel = forms.ChoiceField(label=_("Came by"), choices=[(channel.value, channel.label) for channel in BY_HAND])
    product = forms.ModelChoiceField(label=_("Product"), queryset=Product.objects.none(), required=False)
    campaign = forms.ModelChoiceField(label=_("Campaign"), queryset=Campaign.objects.none(), required=False)
    notes = forms.CharField(
        label=_("Enquiry"), max_length=20_000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, data: Any = None, *, reader: User, **kwargs: Any) -> None:
        self.reader = reader
        kwargs["initial"] = {"lead_id": ids.uuid7(), "channel": Channel.REP, **kwargs.get("initial", {})}
        super().__init__(data, **kwargs)
        self.fields["product"].queryset = Product.objects.visible_to(reader).filter(is_active=True)  # type: ignore[attr-defined]
        self.fields["campaign"].queryset = Campaign.objects.visible_to(reader).filter(is_active=True)  # type: ignore[attr-defined]

    @classmethod
    def of_text(cls, text: str, reader: User) -> QuickAddForm:
        """Filled with what was read of a line or a signature; what was not understood stands in the notes."""
        found = read_lines(text, home_country(reader))
        initial = {
            name: getattr(found, name)
            for name in cls.base_fields
            if hasattr(found, name) and name not in {"phones", "emails", "country"}
        }
        initial |= {
            "phones": ", ".join(found.phones),
            "emails": ", ".join(found.emails),
            "country": found.country,
            "notes": "\n".join(found.rest),
        }
        return cls(reader=reader, initial=initial)

    @override
    def field_for(self, name: str) -> str:
        return {"phone": "phones", "email": "emails"}.get(name, name)

    @property
    def lead_id_given(self) -> UUID:
        """One showing of the form is one lead, however often it is sent."""
        given: UUID = self.cleaned_data["lead_id"]
        return given

    @override
    def values(self) -> dict[str, Any]:
        """What ``receive_enquiry`` takes. Who sells keeps what they enter; a manager's goes to whom it belongs."""
        values = {name: value for name, value in self.cleaned_data.items() if name != "lead_id" and value}
        values["phones"] = [self._number(text) for text in _several(self.cleaned_data["phones"])]
        values["emails"] = _several(self.cleaned_data["emails"])
        sells = self.reader.can(Capability.CALLS) or self.reader.can(Capability.VISITS)
        return values | ({"owner": self.reader} if sells else {})

    def _number(self, text: str) -> str:
        country = normal.country_code(self.cleaned_data["country"]) or home_country(self.reader)
        read = normal.phone_number(text, country)
        if read is None or not read.is_known:
            return text
        return f"{read.number} ext {read.extension}" if read.extension else read.number


def _several(text: str) -> list[str]:
    return [part.strip() for part in _SEVERAL.split(text) if part.strip()]
