"""The verbs on a lead, from the first attempt to the answer; its creation is ``leads.services.intake``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import User
from crm.core import clock, journal
from crm.core.errors import Conflict, Invalid
from leads import normal
from leads.models import Deal, Lead, Reason
from leads.policies import ASSIGN_LEADS, WRITE_LEADS
from leads.services import scoring_due, writing

# What is set by hand; the owner, the status and the score are decided by verbs, routing and scoring.
FIELDS = (
    "contact",
    "company",
    "site",
    "source",
    "direction",
    "motion",
    "product",
    "campaign",
    "expected_value",
    "currency",
    "needs_demo",
    "notes",
    "external_source",
    "external_id",
)
Status = Lead.Status
# From where each verb may set out. Everything else makes no sense and is refused.
ATTEMPTED_FROM = (Status.NEW,)
CONNECTED_FROM = (Status.NEW, Status.ATTEMPTING)
CLOSED = (Status.QUALIFIED, Status.DISQUALIFIED)


def change_lead(
    *, actor: User | None, lead_id: UUID, changes: Mapping[str, Any], expected_version: int | None = None
) -> Lead:
    """Change what is named; of ``custom`` only the keys that change.

    Raises ``Forbidden``, ``NotFound``, ``Invalid``, ``Conflict``, ``VersionConflict``.
    """
    writing.require(actor, WRITE_LEADS)
    plain = {name: value for name, value in changes.items() if name != "custom"}
    with writing.writes():
        lead = writing.locked(Lead, actor, lead_id)
        lead.require_version(expected_version)
        before = journal.snapshot(lead, [*(plain.keys() & set(FIELDS)), "custom"]) | {"custom": dict(lead.custom)}
        writing.fill(lead, plain, FIELDS, actor)
        if "custom" in changes:
            writing.give_custom(lead, changes["custom"], actor, motion=lead.motion)
        if lead.expected_value is not None and lead.expected_value < 0:
            raise Invalid(_("An expected value is not negative."), field="expected_value", code="negative")
        writing.check(lead)
        if writing.store(lead, actor=actor, event="lead.changed", before=before):
            writing.keep_up(lead, custom_changed="custom" in changes)
    return lead


def attempt_lead(*, actor: User | None, lead_id: UUID, expected_version: int | None = None) -> Lead:
    """Somebody tried to reach them. On a lead that is further already, nothing changes."""
    return _move(actor, lead_id, Status.ATTEMPTING, expected_version, only_from=ATTEMPTED_FROM, quiet=True)


def connect_lead(*, actor: User | None, lead_id: UUID, expected_version: int | None = None) -> Lead:
    """Somebody spoke with them. On a lead that is connected already, nothing changes; a closed one is refused."""
    return _move(actor, lead_id, Status.CONNECTED, expected_version, only_from=CONNECTED_FROM, quiet=True)


def qualify_lead(
    *,
    actor: User | None,
    lead_id: UUID,
    deal: Mapping[str, Any] | None = None,
    expected_version: int | None = None,
) -> Lead:
    """There is a need, and somebody to decide. ``deal`` (fields of ``create_deal``) opens a deal with it.

    Raises ``Conflict`` for a lead that is closed already; qualifying twice is one.
    """
    from leads.services.deals import create_deal  # noqa: PLC0415 (its neighbour)

    with writing.writes():
        lead = _move(actor, lead_id, Status.QUALIFIED, expected_version, only_from=Lead.OPEN)
        if deal is not None:
            create_deal(actor=actor, **(_deal_of(lead) | dict(deal)))
    return lead


def disqualify_lead(
    *,
    actor: User | None,
    lead_id: UUID,
    reason_id: UUID,
    note: str = "",
    expected_version: int | None = None,
) -> Lead:
    """There is nothing to sell here, and why. Raises ``Conflict`` for a closed lead, ``Invalid`` for no such reason."""
    reason = Reason.objects.filter(pk=reason_id, kind=Reason.Kind.DISQUALIFIED).first()
    if reason is None:
        raise Invalid(_("Choose a reason."), field="reason", code="not_found")
    return _move(
        actor,
        lead_id,
        Status.DISQUALIFIED,
        expected_version,
        only_from=Lead.OPEN,
        reason=reason,
        note=normal.clean(note),
    )


def reopen_lead(
    *, actor: User | None, lead_id: UUID, status: str | None = None, expected_version: int | None = None
) -> Lead:
    """Take it up again, where it stood: connected if they ever spoke, else attempting; ``status`` if that is known.

    Raises ``Conflict`` when it is open, or while a deal that came from it is open or won; ``Invalid`` for no open status.
    """
    writing.require(actor, WRITE_LEADS)
    with writing.writes():
        lead = writing.locked(Lead, actor, lead_id)
        if lead.is_open:
            raise Conflict(_("This lead is open."), code="no_such_move")
        if lead.deals.exclude(state=Deal.State.LOST).exists():
            raise Conflict(_("A deal came out of this lead. Work on that."), code="has_deal")
        if status is not None and status not in Lead.OPEN:
            raise Invalid(_("This is no status of an open lead."), field="status", code="not_open")
        stood = Status(status) if status else Status.CONNECTED if lead.connected_at else Status.ATTEMPTING
        return _move(actor, lead_id, stood, expected_version, only_from=CLOSED)


def assign_lead(
    *, actor: User | None, lead_id: UUID, owner_id: UUID | None, expected_version: int | None = None
) -> Lead:
    """Give a lead to somebody, or take it from everybody. Raises ``Forbidden``, ``NotFound``, ``Invalid``, ``Conflict``."""
    writing.require(actor, ASSIGN_LEADS)
    with writing.writes():
        lead = writing.locked(Lead, actor, lead_id)
        lead.require_version(expected_version)
        before = journal.snapshot(lead, ["owner"])
        lead.owner = _seller(actor, owner_id)
        writing.store(lead, actor=actor, event="lead.assigned", before=before)
    return lead


# --- inside ----------------------------------------------------------------------------------------------------------


def _move(
    actor: User | None,
    lead_id: UUID,
    status: Lead.Status,
    expected_version: int | None,
    *,
    only_from: tuple[Lead.Status, ...],
    reason: Reason | None = None,
    note: str = "",
    quiet: bool = False,
) -> Lead:
    """One step of the flow. ``quiet``: where the step makes no sense because the lead is further, nothing happens."""
    writing.require(actor, WRITE_LEADS)
    with writing.writes():
        lead = writing.locked(Lead, actor, lead_id, "contact", "company")
        lead.require_version(expected_version)
        if lead.status == status and lead.reason_id == (reason.pk if reason else None):
            return lead
        if lead.status not in only_from:
            if quiet and lead.is_open:
                return lead
            raise _no_way(lead, status)
        before = journal.snapshot(lead, ["status", "reason", "connected_at", "closed_at"])
        now = clock.now()
        lead.status, lead.reason = status, reason
        lead.closed_at = now if status in CLOSED else None
        if status in (Status.CONNECTED, Status.QUALIFIED):
            lead.connected_at = lead.connected_at or now
        else:
            lead.connected_at = lead.connected_at if status in CLOSED else None
        extra = {"note": (None, note)} if note else {}
        event = f"lead.{EVENTS[status]}" if before["status"] not in CLOSED else "lead.reopened"
        writing.store(lead, actor=actor, event=event, before=before, extra=extra)
        scoring_due.mark(lead.pk)
    return lead


EVENTS = {
    Status.ATTEMPTING: "attempted",
    Status.CONNECTED: "connected",
    Status.QUALIFIED: "qualified",
    Status.DISQUALIFIED: "disqualified",
}


def _no_way(lead: Lead, status: Lead.Status) -> Conflict:
    return Conflict(
        _("A lead that is “%(is)s” cannot become “%(wanted)s”.")
        % {"is": lead.get_status_display(), "wanted": status.label},
        code="no_such_move",
    )


def _seller(actor: User | None, owner_id: UUID | None) -> User | None:
    if owner_id is None:
        return None
    people = User.objects.active() if actor is None else User.objects.visible_to(actor).active()
    owner: User | None = people.filter(pk=owner_id).first()
    if owner is None:
        raise Invalid(_("There is no such person, or you may not see them."), field="owner", code="not_found")
    writing.require_seller(owner)
    return owner


def _deal_of(lead: Lead) -> dict[str, Any]:
    """What a deal takes over from its lead, unless said otherwise."""
    name = str(lead.company or lead.contact)
    return {
        "name": f"{name} · {lead.product}" if lead.product else name,
        "lead": lead,
        "company": lead.company,
        "contact": lead.contact,
        "owner": lead.owner,
        "motion": lead.motion or "inside",
        "amount": lead.expected_value,
        "currency": lead.currency,
    }
