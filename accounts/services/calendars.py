"""Writes on working calendars."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from accounts.models import User, WorkingCalendar
from accounts.policies import MANAGE_CALENDARS
from accounts.services.people import first_fault
from accounts.working_time import check_calendar
from crm.core import journal, policy
from crm.core.errors import Conflict, NotFound

FIELDS = ("name", "time_zone", "country", "region", "hours", "closed_days", "open_days")


def create_calendar(*, actor: User | None, calendar_id: UUID | None = None, **fields: Any) -> WorkingCalendar:
    """Make a calendar from ``FIELDS``. A repeat with the same ``calendar_id`` returns the one made before.

    Raises ``Invalid`` naming the field at fault, ``Conflict`` for a taken name.
    """
    _require(actor)
    if calendar_id and (known := WorkingCalendar.objects.filter(pk=calendar_id).first()):
        return known
    calendar = WorkingCalendar(**({"pk": calendar_id} if calendar_id else {}), **fields)
    with transaction.atomic():
        _save(calendar, lambda: calendar.save(force_insert=True))
        journal.record(
            actor=actor, event="calendar.created", instance=calendar, changes=journal.creation(calendar, FIELDS)
        )
    return calendar


def change_calendar(
    *, actor: User | None, calendar_id: UUID, changes: Mapping[str, Any], expected_version: int | None = None
) -> WorkingCalendar:
    _require(actor)
    with transaction.atomic():
        calendar = _locked(calendar_id)
        before = journal.snapshot(calendar, changes)
        for name, value in changes.items():
            setattr(calendar, name, value)
        differences = journal.differences(before, calendar)
        if differences:
            _save(calendar, lambda: calendar.save_version(fields=list(changes), expected=expected_version))
            journal.record(actor=actor, event="calendar.changed", instance=calendar, changes=differences)
    return calendar


def delete_calendar(*, actor: User | None, calendar_id: UUID, expected_version: int | None = None) -> None:
    """Remove a calendar that nobody uses. Raises ``Conflict`` otherwise."""
    _require(actor)
    with transaction.atomic():
        calendar = _locked(calendar_id)
        calendar.require_version(expected_version)
        journal.record(
            actor=actor, event="calendar.deleted", instance=calendar, changes={"name": (calendar.name, None)}
        )
        try:
            calendar.delete()
        except ProtectedError as error:
            raise Conflict(_("Teams or people still work by this calendar."), code="calendar_in_use") from error


def _require(actor: User | None) -> None:
    if actor is not None:
        policy.require(actor, MANAGE_CALENDARS)


def _locked(calendar_id: UUID) -> WorkingCalendar:
    calendar = WorkingCalendar.objects.select_for_update(of=("self",)).filter(pk=calendar_id).first()
    if calendar is None:
        raise NotFound
    return calendar


def _save(calendar: WorkingCalendar, write: Any) -> None:
    try:
        calendar.clean_fields()
        check_calendar(calendar)
        with transaction.atomic():
            write()
    except ValidationError as error:
        raise first_fault(error) from error
    except IntegrityError as error:
        raise Conflict(_("There is a calendar of this name already."), field="name", code="already_exists") from error
