"""Short messages after an act, with the way back: shown for ten seconds, key ``u`` undoes.

``show_next`` for a form that redirects, ``show_now`` for an htmx answer. ``undo`` is the address that takes the act back
by POST; leave it out where nothing can be undone.
"""

from __future__ import annotations

from typing import Literal, TypeVar

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django_htmx.http import trigger_client_event

EVENT = "tandem:toast"
_UNDO = "undo="

Kind = Literal["", "late"]
Response = TypeVar("Response", bound=HttpResponseBase)


def show_next(request: HttpRequest, text: str, *, undo: str = "", kind: Kind = "") -> None:
    """Shown by the next whole page that this person opens."""
    level = messages.ERROR if kind == "late" else messages.SUCCESS
    messages.add_message(request, level, text, extra_tags=_UNDO + undo if undo else "")


def show_now(response: Response, text: str, *, undo: str = "", kind: Kind = "") -> Response:
    """Shown as soon as htmx has this answer."""
    return trigger_client_event(response, EVENT, {"text": str(text), "undo": undo, "kind": kind})


def undo_address(extra_tags: str | None) -> str:
    """The address that ``show_next`` put away in the message."""
    return extra_tags.removeprefix(_UNDO) if extra_tags and extra_tags.startswith(_UNDO) else ""
