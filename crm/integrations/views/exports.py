"""Exports: asked for, watched, fetched."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import User
from accounts.views.answers import back_to, form_status
from crm.core import policy
from crm.core.doors import page
from crm.integrations.forms.exports import ExportForm
from crm.integrations.models import ExportJob
from crm.integrations.policies import VIEW_EXPORTS, WRITE_EXPORTS
from crm.integrations.services import exporting as services
from crm.integrations.services import files
from crm.integrations.writing.tables import CONTENT_TYPES

ON_A_PAGE = 25


@page(act=VIEW_EXPORTS)
@require_http_methods(["GET", "POST"])
def exports(request: HttpRequest) -> HttpResponse:
    """One's exports, newest first, and a new one."""
    actor: User = request.user  # type: ignore[assignment]
    form = ExportForm(request.POST or None, actor=actor)
    if request.method == "POST":
        policy.require(actor, WRITE_EXPORTS)
        if form.is_valid() and _request(actor, form):
            return redirect("integrations:exports")
    rows = Paginator(ExportJob.objects.visible_to(actor), ON_A_PAGE).get_page(request.GET.get("page"))
    busy = any(job.state == ExportJob.State.RUNNING for job in rows)
    facts = {"form": form, "page": rows, "rows": rows.object_list, "busy": busy}
    return render(request, "integrations/exports.html", facts, status=form_status(form))


def _request(actor: User, form: ExportForm) -> ExportJob | None:
    return form.carry_out(lambda: services.request_export(actor=actor, **form.values()))


@page(act=WRITE_EXPORTS)
@require_POST
def cancel(request: HttpRequest, export_id: UUID) -> HttpResponse:
    services.cancel_export(actor=request.user, export_id=export_id)  # type: ignore[arg-type]
    return back_to(request, "integrations:exports", _("The export is stopped."))


@page(act=VIEW_EXPORTS)
@require_GET
def fetch(request: HttpRequest, export_id: UUID) -> Any:
    """The file, for its owner alone."""
    actor: User = request.user  # type: ignore[assignment]
    job: ExportJob = policy.get_visible(ExportJob.objects.all(), actor, pk=export_id)
    job = services.file_of(actor=actor, export_id=job.pk)
    file = files.location(job.path).open("rb")
    return FileResponse(
        file, as_attachment=True, filename=f"{job.kind}.{job.format}", content_type=CONTENT_TYPES[job.format]
    )
