"""``/companies``: organisations, their places and how they are reached."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpResponse
from rest_framework.request import Request
from typing_extensions import override

from accounts.models import User
from crm.core.api.fields import Choice, Email, Flag, ListOf, Number, Text, Whole
from crm.core.api.filters import ChoiceFilter, FlagFilter, TextFilter
from crm.core.api.pagination import keyed
from crm.core.api.resources import Changes, Creates, Lists, Retrieves
from crm.core.api.routers import command
from crm.core.api.serializers import CreateSerializer, WriteSerializer
from leads import normal
from leads.api import fields
from leads.api.duplicates import MERGE_GIVES, MERGE_TAKES, Merges
from leads.api.filters import CustomFiltered, LinkFilter, RecordFilters
from leads.api.parts import Acts
from leads.models import Company, Phone, Site
from leads.policies import VIEW_COMPANIES, WRITE_COMPANIES
from leads.services import companies
from leads.services.companies import MOST_SITES
from leads.services.reaches import MOST as MOST_REACHES


class CompanyRead(fields.RecordRead):
    """An organisation: a customer, or one who may become one."""

    tier = fields.WordOrNull(Company.Tier.choices)
    annual_revenue = fields.Decimals()
    parent = fields.to(Company, "parent_id")  # type: ignore[assignment]
    owner = fields.to(User, "owner_id")
    sites = fields.Sites(source="site_rows")
    phones = fields.Phones(source="phone_rows")
    emails = fields.Emails(source="email_rows")
    custom = fields.CompanyCustom(read_only=True)
    merged_into = fields.to(Company, "merged_into_id")

    class Meta:
        model = Company
        fields = (
            "id",
            "name",
            "website",
            "domain",
            "sector",
            "employees",
            "annual_revenue",
            "currency",
            "founded_year",
            "tier",
            "visit_every_days",
            "parent",
            "owner",
            "sites",
            "phones",
            "emails",
            "notes",
            "external_source",
            "external_id",
            "custom",
            "merged_into",
            *fields.STAMPS,
        )


class PhoneWrite(WriteSerializer):
    """A telephone number, as somebody wrote it."""

    example = {"number": "+33 4 72 00 00 00", "kind": "work"}

    number = Text(max_length=60)
    extension = Text(max_length=10, required=False, allow_blank=True)
    kind = Choice(choices=Phone.Kind.choices, required=False)
    is_bad = Flag(required=False, help_text="It does not work: kept, offered to nobody.")


class EmailWrite(WriteSerializer):
    """An e-mail address."""

    example = {"address": "ines@firm.example"}

    address = Email()
    is_bad = Flag(required=False, help_text="Mail to it came back: kept, offered to nobody.")


def degrees(most: int) -> Number:
    return Number(
        max_digits=9,
        decimal_places=6,
        min_value=Decimal(-most),
        max_value=Decimal(most),
        required=False,
        allow_null=True,
    )


class PlaceWrite(WriteSerializer):
    """An address, and the point it is at."""

    street = Text(max_length=300, required=False, allow_blank=True)
    city = Text(max_length=120, required=False, allow_blank=True)
    region = Text(max_length=120, required=False, allow_blank=True)
    postal_code = Text(max_length=20, required=False, allow_blank=True)
    country = Text(max_length=60, required=False, allow_blank=True, help_text="ISO 3166-1 code, or its name.")
    latitude = degrees(90)
    longitude = degrees(180)


class SiteWrite(PlaceWrite):
    """A place of a company. With the ``id`` of one that is there it changes that one."""

    example = {"street": "1 rue de la Paix", "city": "Lyon", "postal_code": "69002", "country": "FR"}

    id = fields.LinkTo()
    label = Text(max_length=80, required=False, allow_blank=True)  # type: ignore[assignment]
    is_primary = Flag(required=False)


class ReachWrite(WriteSerializer):
    """How somebody is reached: whole lists, in the order in which they are tried."""

    phones = ListOf(PhoneWrite(), max_length=MOST_REACHES, required=False, help_text="The whole list.")
    emails = ListOf(EmailWrite(), max_length=MOST_REACHES, required=False, help_text="The whole list.")


class CompanyChange(ReachWrite):
    """A changed company. ``sites``, ``phones`` and ``emails`` are whole lists."""

    example = {"sector": "Machine tools", "employees": 42, "tier": "B"}

    name = Text(max_length=200, required=False)
    website = Text(max_length=300, required=False, allow_blank=True)
    sector = Text(max_length=80, required=False, allow_blank=True)
    employees = Whole(min_value=0, max_value=2_147_483_647, required=False, allow_null=True)
    annual_revenue = Number(**fields.AMOUNT, required=False, allow_null=True)
    currency = Text(max_length=3, required=False, allow_blank=True, help_text="ISO 4217; an amount needs it.")
    founded_year = Whole(min_value=1000, max_value=2200, required=False, allow_null=True)
    tier = Choice(choices=Company.Tier.choices, required=False, allow_null=True)
    visit_every_days = Whole(
        min_value=1, max_value=32_767, required=False, allow_null=True, help_text="Null: as its tier says."
    )
    parent = fields.LinkTo(allow_null=True, help_text="The company it is part of.")  # type: ignore[assignment]
    sites = ListOf(SiteWrite(), max_length=MOST_SITES, required=False, help_text="The whole list.")
    notes = Text(max_length=20_000, multiline=True, required=False, allow_blank=True)
    external_source = Text(max_length=60, required=False, allow_blank=True)
    external_id = Text(max_length=200, required=False, allow_blank=True)
    custom = fields.CompanyCustom(required=False)


class CompanyCreate(CreateSerializer, CompanyChange):
    """A new company."""

    example = {
        "name": "Ateliers Moreau SARL",
        "website": "https://moreau.example",
        "sites": [{"street": "1 rue de la Paix", "city": "Lyon", "postal_code": "69002", "country": "FR"}],
        "phones": [{"number": "04 72 00 00 00"}],
    }

    name = Text(max_length=200)


class Assign(WriteSerializer):
    """To whom."""

    example = {"to": None}

    to = fields.LinkTo(required=True, allow_null=True, help_text="A colleague; null is nobody.")


class CompanyFilters(RecordFilters):
    """Narrow the list of companies."""

    owner = LinkFilter(User, field_name="owner_id", label="Whose account it is.")
    parent = LinkFilter(Company, field_name="parent_id", label="Directly part of this company.")
    tier = ChoiceFilter(choices=Company.Tier.choices, label="How much care it gets.")
    sector = TextFilter(label="Exactly this sector.")
    domain = TextFilter(method="at_domain", label="The domain of its website or its people's addresses.")
    country = TextFilter(method="in_country", label="With a site in this country (ISO 3166-1).")
    merged = FlagFilter(field_name="merged_into", lookup_expr="isnull", exclude=True, label="Merged into another.")

    def at_domain(self, rows: QuerySet[Company], name: str, value: str) -> QuerySet[Company]:
        return rows.filter(domain=normal.domain_of(value) or value.lower())

    def in_country(self, rows: QuerySet[Company], name: str, value: str) -> QuerySet[Company]:
        there = Site.objects.visible_to(self.request.user).filter(company=OuterRef("pk"), country=value.upper())
        return rows.filter(Exists(there))


class Companies(CustomFiltered, Acts, Lists, Retrieves, Creates, Changes, Merges):
    """Organisations with their sites and ways to reach them: common ground of all who sell."""

    noun = "a company"
    holder = "company"
    id_name = "company_id"
    acts = {
        "list": VIEW_COMPANIES,
        "retrieve": VIEW_COMPANIES,
        "create": WRITE_COMPANIES,
        "change": WRITE_COMPANIES,
        "assign": WRITE_COMPANIES,
        "merge": WRITE_COMPANIES,
        "unmerge": WRITE_COMPANIES,
    }
    reader = CompanyRead
    takes = {"create": CompanyCreate, "change": CompanyChange, "assign": Assign, **MERGE_TAKES}
    gives = MERGE_GIVES
    merged_model = Company
    filterset_class = CompanyFilters
    orders = keyed({"name": "name_key", "created_at": "created_at", "updated_at": "updated_at"})

    @override
    def rows(self) -> QuerySet[Any]:
        rows = Company.objects.visible_to(self.person).defer("search_words")
        if self.action == "list" and "merged" not in self.request.query_params:
            rows = rows.filter(merged_into=None)
        return rows.annotate(
            site_rows=fields.sites_of(self.person),
            phone_rows=fields.phones_of(self.person, "company"),
            email_rows=fields.emails_of(self.person, "company"),
        )

    @override
    def create_row(self, values: dict[str, Any]) -> UUID:
        return companies.create_company(actor=self.person, company_id=values.pop("id", None), **values).pk

    @override
    def change_row(self, row_id: UUID, changes: dict[str, Any], expected_version: int | None) -> Any:
        return companies.change_company(
            actor=self.person, company_id=row_id, changes=changes, expected_version=expected_version
        )

    @command()
    def assign(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Say whose account it is."""
        return self.act_on(companies.change_company, changes={"owner": self.values()["to"]})
