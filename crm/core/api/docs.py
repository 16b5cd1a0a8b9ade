"""``/schema``: the OpenAPI document. ``/docs``: the same for people, with Swagger UI from our own server."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer
from rest_framework.request import Request

from crm.core.api.resources import Endpoint
from crm.core.doors import page
from crm.core.policies import VIEW_API


class Json(OpenApiJsonRenderer):
    media_type = "application/json"
    format = "json"


class VendorJson(OpenApiJsonRenderer):
    media_type = "application/vnd.oai.openapi+json"
    format = "openapi-json"


class Yaml(OpenApiYamlRenderer):
    media_type = "application/yaml"
    format = "yaml"


class VendorYaml(OpenApiYamlRenderer):
    media_type = "application/vnd.oai.openapi"
    format = "openapi-yaml"


class Schema(Endpoint):
    """The OpenAPI 3.1 document, as JSON or YAML by ``Accept``. For everybody who may call the API: signed in, or with any key."""

    schema = None
    act = VIEW_API
    any_scope = True
    renderer_classes = [Json, VendorJson, Yaml, VendorYaml]

    def get(self, request: Request, **kwargs: Any) -> HttpResponse:
        renderer: Any = request.accepted_renderer
        static, asked = document(), current()
        content = _rendered(renderer.format) if asked is static else _render(renderer.format, asked)
        return HttpResponse(content, content_type=renderer.media_type)


Amendment = Callable[[dict[str, Any]], dict[str, Any]]
_amendments: list[Amendment] = []


def amends(amendment: Amendment) -> Amendment:
    """Register what fills data into the document when it is asked for (an organisation's own fields).

    It answers a new document and leaves the one it is given as it is; the same one while there is nothing to add.
    """
    _amendments.append(amendment)
    return amendment


def current() -> dict[str, Any]:
    """The document as this organisation's API is now."""
    found = document()
    for amend in _amendments:
        found = amend(found)
    return found


@cache
def _rendered(form: str) -> bytes:
    """The document in one format, as far as the code alone says it: once per process."""
    return _render(form, document())


def _render(form: str, shown: dict[str, Any]) -> bytes:
    renderer = next(one for one in Schema.renderer_classes if one.format == form)
    content: Any = renderer().render(shown, renderer_context={})
    return bytes(content)


@cache
def document() -> dict[str, Any]:
    """The OpenAPI document as a dictionary, in English, without what an organisation's data adds."""
    with translation.override("en"):
        found: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return found


@page(act=VIEW_API)
def docs(request: HttpRequest) -> HttpResponse:
    """The reading and trying-out page."""
    return render(request, "api/docs.html", {"schema_url": reverse("core-api:schema")})
