"""``/schema``: the OpenAPI document. ``/docs``: the same for people, with Swagger UI from our own server."""

from __future__ import annotations

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
        return HttpResponse(_rendered(renderer.format), content_type=renderer.media_type)


@cache
def _rendered(form: str) -> bytes:
    """The document in one format; it changes with the code only, so once per process."""
    renderer = next(one for one in Schema.renderer_classes if one.format == form)
    content: Any = renderer().render(document(), renderer_context={})
    return bytes(content)


@cache
def document() -> dict[str, Any]:
    """The OpenAPI document as a dictionary, in English."""
    with translation.override("en"):
        found: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return found


@page(act=VIEW_API)
def docs(request: HttpRequest) -> HttpResponse:
    """The reading and trying-out page."""
    return render(request, "api/docs.html", {"schema_url": reverse("core-api:schema")})
