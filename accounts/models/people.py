"""A person who signs in, and what they are able to do."""

from __future__ import annotations

import unicodedata
from decimal import Decimal
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from accounts.models.fields import language_codes, validate_zone
from crm.core.models import BaseModel
from crm.core.querysets import ScopedQuerySet


class Capability(models.TextChoices):
    """What somebody is able (and allowed) to do. A rep is a set of these, so one person may do both kinds of selling."""

    CALLS = "calls", _("Calls")
    VISITS = "visits", _("Visits")
    APPROVES = "approves", _("Approves expenses")
    MANAGES = "manages", _("Manages")
    ADMINISTERS = "administers", _("Administers")


class Motion(models.TextChoices):
    """How a sale is made: a value on leads, deals, activities, costs, and what a rep's capabilities amount to."""

    INSIDE = "inside", _("Inside")
    OUTSIDE = "outside", _("Outside")
    HYBRID = "hybrid", _("Hybrid")


class UserQuerySet(ScopedQuerySet["User"]):
    def active(self) -> UserQuerySet:
        return self.filter(is_active=True)

    def who_can(self, capability: str) -> UserQuerySet:
        return self.filter(capabilities__contains=[capability])


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    """Only what Django and allauth ask of a user manager; people are made by ``services.people``."""

    def get_by_natural_key(self, username: str | None) -> User:
        user: User = self.get(email=self.model.normalize_email(username or ""))
        return user

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A user straight in the table, for tests and tools; no invitation, no journal."""
        user: User = self.model(email=self.model.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser, BaseModel):
    """A colleague. Signs in with an e-mail address; belongs to at most one team; may manage several."""

    email = models.EmailField(_("e-mail"), max_length=254)
    name = models.CharField(_("name"), max_length=120)
    team = models.ForeignKey(
        "accounts.Team", on_delete=models.PROTECT, null=True, blank=True, related_name="members", verbose_name=_("team")
    )
    capabilities = ArrayField(
        models.CharField(max_length=20, choices=Capability), default=list, blank=True, verbose_name=_("capabilities")
    )
    is_active = models.BooleanField(_("active"), default=True)

    language = models.CharField(_("language"), max_length=5, choices=language_codes, default="en")
    time_zone = models.CharField(_("time zone"), max_length=64, default="Europe/Paris", validators=[validate_zone])
    # Null: the team's calendar holds.
    calendar = models.ForeignKey(
        "accounts.WorkingCalendar",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("own working hours"),
    )

    product_skills = ArrayField(
        models.CharField(max_length=60), default=list, blank=True, verbose_name=_("products known well")
    )
    language_skills = ArrayField(
        models.CharField(max_length=12), default=list, blank=True, verbose_name=_("languages spoken")
    )
    home_label = models.CharField(_("home base"), max_length=120, blank=True)
    home_latitude = models.DecimalField(_("latitude"), max_digits=8, decimal_places=5, null=True, blank=True)
    home_longitude = models.DecimalField(_("longitude"), max_digits=8, decimal_places=5, null=True, blank=True)
    # New leads this person may be given in a week; null is no limit, 0 is none.
    weekly_capacity = models.PositiveSmallIntegerField(_("new leads a week"), null=True, blank=True)

    invited_at = models.DateTimeField(null=True, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        ordering: ClassVar = ["name", "id"]
        constraints: ClassVar = [
            # Addresses are stored lower-cased and NFC by normalize_email, so plain uniqueness is case-blind.
            models.UniqueConstraint(
                fields=["email"],
                name="accounts_user_one_per_email",
                violation_error_message=_("Somebody with this e-mail exists already."),
            ),
            models.CheckConstraint(name="accounts_user_email_lower", condition=Q(email=Lower("email"))),
            models.CheckConstraint(
                name="accounts_user_known_capabilities",
                condition=Q(capabilities__contained_by=[str(value) for value in Capability.values]),
            ),
            models.CheckConstraint(
                name="accounts_user_home_is_a_place",
                # Said in full: a CHECK lets pass what is unknown, and half a place compares as unknown.
                condition=Q(home_latitude__isnull=True, home_longitude__isnull=True)
                | Q(
                    home_latitude__isnull=False,
                    home_longitude__isnull=False,
                    home_latitude__range=(Decimal(-90), Decimal(90)),
                    home_longitude__range=(Decimal(-180), Decimal(180)),
                ),
                violation_error_message=_(
                    "Latitude is between -90 and 90, longitude between -180 and 180; give both or neither."
                ),
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["updated_at", "id"], name="accounts_user_by_change")]

    @override
    def __str__(self) -> str:
        return self.name or self.email

    @classmethod
    @override
    def normalize_username(cls, username: str) -> str:
        return cls.normalize_email(username)

    @staticmethod
    def normalize_email(email: str) -> str:
        """The one form in which an address is stored and compared: NFC, trimmed, lower case."""
        return unicodedata.normalize("NFC", email).strip().lower()

    def can(self, capability: str) -> bool:
        return capability in self.capabilities

    @property
    def motion(self) -> Motion | None:
        """What the capabilities amount to: calls are inside, visits outside, both hybrid; None for somebody who does not sell."""
        match (self.can(Capability.CALLS), self.can(Capability.VISITS)):
            case (True, True):
                return Motion.HYBRID
            case (True, False):
                return Motion.INSIDE
            case (False, True):
                return Motion.OUTSIDE
            case _:
                return None

    @property
    def initials(self) -> str:
        words = (self.name or self.email).split()
        return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()

    # -- what Django's admin asks; it is read-only and for administrators --

    @property
    def is_staff(self) -> bool:
        return self.is_active and self.can(Capability.ADMINISTERS)

    @property
    def is_superuser(self) -> bool:
        return False

    def has_perm(self, perm: str, obj: object = None) -> bool:
        return self.is_staff and perm.partition(".")[2].startswith("view_")

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_staff

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name.partition(" ")[0]
