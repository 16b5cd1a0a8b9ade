"""Deals as a board: the stages of a pipeline side by side, a deal moved by drag or by key."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.models import User
from crm.core import policy, toasts
from crm.core.doors import page
from crm.core.errors import Invalid
from crm.core.finders import vendor_url
from crm.records import undo
from crm.records.lists.offered import DEALS
from crm.records.lists.state import SHAPE, State
from crm.records.undo import Step
from crm.records.views_lists import frame
from leads import selectors
from leads.models import Deal, Pipeline, Stage
from leads.policies import WRITE_DEALS
from leads.services import deals

BOARD = "board"
PER_STAGE = 50


def board(request: HttpRequest) -> HttpResponse:
    """Called by the list of deals, which has asked whether the reader may see it."""
    return render(request, "records/board.html", board_facts(request))


def board_facts(request: HttpRequest) -> dict[str, Any]:
    reader: User = request.user  # type: ignore[assignment]
    state = State(DEALS, reader, request.GET)
    pipelines = list(selectors.pipelines())
    pipeline = _chosen(request, pipelines)
    lanes = selectors.board(state.rows(), pipeline, per_stage=PER_STAGE) if pipeline else []
    return {
        **frame(state),
        "pipeline": pipeline,
        "pipelines": [(one, state.url(without=["line"], line=str(one.pk))) for one in pipelines],
        "lanes": [(lane, _more(state, lane.stage)) for lane in lanes],
        "list_url": state.url(without=[SHAPE, "line"]),
        "sortable": vendor_url("vendor/sortable.js"),
    }


def _chosen(request: HttpRequest, pipelines: list[Pipeline]) -> Pipeline | None:
    """``line`` names the pipeline; without one, that of the reader's own motion, else the first."""
    asked = request.GET.get("line", "")
    motion = getattr(request.user, "motion", "")
    named = next((one for one in pipelines if str(one.pk) == asked), None)
    return named or next((one for one in pipelines if one.motion == motion), None) or next(iter(pipelines), None)


def _more(state: State, stage: Stage) -> str:
    return state.url(without=[SHAPE, "line"], stage=str(stage.pk), state=Deal.State.OPEN.value)


@page(act=WRITE_DEALS)
@require_POST
def move(request: HttpRequest, record_id: UUID) -> HttpResponse:
    """Bring a deal to ``stage``, or a step along its pipeline (``to`` = next or back). Answers the board again."""
    actor: User = request.user  # type: ignore[assignment]
    deal: Deal = policy.get_visible(Deal.objects.select_related("stage"), actor, pk=record_id)
    stage = _target(request, deal)
    version = request.POST.get("version", "")
    expected = int(version) if version.isdecimal() and len(version) < 10 else None
    was = deal.stage_id
    moved = deals.move_deal(actor=actor, deal_id=deal.pk, stage_id=stage, expected_version=expected)
    back = (
        undo.keep(actor, [Step("deal.move", str(deal.pk), moved.version, {"stage": str(was)})]) if was != stage else ""
    )
    text = _("%(name)s: now %(stage)s.") % {"name": moved.name, "stage": Stage.objects.get(pk=moved.stage_id).name}
    if not request.htmx:  # type: ignore[attr-defined]
        toasts.show_next(request, text, undo=back)
        return redirect(f"{reverse('records:deals')}?{SHAPE}={BOARD}")
    answer = render(request, "records/parts/board.html", board_facts(request))
    return toasts.show_now(answer, text, undo=back) if back else answer


def _target(request: HttpRequest, deal: Deal) -> UUID:
    step = {"next": 1, "back": -1}.get(request.POST.get("to", ""))
    if step is None:
        try:
            return UUID(request.POST.get("stage", ""))
        except ValueError as error:
            raise Invalid(_("There is no such stage."), field="stage") from error
    stages = list(Stage.objects.filter(pipeline=deal.stage.pipeline_id).order_by("position"))
    here = [stage.pk for stage in stages].index(deal.stage_id)
    return stages[min(max(here + step, 0), len(stages) - 1)].pk
