"""A lead entered by hand: one line or a pasted signature, read, shown, corrected, saved. Works by keyboard alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.models import User
from accounts.views.answers import form_status
from crm.core import toasts
from crm.core.doors import page
from crm.records.forms_quick_add import PasteForm, QuickAddForm, home_country
from leads import normal
from leads.duplicates import stored
from leads.duplicates.records import Record
from leads.models import Company, Contact
from leads.policies import WRITE_LEADS
from leads.services.intake import receive_enquiry

MOST_ALIKE = 4


@dataclass(frozen=True, slots=True)
class Alike:
    """Somebody or some company that may be meant: where it opens, what it is called, how sure (0 to 1)."""

    url: str
    name: str
    note: str
    score: float


@page(act=WRITE_LEADS)
@require_http_methods(["GET", "POST"])
def new_lead(request: HttpRequest) -> HttpResponse:
    """``act=read`` fills the form with what the line says, ``act=look`` looks for doubles; saving makes the lead."""
    reader: User = request.user  # type: ignore[assignment]
    act = request.POST.get("act", "")
    if request.method == "GET":
        return _answer(request, PasteForm(), QuickAddForm(reader=reader))
    if act == "read":
        return _read(request, reader)
    form = QuickAddForm(request.POST, reader=reader)
    if form.is_valid() and act != "look":
        lead = form.carry_out(lambda: receive_enquiry(actor=reader, lead_id=form.lead_id_given, **form.values()))
        if lead is not None:
            toasts.show_next(request, _("%(name)s entered.") % {"name": lead})
            return redirect("records:lead", lead.pk)
    found = alike(form.values(), reader) if form.is_valid() else []
    return _answer(request, PasteForm(), form, found)


def _read(request: HttpRequest, reader: User) -> HttpResponse:
    paste = PasteForm(request.POST)
    if not paste.is_valid():
        return _answer(request, paste, QuickAddForm(reader=reader))
    form = QuickAddForm.of_text(paste.cleaned_data["text"], reader)
    values = {name: form[name].value() for name in form.fields}
    return _answer(
        request,
        paste,
        form,
        alike(values | {"phones": _split(values["phones"]), "emails": _split(values["emails"])}, reader),
    )


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _answer(
    request: HttpRequest, paste: PasteForm, form: QuickAddForm, found: list[Alike] | None = None
) -> HttpResponse:
    facts = {"paste": paste, "form": form, "alike": found or []}
    template = (
        "records/parts/quick_add.html" if request.headers.get("HX-Target") == "quick-add" else "records/quick_add.html"
    )
    status = max(form_status(form), form_status(paste))
    return render(request, template, facts, status=status)


# --- Doubles ---------------------------------------------------------------------------------------------------------


def alike(values: dict[str, Any], reader: User) -> list[Alike]:
    """People and companies that are probably meant; a hint, the intake takes only what is certain for the same."""
    country = normal.country_code(str(values.get("country") or "")) or home_country(reader)
    numbers = (normal.phone_number(text, country) for text in values.get("phones") or ())
    emails = tuple(normal.email_key(text) for text in values.get("emails") or ())
    domains = (normal.domain_of(text) for text in (*emails, str(values.get("website") or "")))
    asked = Record(
        key="asked",
        name=str(values.get("company_name") or ""),
        given_name=str(values.get("first_name") or ""),
        family_name=str(values.get("last_name") or ""),
        street=str(values.get("street") or ""),
        city=str(values.get("city") or ""),
        postal_code=str(values.get("postal_code") or ""),
        country=country,
        phones=tuple(number.number for number in numbers if number),
        emails=emails,
        domains=tuple(filter(None, domains)),
    )
    people = (
        stored.candidates_for_contact(asked, limit=MOST_ALIKE) if asked.family_name or emails or asked.phones else []
    )
    firms = stored.candidates_for_company(asked, limit=MOST_ALIKE) if asked.name else []
    return [*_contacts(people, reader), *_companies(firms, reader)]


def _contacts(found: list[stored.Candidate], reader: User) -> list[Alike]:
    rows = Contact.objects.visible_to(reader).select_related("company").in_bulk([one.id for one in found])
    return [
        Alike(reverse("records:contact", args=[one.id]), str(row), str(row.company or ""), one.score)
        for one in found
        if (row := rows.get(one.id))
    ]


def _companies(found: list[stored.Candidate], reader: User) -> list[Alike]:
    rows = Company.objects.visible_to(reader).in_bulk([one.id for one in found])
    return [
        Alike(reverse("records:company", args=[one.id]), row.name, row.domain, one.score)
        for one in found
        if (row := rows.get(one.id))
    ]
