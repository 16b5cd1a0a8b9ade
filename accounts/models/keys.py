"""API keys: shown once, kept as a digest."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from typing_extensions import override

from crm.core.models import BaseModel
from crm.core.querysets import ScopedQuerySet


class ApiKeyQuerySet(ScopedQuerySet["ApiKey"]):
    def usable(self, moment: datetime) -> ApiKeyQuerySet:
        return self.filter(
            Q(expires_at__isnull=True) | Q(expires_at__gt=moment), revoked_at__isnull=True, owner__is_active=True
        )


class ApiKey(BaseModel):
    """A program's way in, acting as its owner and no further than its scopes.

    The secret has 256 random bits, so one fast SHA-256 is enough to keep (a slow hash guards guessable secrets only).
    """

    owner = models.ForeignKey(
        "accounts.User", on_delete=models.CASCADE, related_name="api_keys", verbose_name=_("owner")
    )
    name = models.CharField(_("name"), max_length=80)
    prefix = models.CharField(
        max_length=12, editable=False, help_text="The visible start of the key, to recognise it by."
    )
    digest = models.CharField(max_length=64, editable=False)
    scopes = ArrayField(models.CharField(max_length=60), verbose_name=_("scopes"))
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["digest"], name="accounts_apikey_one_per_digest"),
            models.CheckConstraint(name="accounts_apikey_has_scopes", condition=Q(scopes__len__gt=0)),
        ]

    @override
    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    def is_usable(self, moment: datetime) -> bool:
        """What ``ApiKeyQuerySet.usable`` asks, of a key that is loaded with its owner."""
        return (
            self.revoked_at is None and (self.expires_at is None or self.expires_at > moment) and self.owner.is_active
        )
