"""``/products``, ``/campaigns``, ``/referral-links``: what is sold and how people come to hear of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from typing_extensions import override

from crm.core.api.fields import Choice, Day, Flag, Number, Text, Whole
from crm.core.api.filters import ChoiceFilter, FlagFilter, RowFilters, TextFilter
from crm.core.api.pagination import keyed
from crm.core.api.resources import Changes, Creates, Lists, Retrieves
from crm.core.api.serializers import CreateSerializer, WriteSerializer
from leads.api import fields
from leads.api.filters import LinkFilter
from leads.api.parts import PutAway
from leads.models import Campaign, Contact, Product, ReferralLink
from leads.normal import product_key
from leads.policies import (
    MANAGE_CAMPAIGNS,
    MANAGE_PRODUCTS,
    VIEW_CAMPAIGNS,
    VIEW_CONTACTS,
    VIEW_PRODUCTS,
    WRITE_CONTACTS,
)
from leads.services import campaigns, products


class OfferFilters(RowFilters):
    """What products and campaigns share."""

    name = TextFilter(method="by_name", label="With this name, however it is spaced and capitalised.")
    is_active = FlagFilter(label="Whether it is in use.")

    def by_name(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(name_key=product_key(value))


# --- Products --------------------------------------------------------------------------------------------------------------


class ProductRead(fields.RecordRead):
    """Something sold."""

    price = fields.Decimals()

    class Meta:
        model = Product
        fields = (
            "id",
            "name",
            "code",
            "family",
            "is_remote",
            "demo_need",
            "price",
            "currency",
            "margin_rate",
            "cycle_days",
            "is_active",
            *fields.STAMPS,
        )


class ProductChange(WriteSerializer):
    """A changed product."""

    example = {"price": "4200.00", "currency": "EUR", "margin_rate": "0.35"}

    name = Text(max_length=120, required=False)
    code = Text(max_length=60, required=False, allow_blank=True)
    family = Text(max_length=80, required=False, allow_blank=True)
    is_remote = Flag(required=False, help_text="It can be delivered from afar.")
    demo_need = Choice(choices=Product.DemoNeed.choices, required=False)
    price = Number(**fields.AMOUNT, required=False, allow_null=True)
    currency = Text(max_length=3, required=False, allow_blank=True, help_text="ISO 4217; a price needs it.")
    margin_rate = Number(**fields.RATE, required=False, allow_null=True, help_text="0.35 is 35 %.")
    cycle_days = Whole(min_value=0, max_value=32_767, required=False, allow_null=True)


class ProductCreate(CreateSerializer, ProductChange):
    """A new product."""

    example = {"name": "Press brake PB-40", "demo_need": "physical", "price": "42000.00", "currency": "EUR"}

    name = Text(max_length=120)


class ProductFilters(OfferFilters):
    """Narrow the list of products."""

    family = TextFilter(label="Of this family.")
    code = TextFilter(label="With this code.")


class Products(PutAway, Lists, Retrieves, Creates, Changes):
    """Products: what is sold, whether it can be delivered and shown from afar, at which price and margin."""

    noun = "a product"
    id_name = "product_id"
    acts = {
        "list": VIEW_PRODUCTS,
        "retrieve": VIEW_PRODUCTS,
        "create": MANAGE_PRODUCTS,
        "change": MANAGE_PRODUCTS,
        "put_away": MANAGE_PRODUCTS,
        "use_again": MANAGE_PRODUCTS,
    }
    reader = ProductRead
    takes = {"create": ProductCreate, "change": ProductChange}
    filterset_class = ProductFilters
    orders = keyed({"name": "name", "updated_at": "updated_at"})
    use = staticmethod(products.change_product)

    @override
    def rows(self) -> QuerySet[Any]:
        return Product.objects.visible_to(self.person)

    @override
    def create_row(self, values: dict[str, Any]) -> UUID:
        return products.create_product(actor=self.person, product_id=values.pop("id", None), **values).pk

    @override
    def change_row(self, row_id: UUID, changes: dict[str, Any], expected_version: int | None) -> Any:
        return products.change_product(
            actor=self.person, product_id=row_id, changes=changes, expected_version=expected_version
        )


# --- Campaigns -------------------------------------------------------------------------------------------------------------


class CampaignRead(fields.RecordRead):
    """An effort that brings enquiries."""

    cost = fields.Decimals()

    class Meta:
        model = Campaign
        fields = ("id", "name", "kind", "starts_on", "ends_on", "cost", "currency", "is_active", *fields.STAMPS)


class CampaignChange(WriteSerializer):
    """A changed campaign."""

    example = {"cost": "8000.00", "currency": "EUR"}

    name = Text(max_length=120, required=False)
    kind = Choice(choices=Campaign.Kind.choices, required=False)
    starts_on = Day(required=False, allow_null=True)
    ends_on = Day(required=False, allow_null=True)
    cost = Number(**fields.AMOUNT, required=False, allow_null=True)
    currency = Text(max_length=3, required=False, allow_blank=True, help_text="ISO 4217; a cost needs it.")


class CampaignCreate(CreateSerializer, CampaignChange):
    """A new campaign."""

    example = {"name": "Lyon trade show 2030", "kind": "trade_show", "starts_on": "2030-03-05", "ends_on": "2030-03-08"}

    name = Text(max_length=120)


class CampaignFilters(OfferFilters):
    """Narrow the list of campaigns."""

    kind = ChoiceFilter(choices=Campaign.Kind.choices, label="What kind of effort.")


class Campaigns(PutAway, Lists, Retrieves, Creates, Changes):
    """Campaigns: what brings enquiries, when it ran and what it cost."""

    noun = "a campaign"
    id_name = "campaign_id"
    acts = {
        "list": VIEW_CAMPAIGNS,
        "retrieve": VIEW_CAMPAIGNS,
        "create": MANAGE_CAMPAIGNS,
        "change": MANAGE_CAMPAIGNS,
        "put_away": MANAGE_CAMPAIGNS,
        "use_again": MANAGE_CAMPAIGNS,
    }
    reader = CampaignRead
    takes = {"create": CampaignCreate, "change": CampaignChange}
    filterset_class = CampaignFilters
    orders = keyed({"name": "name", "updated_at": "updated_at"})
    use = staticmethod(campaigns.change_campaign)

    @override
    def rows(self) -> QuerySet[Any]:
        return Campaign.objects.visible_to(self.person)

    @override
    def create_row(self, values: dict[str, Any]) -> UUID:
        return campaigns.create_campaign(actor=self.person, campaign_id=values.pop("id", None), **values).pk

    @override
    def change_row(self, row_id: UUID, changes: dict[str, Any], expected_version: int | None) -> Any:
        return campaigns.change_campaign(
            actor=self.person, campaign_id=row_id, changes=changes, expected_version=expected_version
        )


# --- Referral links ----------------------------------------------------------------------------------------------------------


class ReferralLinkRead(fields.RecordRead):
    """An address that a customer passes on."""

    contact = fields.to(Contact, "contact_id")
    campaign = fields.to(Campaign, "campaign_id")

    class Meta:
        model = ReferralLink
        fields = ("id", "token", "contact", "campaign", "reward", "is_active", *fields.STAMPS)


class ReferralLinkChange(WriteSerializer):
    """A changed link."""

    example = {"reward": "promised"}

    campaign = fields.LinkTo(allow_null=True)
    reward = Choice(choices=ReferralLink.Reward.choices, required=False)


class ReferralLinkCreate(CreateSerializer, ReferralLinkChange):
    """A new link of a contact."""

    example = {"contact": "0192f0a0-5c8e-7000-8000-00000000c0de", "reward": "promised"}

    contact = fields.LinkTo(required=True)


class ReferralLinkFilters(RowFilters):
    """Narrow the list of referral links."""

    contact = LinkFilter(Contact, field_name="contact_id", label="Passed on by this person.")
    campaign = LinkFilter(Campaign, field_name="campaign_id", label="Of this programme.")
    reward = ChoiceFilter(choices=ReferralLink.Reward.choices, label="How far the reward is.")
    is_active = FlagFilter(label="Whether it is open.")


class ReferralLinks(PutAway, Lists, Retrieves, Creates, Changes):
    """Links that customers pass on: enquiries through them are credited to them."""

    noun = "a referral link"
    id_name = "link_id"
    acts = {
        "list": VIEW_CONTACTS,
        "retrieve": VIEW_CONTACTS,
        "create": WRITE_CONTACTS,
        "change": WRITE_CONTACTS,
        "put_away": WRITE_CONTACTS,
        "use_again": WRITE_CONTACTS,
    }
    reader = ReferralLinkRead
    takes = {"create": ReferralLinkCreate, "change": ReferralLinkChange}
    filterset_class = ReferralLinkFilters
    orders = keyed({"created_at": "created_at", "updated_at": "updated_at"})
    use = staticmethod(campaigns.change_referral_link)

    @override
    def rows(self) -> QuerySet[Any]:
        return ReferralLink.objects.visible_to(self.person)

    @override
    def create_row(self, values: dict[str, Any]) -> UUID:
        link_id, contact_id = values.pop("id", None), values.pop("contact")
        return campaigns.create_referral_link(actor=self.person, link_id=link_id, contact_id=contact_id, **values).pk

    @override
    def change_row(self, row_id: UUID, changes: dict[str, Any], expected_version: int | None) -> Any:
        return campaigns.change_referral_link(
            actor=self.person, link_id=row_id, changes=changes, expected_version=expected_version
        )
