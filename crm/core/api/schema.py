"""The OpenAPI document, made from the code: drf-spectacular taught our words.

Kept in ``docs/openapi.yaml`` (``python manage.py spectacular --file docs/openapi.yaml --validate --fail-on-warn``); a test
fails when the two differ.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import build_object_type, build_parameter_type, get_doc
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter
from rest_framework.permissions import SAFE_METHODS
from typing_extensions import override

from crm.core import policy
from crm.core.api import filters, idempotency, problems
from crm.core.api.fields import Reference, References, Text
from crm.core.api.permissions import act_of
from crm.core.api.serializers import ReadSerializer, WriteSerializer

VERBS = {"list": "List", "retrieve": "Read", "create": "Create", "change": "Change", "remove": "Remove"}
# What CRM text is: no control characters, and something to see.
VISIBLE_LINE = r"^[^\u0000-\u001f\u007f-\u009f]*[^\u0000-\u001f\u007f-\u009f\s][^\u0000-\u001f\u007f-\u009f]*$"
REFERENCE = {
    "type": "object",
    "description": "A record that the caller sees.",
    "required": ["id", "name"],
    "properties": {"id": {"type": "string", "format": "uuid"}, "name": {"type": "string"}},
}
TO_REFERENCE = {"$ref": "#/components/schemas/Reference"}


class TandemAutoSchema(AutoSchema):
    """One operation: names, rights, headers, bodies and examples come from what the resource declares."""

    view: Any

    @property
    def action(self) -> str:
        """The running action; plain endpoints have their method."""
        action: str = getattr(self.view, "action", None) or self.method.lower()
        return action

    @override
    def get_operation_id(self) -> str:
        return f"{self.get_tags()[0].replace('-', '_')}_{self.action}"

    @override
    def get_summary(self) -> str:
        if self.action == "list":
            return f"List {self.get_tags()[0].replace('-', ' ')}"
        if self.action in VERBS:
            return f"{VERBS[self.action]} {self.view.noun}"
        said = get_doc(getattr(self.view, self.action))
        return re.split("[.:]", said, maxsplit=1)[0]

    @override
    def get_description(self) -> str:  # type: ignore[override]
        own = get_doc(getattr(self.view, self.action, None)) if self.action not in VERBS else ""
        text = own or get_doc(type(self.view))
        act = self._act()
        scope = "Any key may call it." if self.view.any_scope else f"A key needs the scope `{act.scope}`."
        who = f" For people who hold one of: {', '.join(sorted(act.capabilities))}." if act.capabilities else ""
        return f"{text.replace('``', '`')}\n\n{scope}{who}"

    @override
    def get_auth(self) -> list[dict[str, list[str]]]:
        needed = [] if self.view.any_scope else [self._act().scope]
        return [{name: needed if name == "key" else [] for name in requirement} for requirement in super().get_auth()]

    @override
    def get_extensions(self) -> dict[str, Any]:
        return {"x-act": self._act().name, "x-scope": None if self.view.any_scope else self._act().scope}

    def _act(self) -> policy.Act:
        name = act_of(self.view, self.action)
        if name is None:
            raise policy.NoPolicy(f"{type(self.view).__name__}.{self.action} names no act.")
        return policy.get_act(name)

    # -- parameters --

    @override
    def get_override_parameters(self) -> list[Any]:
        """The id in the path; the headers of requests and answers come by reference, see ``PARAMETERS`` and ``HEADERS``."""
        if "{id}" not in self.path:
            return []
        return [OpenApiParameter("id", OpenApiTypes.UUID, OpenApiParameter.PATH, description="The record's id.")]

    @override
    def _get_parameters(self) -> list[dict[str, Any]]:
        parameters: list[dict[str, Any]] = super()._get_parameters()
        if self.action in {"list", "retrieve"}:
            parameters.append(self._sparse_fields())
        return [*parameters, *({"$ref": f"#/components/parameters/{name}"} for name in self._request_headers())]

    def _sparse_fields(self) -> dict[str, Any]:
        schema = {
            "type": "array",
            "items": {"type": "string", "enum": list(self.view.reader.Meta.fields)},
            "minItems": 1,
        }
        about = "Only these fields, separated by commas; the id comes always."
        return build_parameter_type(
            "fields", schema, OpenApiParameter.QUERY, description=about, style="form", explode=False
        )

    def _request_headers(self) -> Iterable[str]:
        if self.method not in SAFE_METHODS:
            yield idempotency.HEADER
            if self.is_conditional:
                yield "If-Match"
        elif self.action == "retrieve":
            yield "If-None-Match"

    @property
    def is_conditional(self) -> bool:
        """Whether the write names one record that is there, whose version the caller may expect."""
        return ("{id}" in self.path or self.action == "change") and self.method != "PUT"

    @override
    def _get_response_headers_for_code(self, status_code: str, direction: str = "response") -> dict[str, Any]:
        names = ["RateLimit", "RateLimit-Policy", "Tandem-Version"]
        names += [idempotency.REPLAYED] if self.method not in SAFE_METHODS else []
        names += ["ETag"] if self.action != "list" and status_code != "204" else []
        names += ["Location"] if self.action == "create" and not self._is_list_view() else []
        return {name: {"$ref": f"#/components/headers/{name}"} for name in names}

    @override
    def _get_filter_parameters(self) -> list[dict[str, Any]]:
        """The declared filters. Their classes are ours and say their type; the library would guess it from the model."""
        filterset = getattr(self.view, "filterset_class", None) if self.action == "list" else None
        return [
            build_parameter_type(name, _shape_of(one), OpenApiParameter.QUERY, description=str(one.label))
            for name, one in (filterset.base_filters if filterset else {}).items()
        ]

    # -- bodies --

    @override
    def get_request_serializer(self) -> Any:
        return getattr(self.view, "takes", {}).get(self.action)

    @override
    def get_response_serializers(self) -> Any:
        given = getattr(self.view, "gives", {}).get(self.action)
        if given is not None:
            return {given[0]: given[1]}
        match self.action:
            case "create":
                return {201: self.view.reader}
            case "upsert":
                return {200: self.view.reader, 201: self.view.reader}
            case "remove":
                return {204: None}
            case "list":
                return self.view.reader(many=True)
            case _:
                return {200: self.view.reader}

    @override
    def get_examples(self) -> list[OpenApiExample]:
        body = self.get_request_serializer()
        if not body or isinstance(body, dict):  # none, or a file as it is
            return []
        return [OpenApiExample("Example", dict(body.example), request_only=True)]

    @override
    def get_serializer_name(self, serializer: Any, direction: str) -> str:
        return type(serializer).__name__.removesuffix("Read")

    @override
    def _map_basic_serializer(self, serializer: Any, direction: str) -> dict[str, Any]:
        shape: dict[str, Any] = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call]
        shape["description"] = shape["description"].replace("``", "`")
        if isinstance(serializer, WriteSerializer):
            shape["additionalProperties"] = False
        elif isinstance(serializer, ReadSerializer):
            # ``?fields=`` may leave out everything else.
            shape["required"] = sorted(serializer.always)
        return shape

    @override
    def _map_serializer_field(self, field: Any, direction: str, bypass_extensions: bool = False) -> Any:
        if isinstance(field, References):
            return {"type": "array", "items": TO_REFERENCE, "readOnly": True}
        if isinstance(field, Reference):
            return {"oneOf": [TO_REFERENCE, {"type": "null"}], "readOnly": True}
        shape: Any = super()._map_serializer_field(field, direction, bypass_extensions)  # type: ignore[no-untyped-call]
        if isinstance(field, Text) and direction == "request" and not field.multiline and not field.allow_blank:
            shape["pattern"] = VISIBLE_LINE
        return shape


def _shape_of(one: Any) -> dict[str, Any]:
    match one:
        case filters.InstantFilter():
            return {"type": "string", "format": "date-time"}
        case filters.IdFilter():
            return {"type": "string", "format": "uuid"}
        case filters.FlagFilter():
            return {"type": "boolean"}
        case filters.ChoiceFilter():
            return {"type": "string", "enum": [value for value, _label in one.extra["choices"]]}
        case _:
            return {"type": "string", "maxLength": filters.LONGEST_TEXT}


# --- What operations share, by reference ---------------------------------------------------------------------------------------

PARAMETERS = {
    name: {"name": name, "in": "header", "description": about, "schema": {"type": "string"} | schema}
    for name, about, schema in (
        (
            idempotency.HEADER,
            "Makes the request safe to repeat for seven days: one effect, the same answer.",
            {"pattern": r"^[\x21-\x7e]{1,255}$"},
        ),
        (
            "If-Match",
            "The ETag that was read; 412 if somebody wrote since.",
            {"pattern": r'^(\*|(W/)?"?[0-9]{1,9}(-[0-9a-f]{16})?"?)$'},
        ),
        ("If-None-Match", "The ETag that is known; 304 if it still holds.", {}),
    )
}
HEADERS = {
    name: {"description": about, "schema": {"type": "string"}}
    for name, about in (
        ("ETag", "For `If-Match` and `If-None-Match`."),
        (idempotency.REPLAYED, "`true` when this is the stored answer of an earlier request with the same key."),
        ("Location", "The address of the new record."),
        ("RateLimit", "Where the caller stands: requests left `r`, seconds to go `t`."),
        ("RateLimit-Policy", "The limit: requests `q` in `w` seconds."),
        ("Tandem-Version", "The date of the contract that answered."),
    )
}

# --- Problems, for every operation -------------------------------------------------------------------------------------------

PROBLEM = build_object_type(
    description="RFC 9457. `type` is the kind of problem, `code` the most specific stable word for it.",
    required=["type", "title", "status", "detail", "instance", "code", "errors"],
    properties={
        "type": {"type": "string", "enum": [kind.type for kind in problems.KINDS]},
        "title": {"type": "string", "description": "The kind, for people, in the reader's language."},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "This occurrence, for people, in the reader's language."},
        "instance": {"type": "string", "description": "Carries the request id, which the server's log knows too."},
        "code": {"type": "string"},
        "errors": {
            "type": "array",
            "description": "Each input at fault: by JSON pointer into the body, by query parameter, or by header.",
            "items": build_object_type(
                required=["code", "detail"],
                properties={
                    "pointer": {"type": "string"},
                    "parameter": {"type": "string"},
                    "header": {"type": "string"},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            ),
        },
        "current_version": {"type": "integer", "description": "With `version_conflict`: the version now stored."},
        "scope": {"type": "string", "description": "With `missing_scope`: the scope the key lacks."},
    },
)
EVERYWHERE = (400, 401, 403, 406, 429, 503)
RETRY_AFTER = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds."}}


def add_problem_responses(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """A postprocessing hook: each operation answers the problems that can befall it, by reference."""
    components = result.setdefault("components", {})
    components["schemas"] |= {"Problem": PROBLEM, "Reference": REFERENCE}
    components["parameters"], components["headers"] = PARAMETERS, HEADERS
    components["responses"] = {_name(status): _response(status) for status in sorted(_statuses())}
    for path, operations in result["paths"].items():
        for method, operation in operations.items():
            for status in _befalling(path, method):
                operation["responses"][str(status)] = {"$ref": f"#/components/responses/{_name(status)}"}
            if (method == "get" and "{id}" in path) or operation["operationId"] == "me_retrieve":
                operation["responses"]["304"] = {"description": "Nothing new since the ETag in `If-None-Match`."}
            operation["responses"] = dict(sorted(operation["responses"].items()))
    result["tags"] = [{"name": tag} for tag in sorted(set(_tags(result)))]
    return result


def _befalling(path: str, method: str) -> set[int]:
    found = set(EVERYWHERE)
    if "{id}" in path:
        found.add(404)
    if method != "get":
        found |= {404, 409, 422}
        found |= {412} if "{id}" in path or method == "patch" else set()
        found |= {413, 415} if method != "delete" else set()
    return found


def _statuses() -> set[int]:
    return {kind.status for kind in problems.KINDS if kind.status < 500} - {405} | {412, 503}


def _name(status: int) -> str:
    return f"Problem{status}"


def _response(status: int) -> dict[str, Any]:
    kinds = [
        kind
        for kind in problems.KINDS
        if kind.status == status or (status == 412 and kind is problems.VERSION_CONFLICT)
    ]
    about = " ".join(f"`{kind.name}`: {kind.meaning}" for kind in kinds)
    headers = {"headers": RETRY_AFTER} if status in {429, 503} else {}
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": about, **headers, "content": {problems.CONTENT_TYPE: {"schema": schema}}}


def _tags(result: dict[str, Any]) -> Iterable[str]:
    for operations in result["paths"].values():
        for operation in operations.values():
            yield from operation["tags"]
