"""The commercial side: pipelines with stages, deals on their way through them, what is in a deal and who shares it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from typing_extensions import override

from accounts.models import Motion
from crm.core import clock
from crm.core.models import BaseModel
from crm.core.money.fields import AMOUNT_DIGITS, AMOUNT_PLACES, validate_currency
from crm.core.querysets import ScopedQuerySet
from leads.models.offers import RATE
from leads.models.parts import Record, external_constraints

SHARE: dict[str, Any] = {"max_digits": 5, "decimal_places": 4}


def today_utc() -> date:
    return clock.now().date()


class Pipeline(BaseModel):
    """A way that deals go: a light one inside, a longer one outside."""

    name = models.CharField(_("name"), max_length=80)
    motion = models.CharField(_("motion"), max_length=8, choices=Motion, default=Motion.INSIDE)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    is_active = models.BooleanField(_("used"), default=True)

    objects = ScopedQuerySet["Pipeline"].as_manager()

    class Meta:
        ordering: ClassVar = ["position", "name", "id"]
        verbose_name = _("pipeline")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["name"],
                name="leads_pipeline_one_per_name",
                violation_error_message=_("A pipeline with this name exists already."),
            )
        ]

    @override
    def __str__(self) -> str:
        return self.name


class ForecastCategory(models.TextChoices):
    OMITTED = "omitted", _("Omitted")
    PIPELINE = "pipeline", _("Pipeline")
    BEST_CASE = "best_case", _("Best case")
    COMMIT = "commit", _("Commit")
    CLOSED = "closed", _("Closed")


class Stage(BaseModel):
    """A stop of a pipeline."""

    pipeline = models.ForeignKey(Pipeline, on_delete=models.CASCADE, related_name="stages")
    name = models.CharField(_("name"), max_length=80)
    position = models.PositiveSmallIntegerField(_("position"))
    # How many of a hundred that reach it are won.
    probability = models.PositiveSmallIntegerField(_("chance (%)"), default=0, validators=[MaxValueValidator(100)])
    forecast = models.CharField(
        _("forecast"), max_length=10, choices=ForecastCategory, default=ForecastCategory.PIPELINE
    )
    # Longer here than this and the deal is shown as stuck; null is never.
    stale_days = models.PositiveSmallIntegerField(_("stuck after (days)"), null=True, blank=True)

    objects = ScopedQuerySet["Stage"].as_manager()

    class Meta:
        ordering: ClassVar = ["pipeline", "position", "id"]
        verbose_name = _("stage")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["pipeline", "position"],
                name="leads_stage_one_per_position",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.UniqueConstraint(
                fields=["pipeline", "name"],
                name="leads_stage_once_per_pipeline",
                violation_error_message=_("The pipeline has a stage with this name already."),
            ),
            models.CheckConstraint(name="leads_stage_chance_in_percent", condition=Q(probability__lte=100)),
        ]

    @override
    def __str__(self) -> str:
        return self.name


class DealQuerySet(ScopedQuerySet["Deal"]):
    def open(self) -> DealQuerySet:
        return self.filter(state=Deal.State.OPEN)


class Deal(Record):
    """Something that may be sold, or was, or was not."""

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("state", "Open")
        WON = "won", _("Won")
        LOST = "lost", _("Lost")

    name = models.CharField(_("name"), max_length=200)
    lead = models.ForeignKey(
        "leads.Lead", on_delete=models.PROTECT, null=True, blank=True, related_name="deals", verbose_name=_("lead")
    )
    company = models.ForeignKey(
        "leads.Company",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="deals",
        verbose_name=_("company"),
    )
    contact = models.ForeignKey(
        "leads.Contact",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="deals",
        verbose_name=_("contact"),
    )
    owner = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("owner")
    )
    motion = models.CharField(_("motion"), max_length=8, choices=Motion, default=Motion.INSIDE)
    # The stage says the pipeline.
    stage = models.ForeignKey(Stage, on_delete=models.PROTECT, related_name="deals", verbose_name=_("stage"))
    stage_since = models.DateTimeField(default=clock.now, editable=False)
    state = models.CharField(_("state"), max_length=4, choices=State, default=State.OPEN)
    # The owner's word; empty: as the stage says.
    forecast = models.CharField(_("forecast"), max_length=10, choices=ForecastCategory, blank=True)
    amount = models.DecimalField(
        _("amount"), max_digits=AMOUNT_DIGITS, decimal_places=AMOUNT_PLACES, null=True, blank=True
    )
    currency = models.CharField(_("currency"), max_length=3, blank=True, validators=[validate_currency])
    margin_rate = models.DecimalField(_("margin"), null=True, blank=True, **RATE)
    opened_on = models.DateField(_("opened on"), default=today_utc)
    close_on = models.DateField(_("expected to close"), null=True, blank=True)
    closed_on = models.DateField(_("closed on"), null=True, editable=False)
    reason = models.ForeignKey(
        "leads.Reason", on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("reason")
    )
    competitor = models.CharField(_("competitor"), max_length=120, blank=True)
    notes = models.TextField(_("notes"), blank=True)

    objects = DealQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        verbose_name = _("deal")
        verbose_name_plural = _("deals")
        constraints: ClassVar = [
            *external_constraints("deal"),
            models.CheckConstraint(name="leads_deal_has_name", condition=~Q(name="")),
            models.CheckConstraint(
                name="leads_deal_amount_has_currency",
                condition=Q(amount=None) | ~Q(currency=""),
                violation_error_message=_("An amount needs its currency."),
            ),
            models.CheckConstraint(
                name="leads_deal_closed_has_date",
                condition=Q(state="open", closed_on=None) | (~Q(state="open") & Q(closed_on__isnull=False)),
            ),
            models.CheckConstraint(name="leads_deal_open_has_no_reason", condition=Q(reason=None) | ~Q(state="open")),
        ]
        indexes: ClassVar = [
            models.Index(fields=["-created_at", "-id"], name="leads_deal_newest"),
            models.Index(fields=["owner", "state", "close_on", "id"], name="leads_deal_of_owner"),
            models.Index(fields=["stage", "id"], name="leads_deal_open_by_stage", condition=Q(state="open")),
            models.Index(fields=["state", "close_on", "id"], name="leads_deal_by_closing"),
            models.Index(fields=["amount", "id"], name="leads_deal_by_amount"),
            models.Index(fields=["updated_at", "id"], name="leads_deal_by_change"),
            GinIndex(fields=["search_words"], name="leads_deal_words"),
        ]

    @override
    def __str__(self) -> str:
        return self.name

    @property
    def is_open(self) -> bool:
        return self.state == self.State.OPEN

    @property
    def forecast_category(self) -> str:
        """Closed once it is closed; the owner's word, else the stage's."""
        if not self.is_open:
            return ForecastCategory.CLOSED if self.state == self.State.WON else ForecastCategory.OMITTED
        return self.forecast or self.stage.forecast


class StageChange(models.Model):
    """A deal came to a stage; the history that velocity and ageing are counted from. The last one is where it stands."""

    id = models.BigAutoField(primary_key=True)
    deal = models.ForeignKey(Deal, on_delete=models.CASCADE, related_name="stage_changes")
    stage = models.ForeignKey(Stage, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=4, choices=Deal.State, default=Deal.State.OPEN)
    at = models.DateTimeField(default=clock.now)
    by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering: ClassVar = ["at", "id"]
        indexes: ClassVar = [models.Index(fields=["deal", "at"], name="leads_stagechange_of_deal")]

    @override
    def __str__(self) -> str:
        return f"{self.deal_id} {self.stage_id}"


class DealLine(BaseModel):
    """A product in a deal. The line's total is rounded by itself, then lines are added."""

    deal = models.ForeignKey(Deal, on_delete=models.CASCADE, related_name="lines")
    product = models.ForeignKey("leads.Product", on_delete=models.PROTECT, related_name="+", verbose_name=_("product"))
    position = models.PositiveSmallIntegerField(default=0)
    quantity = models.DecimalField(
        _("quantity"),
        max_digits=12,
        decimal_places=3,
        default=Decimal(1),
        validators=[MinValueValidator(Decimal("0.001"))],
    )
    unit_price = models.DecimalField(_("unit price"), max_digits=AMOUNT_DIGITS, decimal_places=AMOUNT_PLACES)
    # 0.1 is 10 %.
    discount_rate = models.DecimalField(
        _("discount"),
        default=Decimal(0),
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(1))],
        **SHARE,
    )
    margin_rate = models.DecimalField(_("margin"), null=True, blank=True, **RATE)

    class Meta:
        ordering: ClassVar = ["position", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(name="leads_dealline_some", condition=Q(quantity__gt=0)),
            models.CheckConstraint(
                name="leads_dealline_discount_in_range", condition=Q(discount_rate__gte=0, discount_rate__lte=1)
            ),
        ]

    @override
    def __str__(self) -> str:
        return f"{self.quantity} x {self.product_id}"


class DealSplit(BaseModel):
    """A person's share in a deal's credit. The shares of a deal add up to one; its service holds that."""

    class Role(models.TextChoices):
        OWNER = "owner", _("Owner")
        PARTNER = "partner", _("Partner")
        ORIGIN = "origin", _("Found it")
        HELPER = "helper", _("Helped")

    deal = models.ForeignKey(Deal, on_delete=models.CASCADE, related_name="splits")
    user = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+", verbose_name=_("person"))
    role = models.CharField(_("role"), max_length=8, choices=Role, default=Role.PARTNER)
    share = models.DecimalField(_("share"), **SHARE)

    class Meta:
        ordering: ClassVar = ["-share", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["deal", "user"], name="leads_dealsplit_once_per_person"),
            models.CheckConstraint(name="leads_dealsplit_in_range", condition=Q(share__gt=0, share__lte=1)),
        ]
        indexes: ClassVar = [models.Index(fields=["user", "deal"], name="leads_dealsplit_of_person")]

    @override
    def __str__(self) -> str:
        return f"{self.user_id}: {self.share}"
