"""The journal as stops of a timeline: what was done to a record, in words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import DecimalField
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Motion
from crm.core import formats
from crm.records.facts import FACTS, Fact, shown_own, want_own
from crm.records.lists.offered import HOLDERS
from crm.records.parts import windows_of
from crm.records.reading import Reading
from crm.records.timeline import Entry
from leads import selectors
from leads.naming import Names
from leads.services import custom

# What happened, and the icon of it.
EVENTS = {
    "lead.created": (gettext_lazy("Enquiry arrived"), "message"),
    "lead.attempted": (gettext_lazy("Tried to reach"), "phone"),
    "lead.connected": (gettext_lazy("Spoke with them"), "phone"),
    "lead.qualified": (gettext_lazy("Qualified"), "ok"),
    "lead.disqualified": (gettext_lazy("Disqualified"), "close"),
    "lead.reopened": (gettext_lazy("Open again"), "refresh"),
    "lead.assigned": (gettext_lazy("Assigned"), "person"),
    "lead.scored": (gettext_lazy("Scored"), "chart"),
    "deal.created": (gettext_lazy("Deal opened"), "chart"),
    "deal.moved": (gettext_lazy("Moved to another stage"), "route"),
    "deal.won": (gettext_lazy("Won"), "ok"),
    "deal.lost": (gettext_lazy("Lost"), "close"),
    "deal.reopened": (gettext_lazy("Open again"), "refresh"),
    "deal.lines_set": (gettext_lazy("Products changed"), "list"),
    "deal.splits_set": (gettext_lazy("Shares changed"), "people"),
    "company.created": (gettext_lazy("Company entered"), "company"),
    "contact.created": (gettext_lazy("Contact entered"), "person"),
    "contact.forbidden": (gettext_lazy("Not to be contacted any more"), "lock"),
    "contact.allowed": (gettext_lazy("May be contacted again"), "ok"),
    "contact.consent_recorded": (gettext_lazy("Consent recorded"), "shield"),
}
CHANGED = (gettext_lazy("Changed"), "edit")
MERGED = (gettext_lazy("Merged with another record"), "link")
TOUCHES = frozenset({"lead.created", "lead.attempted", "lead.connected"})
# What follows from something else that is told anyway.
UNTOLD = frozenset(
    """
    status state closed_at connected_at closed_on stage_since do_not_contact do_not_contact_at
    arrived_at channel direction external_id external_source
    """.split()
)
# What belongs to a record and is no column of it.
PARTS = {
    "lines": gettext_lazy("Products"),
    "splits": gettext_lazy("Shares"),
    "sites": gettext_lazy("Sites"),
    "phones": gettext_lazy("Phones"),
    "emails": gettext_lazy("E-mails"),
    "note": gettext_lazy("Note"),
}
MOST_LINES = 6


def source(reading: Reading, limit: int, before: datetime | None) -> Iterable[Entry]:
    """The record's own journal; a lead's with its deals, a company's with its leads and deals that the reader sees."""
    records = [reading.record, *reading.belonging]
    found = selectors.history(records, limit=limit, before=before)
    names = reading.names
    _want(names, found)
    others = {other.pk: str(other) for other in records[1:]}
    sides = {one.pk: "outside" if getattr(one, "motion", "") == Motion.OUTSIDE else "inside" for one in records}
    told = {sides[entry.object_id] for entry in found}
    line = "both" if len(told) > 1 else next(iter(told), "inside")
    return [_stop(entry, line, sides[entry.object_id], names, others.get(entry.object_id, "")) for entry in found]


def _stop(entry: selectors.Entry, line: str, who: str, names: Names, of: str) -> Entry:
    title, icon = EVENTS.get(entry.event, MERGED if "merge" in entry.event else CHANGED)
    return Entry(
        at=entry.at,
        title=f"{title}: {of}" if of else str(title),
        by=entry.who,
        line=line,
        who=who if line == "both" else "",
        icon=icon,
        lines=tuple(_lines(entry, names)),
        is_touch=entry.event in TOUCHES,
    )


def _lines(entry: selectors.Entry, names: Names) -> list[str]:
    """Field by field, what was and what is. A new record says only what it was given to say."""
    if entry.event.endswith(".created"):
        said = entry.changes.get("notes", [None, ""])[1]
        return [f"“{said}”"] if said else []
    changes = {name: pair for name, pair in entry.changes.items() if name not in UNTOLD}
    told = [line for name, pair in changes.items() if (line := _line(_holder(entry), name, pair, names))]
    rest = len(told) - MOST_LINES
    return [*told[:MOST_LINES], _("and %(count)d more") % {"count": rest}] if rest > 0 else told


def _holder(entry: selectors.Entry) -> str:
    return entry.object_type.partition(".")[2]


def _line(holder: str, name: str, pair: list[Any], names: Names) -> str:
    before, after = (_said(holder, name, value, names) for value in pair)
    label = label_of(holder, name)
    if not before:
        return f"{label}: {after}" if after else ""
    return f"{label}: {before} → {after or _('nothing')}"


def label_of(holder: str, name: str) -> str:
    """A journalled name as the reader knows the field."""
    if name.startswith("custom."):
        own = custom.field_of(holder, name.removeprefix("custom."))
        return own.label if own else name.removeprefix("custom.")
    if name.startswith("consent."):
        return _("Consent")
    known: Fact | None = next((fact for fact in FACTS.get(holder, ()) if name in fact.names), None)
    if known is not None and known.names[0] == name:
        return str(known.label)
    column = _columns(holder).get(name)
    if column is not None:
        return capfirst(str(column.verbose_name))
    return str(PARTS.get(name, name))


def _columns(holder: str) -> dict[str, Any]:
    model = HOLDERS[holder].model if holder in HOLDERS else None
    return {field.name: field for field in model._meta.concrete_fields} if model else {}


def _said(holder: str, name: str, value: Any, names: Names) -> str:
    if value in (None, "", [], {}):
        return ""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if name.startswith("custom."):
        own = custom.field_of(holder, name.removeprefix("custom."))
        return shown_own(own, value, names) if own else str(value)
    if name == "contact_windows":
        return ", ".join(f"{day} {start}-{end}" for day, start, end in windows_of(value))
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    field = _columns(holder).get(name)
    if field is None:
        return str(value)
    if field.is_relation:
        return names.get(value) or _("something you do not see")
    if isinstance(field, DecimalField):
        amount = Decimal(str(value))
        return formats.percent(amount, 1) if name.endswith("_rate") else formats.number(amount)
    return str(dict(field.flatchoices).get(value, value))


def _want(names: Names, entries: Iterable[selectors.Entry]) -> None:
    """Say which names these entries will tell."""
    for entry in entries:
        if entry.event.endswith(".created"):
            continue
        columns = _columns(_holder(entry))
        for name, pair in entry.changes.items():
            field = columns.get(name)
            if field is not None and field.is_relation and name not in UNTOLD:
                names.want(field.related_model, filter(None, pair))
            elif name.startswith("custom.") and (own := custom.field_of(_holder(entry), name.removeprefix("custom."))):
                want_own(own, pair, names)
