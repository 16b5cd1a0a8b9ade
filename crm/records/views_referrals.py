"""The links that a contact passes on: whom they brought, and how far their reward is."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.db.models import Count, F, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods
from django_htmx.http import HttpResponseClientRefresh

from accounts.models import User
from crm.core import policy, toasts
from crm.core.doors import page
from crm.core.forms import Segments
from crm.records.forms import ReaderForm
from crm.records.lists.offered import CONTACTS
from crm.records.views_records import ask, record_of, sent
from leads.models import Campaign, Contact, Deal, ReferralLink, WebForm
from leads.policies import VIEW_CONTACTS, WRITE_CONTACTS
from leads.services import campaigns, web_forms


class ReferralForm(ReaderForm):
    FIELDS = ("campaign", "reward", "is_active")

    campaign = forms.ModelChoiceField(Campaign.objects.none(), label=gettext_lazy("Campaign"), required=False)
    reward = forms.ChoiceField(
        label=gettext_lazy("Reward"),
        choices=ReferralLink.Reward.choices,
        widget=Segments,
        help_text=gettext_lazy("What was promised falls due by itself with the first deal won through this link."),
    )
    is_active = forms.BooleanField(label=gettext_lazy("Open: enquiries through it are credited"), required=False)

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        rows = Campaign.objects.visible_to(self.reader).filter(is_active=True)
        self.fields["campaign"].queryset = rows  # type: ignore[attr-defined]


@page(act=VIEW_CONTACTS)
@require_GET
def referrals(request: HttpRequest, record_id: UUID) -> HttpResponse:
    """The box on a contact's page. Counts are of all enquiries; whose they are, it does not say."""
    reader: User = request.user  # type: ignore[assignment]
    found: Contact = record_of(CONTACTS, reader, record_id)
    others = ~Q(leads__contact=F("contact"))
    won = Q(leads__deals__state=Deal.State.WON)
    links = list(
        ReferralLink.objects.visible_to(reader)
        .filter(contact=found)
        .select_related("campaign")
        .annotate(
            enquiries=Count("leads", filter=others, distinct=True),
            won=Count("leads__deals", filter=others & won, distinct=True),
        )
    )
    open_forms = list(WebForm.objects.filter(is_active=True).order_by("created_at", "id")) if links else []
    for link in links:
        path = web_forms.referral_path(link, open_forms) if link.is_active else ""
        link.address = request.build_absolute_uri(path) if path else ""  # type: ignore[attr-defined]
    facts = {"contact": found, "links": links, "may_write": policy.may(reader, WRITE_CONTACTS)}
    return render(request, "records/parts/referrals.html", facts)


@page(act=WRITE_CONTACTS)
@require_http_methods(["GET", "POST"])
def new_referral(request: HttpRequest, record_id: UUID) -> HttpResponse:
    actor: User = request.user  # type: ignore[assignment]
    found: Contact = record_of(CONTACTS, actor, record_id)
    form = ReferralForm(sent(request), reader=actor, initial={"reward": "promised", "is_active": True})
    if request.method == "POST" and form.is_valid():
        made = form.carry_out(lambda: campaigns.create_referral_link(actor=actor, contact_id=found.pk, **form.values()))
        if made is not None:
            return _done(request, _("Referral link made."))
    return ask(request, found, form, _("Referral link"), reverse("records:new-referral", args=[found.pk]))


@page(act=WRITE_CONTACTS)
@require_http_methods(["GET", "POST"])
def referral(request: HttpRequest, record_id: UUID, link_id: UUID) -> HttpResponse:
    actor: User = request.user  # type: ignore[assignment]
    found: Contact = record_of(CONTACTS, actor, record_id)
    link: ReferralLink = policy.get_visible(ReferralLink.objects.filter(contact=found), actor, pk=link_id)
    stored = {name: getattr(link, name) for name in ReferralForm.FIELDS}
    form = ReferralForm(sent(request), reader=actor, initial=stored)
    if request.method == "POST" and form.is_valid():
        saved = form.carry_out(
            lambda: campaigns.change_referral_link(actor=actor, link_id=link.pk, changes=form.values())
        )
        if saved is not None:
            return _done(request, _("Referral link saved."))
    url = reverse("records:referral", args=[found.pk, link.pk])
    return ask(request, found, form, _("Referral link"), url)


def _done(request: HttpRequest, said: str) -> HttpResponse:
    toasts.show_next(request, said)
    return HttpResponseClientRefresh()
