"""Saved views: kept, shared, opened first; records put into one by hand. A view is its owner's; shared ones others only read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services.people import first_fault, refuse_unknown
from crm.core import journal
from crm.core.errors import Forbidden, Invalid
from leads import normal
from leads.models import SavedView
from leads.policies import WRITE_VIEWS
from leads.services import writing

FIELDS = ("name", "filters", "columns", "order", "is_shared", "is_first")
# Ids that were put into a view by hand stand among its filters under this name.
MEMBERS = "members"
MOST_MEMBERS = 2_000
MOST_VIEWS = 100


def create_view(
    *,
    actor: User,
    of: str,
    name: str,
    view_id: UUID | None = None,
    filters: Mapping[str, Any] | None = None,
    columns: Iterable[str] = (),
    order: str = "",
    is_shared: bool = False,
    is_first: bool = False,
) -> SavedView:
    """Keep a view of the list ``of`` (``leads companies contacts deals``). A repeat with the same id returns the first.

    Raises ``Invalid``, ``Conflict`` (a name that one has already).
    """
    writing.require(actor, WRITE_VIEWS)
    with writing.writes():
        stored = writing.known(SavedView, actor, view_id)
        if stored is not None:
            return stored
        own = SavedView.objects.filter(owner=actor, of=of)  # house: start from what is visible (a service, no door)
        if own.count() >= MOST_VIEWS:
            raise Invalid(_("%(count)d at most.") % {"count": MOST_VIEWS}, field="name", code="too_many")
        view = SavedView(owner=actor, of=of, name=normal.clean(name), is_shared=is_shared, is_first=is_first)
        view.filters, view.columns, view.order = dict(filters or {}), list(columns), order
        if view_id:
            view.pk = view_id
        _check(view)
        _give_up_first(view)
        return writing.insert(view, actor=actor, event="view.created", fields=("of", *FIELDS))


def change_view(
    *, actor: User, view_id: UUID, changes: Mapping[str, Any], expected_version: int | None = None
) -> SavedView:
    """Change one's own view. Raises ``NotFound``, ``Forbidden`` (somebody else's), ``Invalid``, ``Conflict``."""
    writing.require(actor, WRITE_VIEWS)
    with writing.writes():
        view = _own(actor, view_id)
        before = journal.snapshot(view, changes)
        refuse_unknown(changes, FIELDS)
        for name, value in changes.items():
            setattr(view, name, normal.clean(value) if name == "name" else value)
        _check(view)
        _give_up_first(view)
        writing.store(view, actor=actor, event="view.changed", before=before, expected_version=expected_version)
    return view


def delete_view(*, actor: User, view_id: UUID, expected_version: int | None = None) -> SavedView:
    """Take one's own view away; answers what it was. Raises ``NotFound``, ``Forbidden``, ``VersionConflict``."""
    writing.require(actor, WRITE_VIEWS)
    with writing.writes():
        view = _own(actor, view_id)
        view.require_version(expected_version)
        journal.record(actor=actor, event="view.deleted", instance=view)
        SavedView.objects.filter(pk=view.pk).delete()  # house: start from what is visible (locked and one's own)
    return view


def members_of(view: SavedView) -> list[UUID]:
    """The records in a view by hand. What a client kept there and is no id is passed over."""
    given = view.filters.get(MEMBERS, [])
    return [key for text in (given if isinstance(given, list) else []) if (key := _id(text)) is not None]


def _id(text: Any) -> UUID | None:
    try:
        return UUID(str(text))
    except ValueError:
        return None


def put_in_view(*, actor: User, view_id: UUID, ids: Iterable[UUID]) -> list[UUID]:
    """Put records into one's own view by hand; answers those that were not in it. Raises ``Invalid`` when it is full."""
    with writing.writes():
        view = _own(actor, view_id)
        present = members_of(view)
        new = [key for key in dict.fromkeys(ids) if key not in set(present)]
        if len(present) + len(new) > MOST_MEMBERS:
            raise Invalid(_("%(count)d at most.") % {"count": MOST_MEMBERS}, field="ids", code="too_many")
        filters = {**view.filters, MEMBERS: [str(key) for key in (*present, *new)]}
        change_view(actor=actor, view_id=view_id, changes={"filters": filters})
    return new


def take_from_view(*, actor: User, view_id: UUID, ids: Iterable[UUID]) -> None:
    """Take records out of one's own view."""
    with writing.writes():
        view = _own(actor, view_id)
        gone = set(ids)
        left = [str(key) for key in members_of(view) if key not in gone]
        filters = {key: value for key, value in view.filters.items() if key != MEMBERS}
        change_view(actor=actor, view_id=view_id, changes={"filters": filters | ({MEMBERS: left} if left else {})})


def _own(actor: User, view_id: UUID) -> SavedView:
    view = writing.locked(SavedView, actor, view_id)
    if view.owner_id != actor.pk:
        raise Forbidden(_("This view belongs to somebody else. Keep a copy of your own."))
    return view


def _check(view: SavedView) -> None:
    if not view.name:
        raise Invalid(_("Give the view a name."), field="name", code="required")
    if view.of not in SavedView.Of.values:
        raise Invalid(_("There is no such list."), field="of", code="invalid_choice")
    try:
        view.clean_fields(exclude=["owner", "filters", "columns"])
    except ValidationError as error:
        raise first_fault(error) from error


def _give_up_first(view: SavedView) -> None:
    """One view of a list opens first: another one gives way."""
    if view.is_first:
        rows = SavedView.objects.filter(owner=view.owner_id, of=view.of)  # house: start from what is visible (own ones)
        rows.filter(is_first=True).exclude(pk=view.pk).update(is_first=False)
