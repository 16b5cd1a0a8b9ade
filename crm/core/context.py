"""Where the present work comes from: which request, which door. Read by the journal and the logs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

request_id: ContextVar[str] = ContextVar("request_id", default="")
# How the actor acts: "page", "key tdm_ab12", "job core.send_mail", "command seed_demo".
door: ContextVar[str] = ContextVar("door", default="")


@contextmanager
def acting(*, through: str, request: str | None = None) -> Iterator[None]:
    """Everything written inside carries this door (and request id) in its journal rows and log lines."""
    door_token = door.set(through)
    request_token = request_id.set(request) if request is not None else None
    try:
        yield
    finally:
        door.reset(door_token)
        if request_token is not None:
            request_id.reset(request_token)
