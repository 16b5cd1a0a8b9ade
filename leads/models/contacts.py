"""People at companies, how they are reached, and what they allowed."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from accounts.models.fields import validate_zone
from crm.core import clock
from crm.core.models import BaseModel
from crm.core.querysets import ScopedQuerySet
from leads.models.parts import Record, external_constraints


class ContactQuerySet(ScopedQuerySet["Contact"]):
    def standing(self) -> ContactQuerySet:
        """Without those that were merged into another."""
        return self.filter(merged_into=None)


class Contact(Record):
    """A person to talk to. Names are kept as given (NFC), in any script."""

    class Level(models.TextChoices):
        """The rung on the ladder to the decision."""

        USER = "user", _("User")
        INFLUENCER = "influencer", _("Influencer")
        DECISION_MAKER = "decision_maker", _("Decision-maker")
        SIGNER = "signer", _("Signer")

    company = models.ForeignKey(
        "leads.Company",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="contacts",
        verbose_name=_("company"),
    )
    first_name = models.CharField(_("first name"), max_length=100, blank=True)
    last_name = models.CharField(_("last name"), max_length=100, blank=True)
    name_key = models.CharField(max_length=220, editable=False)
    job_title = models.CharField(_("job title"), max_length=160, blank=True)
    level = models.CharField(_("level"), max_length=16, choices=Level, blank=True)
    language = models.CharField(_("language"), max_length=12, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True, validators=[validate_zone])
    # {"mon": [["09:00", "11:00"]], …} in the contact's zone; empty is any hour that is allowed at all.
    contact_windows = models.JSONField(_("preferred hours"), default=dict, blank=True)
    do_not_contact = models.BooleanField(_("do not contact"), default=False)
    do_not_contact_reason = models.CharField(_("reason"), max_length=200, blank=True)
    do_not_contact_at = models.DateTimeField(null=True, editable=False)
    notes = models.TextField(_("notes"), blank=True)
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, editable=False, related_name="absorbed"
    )

    objects = ContactQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["name_key", "id"]
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        constraints: ClassVar = [
            *external_constraints("contact"),
            models.CheckConstraint(
                name="leads_contact_do_not_contact_has_time",
                condition=Q(do_not_contact=False, do_not_contact_at=None)
                | Q(do_not_contact=True, do_not_contact_at__isnull=False),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["name_key", "id"], name="leads_contact_by_name"),
            models.Index(fields=["updated_at", "id"], name="leads_contact_by_change"),
            models.Index(fields=["created_at", "id"], name="leads_contact_by_creation"),
            GinIndex(fields=["search_words"], name="leads_contact_words"),
        ]

    @override
    def __str__(self) -> str:
        return self.name or str(_("Nameless"))

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


class Reach(BaseModel):
    """A way to reach a contact or, for a switchboard or a shared mailbox, a company."""

    is_primary = models.BooleanField(_("first choice"), default=False)
    # A dead number, a mailbox that bounced: kept so that nobody enters it again, offered to nobody.
    is_bad = models.BooleanField(_("does not work"), default=False)
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, null=True, blank=True, related_name="%(class)ss")
    company = models.ForeignKey(
        "leads.Company", on_delete=models.CASCADE, null=True, blank=True, related_name="%(class)ss"
    )

    class Meta:
        abstract = True
        ordering: ClassVar = ["-is_primary", "created_at", "id"]


ONE_HOLDER = Q(contact__isnull=False, company__isnull=True) | Q(contact__isnull=True, company__isnull=False)


class Phone(Reach):
    """A telephone number in E.164 (``+33472000000``), or as given where it is no number of the world's plan."""

    class Kind(models.TextChoices):
        WORK = "work", _("Work")
        MOBILE = "mobile", _("Mobile")
        HOME = "home", _("Home")
        OTHER = "other", _("Other")

    number = models.CharField(_("number"), max_length=40)
    extension = models.CharField(_("extension"), max_length=10, blank=True)
    kind = models.CharField(_("kind"), max_length=6, choices=Kind, default=Kind.WORK)

    objects = ScopedQuerySet["Phone"].as_manager()

    class Meta(Reach.Meta):
        verbose_name = _("phone")
        constraints: ClassVar = [
            models.CheckConstraint(name="leads_phone_has_one_holder", condition=ONE_HOLDER),
            models.UniqueConstraint(fields=["contact", "number", "extension"], name="leads_phone_once_per_contact"),
            models.UniqueConstraint(fields=["company", "number", "extension"], name="leads_phone_once_per_company"),
            models.UniqueConstraint(
                fields=["contact"], name="leads_phone_one_first_per_contact", condition=Q(is_primary=True)
            ),
            models.UniqueConstraint(
                fields=["company"], name="leads_phone_one_first_per_company", condition=Q(is_primary=True)
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["number"], name="leads_phone_by_number")]

    @override
    def __str__(self) -> str:
        return self.number


class Email(Reach):
    """An e-mail address: ``address`` as given, ``key`` as it is compared."""

    address = models.EmailField(_("e-mail"), max_length=254)
    key = models.CharField(max_length=254, editable=False)

    objects = ScopedQuerySet["Email"].as_manager()

    class Meta(Reach.Meta):
        verbose_name = _("e-mail address")
        constraints: ClassVar = [
            models.CheckConstraint(name="leads_email_has_one_holder", condition=ONE_HOLDER),
            models.UniqueConstraint(fields=["contact", "key"], name="leads_email_once_per_contact"),
            models.UniqueConstraint(fields=["company", "key"], name="leads_email_once_per_company"),
            models.UniqueConstraint(
                fields=["contact"], name="leads_email_one_first_per_contact", condition=Q(is_primary=True)
            ),
            models.UniqueConstraint(
                fields=["company"], name="leads_email_one_first_per_company", condition=Q(is_primary=True)
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["key"], name="leads_email_by_key")]

    @override
    def __str__(self) -> str:
        return self.address


class Consent(BaseModel):
    """What a contact allowed or refused on a channel, when and by what proof. The newest of a channel holds."""

    class Channel(models.TextChoices):
        CALL = "call", _("Call")
        EMAIL = "email", _("E-mail")
        MESSAGE = "message", _("Message")
        POST = "post", _("Post")
        VISIT = "visit", _("Visit")

    class State(models.TextChoices):
        GIVEN = "given", _("Given")
        REFUSED = "refused", _("Refused")

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="consents")
    channel = models.CharField(_("channel"), max_length=8, choices=Channel)
    state = models.CharField(_("state"), max_length=8, choices=State)
    proof = models.CharField(_("proof"), max_length=500, blank=True)
    at = models.DateTimeField(_("on"), default=clock.now)

    objects = ScopedQuerySet["Consent"].as_manager()

    class Meta:
        ordering: ClassVar = ["-at", "-id"]
        verbose_name = _("consent")
        indexes: ClassVar = [models.Index(fields=["contact", "channel", "-at"], name="leads_consent_newest")]

    @override
    def __str__(self) -> str:
        return f"{self.get_channel_display()}: {self.get_state_display()}"
