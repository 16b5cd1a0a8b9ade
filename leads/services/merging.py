"""Two records that are one become one, and two again when that was wrong.

The record that goes stays as a row with ``merged_into`` set, so that old ids, links and imports still find the one that was kept.
Everything that pointed to it goes over by the movers of ``leads.duplicates.movers``; ``MergeRecord`` keeps what was done.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from crm.core import clock, journal, policy
from crm.core.errors import Conflict, Invalid, NotFound
from crm.core.models import BaseModel
from leads import normal
from leads.duplicates import movers
from leads.duplicates.movers import Ledger
from leads.models import Company, Consent, Contact, DuplicatePair, MergeRecord, Record
from leads.policies import WRITE_COMPANIES, WRITE_CONTACTS
from leads.services import custom, upkeep

Merged = Company | Contact
# Fields that go together: half of one and half of the other would be wrong.
COMPANY_FIELDS: tuple[tuple[str, ...], ...] = (
    ("name",),
    ("website", "domain"),
    ("sector",),
    ("employees",),
    ("annual_revenue", "currency"),
    ("founded_year",),
    ("tier",),
    ("visit_every_days",),
    ("parent",),
    ("owner",),
)
CONTACT_FIELDS: tuple[tuple[str, ...], ...] = (
    ("first_name",),
    ("last_name",),
    ("company",),
    ("job_title",),
    ("level",),
    ("language",),
    ("time_zone",),
    ("contact_windows",),
)
KEPT, GONE = "kept", "gone"
# Written about in the journal when they go over, so that whoever follows the feed sees it.
JOURNALLED = {"leads.Lead": "lead.changed", "leads.Deal": "deal.changed", "leads.Contact": "contact.changed"}
# What goes over, as the preview calls it.
KINDS = {
    "leads.Company": gettext_lazy("Parts"),
    "leads.Consent": gettext_lazy("Consents"),
    "leads.Contact": gettext_lazy("Contacts"),
    "leads.Deal": gettext_lazy("Deals"),
    "leads.Email": gettext_lazy("E-mail addresses"),
    "leads.Lead": gettext_lazy("Leads"),
    "leads.Phone": gettext_lazy("Phone numbers"),
    "leads.ReferralLink": gettext_lazy("Referral links"),
    "leads.Site": gettext_lazy("Sites"),
}
# Found again by themselves: nobody misses one that an undo could not bring back.
DERIVED = frozenset({"leads.DuplicatePair"})


@dataclass(frozen=True, slots=True)
class FieldChoice:
    """One line of the merge page: a field, both values, and which of them stays unless somebody chooses."""

    name: str
    label: str
    kept: Any
    gone: Any
    default: str

    @property
    def differs(self) -> bool:
        return bool(self.kept != self.gone)

    @property
    def is_open(self) -> bool:
        """Whether both say something, and not the same: a person should look."""
        return self.differs and not _is_empty(self.kept) and not _is_empty(self.gone)


@dataclass(frozen=True, slots=True)
class Preview:
    """What a merge would do: the choices, and how many rows of each kind (that the reader sees) would go over."""

    fields: tuple[FieldChoice, ...]
    moves: tuple[tuple[str, int], ...]


# --- Merge -----------------------------------------------------------------------------------------------------------


def merge_companies(
    *,
    actor: User | None,
    kept_id: UUID,
    gone_id: UUID,
    choices: Mapping[str, str] = {},
    merge_id: UUID | None = None,
    expected_version: int | None = None,
) -> MergeRecord:
    """Make two companies one. ``choices`` is ``{field: "kept" | "gone"}`` (``custom.<key>`` too); by default the kept
    record's value stays where it has one. Merging the same two again returns the merge that stands.

    ``expected_version`` is that of the kept record. Raises ``Forbidden``, ``NotFound``, ``Invalid``, ``VersionConflict``;
    ``Conflict`` when either was merged into another one already.
    """
    return _merge(Company, actor, kept_id, gone_id, choices, merge_id, expected_version)


def merge_contacts(
    *,
    actor: User | None,
    kept_id: UUID,
    gone_id: UUID,
    choices: Mapping[str, str] = {},
    merge_id: UUID | None = None,
    expected_version: int | None = None,
) -> MergeRecord:
    """Make two contacts one, as ``merge_companies``. Who must not be contacted, by either record, must not be after."""
    return _merge(Contact, actor, kept_id, gone_id, choices, merge_id, expected_version)


def preview_merge(*, actor: User, model: type[Merged], kept_id: UUID, gone_id: UUID) -> Preview:
    """What merging would do, for the page and the API. Raises ``Forbidden``, ``NotFound``, ``Invalid``."""
    policy.require(actor, _act(model))
    kept, gone = _two(model, actor, kept_id, gone_id, lock=False)
    return Preview(tuple(_field_choices(kept, gone)), tuple(_moving(actor, kept, gone)))


def _merge(
    model: type[Merged],
    actor: User | None,
    kept_id: UUID,
    gone_id: UUID,
    choices: Mapping[str, str],
    merge_id: UUID | None,
    expected_version: int | None,
) -> MergeRecord:
    if actor is not None:
        policy.require(actor, _act(model))
    with transaction.atomic():
        kept, gone = _two(model, actor, kept_id, gone_id, lock=True)
        if gone.merged_into_id == kept.pk:
            return _standing_merge(gone)
        _refuse_merged(kept, gone)
        kept.require_version(expected_version)
        ledger = Ledger()
        before = journal.snapshot(kept, [name for group in _groups(kept) for name in group] + ["notes"])
        _take_values(kept, gone, choices, ledger)
        if isinstance(kept, Contact) and isinstance(gone, Contact):
            _take_stricter(kept, gone, ledger)
        for relation in movers.relations_to(model):
            relation.mover(relation, kept, gone, ledger)
        ledger.edit(gone, merged_into_id=kept.pk)
        merge = _keep_record(actor, kept, gone, ledger, merge_id)
        _decide_pair(actor, kept, gone, DuplicatePair.State.MERGED)
        _journal(actor, kept, gone, merge, "merged", journal.differences(before, kept))
        _refresh(kept, gone)
    return merge


def _two(model: type[Merged], actor: User | None, kept_id: UUID, gone_id: UUID, *, lock: bool) -> tuple[Merged, Merged]:
    """Both records that ``actor`` sees, locked in the order of their ids. Raises ``NotFound``, ``Invalid``."""
    if kept_id == gone_id:
        raise Invalid(_("A record cannot be merged with itself."), field="gone", code="same_record")
    rows: Any = model._default_manager.filter(pk__in=[kept_id, gone_id]).order_by("pk")
    if actor is not None:
        rows = policy.scope(rows, actor)
    found = {row.pk: row for row in (rows.select_for_update(of=("self",)) if lock else rows)}
    if len(found) < 2:
        raise NotFound
    return found[kept_id], found[gone_id]


def _refuse_merged(kept: Merged, gone: Merged) -> None:
    if gone.merged_into_id or kept.merged_into_id:
        raise Conflict(_("One of the two was merged into another record already."), field="gone", code="already_merged")


def _standing_merge(gone: Merged) -> MergeRecord:
    return MergeRecord.objects.get(**{f"gone_{_name(gone)}": gone.pk, "unmerged_at": None})


# --- Values ----------------------------------------------------------------------------------------------------------


def _groups(record: Merged) -> tuple[tuple[str, ...], ...]:
    return COMPANY_FIELDS if isinstance(record, Company) else CONTACT_FIELDS


def _is_empty(value: Any) -> bool:
    return value is None or value in ("", [], {})


def _default(kept: Any, gone: Any) -> str:
    return GONE if _is_empty(kept) and not _is_empty(gone) else KEPT


def _field_choices(kept: Merged, gone: Merged) -> Iterable[FieldChoice]:
    for group in _groups(kept):
        field = kept._meta.get_field(group[0])
        one, two = (_shown(record, group[0]) for record in (kept, gone))
        label = str(getattr(field, "verbose_name", group[0]))
        yield FieldChoice(group[0], label, one, two, _default(one, two))
    labels = {field.key: field.label for field in custom.fields_of(_name(kept))}
    for key, label in labels.items():
        one, two = kept.custom.get(key), gone.custom.get(key)
        if not (_is_empty(one) and _is_empty(two)):
            yield FieldChoice(f"custom.{key}", label, one, two, _default(one, two))


def _shown(record: Merged, name: str) -> Any:
    """A value as a person reads it."""
    display = getattr(record, f"get_{name}_display", None)
    if display is not None:
        return display()
    value = getattr(record, name)
    return str(value) if isinstance(value, BaseModel) else value


def _take_values(kept: Merged, gone: Merged, choices: Mapping[str, str], ledger: Ledger) -> None:
    """Give the kept record what it lacks and what was chosen; notes of both."""
    _check_choices(kept, gone, choices)
    values: dict[str, Any] = {}
    for group in _groups(kept):
        columns = [kept._meta.get_field(name).attname for name in group]  # type: ignore[union-attr]
        one, two = getattr(kept, columns[0]), getattr(gone, columns[0])
        if choices.get(group[0], _default(one, two)) == GONE:
            values |= {column: getattr(gone, column) for column in columns}
    if values.get("parent_id") == kept.pk:
        values.pop("parent_id")
    if gone.notes and gone.notes not in kept.notes:
        values["notes"] = f"{kept.notes}\n\n{gone.notes}".strip()
    values["custom"] = _custom(kept, gone, choices)
    ledger.edit(kept, **values)
    ledger.edit(kept, name_key=_name_key(kept))
    _take_external_id(kept, gone, ledger)


def _take_external_id(kept: Merged, gone: Merged, ledger: Ledger) -> None:
    """The id elsewhere goes over where the kept record has none; it is unique, so first from the one and then to the other."""
    if gone.external_id and not kept.external_id:
        source, identifier = gone.external_source, gone.external_id
        ledger.edit(gone, external_source="", external_id="")
        ledger.edit(kept, external_source=source, external_id=identifier)


def _check_choices(kept: Merged, gone: Merged, choices: Mapping[str, str]) -> None:
    known = {group[0] for group in _groups(kept)} | {f"custom.{key}" for key in (*kept.custom, *gone.custom)}
    for name, choice in choices.items():
        if name not in known:
            raise Invalid(
                _("“%(field)s” cannot be chosen here.") % {"field": name}, field="choices", code="unknown_field"
            )
        if choice not in (KEPT, GONE):
            raise Invalid(_("Choose “kept” or “gone”."), field="choices", code="bad_choice")


def _custom(kept: Merged, gone: Merged, choices: Mapping[str, str]) -> dict[str, Any]:
    result = dict(kept.custom)
    for key, value in gone.custom.items():
        if choices.get(f"custom.{key}", _default(result.get(key), value)) == GONE:
            result[key] = value
    return result


def _name_key(record: Merged) -> str:
    return normal.company_key(record.name)[:200] if isinstance(record, Company) else normal.name_key(record.name)[:220]


def _take_stricter(kept: Contact, gone: Contact, ledger: Ledger) -> None:
    """Who must not be contacted by either record must not be; what either refused on a channel stays refused."""
    if gone.do_not_contact and not kept.do_not_contact:
        reason, at = gone.do_not_contact_reason, gone.do_not_contact_at
        ledger.edit(kept, do_not_contact=True, do_not_contact_reason=reason, do_not_contact_at=at)
    mine, theirs = _newest_consents(kept), _newest_consents(gone)
    for channel in sorted(mine.keys() & theirs.keys()):
        newer, older = sorted(
            (mine[channel], theirs[channel]), key=lambda consent: (consent.at, consent.pk), reverse=True
        )
        if newer.state == Consent.State.GIVEN and older.state == Consent.State.REFUSED:
            proof = _("Merged: one of the two records had refused.")
            ledger.add(Consent(contact=kept, channel=channel, state=Consent.State.REFUSED, proof=proof))


def _newest_consents(contact: Contact) -> dict[str, Consent]:
    return {consent.channel: consent for consent in contact.consents.order_by("at", "pk")}


# --- Effect ----------------------------------------------------------------------------------------------------------


def _moving(actor: User, kept: Merged, gone: Merged) -> Iterable[tuple[str, int]]:
    """How many rows of each kind point to the record that goes; of scoped kinds only those the reader sees (P27)."""
    for relation in movers.relations_to(type(gone)):
        rows = relation.rows.filter(**{relation.field: gone.pk})
        if relation.mover is movers.stay or relation.model in DERIVED:
            continue
        if rows.model in policy.models_with_policy():
            rows = policy.scope(rows, actor)
        if count := rows.count():
            yield str(KINDS.get(relation.model, rows.model._meta.verbose_name_plural)), count


def _keep_record(actor: User | None, kept: Merged, gone: Merged, ledger: Ledger, merge_id: UUID | None) -> MergeRecord:
    name = _name(kept)
    merge = MergeRecord(
        **({"pk": merge_id} if merge_id else {}),
        **{f"kept_{name}": kept, f"gone_{name}": gone},
        merged_by=actor,
        moves=ledger.moves,
        edits=ledger.edits,
        additions=ledger.additions,
    )
    merge.save(force_insert=True)
    return merge


def _decide_pair(actor: User | None, kept: Merged, gone: Merged, state: DuplicatePair.State) -> None:
    name = _name(kept)
    both = Q(**{name: kept.pk, f"other_{name}": gone.pk}) | Q(**{name: gone.pk, f"other_{name}": kept.pk})
    decided = state != DuplicatePair.State.OPEN
    DuplicatePair.objects.filter(both).update(
        state=state,
        decided_by=actor if decided else None,
        decided_at=clock.now() if decided else None,
        updated_at=clock.now(),
    )


def _journal(
    actor: User | None, kept: Merged, gone: Merged, merge: MergeRecord, verb: str, changes: Mapping[str, Any]
) -> None:
    """One row on each of the two, and one on each lead, deal and contact that went over (or back)."""
    name, back = _name(kept), verb == "unmerged"
    for record in (kept, gone):
        record.refresh_from_db(fields=["version"])
    journal.record(actor=actor, event=f"{name}.{verb}", instance=kept, changes={**changes, "merge": (None, merge.pk)})
    pair = (kept.pk, None) if back else (None, kept.pk)
    event = f"{name}.restored" if back else f"{name}.absorbed"
    journal.record(actor=actor, event=event, instance=gone, changes={"merged_into": pair, "merge": (None, merge.pk)})
    for move in merge.moves:
        if move["model"] in JOURNALLED:
            _journal_move(actor, move, back=back)


def _journal_move(actor: User | None, move: Mapping[str, Any], *, back: bool) -> None:
    start, end = (move["to"], move["from"]) if back else (move["from"], move["to"])
    rows = apps.get_model(move["model"])._base_manager.filter(pk__in=move["ids"], **{move["field"]: end})
    for row in rows.only("pk", "version"):
        changes = {move["field"].removesuffix("_id"): (start, end)}
        journal.record(actor=actor, event=JOURNALLED[move["model"]], instance=row, changes=changes)


def _refresh(*records: Merged) -> None:
    """What is derived from both: values of custom fields (of standing records only), and what every write sees to."""
    for record in records:
        custom.write_values(_name(record), record.pk, {})  # first from both: a unique value changes hands
    for record in records:
        record.refresh_from_db()
        if record.merged_into_id is None:
            custom.write_values(_name(record), record.pk, record.custom, before={})
        upkeep.after_write(record)


# --- Unmerge ---------------------------------------------------------------------------------------------------------


def unmerge_company(*, actor: User | None, gone_id: UUID, expected_version: int | None = None) -> MergeRecord:
    """Make two of one again, row by row. ``left`` of the answer says what stayed because somebody changed it since.

    A repeat returns the merge as undone. Raises ``Forbidden``, ``NotFound``; ``Conflict`` when it was never merged, or when
    the kept record was itself merged later (undo that first).
    """
    return _unmerge(Company, actor, gone_id, expected_version)


def unmerge_contact(*, actor: User | None, gone_id: UUID, expected_version: int | None = None) -> MergeRecord:
    """The same for contacts. That somebody must not be contacted, said since, stays on the kept record."""
    return _unmerge(Contact, actor, gone_id, expected_version)


def _unmerge(model: type[Merged], actor: User | None, gone_id: UUID, expected_version: int | None) -> MergeRecord:
    if actor is not None:
        policy.require(actor, _act(model))
    with transaction.atomic():
        last = _last_merge(model, actor, gone_id)
        name = model.__name__.lower()
        kept, gone = _two(model, actor, getattr(last, f"kept_{name}_id"), gone_id, lock=True)
        merge = MergeRecord.objects.select_for_update(of=("self",)).get(pk=last.pk)
        if merge.unmerged_at is not None:
            return merge
        if kept.merged_into_id is not None:
            raise Conflict(_("The kept record was merged itself since. Undo that first."), code="merged_later")
        kept.require_version(expected_version)
        left = movers.take_back(merge.moves, merge.edits, merge.additions)
        merge.left = [row for row in left if row["model"] not in DERIVED]
        merge.unmerged_by, merge.unmerged_at = actor, clock.now()
        merge.save_version(fields=["left", "unmerged_by", "unmerged_at"])
        _decide_pair(actor, kept, gone, DuplicatePair.State.OPEN)
        _journal(actor, kept, gone, merge, "unmerged", {})
        _refresh(kept, gone)
    return merge


def _last_merge(model: type[Merged], actor: User | None, gone_id: UUID) -> MergeRecord:
    rows: Any = model._default_manager.filter(pk=gone_id)
    if not (rows if actor is None else policy.scope(rows, actor)).exists():
        raise NotFound
    name = model.__name__.lower()
    merge = MergeRecord.objects.filter(**{f"gone_{name}": gone_id}).order_by("-merged_at", "-pk").first()
    if merge is None:
        raise Conflict(_("This record was never merged."), code="not_merged")
    return merge


def require_merged_into(gone_id: UUID, kept_id: UUID, model: type[Merged]) -> None:
    """Raise ``Conflict`` unless the last merge of ``gone_id`` was into ``kept_id``: nobody undoes another merge by mistake."""
    name = model.__name__.lower()
    merges = MergeRecord.objects.filter(**{f"gone_{name}": gone_id}).order_by("-merged_at", "-pk")
    if merges.values_list(f"kept_{name}", flat=True).first() != kept_id:
        raise Conflict(_("This record was never merged into that one."), field="gone", code="not_merged")


def visible_left(actor: User, merge: MergeRecord) -> list[dict[str, Any]]:
    """What an undo left, without rows that ``actor`` does not see."""
    return [row for row in merge.left if _sees(actor, row)]


def _sees(actor: User, row: Mapping[str, Any]) -> bool:
    model = apps.get_model(row["model"])
    if model not in policy.models_with_policy():
        return True
    return bool(policy.scope(model._base_manager.filter(pk=row["id"]), actor).exists())


# --- inside ----------------------------------------------------------------------------------------------------------


def merges_into(record: Record) -> Sequence[MergeRecord]:
    """The merges that stand of which ``record`` is the kept one, newest first: what may be undone on its page."""
    name = record._meta.model_name
    rows = MergeRecord.objects.filter(**{f"kept_{name}": record.pk, "unmerged_at": None})
    return list(rows.select_related(f"gone_{name}", "merged_by")[:50])


def _act(model: type[Merged]) -> str:
    return WRITE_COMPANIES if issubclass(model, Company) else WRITE_CONTACTS


def _name(record: Merged) -> str:
    return "company" if isinstance(record, Company) else "contact"
