"""One selling effort, from the enquiry to the answer whether there is a deal in it."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from accounts.models import Motion
from crm.core import clock
from crm.core.models import BaseModel
from crm.core.money.fields import AMOUNT_DIGITS, AMOUNT_PLACES, validate_currency
from crm.core.querysets import ScopedQuerySet
from leads.models.parts import Record, external_constraints


class Reason(BaseModel):
    """Why something ended as it did; the organisation's own list."""

    class Kind(models.TextChoices):
        DISQUALIFIED = "disqualified", _("Lead disqualified")
        LOST = "lost", _("Deal lost")
        WON = "won", _("Deal won")

    kind = models.CharField(_("for"), max_length=12, choices=Kind)
    label = models.CharField(_("reason"), max_length=80)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    is_active = models.BooleanField(_("offered"), default=True)

    objects = ScopedQuerySet["Reason"].as_manager()

    class Meta:
        ordering: ClassVar = ["kind", "position", "label", "id"]
        verbose_name = _("reason")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["kind", "label"],
                name="leads_reason_once_per_kind",
                violation_error_message=_("This reason exists already."),
            )
        ]

    @override
    def __str__(self) -> str:
        return self.label


class LeadQuerySet(ScopedQuerySet["Lead"]):
    def open(self) -> LeadQuerySet:
        """Still worked on: neither qualified nor disqualified."""
        return self.filter(status__in=Lead.OPEN)


class Lead(Record):
    """ONE selling effort on a contact, a company or both; a company may have several over time.

    Nothing is copied at "conversion": the contact and the company are found or made when the enquiry arrives.
    """

    class Status(models.TextChoices):
        NEW = "new", _("New")
        ATTEMPTING = "attempting", _("Attempting")
        CONNECTED = "connected", _("Connected")
        QUALIFIED = "qualified", _("Qualified")
        DISQUALIFIED = "disqualified", _("Disqualified")

    OPEN = (Status.NEW, Status.ATTEMPTING, Status.CONNECTED)

    class Direction(models.TextChoices):
        INBOUND = "inbound", _("Inbound")
        OUTBOUND = "outbound", _("Outbound")

    class Channel(models.TextChoices):
        """The door an enquiry came through. Somebody waits at a live one."""

        CALL = "call", _("Call")
        CHAT = "chat", _("Chat")
        WALK_IN = "walk_in", _("Walk-in")
        FORM = "form", _("Form")
        QUESTIONNAIRE = "questionnaire", _("Questionnaire")
        EMAIL = "email", _("E-mail")
        MESSAGE = "message", _("Message")
        EVENT = "event", _("Event")
        IMPORT = "import", _("Import")
        API = "api", _("API")
        REP = "rep", _("Found by a rep")

    LIVE = (Channel.CALL, Channel.CHAT, Channel.WALK_IN)

    contact = models.ForeignKey(
        "leads.Contact",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="leads",
        verbose_name=_("contact"),
    )
    company = models.ForeignKey(
        "leads.Company",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="leads",
        verbose_name=_("company"),
    )
    # Where the need is; the company's main site unless said otherwise.
    site = models.ForeignKey("leads.Site", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    source = models.CharField(_("source"), max_length=80, blank=True)
    channel = models.CharField(_("channel"), max_length=14, choices=Channel, default=Channel.REP)
    direction = models.CharField(_("direction"), max_length=8, choices=Direction, default=Direction.INBOUND)
    # Empty until it is decided.
    motion = models.CharField(_("motion"), max_length=8, choices=Motion, blank=True)
    status = models.CharField(_("status"), max_length=12, choices=Status, default=Status.NEW)
    reason = models.ForeignKey(
        Reason, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("reason")
    )
    owner = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("owner")
    )
    product = models.ForeignKey(
        "leads.Product", on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("product")
    )
    campaign = models.ForeignKey(
        "leads.Campaign",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="leads",
        verbose_name=_("campaign"),
    )
    referral = models.ForeignKey(
        "leads.ReferralLink", on_delete=models.PROTECT, null=True, blank=True, related_name="leads"
    )
    expected_value = models.DecimalField(
        _("expected value"), max_digits=AMOUNT_DIGITS, decimal_places=AMOUNT_PLACES, null=True, blank=True
    )
    currency = models.CharField(_("currency"), max_length=3, blank=True, validators=[validate_currency])
    # Null: nobody asked yet.
    needs_demo = models.BooleanField(_("wants to see it"), null=True, blank=True)
    notes = models.TextField(_("enquiry"), blank=True)

    arrived_at = models.DateTimeField(_("arrived"), default=clock.now)
    connected_at = models.DateTimeField(null=True, editable=False)
    closed_at = models.DateTimeField(null=True, editable=False)

    objects = LeadQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-arrived_at", "-id"]
        verbose_name = _("lead")
        verbose_name_plural = _("leads")
        constraints: ClassVar = [
            *external_constraints("lead"),
            models.CheckConstraint(
                name="leads_lead_is_on_somebody",
                condition=Q(contact__isnull=False) | Q(company__isnull=False),
                violation_error_message=_("A lead needs a contact or a company."),
            ),
            models.CheckConstraint(
                name="leads_lead_value_has_currency",
                condition=Q(expected_value=None) | ~Q(currency=""),
                violation_error_message=_("An amount needs its currency."),
            ),
            models.CheckConstraint(
                name="leads_lead_only_disqualified_has_reason",
                condition=Q(reason=None) | Q(status="disqualified"),
            ),
            models.CheckConstraint(
                name="leads_lead_closed_has_time",
                condition=Q(status__in=["qualified", "disqualified"], closed_at__isnull=False)
                | Q(status__in=["new", "attempting", "connected"], closed_at=None),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["-arrived_at", "-id"], name="leads_lead_newest"),
            # What is worked on is a small part of all: without this its list ends in a walk through years of closed ones.
            models.Index(
                fields=["-arrived_at", "-id"],
                name="leads_lead_newest_open",
                condition=Q(status__in=["new", "attempting", "connected"]),
            ),
            models.Index(fields=["owner", "-arrived_at", "-id"], name="leads_lead_newest_of_owner"),
            models.Index(fields=["status", "-arrived_at", "-id"], name="leads_lead_newest_by_status"),
            models.Index(fields=["updated_at", "id"], name="leads_lead_by_change"),
            models.Index(fields=["created_at", "id"], name="leads_lead_by_creation"),
            GinIndex(fields=["search_words"], name="leads_lead_words"),
        ]

    @override
    def __str__(self) -> str:
        return " · ".join(str(part) for part in (self.contact, self.company) if part is not None)

    @property
    def is_open(self) -> bool:
        return self.status in self.OPEN

    # What ``LeadScore`` holds: rows that show it are read with ``select_related("score")``.
    @property
    def score_fit(self) -> int | None:
        return self.score.fit

    @property
    def score_engagement(self) -> int | None:
        return self.score.engagement

    @property
    def score_total(self) -> int | None:
        return self.score.total

    @property
    def is_live(self) -> bool:
        """Whether somebody is waiting at the other end."""
        return self.channel in self.LIVE
