"""Imports as people steer them: bring a file, correct what was recognised, try it out, run it, stop it, undo it.

The work itself is ``running``; these verbs write the row that makes it due and ring the bell.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from crm.core import clock, ids, journal, policy, work
from crm.core.errors import Conflict, Invalid
from crm.core.money.currencies import check_currency
from crm.integrations import columns as guessing
from crm.integrations.conversion import Converter
from crm.integrations.models import ImportedRecord, ImportJob, ImportMapping, ImportRow
from crm.integrations.policies import NEEDED, WRITE_IMPORTS
from crm.integrations.reading import encodings, source
from crm.integrations.reading.limits import Unreadable
from crm.integrations.reading.source import Settings, Table
from crm.integrations.services import files
from crm.integrations.services.running import JOB
from crm.integrations.targets import TARGETS, get_target

FOLDER = "incoming"
DUPLICATES = ("update", "skip", "create")
STATE = ImportJob.State
_OPTIONS = frozenset({"duplicates", "source", "country", "currency", "make_products", "defaults", "values"})
_TEXT_OPTIONS = frozenset({"duplicates", "source", "country", "currency"})
_SETTINGS = frozenset({"encoding", "delimiter", "quote", "escape", "sheet", "header", "date_order", "decimal"})


def bring_file(
    *, actor: User, blocks: Iterable[bytes], name: str, target: str, import_id: UUID | None = None
) -> ImportJob:
    """Keep a file and recognise it; the import stands as a draft. Raises ``Unreadable`` with what to do about the file."""
    _require(actor, target)
    if import_id is not None and (known := ImportJob.objects.visible_to(actor).filter(pk=import_id).first()):
        return known
    key = import_id or ids.uuid7()
    stored = files.store(FOLDER, key, blocks)
    job = ImportJob(
        id=key,
        owner=actor,
        target=target,
        name=_file_name(name),
        path=stored.path,
        sha256=stored.sha256,
        size=stored.size,
    )
    try:
        table = source.recognise(files.location(job.path))
    except Unreadable:
        files.remove(job.path)
        raise
    _put_table(job, table)
    _map(job, table, actor)
    with transaction.atomic():
        job.save(force_insert=True)
        journal.record(
            actor=actor,
            event="import.brought",
            instance=job,
            changes={"name": (None, job.name), "target": (None, target)},
        )
    return job


def _require(actor: User, target: str) -> None:
    policy.require(actor, WRITE_IMPORTS)
    if target not in TARGETS:
        raise Invalid(
            _("Choose from: %(choices)s.") % {"choices": ", ".join(TARGETS)}, field="target", code="unknown_choice"
        )
    policy.require(actor, NEEDED[target])


def _file_name(name: str) -> str:
    """The last part of what the browser said, as text that can be shown."""
    shown = "".join(char for char in name.replace("\\", "/").rpartition("/")[2] if char.isprintable())
    return source.encodable(shown)[-200:] or _("file")


def _put_table(job: ImportJob, table: Table) -> None:
    job.settings, job.columns = table.settings.to_json(), table.columns


def _map(job: ImportJob, table: Table, actor: User) -> None:
    """The mapping of last time for the same columns, else a guess."""
    known = ImportMapping.objects.filter(owner=actor, target=job.target, signature=_signature(job)).first()
    if known is not None:
        job.mapping, job.options = known.mapping, known.options
        return
    texts = [table.texts(index) for index in range(len(table.columns))]
    guesses = guessing.guess_columns(table.columns, texts, get_target(job.target))
    job.mapping = {guess.column: guess.field for guess in guesses if guess.field}
    job.options = {
        "duplicates": "update",
        "source": guessing.source_of(table.columns),
        "country": "",
        "currency": "EUR",
    }


def _signature(job: ImportJob) -> str:
    return hashlib.sha256(guessing.signature(job.columns).encode()).hexdigest()


def look_at(job: ImportJob) -> Table:
    """The file as recognised, with its first rows, under the settings kept so far."""
    return source.recognise(files.location(job.path), chosen=job.settings)


def change_import(
    *, actor: User, import_id: UUID, settings: dict[str, Any] | None = None, mapping: dict[str, str] | None = None,
    options: dict[str, Any] | None = None, target: str | None = None, expected_version: int | None = None,
) -> ImportJob:  # fmt: skip
    """Correct what was recognised or decided, while nothing ran yet. A new target or other columns are mapped afresh."""
    with transaction.atomic():
        job = _locked(actor, import_id, expected_version)
        _in_state(job, STATE.DRAFT, STATE.CHECKED)
        before = list(job.columns)
        if target and target != job.target:
            _require(actor, target)
            job.target = target
        if settings is not None:
            chosen = {name: value for name, value in settings.items() if name in _SETTINGS and value != ""}
            _check_settings(chosen)
            _put_table(job, source.recognise(files.location(job.path), chosen=chosen))
        if mapping is None and (target or job.columns != before):
            _map(job, look_at(job), actor)
        elif mapping is not None:
            job.mapping = _checked_mapping(job, mapping)
        if options is not None:
            job.options = _checked_options({**job.options, **options})
            _check_defaults(job)
        job.state, job.trial, job.problem = STATE.DRAFT, None, ""
        job.save_version(fields=["target", "settings", "columns", "mapping", "options", "state", "trial", "problem"])
        return job


def _check_settings(chosen: dict[str, Any]) -> None:
    allowed = {"encoding": set(encodings.KNOWN), "date_order": {"dmy", "mdy", "ymd"}, "decimal": {".", ","}}
    for name, values in allowed.items():
        if name in chosen and chosen[name] not in values:
            raise Invalid(
                _("Choose from: %(choices)s.") % {"choices": ", ".join(sorted(values))},
                field=name,
                code="unknown_choice",
            )
    if len(str(chosen.get("delimiter", ","))) != 1 or str(chosen.get("delimiter", ",")) in '"\r\n\0':
        raise Invalid(_("The sign between columns is a single one."), field="delimiter", code="unknown_choice")
    if not str(chosen.get("header", 1)).isdigit() or int(chosen.get("header", 1)) > 1_000:
        raise Invalid(
            _("Write the number of the row with the names, 0 for none."), field="header", code="unknown_choice"
        )


def _checked_mapping(job: ImportJob, mapping: dict[str, str]) -> dict[str, str]:
    fields = {field.name for field in get_target(job.target).fields}
    chosen = {column: name for column, name in mapping.items() if name}
    for column, name in chosen.items():
        if column not in job.columns or name not in fields:
            raise Invalid(
                _("“%(name)s” cannot be mapped.") % {"name": column[:60]}, field="mapping", code="unknown_choice"
            )
    if len(set(chosen.values())) < len(chosen):
        raise Invalid(_("Two columns are mapped to the same field."), field="mapping", code="mapped_twice")
    return chosen


def _checked_options(options: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in options.items() if name in _OPTIONS}
    for name in _TEXT_OPTIONS & kept.keys():
        if not isinstance(kept[name], str):
            raise Invalid(_("Write text here."), field=name, code="invalid")
    if kept.get("duplicates", "update") not in DUPLICATES:
        raise Invalid(
            _("Choose from: %(choices)s.") % {"choices": ", ".join(DUPLICATES)},
            field="duplicates",
            code="unknown_choice",
        )
    check_currency(kept.get("currency", "EUR"))
    _check_shapes(kept)
    if not (name := str(kept.get("source", "")).strip()) or len(name) > 60:
        raise Invalid(
            _("Name the system that the ids come from, in 60 characters at most."), field="source", code="required"
        )
    return kept | {"source": name}


def _check_shapes(options: dict[str, Any]) -> None:
    """What is an object of texts, or of objects of texts and nulls, says nothing else."""
    defaults, values = options.get("defaults", {}), options.get("values", {})
    if not (isinstance(defaults, dict) and all(isinstance(text, str) for text in defaults.values())):
        raise Invalid(_("Write an object: field by field."), field="defaults", code="not_an_object")
    if not (
        isinstance(values, dict)
        and all(isinstance(words, dict) for words in values.values())
        and all(word is None or isinstance(word, str) for words in values.values() for word in words.values())
    ):
        raise Invalid(_("Write an object: field by field."), field="values", code="not_an_object")


def _check_defaults(job: ImportJob) -> None:
    """Every default is of a field there is, and can be read as the file's cells are. Raises ``Invalid``."""
    target, defaults = get_target(job.target), job.options.get("defaults", {})
    for name in (*defaults, *job.options.get("values", {})):
        if target.field(name) is None:
            field = "defaults" if name in defaults else "values"
            raise Invalid(_("“%(name)s” cannot be mapped.") % {"name": name[:60]}, field=field, code="unknown_choice")
    Converter(target, Settings.from_json(job.settings), job.columns, {}, zone=job.owner.time_zone, defaults=defaults)


# --- Running -----------------------------------------------------------------------------------------------------------


def try_import(*, actor: User, import_id: UUID) -> ImportJob:
    """Do everything but write it; the counts are those of the real run."""
    with transaction.atomic():
        job = _locked(actor, import_id)
        _in_state(job, STATE.DRAFT, STATE.CHECKED, STATE.FAILED)
        _check_ready(job)
        ImportRow.objects.filter(job=job, is_trial=True).delete()
        job.trial = None
        return _make_due(job, STATE.CHECKING)


def run_import(*, actor: User, import_id: UUID) -> ImportJob:
    """Take the rows in. What is mapped so is remembered for the next file with these columns."""
    with transaction.atomic():
        job = _locked(actor, import_id)
        _in_state(job, STATE.DRAFT, STATE.CHECKED)
        _check_ready(job)
        ImportMapping.objects.update_or_create(
            owner=actor,
            target=job.target,
            signature=_signature(job),
            defaults={"mapping": job.mapping, "options": job.options},
        )
        journal.record(actor=actor, event="import.started", instance=job)
        return _make_due(job, STATE.RUNNING)


def cancel_import(*, actor: User, import_id: UUID) -> ImportJob:
    """Stop after the chunk under way. What came in stays, and can be undone."""
    with transaction.atomic():
        job = _locked(actor, import_id)
        _in_state(job, STATE.CHECKING, STATE.RUNNING)
        job.is_cancelling = True
        job.save_version(fields=["is_cancelling"])
        work.enqueue(JOB, job.pk)
        return job


def undo_import(*, actor: User, import_id: UUID) -> ImportJob:
    """Take out what came in and was not edited since."""
    with transaction.atomic():
        job = _locked(actor, import_id)
        _in_state(job, STATE.DONE, STATE.CANCELLED, STATE.FAILED)
        job.undone = None
        journal.record(actor=actor, event="import.undone", instance=job)
        return _make_due(job, STATE.UNDOING)


def delete_import(*, actor: User, import_id: UUID) -> None:
    """Throw a file away that nothing came in from."""
    with transaction.atomic():
        job = _locked(actor, import_id)
        if job.is_at_work or ImportedRecord.objects.filter(job=job).exists():
            raise Conflict(_("Something came in from this file. Undo the import first."))
        journal.record(actor=actor, event="import.deleted", instance=job)
        ImportJob.objects.filter(pk=job.pk).delete()
        path = job.path
        transaction.on_commit(lambda: files.remove(path))


def _locked(actor: User, import_id: UUID, expected_version: int | None = None) -> ImportJob:
    policy.require(actor, WRITE_IMPORTS)
    job: ImportJob = policy.get_visible(ImportJob.objects.select_for_update(of=("self",)), actor, pk=import_id)
    job.require_version(expected_version)
    return job


def _in_state(job: ImportJob, *states: str) -> None:
    if job.state not in states:
        raise Conflict(_("This import is: %(state)s.") % {"state": job.get_state_display()}, code="wrong_state")


def _check_ready(job: ImportJob) -> None:
    target = get_target(job.target)
    mapped = {*job.mapping.values(), *job.options.get("defaults", {})}
    if not mapped.intersection(target.needs):
        names = ", ".join(str(field.label) for field in target.fields if field.name in target.needs)
        raise Invalid(_("Map at least one of: %(names)s.") % {"names": names}, field="mapping", code="nothing_mapped")


def _make_due(job: ImportJob, state: str) -> ImportJob:
    """From row one, for whichever worker comes first; an undo leaves the counts of the run as they are."""
    job.state, job.problem, job.is_cancelling = state, "", False
    if state != STATE.UNDOING:
        job.position = job.created = job.updated = job.unchanged = job.refused = job.skipped = 0
    job.due_at = job.started_at = clock.now()
    job.finished_at = job.claimed_until = None
    job.save_version(
        fields=[
            "state", "problem", "is_cancelling", "position", "created", "updated", "unchanged", "refused", "skipped", "due_at",
            "started_at", "finished_at", "claimed_until", "trial", "undone",
        ]
    )  # fmt: skip
    work.enqueue(JOB, job.pk)
    return job
