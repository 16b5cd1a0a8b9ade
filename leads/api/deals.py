"""``/deals``: what may be sold, on its way through a pipeline."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet
from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request
from typing_extensions import override

from accounts.models import Motion, User
from crm.core.api.fields import Choice, Day, ListOf, Number, Text
from crm.core.api.filters import ChoiceFilter
from crm.core.api.pagination import keyed
from crm.core.api.resources import Changes, Creates, Lists, Retrieves
from crm.core.api.routers import command
from crm.core.api.serializers import CreateSerializer, WriteSerializer
from leads.api import fields
from leads.api.companies import Assign
from leads.api.filters import CustomFiltered, LinkFilter, RecordFilters
from leads.api.parts import Acts
from leads.models import (
    Company,
    Contact,
    Deal,
    DealSplit,
    ForecastCategory,
    Lead,
    Pipeline,
    Reason,
    Stage,
)
from leads.policies import VIEW_DEALS, WRITE_DEALS
from leads.services import deals
from leads.services.deals import MOST_LINES

MOST_SPLITS = 20


class DealRead(fields.RecordRead):
    """Something that may be sold, or was, or was not."""

    stage = fields.to(Stage, "stage_id")
    pipeline = fields.to(Pipeline, "pipeline_id")
    owner = fields.to(User, "owner_id")
    lead = fields.to(Lead, "lead_id")
    company = fields.to(Company, "company_id")
    contact = fields.to(Contact, "contact_id")
    amount = fields.Decimals()
    forecast = serializers.ChoiceField(
        choices=ForecastCategory.choices,
        source="forecast_category",
        read_only=True,
        help_text="What counts: closed once it is won, omitted once it is lost, else the owner's word or the stage's.",
    )
    own_forecast = fields.WordOrNull(
        ForecastCategory.choices, source="forecast", help_text="The owner's word; null: as the stage says."
    )
    reason = fields.to(Reason, "reason_id")
    lines = fields.Lines(source="line_rows")
    splits = fields.Splits(source="split_rows")
    custom = fields.DealCustom(read_only=True)

    class Meta:
        model = Deal
        fields = (
            "id",
            "name",
            "state",
            "stage",
            "pipeline",
            "stage_since",
            "motion",
            "owner",
            "lead",
            "company",
            "contact",
            "amount",
            "currency",
            "margin_rate",
            "forecast",
            "own_forecast",
            "opened_on",
            "close_on",
            "closed_on",
            "reason",
            "competitor",
            "lines",
            "splits",
            "notes",
            "external_source",
            "external_id",
            "custom",
            *fields.STAMPS,
        )


class DealChange(WriteSerializer):
    """A changed deal. The stage, the end, the products, the shares and the owner change by verbs."""

    example = {"amount": "14500.00", "currency": "EUR", "close_on": "2030-06-30"}

    name = Text(max_length=200, required=False)
    lead = fields.LinkTo(allow_null=True)
    company = fields.LinkTo(allow_null=True)
    contact = fields.LinkTo(allow_null=True)
    motion = Choice(choices=Motion.choices, required=False)
    own_forecast = Choice(
        choices=ForecastCategory.choices,
        source="forecast",
        required=False,
        allow_null=True,
        help_text="The owner's word; null: as the stage says.",
    )
    amount = Number(**fields.AMOUNT, required=False, allow_null=True, help_text="Follows from the products, if any.")
    currency = Text(max_length=3, required=False, allow_blank=True, help_text="ISO 4217; an amount needs it.")
    margin_rate = Number(**fields.RATE, required=False, allow_null=True, help_text="0.35 is 35 %.")
    opened_on = Day(required=False)
    close_on = Day(required=False, allow_null=True)
    competitor = Text(max_length=120, required=False, allow_blank=True)
    notes = Text(max_length=20_000, multiline=True, required=False, allow_blank=True)
    external_source = Text(max_length=60, required=False, allow_blank=True)
    external_id = Text(max_length=200, required=False, allow_blank=True)
    custom = fields.DealCustom(required=False)


class DealCreate(CreateSerializer, DealChange):
    """A new deal. Who makes it owns it, if they sell."""

    example = {
        "name": "Press brake for Moreau",
        "motion": "outside",
        "amount": "12000.00",
        "currency": "EUR",
        "close_on": "2030-06-30",
    }

    name = Text(max_length=200)
    stage = fields.LinkTo(help_text="By default the first of the first pipeline of its motion.")


class Move(WriteSerializer):
    """Which stage."""

    example = {"stage": "0192f0a0-5c8e-7000-8000-0000000057a6"}

    stage = fields.LinkTo(required=True)


class Win(WriteSerializer):
    """Why, and since when."""

    example = {"closed_on": "2026-01-15"}

    reason = fields.LinkTo(allow_null=True, help_text="A reason of kind `won`.")
    closed_on = Day(required=False, help_text="Today, if it is left out.")


class Lose(WriteSerializer):
    """Why, and to whom."""

    example = {"reason": "0192f0a0-5c8e-7000-8000-00000000105e", "competitor": "Rival & Sons"}

    reason = fields.LinkTo(required=True, help_text="A reason of kind `lost`.")
    competitor = Text(max_length=120, required=False, allow_blank=True)
    closed_on = Day(required=False, help_text="Today, if it is left out.")


class LineWrite(WriteSerializer):
    """A product in a deal; price and margin are the product's unless they are said."""

    example = {"product": "0192f0a0-5c8e-7000-8000-0000000090d0", "quantity": "2"}

    product = fields.LinkTo(required=True)
    quantity = Number(max_digits=12, decimal_places=3, min_value=Decimal("0.001"), required=False)
    unit_price = Number(**fields.AMOUNT, required=False, allow_null=True)
    discount_rate = Number(
        max_digits=5,
        decimal_places=4,
        min_value=Decimal(0),
        max_value=Decimal(1),
        required=False,
        help_text="0.1 is 10 %.",
    )
    margin_rate = Number(**fields.RATE, required=False, allow_null=True)


class LinesWrite(WriteSerializer):
    """The products of a deal, all of them in order."""

    example = {"lines": [{"product": "0192f0a0-5c8e-7000-8000-0000000090d0", "quantity": "2", "unit_price": "4200"}]}

    lines = ListOf(LineWrite(), max_length=MOST_LINES)


class SplitWrite(WriteSerializer):
    """A person's share."""

    example = {"user": "0192f0a0-5c8e-7000-8000-00000000a5e1", "share": "1"}

    user = fields.LinkTo(required=True)
    share = Number(max_digits=5, decimal_places=4, min_value=Decimal("0.0001"), max_value=Decimal(1))
    role = Choice(choices=DealSplit.Role.choices, required=False)


class SplitsWrite(WriteSerializer):
    """Who shares the credit, all of them: the shares add up to one."""

    example = {"splits": [{"user": "0192f0a0-5c8e-7000-8000-00000000a5e1", "share": "1", "role": "owner"}]}

    splits = ListOf(SplitWrite(), max_length=MOST_SPLITS)


class DealFilters(RecordFilters):
    """Narrow the list of deals."""

    state = ChoiceFilter(choices=Deal.State.choices, label="Open, won or lost.")
    stage = LinkFilter(Stage, field_name="stage_id", label="At this stage.")
    pipeline = LinkFilter(Pipeline, field_name="stage__pipeline_id", label="In this pipeline.")
    owner = LinkFilter(User, field_name="owner_id", label="Whose it is.")
    motion = ChoiceFilter(choices=Motion.choices, label="Inside, outside or hybrid.")
    lead = LinkFilter(Lead, field_name="lead_id", label="That came out of this lead.")
    company = LinkFilter(Company, field_name="company_id", label="With this company.")
    contact = LinkFilter(Contact, field_name="contact_id", label="With this person.")


class Deals(CustomFiltered, Acts, Lists, Retrieves, Creates, Changes):
    """Deals: their way through a pipeline, what is in them, who shares the credit."""

    noun = "a deal"
    holder = "deal"
    id_name = "deal_id"
    acts = {
        "list": VIEW_DEALS,
        "retrieve": VIEW_DEALS,
        "create": WRITE_DEALS,
        "change": WRITE_DEALS,
        "move": WRITE_DEALS,
        "win": WRITE_DEALS,
        "lose": WRITE_DEALS,
        "reopen": WRITE_DEALS,
        "lines": WRITE_DEALS,
        "splits": WRITE_DEALS,
        "assign": WRITE_DEALS,
    }
    reader = DealRead
    takes = {
        "create": DealCreate,
        "change": DealChange,
        "move": Move,
        "win": Win,
        "lose": Lose,
        "lines": LinesWrite,
        "splits": SplitsWrite,
        "assign": Assign,
    }
    filterset_class = DealFilters
    orders = keyed({"created_at": "created_at", "updated_at": "updated_at"})

    @override
    def rows(self) -> QuerySet[Any]:
        rows = Deal.objects.visible_to(self.person).select_related("stage").defer("search_words")
        return rows.annotate(
            pipeline_id=F("stage__pipeline_id"),
            line_rows=fields.lines_of(),
            split_rows=fields.splits_of(self.person),
        )

    @override
    def create_row(self, values: dict[str, Any]) -> UUID:
        return deals.create_deal(actor=self.person, deal_id=values.pop("id", None), **values).pk

    @override
    def change_row(self, row_id: UUID, changes: dict[str, Any], expected_version: int | None) -> Any:
        return deals.change_deal(actor=self.person, deal_id=row_id, changes=changes, expected_version=expected_version)

    @command()
    def move(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Move an open deal to another stage, of its own pipeline or another."""
        return self.act_on(deals.move_deal, stage_id=self.values()["stage"])

    @command()
    def win(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Close it as won."""
        values = self.values()
        return self.act_on(deals.win_deal, reason_id=values.pop("reason", None), **values)

    @command()
    def lose(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Close it as lost: why, and to whom."""
        values = self.values()
        return self.act_on(deals.lose_deal, reason_id=values.pop("reason"), **values)

    @command()
    def reopen(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Take it up again at the stage where it stood."""
        return self.act_on(deals.reopen_deal)

    @command()
    def lines(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Set the products in it, the whole list. The amount follows."""
        return self.act_on(deals.set_lines, **self.values())

    @command()
    def splits(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Share the credit, the whole list. The shares add up to one."""
        return self.act_on(deals.set_splits, **self.values())

    @command()
    def assign(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Give it to somebody. The whole credit follows as long as nobody shared it."""
        return self.act_on(deals.change_deal, changes={"owner": self.values()["to"]})
