"""``/leads``: enquiries come in flat and become one lead on one contact and company."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework import status as http
from rest_framework.decorators import action
from rest_framework.request import Request
from typing_extensions import override

from accounts.models import Motion, User
from crm.core import policy
from crm.core.api.fields import Choice, Day, Email, Flag, Number, Text
from crm.core.api.filters import ChoiceFilter, FlagFilter, InstantFilter, TextFilter
from crm.core.api.pagination import keyed
from crm.core.api.resources import Changes, Creates, Lists, Retrieves
from crm.core.api.routers import command
from crm.core.api.serializers import CreateSerializer, WriteSerializer
from leads.api import fields
from leads.api.companies import Assign, PlaceWrite
from leads.api.filters import CustomFiltered, LinkFilter, RecordFilters
from leads.api.parts import Acts
from leads.api.scoring import SCORE_ACTS, SCORE_GIVES, SCORE_TAKES, Scored
from leads.models import Campaign, Company, Contact, Lead, Product, Reason, Site
from leads.policies import ASSIGN_LEADS, VIEW_LEADS, WRITE_LEADS
from leads.services import intake, leads

_POINTS = {"type": ["integer", "null"], "minimum": 0, "maximum": 100}
SCORE = {
    "type": "object",
    "description": "Two axes and one order made of them, 0 to 100; null until scored. Reasons: the lead's `score`.",
    "required": ["fit", "engagement", "total"],
    "properties": {"fit": _POINTS, "engagement": _POINTS, "total": _POINTS},
}
TERRITORY = {"oneOf": [fields.NAMED, fields.OR_NULL], "description": "Whose area it lies in; null while none is known."}


class LeadRead(fields.RecordRead):
    """One selling effort on a contact, a company or both."""

    motion = fields.WordOrNull(Motion.choices)
    owner = fields.to(User, "owner_id")
    territory = serializers.SerializerMethodField()
    score = serializers.SerializerMethodField()
    contact = fields.to(Contact, "contact_id")
    company = fields.to(Company, "company_id")
    site = fields.to(Site, "site_id")
    product = fields.to(Product, "product_id")
    campaign = fields.to(Campaign, "campaign_id")
    reason = fields.to(Reason, "reason_id")
    expected_value = fields.Decimals()
    custom = fields.LeadCustom(read_only=True)

    class Meta:
        model = Lead
        fields = (
            "id",
            "status",
            "motion",
            "owner",
            "territory",
            "score",
            "contact",
            "company",
            "site",
            "source",
            "channel",
            "direction",
            "product",
            "campaign",
            "expected_value",
            "currency",
            "needs_demo",
            "notes",
            "reason",
            "arrived_at",
            "connected_at",
            "closed_at",
            "external_source",
            "external_id",
            "custom",
            *fields.STAMPS,
        )

    @extend_schema_field(TERRITORY)
    def get_territory(self, lead: Lead) -> None:
        return None

    @extend_schema_field(SCORE)
    def get_score(self, lead: Lead) -> dict[str, int | None]:
        return {"fit": lead.score_fit, "engagement": lead.score_engagement, "total": lead.score_total}


class SellingWrite(WriteSerializer):
    """What is said of the effort itself."""

    source = Text(  # type: ignore[assignment]
        max_length=80, required=False, allow_blank=True, help_text="Where they heard of us."
    )
    direction = Choice(choices=Lead.Direction.choices, required=False)
    motion = Choice(choices=Motion.choices, required=False, allow_null=True, help_text="Null until it is decided.")
    product = fields.NameOrId(Product, help_text="Its name or its id.")
    campaign = fields.NameOrId(Campaign, help_text="Its name or its id.")
    expected_value = Number(**fields.AMOUNT, required=False, allow_null=True)
    currency = Text(max_length=3, required=False, allow_blank=True, help_text="ISO 4217; an amount needs it.")
    needs_demo = Flag(required=False, allow_null=True, help_text="Null: nobody asked yet.")
    notes = Text(max_length=20_000, multiline=True, required=False, allow_blank=True)
    contact = fields.LinkTo(allow_null=True)
    company = fields.LinkTo(allow_null=True)
    custom = fields.LeadCustom(required=False)


class LeadChange(SellingWrite):
    """A changed lead. Status and owner change by verbs, the score by scoring."""

    example = {"motion": "outside", "expected_value": "12000.00", "currency": "EUR"}

    site = fields.LinkTo(allow_null=True)
    external_source = Text(max_length=60, required=False, allow_blank=True)
    external_id = Text(max_length=200, required=False, allow_blank=True)


class EnquiryWrite(SellingWrite, PlaceWrite):
    """An enquiry, flat: the person and the company are found or made."""

    example = {"last_name": "Moreau", "email": "ines@moreau.example", "company_name": "Ateliers Moreau SARL"}

    first_name = Text(max_length=100, required=False, allow_blank=True)
    last_name = Text(max_length=100, required=False, allow_blank=True)
    email = Email(required=False, allow_blank=True)
    phone = Text(max_length=60, required=False, allow_blank=True)
    job_title = Text(max_length=160, required=False, allow_blank=True)
    language = Text(max_length=12, required=False, allow_blank=True)
    company_name = Text(max_length=200, required=False, allow_blank=True)
    website = Text(max_length=300, required=False, allow_blank=True)
    channel = Choice(
        choices=Lead.Channel.choices, required=False, help_text="The door it came through; `api` by default."
    )


class LeadCreate(CreateSerializer, EnquiryWrite):
    """An enquiry, flat. A name, an e-mail address, a phone number or a company is needed."""

    example = {
        "first_name": "Inès",
        "last_name": "Moreau",
        "email": "ines@moreau.example",
        "phone": "+33 4 72 00 00 00",
        "job_title": "Head of purchasing",
        "company_name": "Ateliers Moreau SARL",
        "website": "https://moreau.example",
        "street": "1 rue de la Paix",
        "city": "Lyon",
        "postal_code": "69002",
        "country": "FR",
        "source": "Trade show",
        "expected_value": "12000.00",
        "currency": "EUR",
        "needs_demo": True,
        "external_source": "website",
        "external_id": "enquiry-2041",
        "notes": "Wants to see the press brake before summer.",
    }

    external_source = Text(max_length=60, required=False, allow_blank=True)
    external_id = Text(max_length=200, required=False, allow_blank=True)


class Disqualify(WriteSerializer):
    """Why there is nothing to sell here."""

    example = {"reason": "0192f0a0-5c8e-7000-8000-0000000d1590", "note": "Bought last month"}

    reason = fields.LinkTo(required=True, help_text="A reason of kind `disqualified`.")
    note = Text(max_length=2_000, required=False, allow_blank=True)


class DealOfLead(WriteSerializer):
    """What the deal is, where it differs from its lead."""

    example = {"name": "Press brake"}

    name = Text(max_length=200, required=False)
    amount = Number(**fields.AMOUNT, required=False, allow_null=True)
    currency = Text(max_length=3, required=False, allow_blank=True)
    stage = fields.LinkTo(help_text="By default the first of the first pipeline of its motion.")
    close_on = Day(required=False, allow_null=True)


class Qualify(WriteSerializer):
    """There is a need. With ``deal`` (it may be empty) a deal is opened too."""

    example = {"deal": {"name": "Press brake", "amount": "12000.00", "currency": "EUR"}}

    deal = DealOfLead(required=False, allow_null=True)


class LeadFilters(RecordFilters):
    """Narrow the list of leads."""

    status = ChoiceFilter(choices=Lead.Status.choices, label="How far it is.")
    is_open = FlagFilter(method="still_open", label="Neither qualified nor disqualified.")
    owner = LinkFilter(User, field_name="owner_id", label="Whose it is.")
    has_owner = FlagFilter(field_name="owner", lookup_expr="isnull", exclude=True, label="Whether it is anybody's.")
    motion = ChoiceFilter(choices=Motion.choices, label="Inside, outside or hybrid.")
    source = TextFilter(label="Exactly this source.")
    channel = ChoiceFilter(choices=Lead.Channel.choices, label="The door it came through.")
    direction = ChoiceFilter(choices=Lead.Direction.choices, label="Who came to whom.")
    contact = LinkFilter(Contact, field_name="contact_id", label="With this person.")
    company = LinkFilter(Company, field_name="company_id", label="With this company.")
    product = LinkFilter(Product, field_name="product_id", label="About this product.")
    campaign = LinkFilter(Campaign, field_name="campaign_id", label="Brought by this campaign.")
    arrived_since = InstantFilter(field_name="arrived_at", lookup_expr="gte", label="Arrived at or after this time.")
    arrived_before = InstantFilter(field_name="arrived_at", lookup_expr="lt", label="Arrived before this time.")

    def still_open(self, rows: QuerySet[Lead], name: str, value: bool) -> QuerySet[Lead]:
        return rows.filter(status__in=Lead.OPEN) if value else rows.exclude(status__in=Lead.OPEN)


class Leads(Scored, CustomFiltered, Acts, Lists, Retrieves, Creates, Changes):
    """Selling efforts, from the enquiry to the answer whether there is a deal in it.

    An enquiry comes in flat; its person and company are found or made. What a rep enters is theirs, what a manager or an
    integration enters waits for routing.
    """

    noun = "a lead"
    holder = "lead"
    id_name = "lead_id"
    acts = {
        "list": VIEW_LEADS,
        "retrieve": VIEW_LEADS,
        "create": WRITE_LEADS,
        "change": WRITE_LEADS,
        "upsert": WRITE_LEADS,
        "attempt": WRITE_LEADS,
        "connect": WRITE_LEADS,
        "qualify": WRITE_LEADS,
        "disqualify": WRITE_LEADS,
        "reopen": WRITE_LEADS,
        "assign": ASSIGN_LEADS,
        **SCORE_ACTS,
    }
    reader = LeadRead
    takes = {
        "create": LeadCreate,
        "change": LeadChange,
        "upsert": EnquiryWrite,
        "qualify": Qualify,
        "disqualify": Disqualify,
        "assign": Assign,
        **SCORE_TAKES,
    }
    gives = SCORE_GIVES
    filterset_class = LeadFilters
    orders = keyed(
        {"arrived_at": "arrived_at", "created_at": "created_at", "updated_at": "updated_at", "score": "score__total"}
    )

    @override
    def rows(self) -> QuerySet[Any]:
        return Lead.objects.visible_to(self.person).select_related("score").defer("search_words")

    def _entered(self, values: dict[str, Any]) -> dict[str, Any]:
        """Who could not see what nobody owns yet gets what they enter."""
        person = cast("User", self.person)
        mine = {} if policy.may(person, ASSIGN_LEADS) else {"owner": person}
        return values | mine

    @override
    def create(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """The lead as it was made; reading it again would cost a query that says nothing new."""
        values = self.values()
        lead_id = values.pop("id", None)
        lead = intake.receive_enquiry(actor=self.person, lead_id=lead_id, **self._entered(values))
        response = self._show(lead, http.HTTP_201_CREATED)
        response.headers["Location"] = request.build_absolute_uri(f"{request.path}/{lead.pk}")
        return response

    @override
    def change_row(self, row_id: UUID, changes: dict[str, Any], expected_version: int | None) -> Any:
        for name, model in (("product", Product), ("campaign", Campaign)):
            if isinstance(said := changes.get(name), str):
                changes[name] = intake.by_name(model, said, name) if said else None
        return leads.change_lead(actor=self.person, lead_id=row_id, changes=changes, expected_version=expected_version)

    @extend_schema(
        parameters=[
            OpenApiParameter("source", OpenApiTypes.STR, OpenApiParameter.PATH, description="The other system."),
            OpenApiParameter("external_id", OpenApiTypes.STR, OpenApiParameter.PATH, description="The id there."),
        ]
    )
    @action(
        detail=False, methods=["put"], url_path="by-external/<str:source>/<path:external_id>", url_name="by-external"
    )
    def upsert(self, request: Request, source: str, external_id: str, **kwargs: Any) -> HttpResponse:
        """Create or change by external id: 201 for a new lead, 200 for one known under this id; what is not named stays."""
        known = Text(max_length=60).run_validation(source), Text(max_length=200).run_validation(external_id)
        lead, made = intake.upsert_lead(
            actor=self.person, external_source=known[0], external_id=known[1], **self._entered(self.values())
        )
        return self.answer_row(lead.pk, http.HTTP_201_CREATED if made else http.HTTP_200_OK)

    @command()
    def attempt(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Somebody tried to reach them. On a lead that is further, nothing changes."""
        return self.act_on(leads.attempt_lead)

    @command()
    def connect(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Somebody spoke with them. On a lead that is connected, nothing changes."""
        return self.act_on(leads.connect_lead)

    @command()
    def qualify(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Qualify: there is a need, and somebody to decide. With `deal` a deal is opened with it."""
        return self.act_on(leads.qualify_lead, **self.values())

    @command()
    def disqualify(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Disqualify: there is nothing to sell here, and why."""
        values = self.values()
        return self.act_on(leads.disqualify_lead, reason_id=values.pop("reason"), **values)

    @command()
    def reopen(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Take it up again, where it stood."""
        return self.act_on(leads.reopen_lead)

    @command()
    def assign(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Give it to somebody, or take it from everybody. For who answers for people; routing does the rest."""
        return self.act_on(leads.assign_lead, owner_id=self.values()["to"])
