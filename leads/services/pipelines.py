"""Writes on pipelines with their stages, and on the reasons why something ended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Max, Model, QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from crm.core import journal
from crm.core.errors import Conflict, Invalid
from leads.models import Deal, Pipeline, Reason, Stage, StageChange
from leads.policies import MANAGE_SALES_SETTINGS
from leads.services import writing

Placed = TypeVar("Placed", Pipeline, Stage, Reason)

PIPELINE_FIELDS = ("name", "motion", "is_active")
STAGE_FIELDS = ("name", "probability", "forecast", "stale_days")
REASON_FIELDS = ("label", "is_active")
MOST_STAGES = 30

# --- Pipelines ------------------------------------------------------------------------------------------------------------


def create_pipeline(
    *,
    actor: User | None,
    name: str,
    stages: Sequence[Mapping[str, Any]] = (),
    pipeline_id: UUID | None = None,
    **fields: Any,
) -> Pipeline:
    """Make a pipeline with its ``stages`` in order (each a mapping of ``STAGE_FIELDS``); it needs at least one.

    A repeat with the same ``pipeline_id`` returns the one made before. Raises ``Forbidden``, ``Invalid``, ``Conflict``.
    """
    writing.require(actor, MANAGE_SALES_SETTINGS)
    if not stages:
        raise Invalid(_("A pipeline needs at least one stage."), field="stages", code="required")
    with writing.writes():
        stored = writing.known(Pipeline, actor, pipeline_id)
        if stored is not None:
            return stored
        pipeline = Pipeline(**({"pk": pipeline_id} if pipeline_id else {}))
        writing.fill(pipeline, {"name": name, **fields}, PIPELINE_FIELDS, actor)
        pipeline.position = _after_last(Pipeline.objects.all())
        _check_named(pipeline, pipeline.name, "name")
        writing.insert(pipeline, actor=actor, event="pipeline.created", fields=PIPELINE_FIELDS)
        for values in stages:
            _add_stage(actor, pipeline, None, values)
    return pipeline


def change_pipeline(
    *, actor: User | None, pipeline_id: UUID, changes: Mapping[str, Any], expected_version: int | None = None
) -> Pipeline:
    """Change name or motion, put it away (``is_active=False``: no new deals; those in it go on) or use it again.

    Raises ``Forbidden``, ``NotFound``, ``Invalid``, ``Conflict`` (``last_pipeline``), ``VersionConflict``.
    """
    writing.require(actor, MANAGE_SALES_SETTINGS)
    with writing.writes():
        pipeline = writing.locked(Pipeline, actor, pipeline_id)
        before = journal.snapshot(pipeline, changes.keys() & set(PIPELINE_FIELDS))
        writing.fill(pipeline, changes, PIPELINE_FIELDS, actor)
        _check_named(pipeline, pipeline.name, "name")
        if not pipeline.is_active and not Pipeline.objects.filter(is_active=True).exclude(pk=pipeline.pk).exists():
            raise Conflict(_("One pipeline stays in use: deals need one."), field="is_active", code="last_pipeline")
        writing.store(pipeline, actor=actor, event="pipeline.changed", before=before, expected_version=expected_version)
    return pipeline


def move_pipeline(*, actor: User | None, pipeline_id: UUID, to: int) -> Pipeline:
    """Put a pipeline at place ``to`` (from 0)."""
    writing.require(actor, MANAGE_SALES_SETTINGS)
    with writing.writes():
        pipeline = writing.locked(Pipeline, actor, pipeline_id)
        return _place(actor, pipeline, _in_order(Pipeline.objects.all()), to, "pipeline.moved")


# --- Stages ---------------------------------------------------------------------------------------------------------------


def add_stage(
    *,
    actor: User | None,
    pipeline_id: UUID,
    name: str,
    stage_id: UUID | None = None,
    to: int | None = None,
    **fields: Any,
) -> Stage:
    """Add a stage to a pipeline, at place ``to`` (from 0) or at its end. ``fields``: the others of ``STAGE_FIELDS``.

    Raises ``Forbidden``, ``NotFound``, ``Invalid``, ``Conflict``.
    """
    writing.require(actor, MANAGE_SALES_SETTINGS)
    with writing.writes():
        stored = writing.known(Stage, actor, stage_id)
        if stored is not None:
            return stored
        pipeline = writing.locked(Pipeline, actor, pipeline_id)
        stage = _add_stage(actor, pipeline, stage_id, {"name": name, **fields})
        if to is not None:
            _place(actor, stage, _in_order(pipeline.stages.all()), to, "stage.moved")
    return stage


def change_stage(
    *, actor: User | None, stage_id: UUID, changes: Mapping[str, Any], expected_version: int | None = None
) -> Stage:
    """Change what is named of ``STAGE_FIELDS``. Raises ``Forbidden``, ``NotFound``, ``Invalid``, ``Conflict``, ``VersionConflict``."""
    writing.require(actor, MANAGE_SALES_SETTINGS)
    with writing.writes():
        stage = writing.locked(Stage, actor, stage_id)
        before = journal.snapshot(stage, changes.keys() & set(STAGE_FIELDS))
        writing.fill(stage, changes, STAGE_FIELDS, actor)
        _check_named(stage, stage.name, "name")
        writing.store(stage, actor=actor, event="stage.changed", before=before, expected_version=expected_version)
    return stage


def move_stage(*, actor: User | None, stage_id: UUID, to: int) -> Stage:
    """Put a stage at place ``to`` (from 0) of its pipeline."""
    writing.require(actor, MANAGE_SALES_SETTINGS)
    with writing.writes():
        stage = writing.locked(Stage, actor, stage_id, "pipeline")
        writing.locked(Pipeline, actor, stage.pipeline_id)  # those who move at once take turns
        return _place(actor, stage, _in_order(stage.pipeline.stages.all()), to, "stage.moved")


def remove_stage(
    *, actor: User | None, stage_id: UUID, move_to: UUID | None = None, expected_version: int | None = None
) -> Stage:
    """Take a stage out of its pipeline and merge it into ``move_to``, which gets its deals and their history.

    Without deals ``move_to`` may be left out: what passed through once counts for the stage beside it. Returns the stage
    that took it in. Raises ``Conflict`` (``stage_in_use``: it has deals and nobody said where they go; ``last_stage``),
    ``Invalid``, ``VersionConflict``.
    """
    writing.require(actor, MANAGE_SALES_SETTINGS)
    with writing.writes():
        stage = writing.locked(Stage, actor, stage_id, "pipeline")
        writing.locked(Pipeline, actor, stage.pipeline_id)
        stage.require_version(expected_version)
        target = _target(stage, move_to)
        moved = _move_deals(actor, stage, target)
        StageChange.objects.filter(stage=stage).update(stage=target)
        journal.record(
            actor=actor,
            event="stage.removed",
            instance=stage,
            changes={"name": (stage.name, None), "moved_to": (None, target.pk), "deals": (moved, 0)},
        )
        stage.delete()
        _number(_in_order(stage.pipeline.stages.all()))
    return target


def _add_stage(actor: User | None, pipeline: Pipeline, stage_id: UUID | None, values: Mapping[str, Any]) -> Stage:
    if pipeline.stages.count() >= MOST_STAGES:
        raise Conflict(_("A pipeline has %(most)s stages at most.") % {"most": MOST_STAGES}, code="too_many")
    stage = Stage(**({"pk": stage_id} if stage_id else {}), pipeline=pipeline)
    writing.fill(stage, values, STAGE_FIELDS, actor)
    stage.position = _after_last(pipeline.stages.all())
    _check_named(stage, stage.name, "name")
    return writing.insert(stage, actor=actor, event="stage.added", fields=("pipeline", *STAGE_FIELDS))


def _target(stage: Stage, move_to: UUID | None) -> Stage:
    others = [one for one in _in_order(stage.pipeline.stages.all()) if one.pk != stage.pk]
    if not others:
        raise Conflict(_("A pipeline needs at least one stage."), code="last_stage")
    if move_to is None:
        if Deal.objects.filter(stage=stage).exists():
            raise Conflict(_("Say where its deals go."), field="move_to", code="stage_in_use")
        return min(others, key=lambda one: (abs(one.position - stage.position), one.position))
    found = next((one for one in others if one.pk == move_to), None)
    if found is None:
        raise Invalid(_("Choose another stage of the same pipeline."), field="move_to", code="not_found")
    return found


def _move_deals(actor: User | None, stage: Stage, target: Stage) -> int:
    """Each deal is changed and journalled by itself; since when it stands there goes on counting."""
    deals = list(Deal.objects.select_for_update(of=("self",)).filter(stage=stage).order_by("pk"))
    for deal in deals:
        deal.stage = target
        deal.save_version(fields=["stage"])
        journal.record(actor=actor, event="deal.moved", instance=deal, changes={"stage": (stage.pk, target.pk)})
    return len(deals)


# --- Reasons --------------------------------------------------------------------------------------------------------------


def add_reason(*, actor: User | None, kind: str, label: str, reason_id: UUID | None = None, **fields: Any) -> Reason:
    """Add a reason for ``kind`` (``disqualified``, ``lost``, ``won``). Raises ``Forbidden``, ``Invalid``, ``Conflict``."""
    writing.require(actor, MANAGE_SALES_SETTINGS)
    with writing.writes():
        stored = writing.known(Reason, actor, reason_id)
        if stored is not None:
            return stored
        reason = Reason(**({"pk": reason_id} if reason_id else {}), kind=kind)
        writing.fill(reason, {"label": label, **fields}, REASON_FIELDS, actor)
        reason.position = _after_last(Reason.objects.filter(kind=kind))
        _check_named(reason, reason.label, "label")
        return writing.insert(reason, actor=actor, event="reason.added", fields=("kind", *REASON_FIELDS))


def change_reason(
    *, actor: User | None, reason_id: UUID, changes: Mapping[str, Any], expected_version: int | None = None
) -> Reason:
    """Word it anew, or offer it no longer (``is_active=False``); what ended for it keeps it.

    Raises ``Forbidden``, ``NotFound``, ``Invalid``, ``Conflict``, ``VersionConflict``.
    """
    writing.require(actor, MANAGE_SALES_SETTINGS)
    with writing.writes():
        reason = writing.locked(Reason, actor, reason_id)
        before = journal.snapshot(reason, changes.keys() & set(REASON_FIELDS))
        writing.fill(reason, changes, REASON_FIELDS, actor)
        _check_named(reason, reason.label, "label")
        writing.store(reason, actor=actor, event="reason.changed", before=before, expected_version=expected_version)
    return reason


def move_reason(*, actor: User | None, reason_id: UUID, to: int) -> Reason:
    """Put a reason at place ``to`` (from 0) among those of its kind."""
    writing.require(actor, MANAGE_SALES_SETTINGS)
    with writing.writes():
        reason = writing.locked(Reason, actor, reason_id)
        return _place(actor, reason, _in_order(Reason.objects.filter(kind=reason.kind)), to, "reason.moved")


# --- inside ----------------------------------------------------------------------------------------------------------


def _check_named(row: Pipeline | Stage | Reason, name: str, field: str) -> None:
    if not name:
        raise Invalid(_("Give it a name."), field=field, code="blank")
    writing.check(row)


def _after_last(rows: QuerySet[Any]) -> int:
    last: int | None = rows.aggregate(last=Max("position"))["last"]
    return 0 if last is None else last + 1


def _in_order(rows: QuerySet[Placed]) -> list[Placed]:
    return list(rows.select_for_update(of=("self",)).order_by("position", "id"))


def _place(actor: User | None, row: Placed, rows: Iterable[Placed], to: int, event: str) -> Placed:
    others: list[Any] = [one for one in rows if one.pk != row.pk]
    before = row.position
    others.insert(max(0, to), row)  # beyond the end is the end
    _number(others)
    if row.position != before:
        journal.record(actor=actor, event=event, instance=row, changes={"position": (before, row.position)})
    return row


def _number(rows: Iterable[Any]) -> None:
    for position, row in enumerate(rows):
        if row.position != position:
            row.position = position
            row.save_version(fields=["position"])


def stages_of(pipelines: Iterable[Model]) -> dict[UUID, list[Stage]]:
    """The stages of several pipelines in their order, in one query."""
    found: dict[UUID, list[Stage]] = {pipeline.pk: [] for pipeline in pipelines}
    for stage in Stage.objects.filter(pipeline__in=found).order_by("position", "id"):
        found[stage.pipeline_id].append(stage)
    return found
