"""Addresses: ``/things``, ``/things/{id}``, ``/things/{id}/verb``, without a slash at the end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rest_framework.decorators import action
from rest_framework.routers import DynamicRoute, Route, SimpleRouter

Method = Callable[..., Any]


class ResourceRouter(SimpleRouter):
    """DRF's router with our names for the verbs: list, create, retrieve, change, remove."""

    routes = [
        Route(
            r"^{prefix}{trailing_slash}$",
            {"get": "list", "post": "create"},
            "{basename}-list",
            detail=False,
            initkwargs={},
        ),
        DynamicRoute(r"^{prefix}/{url_path}{trailing_slash}$", "{basename}-{url_name}", detail=False, initkwargs={}),
        Route(
            r"^{prefix}/{lookup}{trailing_slash}$",
            {"get": "retrieve", "patch": "change", "delete": "remove"},
            "{basename}-detail",
            detail=True,
            initkwargs={},
        ),
        DynamicRoute(
            r"^{prefix}/{lookup}/{url_path}{trailing_slash}$", "{basename}-{url_name}", detail=True, initkwargs={}
        ),
    ]

    def __init__(self) -> None:
        super().__init__(trailing_slash=False, use_regex_path=False)


def command(*, detail: bool = True, path: str | None = None) -> Callable[[Method], Method]:
    """An act beyond the five verbs, ``POST /things/{id}/<path>`` (or ``/things/<path>``); ``path`` defaults to the method's name."""

    def decorate(method: Method) -> Method:
        decorated: Method = action(detail=detail, methods=["post"], url_path=path)(method)
        return decorated

    return decorate
