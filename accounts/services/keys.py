"""API keys: made, found by their secret, taken back."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts import notices
from accounts.models import ApiKey, User
from accounts.policies import WRITE_KEYS
from crm.core import clock, journal, policy
from crm.core.errors import Conflict, Invalid

PREFIX = "tdm_"
FIELDS = ("owner", "name", "scopes", "expires_at")
# last_used_at is written at most this often per key: a busy key must not turn reads into writes.
USE_IS_NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key just made. ``secret`` exists only here; it is never shown again."""

    key: ApiKey
    secret: str


def scopes_of(user: User) -> tuple[str, ...]:
    """Every scope ``user``'s own rights can use: what a key of theirs may carry."""
    return tuple(sorted({act.scope for act in policy.acts() if policy.may(user, act.name)}))


def create_key(
    *,
    actor: User,
    name: str,
    scopes: Iterable[str],
    expires_at: datetime | None = None,
    secret: str | None = None,
    within: ApiKey | None = None,
) -> NewKey:
    """Make a key that acts as the actor. ``secret`` is drawn by lot; only the demo organisation brings its own.

    ``within`` is the key that asks for it, if one does: a key makes none that may more or lives longer than itself.
    Raises ``Invalid`` for a scope that does not exist or goes beyond the owner's rights.
    """
    policy.require(actor, WRITE_KEYS)
    wanted = sorted(set(scopes))
    _check(actor, name, wanted, expires_at)
    if within is not None:
        _check_within(within, wanted, expires_at)
    secret = secret or PREFIX + secrets.token_urlsafe(32)
    with transaction.atomic():
        key = ApiKey.objects.create(
            owner=actor,
            name=name.strip(),
            prefix=secret[:10],
            digest=digest(secret),
            scopes=wanted,
            expires_at=expires_at,
        )
        journal.record(actor=actor, event="key.created", instance=key, changes=journal.creation(key, FIELDS))
        notices.tell(actor, kind="key.created", occurrence=str(key.pk), facts={"name": key.name})
    return NewKey(key, secret)


def revoke_key(*, actor: User, key_id: UUID, expected_version: int | None = None) -> ApiKey:
    """Take a key back, at once and for good. Raises ``NotFound``; doing it twice changes nothing."""
    policy.require(actor, WRITE_KEYS)
    with transaction.atomic():
        key: ApiKey = policy.get_visible(ApiKey.objects.select_for_update(of=("self",)), actor, pk=key_id)
        key.require_version(expected_version)
        if key.revoked_at is None:
            key.revoked_at = clock.now()
            key.save_version(fields=["revoked_at"])
            journal.record(
                actor=actor, event="key.revoked", instance=key, changes={"revoked_at": (None, key.revoked_at)}
            )
    return key


def find_key(secret: str) -> ApiKey | None:
    """The usable key with this secret, its owner loaded; None for unknown, expired, revoked, or an owner switched off."""
    if not secret.startswith(PREFIX):
        return None
    wanted = digest(secret)
    try:
        # By the digest alone: every request of every program passes here, and a plain look-up is half as costly to build.
        key = ApiKey.objects.select_related("owner__team").get(digest=wanted)
    except ApiKey.DoesNotExist:
        return None
    return key if hmac.compare_digest(key.digest, wanted) and key.is_usable(clock.now()) else None


def note_use(key: ApiKey) -> None:
    """Remember that the key was used, at most once a minute, by a conditional update."""
    now = clock.now()
    stale = Q(last_used_at__isnull=True) | Q(last_used_at__lt=now - USE_IS_NOTED_EVERY)
    if key.last_used_at is None or key.last_used_at < now - USE_IS_NOTED_EVERY:
        ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=now)


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _check(owner: User, name: str, scopes: list[str], expires_at: datetime | None) -> None:
    if not name.strip():
        raise Invalid(_("Give the key a name, so that you know it again."), field="name")
    if len(name) > 80:
        raise Invalid(_("A name has at most 80 letters."), field="name")
    if not scopes:
        raise Invalid(_("Choose at least one scope."), field="scopes")
    if unknown := sorted(set(scopes) - set(policy.scopes())):
        raise Invalid(_("There is no scope “%(scope)s”.") % {"scope": unknown[0]}, field="scopes", code="unknown_scope")
    if beyond := sorted(set(scopes) - set(scopes_of(owner))):
        raise Invalid(
            _("“%(scope)s” goes beyond this person's rights.") % {"scope": beyond[0]},
            field="scopes",
            code="scope_beyond_rights",
        )
    if expires_at is not None and expires_at <= clock.now():
        raise Conflict(_("This expiry lies in the past."), field="expires_at", code="expiry_in_past")


def _check_within(key: ApiKey, scopes: list[str], expires_at: datetime | None) -> None:
    if beyond := sorted(set(scopes) - set(key.scopes)):
        detail = _("“%(scope)s” goes beyond the key that asks.") % {"scope": beyond[0]}
        raise Invalid(detail, field="scopes", code="scope_beyond_key")
    if key.expires_at is not None and (expires_at is None or expires_at > key.expires_at):
        detail = _("A key made by a key ends no later than that one.")
        raise Invalid(detail, field="expires_at", code="expiry_beyond_key")
