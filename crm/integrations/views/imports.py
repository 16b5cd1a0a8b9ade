"""Imports: the list, one import in each of its states, and its verbs."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRefresh

from accounts.models import User
from accounts.views.answers import back_to, form_status
from crm.core import policy
from crm.core.doors import page
from crm.integrations.forms.imports import FileForm, ImportForm
from crm.integrations.models import ImportJob
from crm.integrations.policies import VIEW_IMPORTS, WRITE_IMPORTS
from crm.integrations.services import imports as services
from crm.integrations.services import results

ON_A_PAGE = 25
SHOWN_ROWS = 100
STATE = ImportJob.State


@page(act=VIEW_IMPORTS)
@require_http_methods(["GET", "POST"])
def imports(request: HttpRequest) -> HttpResponse:
    """One's imports, newest first, and the place to drop a file."""
    actor: User = request.user  # type: ignore[assignment]
    form = FileForm(request.POST or None, request.FILES or None, actor=actor)
    if request.method == "POST":
        policy.require(actor, WRITE_IMPORTS)
        if form.is_valid() and (job := _bring(actor, form)):
            return redirect("integrations:import", job.pk)
    rows = Paginator(ImportJob.objects.visible_to(actor).select_related("owner"), ON_A_PAGE).get_page(
        request.GET.get("page")
    )
    return render(
        request,
        "integrations/imports.html",
        {"form": form, "page": rows, "rows": rows.object_list},
        status=form_status(form),
    )


def _bring(actor: User, form: FileForm) -> ImportJob | None:
    file: UploadedFile[Any] = form.cleaned_data["file"]
    name, target = file.name or "", form.cleaned_data["target"]
    return form.carry_out(lambda: services.bring_file(actor=actor, blocks=file.chunks(), name=name, target=target))


@page(act=VIEW_IMPORTS)
@require_http_methods(["GET", "POST"])
def import_(request: HttpRequest, import_id: UUID) -> HttpResponse:
    """One import. As a draft it is corrected here; at work it shows how far it is; done, what came of it."""
    actor: User = request.user  # type: ignore[assignment]
    job = _visible(actor, import_id)
    if job.state not in (STATE.DRAFT, STATE.CHECKED):
        return render(request, "integrations/import.html", _facts(job))
    form = ImportForm(request.POST or None, job=job, table=services.look_at(job))
    if request.method == "POST":
        policy.require(actor, WRITE_IMPORTS)
        if form.is_valid() and _go_on(actor, job, form, request.POST.get("then", "")):
            return redirect("integrations:import", job.pk)
    return render(request, "integrations/import.html", {"form": form, **_facts(job)}, status=form_status(form))


def _go_on(actor: User, job: ImportJob, form: ImportForm, then: str) -> ImportJob | None:
    return form.carry_out(lambda: _change(actor, job, form, then))


# Settings that decide what the columns are: after one of them changed, the mapping is made and shown afresh.
SHAPE = ("encoding", "delimiter", "sheet", "header")


def _change(actor: User, job: ImportJob, form: ImportForm, then: str) -> ImportJob:
    """Keep the corrections and, when asked and nothing needs another look, go on with them."""
    changes = {name: value for name, value in form.settings().items() if job.settings.get(name) != value}
    reshaped = any(name in changes for name in SHAPE)
    changed = services.change_import(
        actor=actor,
        import_id=job.pk,
        options=form.options(),
        settings=form.settings() if changes else None,
        mapping=None if reshaped else form.mapping(),
        expected_version=form.cleaned_data["version"],
    )
    if reshaped or then not in ("try", "run"):
        return changed
    verb = services.try_import if then == "try" else services.run_import
    return verb(actor=actor, import_id=job.pk)


def _visible(actor: User, import_id: UUID) -> ImportJob:
    job: ImportJob = policy.get_visible(ImportJob.objects.select_related("owner"), actor, pk=import_id)
    return job


def _facts(job: ImportJob) -> dict[str, Any]:
    told = results.told(job)
    left = (job.undone or {}).get("edited", 0) + (job.undone or {}).get("in_use", 0)
    return {
        "job": job,
        "told": told[:SHOWN_ROWS],
        "told_count": told.count(),
        "left": left,
        "can_undo": job.state in (STATE.DONE, STATE.CANCELLED, STATE.FAILED) and job.position,
    }


@page(act=VIEW_IMPORTS)
@require_GET
def progress(request: HttpRequest, import_id: UUID) -> HttpResponse:
    """How far the work is, for the page that asks every second; the whole page once it is over."""
    job = _visible(request.user, import_id)  # type: ignore[arg-type]
    if not job.is_at_work:
        return HttpResponseClientRefresh()
    return render(request, "integrations/_progress.html", {"job": job})


@page(act=WRITE_IMPORTS)
@require_POST
def cancel(request: HttpRequest, import_id: UUID) -> HttpResponse:
    services.cancel_import(actor=request.user, import_id=import_id)  # type: ignore[arg-type]
    return back_to(request, "integrations:import", _("It stops after the rows under way."), args=(import_id,))


@page(act=WRITE_IMPORTS)
@require_POST
def undo(request: HttpRequest, import_id: UUID) -> HttpResponse:
    services.undo_import(actor=request.user, import_id=import_id)  # type: ignore[arg-type]
    return redirect("integrations:import", import_id)


@page(act=WRITE_IMPORTS)
@require_POST
def delete(request: HttpRequest, import_id: UUID) -> HttpResponse:
    services.delete_import(actor=request.user, import_id=import_id)  # type: ignore[arg-type]
    return back_to(request, "integrations:imports", _("The file is gone."))


@page(act=VIEW_IMPORTS)
@require_GET
def result(request: HttpRequest, import_id: UUID) -> Any:
    """Every row with what became of it."""
    job = _visible(request.user, import_id)  # type: ignore[arg-type]
    if not job.position:
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    answer = StreamingHttpResponse(results.result_lines(job), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="import-{job.pk}.csv"'
    return answer
