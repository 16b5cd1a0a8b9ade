"""Views: ``Endpoint`` is what every API view shares, ``Resource`` a kind of record with its verbs.

A resource declares; the frame parses, checks, calls and answers::

    class Absences(Lists, Creates, Removes, Resource):
        noun = "an absence"
        acts = {"list": VIEW_ABSENCES, "create": WRITE_ABSENCES, "remove": WRITE_ABSENCES}
        reader = AbsenceRead
        takes = {"create": AbsenceCreate}
        filterset_class = AbsenceFilters
        orders = keyed({"starts_at": "starts_at"})

        def rows(self): return Absence.objects.visible_to(self.person)
        def create_row(self, values): return add_absence(actor=self.person, **values).pk

``docs/adding-an-api-resource.md`` tells the steps.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from rest_framework import status as http
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSetMixin
from typing_extensions import override

from crm.core import errors
from crm.core.api import idempotency, versions
from crm.core.api.fields import parse_id
from crm.core.api.filters import FilterBackend, check_parameters
from crm.core.api.pagination import PARAMETERS, CursorPages, Order, keyed
from crm.core.api.parsers import MOST_BYTES
from crm.core.api.permissions import is_offered
from crm.core.api.problems import bad_parameter
from crm.core.api.serializers import ReadSerializer, WriteSerializer
from crm.core.api.throttles import GENERAL, Bucket, Standing

# The contract this code speaks. Later versions are dated too and pinned per key.
API_VERSION = "2026-11-21"


class Endpoint(APIView):
    """One door of the API: counted, authenticated, permitted, run once per idempotency key, answered in one style."""

    metadata_class = None
    http_method_names = ["get", "head", "post", "put", "patch", "delete"]
    # What it demands: one act, or one per action.
    act: ClassVar[str] = ""
    acts: ClassVar[Mapping[str, str]] = {}
    any_scope: ClassVar[bool] = False  # any key of a person who may do it, whatever its scopes
    # Limits.
    bucket: ClassVar[Bucket] = GENERAL
    most_bytes: ClassVar[int] = MOST_BYTES
    standing: Standing | None = None
    # Names in its answers that are shown once.
    once_only: frozenset[str] = frozenset()
    parameters: frozenset[str] = frozenset()

    @property
    def person(self) -> Any:
        """Who calls: with a session the person, with a key its owner."""
        return self.request.user

    @property
    def credential(self) -> Any:
        """The key of this request; None for a session."""
        return self.request.auth

    @override
    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        self.format_kwarg = None
        request.version, request.versioning_scheme = None, None
        try:
            request.accepted_renderer, request.accepted_media_type = self.perform_content_negotiation(request)
            self.perform_authentication(request)
        finally:
            # Also when the key is wrong: guessing counts, against the address.
            self.check_throttles(request)
        self.check_permissions(request)
        if not is_offered(request, self):
            raise MethodNotAllowed(request.method or "")
        check_parameters(request, self.allowed_parameters())

    def allowed_parameters(self) -> frozenset[str]:
        return self.parameters

    @override
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """DRF's, with one thing between the checks and the handler: ``idempotency.once``."""
        self.args, self.kwargs = args, kwargs
        self.request = asked = self.initialize_request(request, *args, **kwargs)
        self.headers = self.default_response_headers
        try:
            self.initial(asked, *args, **kwargs)
            handler = getattr(self, (asked.method or "").lower())
            response = idempotency.once(self, lambda: handler(asked, *args, **kwargs))
        except Exception as fault:  # noqa: BLE001 (the unforeseen ones are raised again by handle_exception)
            response = self.handle_exception(fault)
        self.response = self.finalize_response(asked, response, *args, **kwargs)
        return self.response

    @override
    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        final = super().finalize_response(request, response, *args, **kwargs)
        final.headers["Tandem-Version"] = API_VERSION
        patch_vary_headers(final, ["Authorization", "Cookie", "Accept-Language"])
        if self.standing is not None:
            self.standing.tell(final)
        return final

    def answer(self, data: Any, status: int = http.HTTP_200_OK) -> HttpResponse:
        """``data`` as JSON; None is an answer without body (204)."""
        if data is None:
            response = HttpResponse(status=http.HTTP_204_NO_CONTENT)
            del response.headers["Content-Type"]
            return response
        return HttpResponse(JSONRenderer().render(data), status=status, content_type="application/json")


class Resource(ViewSetMixin, Endpoint):
    """A kind of record. Mix in the verbs it offers; add others with ``@command``."""

    # One of them, with its article, for the documentation: "an absence".
    noun: ClassVar[str] = ""
    # Output by default and, where an action answers something else, ``gives``: action -> (status, serializer or None).
    reader: ClassVar[type[ReadSerializer]]
    gives: ClassVar[Mapping[str, tuple[int, Any]]] = {}
    # Input per action; an action without an entry takes no body.
    takes: ClassVar[Mapping[str, type[WriteSerializer]]] = {}
    # Lists.
    orders: ClassVar[Mapping[str, Order]] = keyed({})
    default_order: ClassVar[str] = "id"
    filterset_class: ClassVar[Any] = None
    filter_backends: ClassVar[list[Any]] = [FilterBackend]
    pagination_class = CursorPages
    lookup_field = "pk"
    lookup_url_kwarg = "id"

    action: str

    def rows(self) -> QuerySet[Any]:
        """What the caller sees, with what the reader shows: starts from ``visible_to``."""
        raise NotImplementedError

    # -- what actions are made of --

    @property
    def row_id(self) -> UUID:
        """The id in the address. Raises ``NotFound`` for what is no id."""
        identifier = parse_id(self.kwargs.get("id"))
        if identifier is None:
            raise errors.NotFound
        return identifier

    @property
    def expected_version(self) -> int | None:
        return versions.expected_version(self.request)

    def values(self) -> dict[str, Any]:
        """The validated body of this action. Raises DRF's ``ValidationError``."""
        partial = self.action == "change"  # a PATCH: what is not named stays
        serializer = self.takes[self.action](
            data=self.request.data, partial=partial, context=self.get_serializer_context()
        )
        serializer.is_valid(raise_exception=True)
        values: dict[str, Any] = serializer.validated_data
        return values

    def get_row(self, row_id: UUID) -> Model:
        """One visible row. Raises ``NotFound``."""
        row: Model | None = self.rows().filter(pk=row_id).first()
        if row is None:
            raise errors.NotFound
        return row

    def answer_row(self, row_id: UUID, status: int = http.HTTP_200_OK) -> HttpResponse:
        """The record as it now is. 204 when the write took it out of the caller's sight."""
        row = self.rows().filter(pk=row_id).first()
        return self._show(row, status) if row is not None else self.answer(None)

    def _show(self, row: Model, status: int = http.HTTP_200_OK) -> HttpResponse:
        response = self.answer(self.get_reader().represent([row])[0], status)
        version = getattr(row, "version", None)
        if version is not None:
            response.headers["ETag"] = versions.tag(version, response.content)
        return response

    def get_reader(self) -> ReadSerializer:
        return self.reader(context=self.get_serializer_context(), only=self._only())

    def get_serializer_context(self) -> dict[str, Any]:
        return {"request": self.request, "view": self}

    def _only(self) -> frozenset[str] | None:
        """The names in ``?fields=``, all of them known; None without it."""
        said = self.request.query_params.get("fields")
        if said is None:
            return None
        names = frozenset(said.split(","))
        offered = self.reader.Meta.fields
        if not names <= set(offered):
            raise bad_parameter("fields", "unknown_field", "Choose from: " + ", ".join(offered) + ".")
        return names

    @override
    def allowed_parameters(self) -> frozenset[str]:
        match self.action:
            case "list":
                filters = self.filterset_class.base_filters if self.filterset_class else ()
                return PARAMETERS | {"fields"} | set(filters)
            case "retrieve":
                return frozenset({"fields"})
            case _:
                return self.parameters


class Lists(Resource):
    """``GET /things``"""

    def list(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        reader, rows, pages = self.get_reader(), self.rows(), self.pagination_class()
        for backend in self.filter_backends:
            rows = backend().filter_queryset(request, rows, self)
        page = pages.paginate_queryset(rows, request, self)
        return self.answer({"results": reader.represent(page), "next": pages.next_url})


class Retrieves(Resource):
    """``GET /things/{id}``"""

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        response = self._show(self.get_row(self.row_id))
        if "ETag" not in response.headers or not versions.unchanged(request, response):
            return response
        unchanged = HttpResponse(status=http.HTTP_304_NOT_MODIFIED, headers={"ETag": response.headers["ETag"]})
        del unchanged.headers["Content-Type"]
        return unchanged


class Creates(Resource):
    """``POST /things``"""

    def create_row(self, values: dict[str, Any]) -> UUID:
        """Call the service; the id of the record."""
        raise NotImplementedError

    def create(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        row_id = self.create_row(self.values())
        response = self.answer_row(row_id, http.HTTP_201_CREATED)
        response.headers["Location"] = request.build_absolute_uri(f"{request.path}/{row_id}")
        return response


class Changes(Resource):
    """``PATCH /things/{id}``: what is not named stays. ``If-Match`` makes it safe against others."""

    def change_row(self, row_id: UUID, changes: dict[str, Any], expected_version: int | None) -> Any:
        """Call the service."""
        raise NotImplementedError

    def change(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        row_id, expected_version = self.row_id, self.expected_version
        self.get_row(row_id)  # outside the caller's sight is absent, whatever the body says
        self.change_row(row_id, self.values(), expected_version)
        return self.answer_row(row_id)


class Removes(Resource):
    """``DELETE /things/{id}``"""

    def remove_row(self, row_id: UUID, expected_version: int | None) -> Any:
        """Call the service."""
        raise NotImplementedError

    def remove(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        row_id, expected_version = self.row_id, self.expected_version
        self.get_row(row_id)
        self.remove_row(row_id, expected_version)
        return self.answer(None)
