"""Writes on absences: one's own, or a manager's people's."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import formats, translation
from django.utils.translation import gettext as _

from accounts import notices
from accounts.models import Absence, Capability, User
from accounts.policies import WRITE_ABSENCES, manages
from accounts.services.people import first_fault
from crm.core import journal, policy
from crm.core.errors import Conflict, Forbidden, Invalid, NotFound
from crm.core.models import JournalEntry

FIELDS = ("user", "kind", "starts_at", "ends_at", "note")
LONGEST = timedelta(days=2 * 366)


def add_absence(
    *,
    actor: User,
    user: User,
    starts_at: datetime,
    ends_at: datetime,
    kind: str = Absence.Kind.LEAVE,
    note: str = "",
    absence_id: UUID | None = None,
) -> Absence:
    """Enter a time away for oneself or, as a manager or administrator, for somebody else.

    A repeat with the same ``absence_id`` returns the one entered before; another one under that id is a ``Conflict``.
    Raises ``Forbidden``, ``Invalid``.
    """
    policy.require(actor, WRITE_ABSENCES)
    _may_write_for(actor, user)
    absence = Absence(user=user, kind=kind, starts_at=starts_at, ends_at=ends_at, note=note.strip())
    if absence_id:
        absence.pk = absence_id
        if (known := Absence.objects.filter(pk=absence_id).first()) is not None:
            return _same_or_conflict(known, absence)
    _check(absence)
    with transaction.atomic():
        absence.save(force_insert=True)
        journal.record(actor=actor, event="absence.added", instance=absence, changes=journal.creation(absence, FIELDS))
        if actor.pk != user.pk:
            facts = {"actor": actor.name, "date": _day_of(starts_at, user)}
            notices.tell(user, kind="absence.entered", occurrence=str(absence.pk), facts=facts)
    return absence


def cancel_absence(*, actor: User, absence_id: UUID, expected_version: int | None = None) -> None:
    """Take an absence back. Raises ``NotFound``, ``Forbidden``, ``VersionConflict``."""
    policy.require(actor, WRITE_ABSENCES)
    with transaction.atomic():
        rows = Absence.objects.select_for_update(of=("self",)).select_related("user")
        absence: Absence = policy.get_visible(rows, actor, pk=absence_id)
        _may_write_for(actor, absence.user)
        absence.require_version(expected_version)
        changes = {name: (value, None) for name, value in journal.snapshot(absence, FIELDS).items()}
        journal.record(actor=actor, event="absence.cancelled", instance=absence, changes=changes)
        absence.delete()


def restore_absence(*, actor: User, absence_id: UUID) -> Absence:
    """Undo ``cancel_absence``: enter the same absence again, from the journal. Raises ``NotFound``, ``Forbidden``.

    Only who took it back may undo that; twice returns the one that stands.
    """
    entry = JournalEntry.objects.filter(
        object_type=Absence._meta.label_lower, object_id=absence_id, event="absence.cancelled", actor_id=actor.pk
    ).last()
    user = User.objects.visible_to(actor).filter(pk=entry.changes["user"][0]).first() if entry else None
    if entry is None or user is None:
        raise NotFound
    return add_absence(
        actor=actor,
        user=user,
        starts_at=datetime.fromisoformat(entry.changes["starts_at"][0]),
        ends_at=datetime.fromisoformat(entry.changes["ends_at"][0]),
        kind=entry.changes["kind"][0],
        note=entry.changes["note"][0],
        absence_id=absence_id,
    )


def _may_write_for(actor: User, user: User) -> None:
    if actor.pk != user.pk and not actor.can(Capability.ADMINISTERS) and not manages(actor, user):
        raise Forbidden


def _day_of(moment: datetime, user: User) -> str:
    """The date as ``user`` reads it: their zone, their language."""
    with translation.override(user.language):
        return formats.date_format(moment.astimezone(ZoneInfo(user.time_zone)), "DATE_FORMAT")


def _check(absence: Absence) -> None:
    if absence.ends_at - absence.starts_at > LONGEST:
        raise Invalid(_("An absence lasts two years at most."), field="ends_at", code="absence_too_long")
    try:
        absence.clean_fields()
        absence.validate_constraints()
    except ValidationError as error:
        raise first_fault(error) from error


def _same_or_conflict(known: Absence, wanted: Absence) -> Absence:
    if journal.snapshot(known, FIELDS) == journal.snapshot(wanted, FIELDS):
        return known
    raise Conflict(_("Another absence has this id."), field="id", code="id_taken")
