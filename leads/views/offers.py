"""Products and campaigns."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.models import User
from accounts.views.answers import back_to
from crm.core import formats, policy
from crm.core.doors import page
from leads.forms.settings import CampaignForm, ProductForm
from leads.models import Campaign, Product
from leads.policies import MANAGE_CAMPAIGNS, MANAGE_PRODUCTS, VIEW_CAMPAIGNS, VIEW_PRODUCTS
from leads.services import campaigns as campaign_services
from leads.services import products as product_services
from leads.views.catalogue import Catalogue, FormPage, Row, Section

# --- Products --------------------------------------------------------------------------------------------------------------


@page(act=VIEW_PRODUCTS)
def products(request: HttpRequest) -> HttpResponse:
    """What is sold."""
    reader: User = request.user  # type: ignore[assignment]
    may = policy.may(reader, MANAGE_PRODUCTS)
    rows = list(Product.objects.visible_to(reader))
    section = Section(
        key="products",
        title=_("Sold now"),
        columns=[_("Name"), _("Family"), _("Price"), _("Margin"), _("Demonstration"), _("Delivered")],
        rows=[_product(row, may) for row in rows if row.is_active],
        put_away=[_product(row, may) for row in rows if not row.is_active],
        empty=_("No product yet. Leads and deals name what they are about."),
    )
    return Catalogue(
        title=_("Products"),
        intro=_(
            "What is sold, and whether it can be shown and delivered from afar: that decides much about who sells it."
        ),
        sections=[section],
        add_url=reverse("sales:new_product") if may else "",
        add_label=_("New product"),
    ).answer(request)


def _product(product: Product, may: bool) -> Row:
    price = formats.money(product.price, product.currency) if product.price is not None else ""
    margin = formats.percent(product.margin_rate) if product.margin_rate is not None else ""
    return Row(
        id=product.pk,
        name=product.name,
        note=product.code,
        url=reverse("sales:product", args=[product.pk]) if may else "",
        again=reverse("sales:use_product_again", args=[product.pk]) if may else "",
        cells=(
            (_("Family"), product.family),
            (_("Price"), price),
            (_("Margin"), margin),
            (_("Demonstration"), product.get_demo_need_display()),
            (_("Delivered"), _("from afar") if product.is_remote else _("in person")),
        ),
    )


@page(act=MANAGE_PRODUCTS)
def new_product(request: HttpRequest) -> HttpResponse:
    form = ProductForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = form.carry_out(lambda: product_services.create_product(actor=_actor(request), **form.values()))
        if made:
            return back_to(request, "sales:products", _("%(name)s made.") % {"name": made.name})
    return _form(_("New product"), form, "products", _("Products"), _("Make the product")).answer(request)


@page(act=MANAGE_PRODUCTS)
def product(request: HttpRequest, product_id: UUID) -> HttpResponse:
    row: Product = policy.get_visible(Product.objects.all(), _actor(request), pk=product_id)
    form = ProductForm(request.POST or None, record=row)
    if request.method == "POST" and form.is_valid():
        write = product_services.change_product
        values, version = form.values(), form.expected_version
        if form.carry_out(
            lambda: write(actor=_actor(request), product_id=row.pk, changes=values, expected_version=version)
        ):
            return back_to(request, "sales:products", _("%(name)s saved.") % {"name": values["name"]})
    return _form(row.name, form, "products", _("Products"), _("Save"), **_use("product", row)).answer(request)


@page(act=MANAGE_PRODUCTS)
@require_POST
def put_product_away(request: HttpRequest, product_id: UUID) -> HttpResponse:
    return _use_product(request, product_id, used=False)


@page(act=MANAGE_PRODUCTS)
@require_POST
def use_product_again(request: HttpRequest, product_id: UUID) -> HttpResponse:
    return _use_product(request, product_id, used=True)


def _use_product(request: HttpRequest, product_id: UUID, *, used: bool) -> HttpResponse:
    row = product_services.change_product(actor=_actor(request), product_id=product_id, changes={"is_active": used})
    text = _("%(name)s is in use again.") if used else _("%(name)s put away.")
    undo = reverse("sales:use_product_again", args=[row.pk]) if not used else ""
    return back_to(request, "sales:products", text % {"name": row.name}, undo=undo)


# --- Campaigns -------------------------------------------------------------------------------------------------------------


@page(act=VIEW_CAMPAIGNS)
def campaigns(request: HttpRequest) -> HttpResponse:
    """What brings enquiries, and what it cost."""
    reader: User = request.user  # type: ignore[assignment]
    may = policy.may(reader, MANAGE_CAMPAIGNS)
    rows = list(Campaign.objects.visible_to(reader))
    section = Section(
        key="campaigns",
        title=_("Running"),
        columns=[_("Name"), _("Kind"), _("From"), _("Until"), _("Cost")],
        rows=[_campaign(row, may) for row in rows if row.is_active],
        put_away=[_campaign(row, may) for row in rows if not row.is_active],
        empty=_("No campaign yet. Leads name the one that brought them, so that its cost can be weighed."),
    )
    return Catalogue(
        title=_("Campaigns"),
        intro=_(
            "What brings enquiries: shows, webinars, mailings, referrals. With dates and cost, each enquiry has a price."
        ),
        sections=[section],
        add_url=reverse("sales:new_campaign") if may else "",
        add_label=_("New campaign"),
    ).answer(request)


def _campaign(campaign: Campaign, may: bool) -> Row:
    cost = formats.money(campaign.cost, campaign.currency) if campaign.cost is not None else ""
    return Row(
        id=campaign.pk,
        name=campaign.name,
        url=reverse("sales:campaign", args=[campaign.pk]) if may else "",
        again=reverse("sales:use_campaign_again", args=[campaign.pk]) if may else "",
        cells=(
            (_("Kind"), campaign.get_kind_display()),
            (_("From"), formats.day(campaign.starts_on, "year") if campaign.starts_on else ""),
            (_("Until"), formats.day(campaign.ends_on, "year") if campaign.ends_on else ""),
            (_("Cost"), cost),
        ),
    )


@page(act=MANAGE_CAMPAIGNS)
def new_campaign(request: HttpRequest) -> HttpResponse:
    form = CampaignForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = form.carry_out(lambda: campaign_services.create_campaign(actor=_actor(request), **form.values()))
        if made:
            return back_to(request, "sales:campaigns", _("%(name)s made.") % {"name": made.name})
    return _form(_("New campaign"), form, "campaigns", _("Campaigns"), _("Make the campaign")).answer(request)


@page(act=MANAGE_CAMPAIGNS)
def campaign(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    row: Campaign = policy.get_visible(Campaign.objects.all(), _actor(request), pk=campaign_id)
    form = CampaignForm(request.POST or None, record=row)
    if request.method == "POST" and form.is_valid():
        write = campaign_services.change_campaign
        values, version = form.values(), form.expected_version
        if form.carry_out(
            lambda: write(actor=_actor(request), campaign_id=row.pk, changes=values, expected_version=version)
        ):
            return back_to(request, "sales:campaigns", _("%(name)s saved.") % {"name": values["name"]})
    facts = [(_("Leads it brought"), formats.number(row.leads.count()))]
    return _form(row.name, form, "campaigns", _("Campaigns"), _("Save"), facts=facts, **_use("campaign", row)).answer(
        request
    )


@page(act=MANAGE_CAMPAIGNS)
@require_POST
def put_campaign_away(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    return _use_campaign(request, campaign_id, used=False)


@page(act=MANAGE_CAMPAIGNS)
@require_POST
def use_campaign_again(request: HttpRequest, campaign_id: UUID) -> HttpResponse:
    return _use_campaign(request, campaign_id, used=True)


def _use_campaign(request: HttpRequest, campaign_id: UUID, *, used: bool) -> HttpResponse:
    write = campaign_services.change_campaign
    row = write(actor=_actor(request), campaign_id=campaign_id, changes={"is_active": used})
    text = _("%(name)s is in use again.") if used else _("%(name)s put away.")
    undo = reverse("sales:use_campaign_again", args=[row.pk]) if not used else ""
    return back_to(request, "sales:campaigns", text % {"name": row.name}, undo=undo)


# --- inside ----------------------------------------------------------------------------------------------------------


def _actor(request: HttpRequest) -> User:
    return request.user  # type: ignore[return-value]


def _form(title: str, form: Any, listing: str, label: str, save: str, **more: Any) -> FormPage:
    return FormPage(title=title, form=form, back_label=label, back_url=reverse(f"sales:{listing}"), save=save, **more)


def _use(noun: str, row: Product | Campaign) -> dict[str, str]:
    """Where the record is put away, or brought back."""
    if row.is_active:
        return {"put_away": reverse(f"sales:put_{noun}_away", args=[row.pk])}
    return {"again": reverse(f"sales:use_{noun}_again", args=[row.pk])}
