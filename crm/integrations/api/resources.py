"""The resources of this app."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from typing_extensions import override

from crm.core.api.filters import ChoiceFilter, RowFilters
from crm.core.api.pagination import keyed
from crm.core.api.resources import Changes, Creates, Lists, Removes, Retrieves
from crm.core.api.routers import command
from crm.core.errors import Invalid
from crm.integrations.api import serializers
from crm.integrations.models import ExportJob, ImportJob
from crm.integrations.policies import VIEW_EXPORTS, VIEW_IMPORTS, WRITE_EXPORTS, WRITE_IMPORTS
from crm.integrations.services import exporting, files, imports
from crm.integrations.targets import TARGETS
from crm.integrations.writing.tables import CONTENT_TYPES

# Of a body in JSON; the file itself is read in blocks.
MOST_BYTES = 5 * 1024 * 1024
BLOCK = 1024 * 1024


class ImportFilters(RowFilters):
    """Narrow the list of imports."""

    state = ChoiceFilter(choices=ImportJob.State.choices, label="Where it stands.")
    target = ChoiceFilter(choices=ImportJob.Target.choices, label="What it holds.")


class ExportFilters(RowFilters):
    """Narrow the list of exports."""

    state = ChoiceFilter(choices=ExportJob.State.choices, label="Where it stands.")


class Imports(Lists, Retrieves, Creates, Changes, Removes):
    """Files brought in: recognised, tried out, run by a worker, undone.

    Small files may stand in the body of a `POST`; any file up to 512 MB is sent as it is by `PUT imports/{id}/file`.
    """

    noun = "an import"
    acts = {
        "list": VIEW_IMPORTS,
        "retrieve": VIEW_IMPORTS,
        "create": WRITE_IMPORTS,
        "change": WRITE_IMPORTS,
        "remove": WRITE_IMPORTS,
        "file": WRITE_IMPORTS,
        "try_out": WRITE_IMPORTS,
        "run": WRITE_IMPORTS,
        "cancel": WRITE_IMPORTS,
        "undo": WRITE_IMPORTS,
    }
    reader = serializers.ImportRead
    takes = {"create": serializers.ImportCreate, "change": serializers.ImportChange}
    filterset_class = ImportFilters
    orders = keyed({"created_at": "created_at", "updated_at": "updated_at"})
    default_order = "-created_at"
    most_bytes = MOST_BYTES

    @override
    def rows(self) -> QuerySet[Any]:
        return ImportJob.objects.visible_to(self.person)

    @override
    def create_row(self, values: dict[str, Any]) -> UUID:
        return imports.bring_file(actor=self.person, import_id=values.pop("id", None), **values).pk

    @override
    def change_row(self, row_id: UUID, changes: dict[str, Any], expected_version: int | None) -> Any:
        return imports.change_import(actor=self.person, import_id=row_id, expected_version=expected_version, **changes)

    @override
    def remove_row(self, row_id: UUID, expected_version: int | None) -> Any:
        return imports.delete_import(actor=self.person, import_id=row_id)

    @extend_schema(
        parameters=[
            OpenApiParameter("target", str, required=True, enum=list(TARGETS), description="What the file holds."),
            OpenApiParameter("name", str, required=True, description="What the file is called, with its ending."),
        ],
        request={"application/octet-stream": OpenApiTypes.BINARY},
    )
    @action(detail=True, methods=["put"], url_path="file")
    def file(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Bring a file as it is, up to 512 MB; the import gets the id in the address.

        Needs no `Idempotency-Key`: sent again, the file that came first stays.
        """
        asked, row_id = request.query_params, self.row_id
        if not asked.get("name"):
            raise Invalid(_("Say what the file is called."), field="name", code="required")
        blocks = iter(partial(request._request.read, BLOCK), b"")
        imports.bring_file(
            actor=self.person, import_id=row_id, blocks=blocks, name=asked["name"], target=asked.get("target", "")
        )
        return self.answer_row(row_id)

    @override
    def allowed_parameters(self) -> frozenset[str]:
        return frozenset({"target", "name"}) if self.action == "file" else super().allowed_parameters()

    @command(path="try")
    def try_out(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Do everything but write it; `trial` then holds the counts of the real run."""
        return self._do(imports.try_import)

    @command()
    def run(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Take the rows in."""
        return self._do(imports.run_import)

    @command()
    def cancel(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Stop after the rows under way; what came in stays."""
        return self._do(imports.cancel_import)

    @command()
    def undo(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Take out what came in and was not edited since; `undone` says what stayed."""
        return self._do(imports.undo_import)

    def _do(self, verb: Any) -> HttpResponse:
        row = self.get_row(self.row_id)
        verb(actor=self.person, import_id=row.pk)
        return self.answer_row(row.pk)


class Exports(Lists, Retrieves, Creates):
    """Lists as files, made by a worker, for who asked alone, gone after a week."""

    noun = "an export"
    acts = {
        "list": VIEW_EXPORTS,
        "retrieve": VIEW_EXPORTS,
        "create": WRITE_EXPORTS,
        "cancel": WRITE_EXPORTS,
        "file": VIEW_EXPORTS,
    }
    reader = serializers.ExportRead
    takes = {"create": serializers.ExportCreate}
    filterset_class = ExportFilters
    orders = keyed({"created_at": "created_at", "updated_at": "updated_at"})
    default_order = "-created_at"

    @override
    def rows(self) -> QuerySet[Any]:
        return ExportJob.objects.visible_to(self.person)

    @override
    def create_row(self, values: dict[str, Any]) -> UUID:
        return exporting.request_export(actor=self.person, export_id=values.pop("id", None), **values).pk

    @command()
    def cancel(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Stop making the file."""
        row = self.get_row(self.row_id)
        exporting.cancel_export(actor=self.person, export_id=row.pk)
        return self.answer_row(row.pk)

    @extend_schema(responses={200: OpenApiResponse(OpenApiTypes.BINARY, description="The file.")})
    @action(detail=True, methods=["get"], url_path="file")
    def file(self, request: Request, **kwargs: Any) -> HttpResponseBase:
        """The file itself."""
        job = exporting.file_of(actor=self.person, export_id=self.row_id)
        body = files.location(job.path).open("rb")
        return FileResponse(
            body, as_attachment=True, filename=f"{job.kind}.{job.format}", content_type=CONTENT_TYPES[job.format]
        )
