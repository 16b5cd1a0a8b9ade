"""Writes on people: invite, change, switch off and on, own profile."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts import invitations, notices
from accounts.models import Capability, User
from accounts.policies import MANAGE_USERS
from crm.core import clock, journal, policy
from crm.core.errors import Conflict, Invalid, NotFound

OWN_FIELDS = (
    "name",
    "language",
    "time_zone",
    "home_label",
    "home_latitude",
    "home_longitude",
    "language_skills",
    "product_skills",
)
MANAGED_FIELDS = (*OWN_FIELDS, "email", "team", "capabilities", "calendar", "weekly_capacity")


def invite_user(*, actor: User | None, email: str, name: str, user_id: UUID | None = None, **fields: Any) -> User:
    """Make a person and mail them a link to choose a password. ``fields``: any of ``MANAGED_FIELDS``.

    A repeat with the same ``user_id`` and address returns the person made before. Raises ``Forbidden``, ``Invalid``,
    ``Conflict`` for an address that is taken.
    """
    with transaction.atomic():
        user, made = _add(actor, email, name, user_id, fields, event="user.invited")
        if made:
            invitations.send(user, invited_by=actor)
    return user


def add_user(
    *, actor: User | None, email: str, name: str, password_hash: str, user_id: UUID | None = None, **fields: Any
) -> User:
    """Make a person who knows the password already (first administrator, demo, tests); as ``invite_user``, without mail."""
    with transaction.atomic():
        user, _made = _add(actor, email, name, user_id, fields | {"password": password_hash}, event="user.added")
    return user


def change_user(
    *, actor: User | None, user_id: UUID, changes: Mapping[str, Any], expected_version: int | None = None
) -> User:
    """Change a person's managed fields. Raises ``Forbidden``, ``NotFound``, ``Invalid``, ``VersionConflict``."""
    _require_manager(actor)
    refuse_unknown(changes, MANAGED_FIELDS)
    with transaction.atomic():
        leaves = "capabilities" in changes and Capability.ADMINISTERS not in changes["capabilities"]
        user = _locked_to_leave(user_id) if leaves else _locked(user_id)
        rights = list(user.capabilities)
        user = _apply(actor, user, changes, expected_version, event="user.changed")
        if user.capabilities != rights and actor is not None and actor.pk != user.pk:
            notices.tell(user, kind="rights.changed", occurrence=str(user.version), facts={"actor": actor.name})
        return user


def change_profile(*, actor: User, changes: Mapping[str, Any], expected_version: int | None = None) -> User:
    """Change one's own profile. Raises ``Invalid``, ``VersionConflict``."""
    refuse_unknown(changes, OWN_FIELDS)
    with transaction.atomic():
        return _apply(actor, _locked(actor.pk), changes, expected_version, event="user.changed")


def deactivate_user(*, actor: User | None, user_id: UUID, expected_version: int | None = None) -> User:
    """Switch a person off: from their next request on, nothing opens any more, by session or by key."""
    _require_manager(actor)
    if actor is not None and actor.pk == user_id:
        raise Conflict(_("You cannot switch yourself off."), code="own_account")
    with transaction.atomic():
        user = _locked_to_leave(user_id)
        return _apply(actor, user, {"is_active": False}, expected_version, event="user.deactivated")


def reactivate_user(*, actor: User | None, user_id: UUID, expected_version: int | None = None) -> User:
    _require_manager(actor)
    with transaction.atomic():
        return _apply(actor, _locked(user_id), {"is_active": True}, expected_version, event="user.reactivated")


def invite_again(*, actor: User | None, user_id: UUID, expected_version: int | None = None) -> User:
    """Send the invitation once more. Raises ``Conflict`` for somebody who already chose a password."""
    _require_manager(actor)
    with transaction.atomic():
        user = _locked(user_id)
        if user.has_usable_password():
            raise Conflict(
                _("This person has signed in already. They can ask for a new password themselves."),
                code="already_joined",
            )
        invitations.send(user, invited_by=actor)
        return _apply(actor, user, {"invited_at": clock.now()}, expected_version, event="user.invited_again")


# --- inside ----------------------------------------------------------------------------------------------------------


def _add(
    actor: User | None, email: str, name: str, user_id: UUID | None, fields: Mapping[str, Any], *, event: str
) -> tuple[User, bool]:
    """The person, and whether this call made them."""
    _require_manager(actor)
    refuse_unknown(fields, (*MANAGED_FIELDS, "password"))
    if user_id and (known := User.objects.filter(pk=user_id, email=User.normalize_email(email)).first()):
        return known, False
    user = User(email=email, name=name, **({"pk": user_id} if user_id else {}), **fields)
    if "password" not in fields:
        user.set_unusable_password()
        user.invited_at = clock.now()
    _normalise(user)
    _check(user)
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(_("Somebody with this e-mail exists already."), field="email", code="already_exists") from error
    journal.record(actor=actor, event=event, instance=user, changes=journal.creation(user, MANAGED_FIELDS))
    return user, True


def _require_manager(actor: User | None) -> None:
    if actor is not None:
        policy.require(actor, MANAGE_USERS)


def _locked(user_id: UUID) -> User:
    user: User | None = User.objects.select_for_update(of=("self",)).filter(pk=user_id).first()
    if user is None:
        raise NotFound
    return user


def _apply(actor: User | None, user: User, changes: Mapping[str, Any], expected: int | None, *, event: str) -> User:
    before = journal.snapshot(user, changes)
    for name, value in changes.items():
        setattr(user, name, value)
    _normalise(user)
    _check(user)
    differences = journal.differences(before, user)
    if not differences and expected in (None, user.version):
        return user
    try:
        with transaction.atomic():
            user.save_version(fields=list(changes), expected=expected)
    except IntegrityError as error:
        raise Conflict(_("Somebody with this e-mail exists already."), field="email", code="already_exists") from error
    if "email" in differences:
        # allauth keeps the addresses it saw; the old one must not open the door any more.
        EmailAddress.objects.filter(user=user).delete()
    journal.record(actor=actor, event=event, instance=user, changes=differences)
    return user


def _locked_to_leave(user_id: UUID) -> User:
    """The person, locked, if another administrator stays: without one nobody could ever invite one again.

    All administrators are locked in one order before the person is, so two can neither leave together nor wait for each
    other for ever.
    """
    administrators = User.objects.active().who_can(Capability.ADMINISTERS).order_by("pk")
    remaining = {user.pk for user in administrators.select_for_update(of=("self",))} - {user_id}
    user = _locked(user_id)
    if user.can(Capability.ADMINISTERS) and not remaining:
        raise Conflict(
            _("Somebody has to administer Tandem. Give another person the right first."), code="last_administrator"
        )
    return user


def _normalise(user: User) -> None:
    user.email = User.normalize_email(user.email)
    user.name = user.name.strip()
    user.capabilities = [value for value in Capability.values if value in set(user.capabilities)]
    user.product_skills = sorted({skill.strip() for skill in user.product_skills if skill.strip()})
    user.language_skills = sorted({skill.strip().lower() for skill in user.language_skills if skill.strip()})


def _check(user: User) -> None:
    """The model's own validators, as a named refusal (uniqueness is the database's to say)."""
    try:
        user.clean_fields(exclude=["password"])
        user.validate_constraints(exclude=["email"])
    except ValidationError as error:
        raise first_fault(error) from error


def first_fault(error: ValidationError) -> Invalid:
    """The first message of a model's validation, with its field."""
    if hasattr(error, "error_dict"):
        field, faults = next(iter(error.error_dict.items()))
        name = field if field != "__all__" else None
        return Invalid(" ".join(faults[0].messages), field=name)
    return Invalid(" ".join(error.messages))


def refuse_unknown(given: Iterable[str], allowed: Collection[str]) -> None:
    """Raise ``Invalid`` (``not_writable``) for the first name that a service does not let its callers set."""
    for name in given:
        if name not in allowed:
            raise Invalid(_("“%(field)s” cannot be set here.") % {"field": name}, field=name, code="not_writable")
