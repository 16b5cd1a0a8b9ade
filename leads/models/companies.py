"""Organisations and their places."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from crm.core.models import BaseModel
from crm.core.money.fields import AMOUNT_DIGITS, AMOUNT_PLACES, validate_currency
from crm.core.querysets import ScopedQuerySet
from leads.models.parts import Record, external_constraints

DEGREES: dict[str, Any] = {"max_digits": 9, "decimal_places": 6}


class CompanyQuerySet(ScopedQuerySet["Company"]):
    def standing(self) -> CompanyQuerySet:
        """Without those that were merged into another."""
        return self.filter(merged_into=None)


class Company(Record):
    """A customer or one who may become one; ``accounts`` is people who sign in, this is who they sell to."""

    class Tier(models.TextChoices):
        """How much care it gets; sets how often it is visited."""

        A = "A", "A"
        B = "B", "B"
        C = "C", "C"

    name = models.CharField(_("name"), max_length=200)
    # Folded, without legal form: what names are compared and sorted by.
    name_key = models.CharField(max_length=200, editable=False)
    website = models.URLField(_("website"), max_length=300, blank=True)
    # Of the website or of its people's addresses; free-mail domains never.
    domain = models.CharField(_("domain"), max_length=253, blank=True)
    sector = models.CharField(_("sector"), max_length=80, blank=True)
    employees = models.PositiveIntegerField(_("employees"), null=True, blank=True)
    annual_revenue = models.DecimalField(
        _("annual revenue"), max_digits=AMOUNT_DIGITS, decimal_places=AMOUNT_PLACES, null=True, blank=True
    )
    currency = models.CharField(_("currency"), max_length=3, blank=True, validators=[validate_currency])
    founded_year = models.PositiveSmallIntegerField(
        _("founded in"), null=True, blank=True, validators=[MinValueValidator(1000), MaxValueValidator(2200)]
    )
    tier = models.CharField(_("tier"), max_length=1, choices=Tier, blank=True)
    # Null: as the tier says.
    visit_every_days = models.PositiveSmallIntegerField(
        _("visit every (days)"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="subsidiaries", verbose_name=_("part of")
    )
    owner = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("owner")
    )
    notes = models.TextField(_("notes"), blank=True)
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, editable=False, related_name="absorbed"
    )

    objects = CompanyQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["name_key", "id"]
        verbose_name = _("company")
        verbose_name_plural = _("companies")
        constraints: ClassVar = [
            *external_constraints("company"),
            models.CheckConstraint(name="leads_company_has_name", condition=~Q(name="")),
            models.CheckConstraint(
                name="leads_company_not_its_own_parent",
                condition=Q(parent=None) | ~Q(parent=F("id")),
                violation_error_message=_("A company cannot be part of itself."),
            ),
            models.CheckConstraint(
                name="leads_company_revenue_has_currency",
                condition=Q(annual_revenue=None) | ~Q(currency=""),
                violation_error_message=_("An amount needs its currency."),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["name_key", "id"], name="leads_company_by_name"),
            models.Index(fields=["updated_at", "id"], name="leads_company_by_change"),
            models.Index(fields=["created_at", "id"], name="leads_company_by_creation"),
            models.Index(fields=["domain"], name="leads_company_by_domain", condition=~Q(domain="")),
            GinIndex(fields=["search_words"], name="leads_company_words"),
        ]

    @override
    def __str__(self) -> str:
        return self.name


class Site(BaseModel):
    """A place of a company: where it is written to, visited, delivered. Coordinates carry where they came from."""

    class PointSource(models.TextChoices):
        GIVEN = "given", _("Given")
        CHECK_IN = "check_in", _("Check-in")
        PIN = "pin", _("Pin on the map")
        GEOCODER = "geocoder", _("Geocoder")

    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="sites", verbose_name=_("company"))
    label = models.CharField(_("label"), max_length=80, blank=True)
    is_primary = models.BooleanField(_("main site"), default=False)
    street = models.CharField(_("street"), max_length=300, blank=True)
    city = models.CharField(_("city"), max_length=120, blank=True)
    region = models.CharField(_("region"), max_length=120, blank=True)
    postal_code = models.CharField(_("postal code"), max_length=20, blank=True)
    country = models.CharField(_("country"), max_length=2, blank=True, help_text=_("ISO 3166 code, like FR."))
    latitude = models.DecimalField(_("latitude"), null=True, blank=True, **DEGREES)
    longitude = models.DecimalField(_("longitude"), null=True, blank=True, **DEGREES)
    point_source = models.CharField(max_length=10, choices=PointSource, blank=True, editable=False)
    point_accuracy_m = models.PositiveIntegerField(null=True, editable=False)

    objects = ScopedQuerySet["Site"].as_manager()

    class Meta:
        ordering: ClassVar = ["-is_primary", "created_at", "id"]
        verbose_name = _("site")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["company"], name="leads_site_one_main_per_company", condition=Q(is_primary=True)
            ),
            models.CheckConstraint(
                name="leads_site_point_is_a_place",
                condition=Q(latitude__isnull=True, longitude__isnull=True)
                | Q(
                    latitude__isnull=False,
                    longitude__isnull=False,
                    latitude__range=(Decimal(-90), Decimal(90)),
                    longitude__range=(Decimal(-180), Decimal(180)),
                ),
                violation_error_message=_(
                    "Latitude is between -90 and 90, longitude between -180 and 180; give both or neither."
                ),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["country", "postal_code"], name="leads_site_by_postal_code"),
        ]

    @override
    def __str__(self) -> str:
        return ", ".join(
            part for part in (self.street, f"{self.postal_code} {self.city}".strip(), self.country) if part
        )
