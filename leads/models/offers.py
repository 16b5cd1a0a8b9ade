"""What is sold and how people come to hear of it: products, campaigns, referrals."""

from __future__ import annotations

import secrets
from decimal import Decimal
from typing import Any, ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from crm.core.models import BaseModel
from crm.core.money.fields import AMOUNT_DIGITS, AMOUNT_PLACES, validate_currency
from crm.core.querysets import ScopedQuerySet

RATE: dict[str, Any] = {
    "max_digits": 5,
    "decimal_places": 4,
    "validators": [MinValueValidator(Decimal(-1)), MaxValueValidator(Decimal(1))],
}


class Product(BaseModel):
    """Something sold. Whether it can be delivered and shown from afar decides much about who sells it."""

    class DemoNeed(models.TextChoices):
        NONE = "none", _("Explains itself")
        REMOTE = "remote", _("To be shown, from afar will do")
        PHYSICAL = "physical", _("To be shown in person")

    name = models.CharField(_("name"), max_length=120)
    # Letters and digits of the folded name: "GTX Pro" and "GTXPro" are one.
    name_key = models.CharField(max_length=120, editable=False)
    code = models.CharField(_("code"), max_length=60, blank=True)
    family = models.CharField(_("family"), max_length=80, blank=True)
    is_remote = models.BooleanField(_("deliverable remotely"), default=False)
    demo_need = models.CharField(_("demonstration"), max_length=8, choices=DemoNeed, default=DemoNeed.NONE)
    price = models.DecimalField(
        _("price"), max_digits=AMOUNT_DIGITS, decimal_places=AMOUNT_PLACES, null=True, blank=True
    )
    currency = models.CharField(_("currency"), max_length=3, blank=True, validators=[validate_currency])
    # 0.35 is 35 %.
    margin_rate = models.DecimalField(_("margin"), null=True, blank=True, **RATE)
    cycle_days = models.PositiveSmallIntegerField(_("typical cycle (days)"), null=True, blank=True)
    is_active = models.BooleanField(_("sold now"), default=True)

    objects = ScopedQuerySet["Product"].as_manager()

    class Meta:
        ordering: ClassVar = ["name", "id"]
        verbose_name = _("product")
        verbose_name_plural = _("products")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["name_key"],
                name="leads_product_one_per_name",
                violation_error_message=_("A product with this name exists already."),
            ),
            models.CheckConstraint(
                name="leads_product_price_has_currency",
                condition=Q(price=None) | ~Q(currency=""),
                violation_error_message=_("An amount needs its currency."),
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["updated_at", "id"], name="leads_product_by_change")]

    @override
    def __str__(self) -> str:
        return self.name


class Campaign(BaseModel):
    """An effort that brings enquiries, with what it cost and when it ran."""

    class Kind(models.TextChoices):
        WEBINAR = "webinar", _("Webinar")
        TRIAL = "trial", _("Trial")
        EMAIL = "email", _("E-mail")
        TRADE_SHOW = "trade_show", _("Trade show")
        REFERRAL = "referral", _("Referral programme")
        ADVERTISING = "advertising", _("Advertising")
        CONTENT = "content", _("Content")
        CALLING = "calling", _("Calling list")
        OTHER = "other", _("Other")

    name = models.CharField(_("name"), max_length=120)
    name_key = models.CharField(max_length=120, editable=False)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind, default=Kind.OTHER)
    starts_on = models.DateField(_("from"), null=True, blank=True)
    ends_on = models.DateField(_("until"), null=True, blank=True)
    cost = models.DecimalField(_("cost"), max_digits=AMOUNT_DIGITS, decimal_places=AMOUNT_PLACES, null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True, validators=[validate_currency])
    is_active = models.BooleanField(_("running"), default=True)

    objects = ScopedQuerySet["Campaign"].as_manager()

    class Meta:
        ordering: ClassVar = ["-starts_on", "name", "id"]
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["name_key"],
                name="leads_campaign_one_per_name",
                violation_error_message=_("A campaign with this name exists already."),
            ),
            models.CheckConstraint(
                name="leads_campaign_ends_after_start",
                condition=Q(starts_on=None) | Q(ends_on=None) | Q(ends_on__gte=F("starts_on")),
                violation_error_message=_("The end must come after the start."),
            ),
            models.CheckConstraint(
                name="leads_campaign_cost_has_currency",
                condition=Q(cost=None) | ~Q(currency=""),
                violation_error_message=_("An amount needs its currency."),
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["updated_at", "id"], name="leads_campaign_by_change")]

    @override
    def __str__(self) -> str:
        return self.name


def new_token() -> str:
    """96 random bits for an address that is given away."""
    return secrets.token_urlsafe(12)


class ReferralLink(BaseModel):
    """An address that a customer passes on; enquiries through it are credited to them."""

    class Reward(models.TextChoices):
        NONE = "none", _("No reward")
        PROMISED = "promised", _("Promised")
        DUE = "due", _("Due")
        GIVEN = "given", _("Given")

    token = models.CharField(max_length=24, default=new_token, editable=False)
    contact = models.ForeignKey("leads.Contact", on_delete=models.CASCADE, related_name="referral_links")
    campaign = models.ForeignKey(
        Campaign, on_delete=models.PROTECT, null=True, blank=True, related_name="referral_links"
    )
    reward = models.CharField(_("reward"), max_length=8, choices=Reward, default=Reward.NONE)
    is_active = models.BooleanField(_("open"), default=True)

    objects = ScopedQuerySet["ReferralLink"].as_manager()

    class Meta:
        ordering: ClassVar = ["-created_at", "id"]
        verbose_name = _("referral link")
        constraints: ClassVar = [models.UniqueConstraint(fields=["token"], name="leads_referral_one_per_token")]

    @override
    def __str__(self) -> str:
        return self.token
