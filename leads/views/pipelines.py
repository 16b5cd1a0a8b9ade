"""Pipelines with their stages, and reasons."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.models import User
from accounts.views.answers import back_to
from crm.core import formats, policy, toasts
from crm.core.doors import page
from crm.core.errors import Refusal
from crm.core.templatetags.tandem import motion
from leads.forms.settings import (
    NewPipelineForm,
    NewReasonForm,
    PipelineForm,
    ReasonForm,
    RemoveStageForm,
    StageForm,
)
from leads.models import Deal, Pipeline, Reason, Stage
from leads.policies import MANAGE_SALES_SETTINGS, VIEW_SALES_SETTINGS
from leads.services import pipelines as services
from leads.views.catalogue import Catalogue, FormPage, Row, Section, order_answer, put_in_order

# --- Pipelines -------------------------------------------------------------------------------------------------------------


@page(act=VIEW_SALES_SETTINGS)
def pipelines(request: HttpRequest) -> HttpResponse:
    """The ways that deals go."""
    section = _pipelines(request)
    return Catalogue(
        title=_("Pipelines"),
        intro=_("The ways that deals go: a light one for the phone, a longer one for visits."),
        sections=[section],
        add_url=reverse("sales:new_pipeline") if _may(request) else "",
        add_label=_("New pipeline"),
    ).answer(request)


def _pipelines(request: HttpRequest) -> Section:
    rows = list(Pipeline.objects.visible_to(_actor(request)))
    stages, may = services.stages_of(rows), _may(request)

    def shown(row: Pipeline) -> Row:
        return Row(
            id=row.pk,
            name=row.name,
            url=reverse("sales:pipeline", args=[row.pk]),
            again=reverse("sales:use_pipeline_again", args=[row.pk]) if may else "",
            cells=(
                (_("Motion"), motion(row.motion)),
                (_("Stages"), " → ".join(stage.name for stage in stages[row.pk])),
            ),
        )

    return Section(
        key="pipelines",
        title=_("In use"),
        columns=[_("Name"), _("Motion"), _("Stages")],
        rows=[shown(row) for row in rows if row.is_active],
        put_away=[shown(row) for row in rows if not row.is_active],
        empty=_("No pipeline yet. Deals need one."),
        order_url=reverse("sales:order_pipelines") if may else "",
    )


@page(act=MANAGE_SALES_SETTINGS)
@require_POST
def order_pipelines(request: HttpRequest) -> HttpResponse:
    present = [row.id for row in _pipelines(request).rows]
    put_in_order(request, present, lambda pk, to: services.move_pipeline(actor=_actor(request), pipeline_id=pk, to=to))
    return order_answer(request, _pipelines(request)) if _partial(request) else redirect("sales:pipelines")


@page(act=MANAGE_SALES_SETTINGS)
def new_pipeline(request: HttpRequest) -> HttpResponse:
    form = NewPipelineForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = form.carry_out(lambda: services.create_pipeline(actor=_actor(request), **form.values()))
        if made:
            return back_to(request, "sales:pipeline", _("%(name)s made.") % {"name": made.name}, args=(made.pk,))
    title, save = _("New pipeline"), _("Make the pipeline")
    return FormPage(title, form, _("Pipelines"), reverse("sales:pipelines"), save).answer(request)


@page(act=VIEW_SALES_SETTINGS)
def pipeline(request: HttpRequest, pipeline_id: UUID) -> HttpResponse:
    """One pipeline and its stages in order."""
    row: Pipeline = policy.get_visible(Pipeline.objects.all(), _actor(request), pk=pipeline_id)
    may = _may(request)
    return Catalogue(
        title=row.name,
        intro=row.get_motion_display(),
        sections=[_stages(request, row)],
        add_url=reverse("sales:new_stage", args=[row.pk]) if may else "",
        add_label=_("New stage"),
        rests=[(reverse("sales:edit_pipeline", args=[row.pk]), _("Name and motion"))] if may else [],
        crumb=(_("Pipelines"), reverse("sales:pipelines")),
    ).answer(request)


def _stages(request: HttpRequest, row: Pipeline) -> Section:
    may = _may(request)
    return Section(
        key="stages",
        title=_("Stages"),
        columns=[_("Stage"), _("Chance"), _("Forecast"), _("Stuck after")],
        rows=[
            Row(
                id=stage.pk,
                name=stage.name,
                url=reverse("sales:stage", args=[stage.pk]) if may else "",
                cells=(
                    (_("Chance"), formats.percent(stage.probability / 100)),
                    (_("Forecast"), stage.get_forecast_display()),
                    (_("Stuck after"), _("%(days)s days") % {"days": stage.stale_days} if stage.stale_days else ""),
                ),
            )
            for stage in services.stages_of([row])[row.pk]
        ],
        order_url=reverse("sales:order_stages", args=[row.pk]) if may else "",
    )


@page(act=MANAGE_SALES_SETTINGS)
def edit_pipeline(request: HttpRequest, pipeline_id: UUID) -> HttpResponse:
    row: Pipeline = policy.get_visible(Pipeline.objects.all(), _actor(request), pk=pipeline_id)
    form = PipelineForm(request.POST or None, record=row)
    if request.method == "POST" and form.is_valid():
        values, version = form.values(), form.expected_version
        write = partial(services.change_pipeline, actor=_actor(request), pipeline_id=row.pk)
        if form.carry_out(lambda: write(changes=values, expected_version=version)):
            return back_to(request, "sales:pipeline", _("%(name)s saved.") % {"name": values["name"]}, args=(row.pk,))
    use = {"put_away": "sales:put_pipeline_away"} if row.is_active else {"again": "sales:use_pipeline_again"}
    urls: Any = {name: reverse(view, args=[row.pk]) for name, view in use.items()}
    back = reverse("sales:pipeline", args=[row.pk])
    return FormPage(row.name, form, row.name, back, _("Save"), **urls).answer(request)


@page(act=MANAGE_SALES_SETTINGS)
@require_POST
def put_pipeline_away(request: HttpRequest, pipeline_id: UUID) -> HttpResponse:
    return _use_pipeline(request, pipeline_id, used=False)


@page(act=MANAGE_SALES_SETTINGS)
@require_POST
def use_pipeline_again(request: HttpRequest, pipeline_id: UUID) -> HttpResponse:
    return _use_pipeline(request, pipeline_id, used=True)


def _use_pipeline(request: HttpRequest, pipeline_id: UUID, *, used: bool) -> HttpResponse:
    write = services.change_pipeline
    try:
        row = write(actor=_actor(request), pipeline_id=pipeline_id, changes={"is_active": used})
    except Refusal as refusal:
        toasts.show_next(request, str(refusal.detail), kind="late")
        return redirect("sales:pipelines")
    text = _("%(name)s is in use again.") if used else _("%(name)s put away.")
    undo = reverse("sales:use_pipeline_again", args=[row.pk]) if not used else ""
    return back_to(request, "sales:pipelines", text % {"name": row.name}, undo=undo)


# --- Stages ------------------------------------------------------------------------------------------------------------------


@page(act=MANAGE_SALES_SETTINGS)
@require_POST
def order_stages(request: HttpRequest, pipeline_id: UUID) -> HttpResponse:
    row: Pipeline = policy.get_visible(Pipeline.objects.all(), _actor(request), pk=pipeline_id)
    present = [stage.id for stage in _stages(request, row).rows]
    put_in_order(request, present, lambda pk, to: services.move_stage(actor=_actor(request), stage_id=pk, to=to))
    return order_answer(request, _stages(request, row)) if _partial(request) else redirect("sales:pipeline", row.pk)


@page(act=MANAGE_SALES_SETTINGS)
def new_stage(request: HttpRequest, pipeline_id: UUID) -> HttpResponse:
    row: Pipeline = policy.get_visible(Pipeline.objects.all(), _actor(request), pk=pipeline_id)
    form = StageForm(request.POST or None, initial={"probability": 50})
    if request.method == "POST" and form.is_valid():
        add = partial(services.add_stage, actor=_actor(request), pipeline_id=row.pk)
        made = form.carry_out(lambda: add(**form.values()))
        if made:
            return back_to(request, "sales:pipeline", _("%(name)s made.") % {"name": made.name}, args=(row.pk,))
    back = reverse("sales:pipeline", args=[row.pk])
    return FormPage(_("New stage"), form, row.name, back, _("Add the stage")).answer(request)


@page(act=MANAGE_SALES_SETTINGS)
def stage(request: HttpRequest, stage_id: UUID) -> HttpResponse:
    """One stage: what it is, and how it is taken out."""
    row: Stage = policy.get_visible(Stage.objects.select_related("pipeline"), _actor(request), pk=stage_id)
    form = StageForm(request.POST or None, record=row)
    if request.method == "POST" and form.is_valid():
        values, version = form.values(), form.expected_version
        write = partial(services.change_stage, actor=_actor(request), stage_id=row.pk)
        if form.carry_out(lambda: write(changes=values, expected_version=version)):
            text = _("%(name)s saved.") % {"name": values["name"]}
            return back_to(request, "sales:pipeline", text, args=(row.pipeline_id,))
    removal = RemoveStageForm(stage=row, deals=_deals_at(row))
    return _stage_page(request, row, form, removal)


@page(act=MANAGE_SALES_SETTINGS)
@require_POST
def remove_stage(request: HttpRequest, stage_id: UUID) -> HttpResponse:
    """Take a stage out; its deals go where the form says."""
    row: Stage = policy.get_visible(Stage.objects.select_related("pipeline"), _actor(request), pk=stage_id)
    removal = RemoveStageForm(request.POST, stage=row, deals=_deals_at(row))
    if removal.is_valid():
        to = removal.cleaned_data["move_to"]
        remove = partial(services.remove_stage, actor=_actor(request), stage_id=row.pk)
        if removal.carry_out(lambda: remove(move_to=to.pk if to else None)):
            text = _("%(name)s taken out.") % {"name": row.name}
            return back_to(request, "sales:pipeline", text, args=(row.pipeline_id,))
    answer = _stage_page(request, row, StageForm(record=row), removal)
    answer.status_code = 422
    return answer


def _deals_at(row: Stage) -> int:
    """All of them, seen or not: they move with the stage."""
    return Deal.objects.filter(stage=row).count()  # house: start from what is visible (a bare number)


def _stage_page(request: HttpRequest, row: Stage, form: StageForm, removal: RemoveStageForm) -> HttpResponse:
    back = reverse("sales:pipeline", args=[row.pipeline_id])
    shown = FormPage(row.name, form, row.pipeline.name, back, _("Save"), template="leads/settings/stage.html")
    return shown.answer(request, removal=removal, stage=row, deals=_deals_at(row))


# --- Reasons -----------------------------------------------------------------------------------------------------------------


@page(act=VIEW_SALES_SETTINGS)
def reasons(request: HttpRequest) -> HttpResponse:
    """Why things end: the organisation's own lists."""
    return Catalogue(
        title=_("Reasons"),
        intro=_("Why leads are disqualified and deals won or lost. Short lists are answered truly."),
        sections=[_reasons(request, kind) for kind in Reason.Kind.values],
        add_url=reverse("sales:new_reason") if _may(request) else "",
        add_label=_("New reason"),
    ).answer(request)


def _reasons(request: HttpRequest, kind: str) -> Section:
    may = _may(request)
    rows = list(Reason.objects.visible_to(_actor(request)).filter(kind=kind))

    def shown(row: Reason) -> Row:
        return Row(
            id=row.pk,
            name=row.label,
            url=reverse("sales:reason", args=[row.pk]) if may else "",
            again=reverse("sales:use_reason_again", args=[row.pk]) if may else "",
        )

    return Section(
        key=kind,
        title=Reason.Kind(kind).label,
        columns=[_("Reason")],
        rows=[shown(row) for row in rows if row.is_active],
        put_away=[shown(row) for row in rows if not row.is_active],
        empty=_("No reason yet."),
        order_url=reverse("sales:order_reasons", args=[kind]) if may else "",
    )


@page(act=MANAGE_SALES_SETTINGS)
@require_POST
def order_reasons(request: HttpRequest, kind: str) -> HttpResponse:
    present = [row.id for row in _reasons(request, kind).rows]
    put_in_order(request, present, lambda pk, to: services.move_reason(actor=_actor(request), reason_id=pk, to=to))
    return order_answer(request, _reasons(request, kind)) if _partial(request) else redirect("sales:reasons")


@page(act=MANAGE_SALES_SETTINGS)
def new_reason(request: HttpRequest) -> HttpResponse:
    form = NewReasonForm(request.POST or None, initial={"kind": request.GET.get("kind", Reason.Kind.LOST)})
    if request.method == "POST" and form.is_valid():
        made = form.carry_out(lambda: services.add_reason(actor=_actor(request), **form.values()))
        if made:
            return back_to(request, "sales:reasons", _("%(name)s made.") % {"name": made.label})
    title, save = _("New reason"), _("Add the reason")
    return FormPage(title, form, _("Reasons"), reverse("sales:reasons"), save).answer(request)


@page(act=MANAGE_SALES_SETTINGS)
def reason(request: HttpRequest, reason_id: UUID) -> HttpResponse:
    row: Reason = policy.get_visible(Reason.objects.all(), _actor(request), pk=reason_id)
    form = ReasonForm(request.POST or None, record=row)
    if request.method == "POST" and form.is_valid():
        values, version = form.values(), form.expected_version
        write = partial(services.change_reason, actor=_actor(request), reason_id=row.pk)
        if form.carry_out(lambda: write(changes=values, expected_version=version)):
            return back_to(request, "sales:reasons", _("%(name)s saved.") % {"name": values["label"]})
    use = {"put_away": "sales:put_reason_away"} if row.is_active else {"again": "sales:use_reason_again"}
    urls: Any = {name: reverse(view, args=[row.pk]) for name, view in use.items()}
    return FormPage(row.label, form, _("Reasons"), reverse("sales:reasons"), _("Save"), **urls).answer(request)


@page(act=MANAGE_SALES_SETTINGS)
@require_POST
def put_reason_away(request: HttpRequest, reason_id: UUID) -> HttpResponse:
    return _use_reason(request, reason_id, used=False)


@page(act=MANAGE_SALES_SETTINGS)
@require_POST
def use_reason_again(request: HttpRequest, reason_id: UUID) -> HttpResponse:
    return _use_reason(request, reason_id, used=True)


def _use_reason(request: HttpRequest, reason_id: UUID, *, used: bool) -> HttpResponse:
    row = services.change_reason(actor=_actor(request), reason_id=reason_id, changes={"is_active": used})
    text = _("%(name)s is in use again.") if used else _("%(name)s put away.")
    undo = reverse("sales:use_reason_again", args=[row.pk]) if not used else ""
    return back_to(request, "sales:reasons", text % {"name": row.label}, undo=undo)


# --- inside ----------------------------------------------------------------------------------------------------------


def _actor(request: HttpRequest) -> User:
    return request.user  # type: ignore[return-value]


def _may(request: HttpRequest) -> bool:
    return policy.may(_actor(request), MANAGE_SALES_SETTINGS)


def _partial(request: HttpRequest) -> bool:
    return bool(request.htmx)  # type: ignore[attr-defined]
