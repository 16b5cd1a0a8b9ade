"""Telling a person something in the app. The row keeps facts; the words are made when shown, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Notice, User


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind of notice reads. ``text`` is formatted with the notice's facts; ``icon`` names a design-system icon."""

    name: str
    text: str | Promise
    icon: str
    url_name: str


_kinds: dict[str, Kind] = {}


def register(name: str, text: str | Promise, *, icon: str = "bell", url_name: str = "") -> None:
    """Make a kind known. Higher apps register theirs in ``ready``. ``url_name``: the page it leads to by default."""
    _kinds[name] = Kind(name, text, icon, url_name)


def tell(user: User, *, kind: str, occurrence: str, facts: Mapping[str, Any] | None = None, url: str = "") -> bool:
    """Tell ``user`` once about this occurrence; False when they were told before. ``url``: a page of its own.

    Part of the caller's transaction, so a notice stands or falls with its cause.
    """
    if kind not in _kinds:
        raise LookupError(f"No notice is called {kind!r}.")
    notice = Notice(user=user, kind=kind, occurrence=occurrence, facts=dict(facts or {}), url=url)
    Notice.objects.bulk_create([notice], ignore_conflicts=True)
    return Notice.objects.filter(pk=notice.pk).exists()


def text_of(notice: Notice) -> str:
    """The notice in the active language; facts are data, never markup."""
    kind = _kinds.get(notice.kind)
    return str(kind.text) % notice.facts if kind else notice.kind


def url_of(notice: Notice) -> str:
    """Where the notice leads: its own page, else its kind's; empty when nowhere."""
    kind = _kinds.get(notice.kind)
    return notice.url or (reverse(kind.url_name) if kind and kind.url_name else "")


def icon_of(notice: Notice) -> str:
    kind = _kinds.get(notice.kind)
    return kind.icon if kind else "bell"


register("key.created", _("A new API key acts in your name: “%(name)s”."), icon="key", url_name="settings:keys")
register("key.expiring", _("Your API key “%(name)s” expires on %(date)s."), icon="key", url_name="settings:keys")
register(
    "rights.changed", _("%(actor)s changed what you may do in Tandem."), icon="shield", url_name="settings:profile"
)
register(
    "absence.entered",
    _("%(actor)s entered an absence for you, from %(date)s."),
    icon="calendar",
    url_name="settings:absences",
)
