"""What the settings pages of this app share: a page of sections with rows in order, and a form page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.functional import Promise

from accounts.views.answers import form_status
from crm.core.api.fields import parse_id

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table: where it leads (empty: nowhere), its cells after the name, and how it comes back into use."""

    id: UUID
    name: str
    url: str = ""
    note: str = ""
    cells: tuple[Any, ...] = ()
    again: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """Rows under a heading. ``order_url`` takes a new order; without it they stand as they are."""

    key: str
    title: Text
    columns: Sequence[Text]
    rows: Sequence[Row]
    put_away: Sequence[Row] = ()
    empty: Text = ""
    order_url: str = ""
    add_url: str = ""
    add_label: Text = ""
    sub: str = ""

    @property
    def order_id(self) -> str:
        return f"order-{self.key}"

    @property
    def order_items(self) -> list[dict[str, Any]]:
        return order_items((row.id, row.name) for row in self.rows)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """A settings page that lists something. ``add_url`` is empty for who may not add."""

    title: Text
    intro: Text
    sections: Sequence[Section]
    add_url: str = ""
    add_label: Text = ""
    # Other pages about it, (address, words), and the page it belongs to, (words, address).
    rests: Sequence[tuple[str, Text]] = ()
    crumb: tuple[Text, str] | None = None

    def answer(self, request: HttpRequest) -> HttpResponse:
        return render(request, "leads/settings/catalogue.html", {"page": self})


@dataclass(frozen=True, slots=True)
class FormPage:
    """A settings page with one form; ``put_away`` and ``again`` are addresses that take the record out of use and back."""

    title: Text
    form: Form
    back_label: Text
    back_url: str
    save: Text
    put_away: str = ""
    again: str = ""
    facts: Sequence[tuple[Text, Text]] = ()
    note: Text = ""
    template: str = "leads/settings/form.html"

    def answer(self, request: HttpRequest, **more: Any) -> HttpResponse:
        facts = {"page": self, "form": self.form, **more}
        return render(request, self.template, facts, status=form_status(self.form))


# --- Order -------------------------------------------------------------------------------------------------------------------


def order_items(rows: Iterable[tuple[UUID, str]]) -> list[dict[str, Any]]:
    return [{"id": str(pk), "label": name} for pk, name in rows]


Move = Callable[[UUID, int], Any]


def put_in_order(request: HttpRequest, present: Sequence[UUID], move: Move) -> None:
    """Carry out what ``components/order.html`` posts: one step up or down, or the whole order after a drag.

    An order of other rows than those ``present`` (somebody added one meanwhile) changes nothing: the answer shows them.
    """
    wanted = _wanted(request, list(present))
    one = next((pk for pk in wanted if _without(wanted, pk) == _without(present, pk)), None)
    if one is not None:
        move(one, wanted.index(one))
        return
    for place, pk in enumerate(wanted):
        move(pk, place)


def _wanted(request: HttpRequest, present: list[UUID]) -> list[UUID]:
    given = [pk for text in request.POST.getlist("order") if (pk := parse_id(text)) is not None]
    if sorted(given) == sorted(present):
        return given
    moved = parse_id(request.POST.get("move"))
    if moved not in present:
        return present
    at = present.index(moved)
    to = at - 1 if request.POST.get("to") == "up" else at + 1
    present.insert(min(max(to, 0), len(present) - 1), present.pop(at))
    return present


def _without(rows: Sequence[UUID], one: UUID) -> list[UUID]:
    return [pk for pk in rows if pk != one]


def order_answer(request: HttpRequest, section: Section) -> HttpResponse:
    """The list in its new order, for htmx."""
    return HttpResponse(render_to_string("leads/settings/order.html", {"section": section}, request))
