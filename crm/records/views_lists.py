"""The lists: a page of rows, the dialogs that narrow it and choose its columns, saved views."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect, HttpResponseClientRefresh

from accounts.models import User
from crm.core import policy, toasts
from crm.core.doors import page
from crm.records import undo
from crm.records.forms import ViewForm
from crm.records.lists.counting import count
from crm.records.lists.paging import Page, page_of
from crm.records.lists.spec import ListSpec
from crm.records.lists.state import COLUMNS, CURSOR, ORDER, SHAPE, VIEW, State, address_of
from crm.records.undo import Step
from crm.records.verbs import verbs_of
from crm.records.views_duplicates import MODELS as DOUBLED
from leads import selectors
from leads.models import SavedView
from leads.policies import VIEW_VIEWS, WRITE_VIEWS
from leads.services import custom
from leads.services import views as services

ON_A_PAGE = 50
View = Callable[..., HttpResponse]


def list_page(spec: ListSpec, other_shape: dict[str, View] | None = None) -> View:
    """The page of one list. ``other_shape``: how else it can be shown, by ``?as=`` (deals as a board)."""

    @page(act=spec.act)
    @require_GET
    def show(request: HttpRequest) -> HttpResponse:
        reader: User = request.user  # type: ignore[assignment]
        if (home := _opens_first(request, reader, spec)) is not None:
            return redirect(home)
        if (shape := (other_shape or {}).get(request.GET.get(SHAPE, ""))) is not None:
            return shape(request)
        state = State(spec, reader, _sorted(request.GET, spec))
        state.query[ORDER] = state.order
        request.GET = state.query  # type: ignore[assignment]  # the heads of the columns read what it is sorted by
        found: Page[Any] = page_of(state.rows(), state.order_column, state.query.get(CURSOR, ""), ON_A_PAGE)
        shared = frame(state)
        ticks = bool(shared["verbs"]["verbs"] or shared["verbs"]["facts"])
        facts = {
            **shared,
            "has_ticks": ticks,
            "rows": _drawn(state, found.rows),
            "number": count(state.rows(), whole_table=state.is_whole_table),
            "previous": state.at(found.previous),
            "following": state.at(found.following),
        }
        return render(request, "records/list.html", facts)

    return show


def _sorted(query: QueryDict, spec: ListSpec) -> QueryDict:
    """The address with its order said, so that the head of that column shows it."""
    said = query.copy()
    said.setdefault(ORDER, spec.first_order)
    return said


def _opens_first(request: HttpRequest, reader: User, spec: ListSpec) -> str | None:
    """Where a bare address leads: to the view that opens first; a view's own address to all that it says."""
    if not request.GET:
        first = SavedView.objects.filter(owner=reader, of=spec.key, is_first=True).first()
        return address_of(spec, first) if first else None
    if set(request.GET) == {VIEW}:
        view = State(spec, reader, request.GET).view
        return address_of(spec, view) if view else f"{reverse(spec.url_name)}?{ORDER}={spec.first_order}"
    return None


def frame(state: State) -> dict[str, Any]:
    """What surrounds the rows, in a table and on a board alike: views, chips, buttons."""
    spec, reader = state.spec, state.reader
    views = selectors.views(reader, spec.key)
    current = next((view for view in views if str(view.pk) == state.query.get(VIEW)), None)
    return {
        "spec": spec,
        "state": state,
        "columns": state.columns,
        "tabs": _tabs(spec, views, current),
        "view": current,
        "view_changed": current is not None and state.differs_from(current),
        "is_own_view": current is not None and current.owner_id == reader.pk,
        "may_write": policy.may(reader, spec.write_act),
        "may_make": policy.may(reader, spec.write_act),
        "verbs": verbs_of(spec, reader),
        "new_url": _new_url(spec),
        "form_url": {name: reverse(f"{spec.url_name}-{name}") for name in ("filters", "columns", "keep", "bulk")},
        "duplicates_url": f"{reverse('records:duplicates')}?kind={spec.holder}" if spec.holder in DOUBLED else "",
        "query": state.url().partition("?")[2],
        "find_hidden": state.kept("q"),
    }


def _new_url(spec: ListSpec) -> str:
    try:
        return reverse(f"records:{spec.holder}-new")
    except NoReverseMatch:
        return ""


def _tabs(spec: ListSpec, views: list[SavedView], current: SavedView | None) -> list[dict[str, Any]]:
    everything = {
        "label": _("All"),
        "url": f"{reverse(spec.url_name)}?{ORDER}={spec.first_order}",
        "current": current is None,
    }
    return [
        everything,
        *(
            {"label": view.name, "url": address_of(spec, view), "current": view == current, "count": None}
            for view in views
        ),
    ]


def _drawn(state: State, rows: list[Any]) -> list[dict[str, Any]]:
    """Each row as its page needs it: address, head, cells drawn here, because a page has some hundred of them."""
    spec = state.spec
    own = {found.key: found for found in spec.own_fields()}
    links = [own[column.key.removeprefix("custom.")] for column in state.columns if column.key.startswith("custom.")]
    names = custom.link_names(links, [row.custom for row in rows] if links else [], state.reader)

    def cell(column: Any, row: Any) -> str:
        if column.key.startswith("custom."):
            field = own[column.key.removeprefix("custom.")]
            return custom.shown(field, (row.custom or {}).get(field.key), names)
        drawn: str = column.draw(row)
        return drawn

    before = [(column, _cell_begins(column)) for column in state.columns]
    tick = _("Select %(name)s")
    return [
        {
            "id": row.pk,
            "url": reverse(spec.page_name, args=[row.pk]),
            "name": spec.name(row),
            "note": spec.note(row),
            "tick": tick % {"name": spec.name(row)},
            "cells": format_html_join("", "{}{}</td>", ((begin, cell(column, row)) for column, begin in before)),
        }
        for row in rows
    ]


def _cell_begins(column: Any) -> str:
    """The same for every row: its label is translated once."""
    dress = format_html(' class="{}"', column.css) if column.css else ""
    return format_html('<td data-label="{}"{}>', column.label, dress)


# --- Dialogs ------------------------------------------------------------------------------------------------------------------


def filters_page(spec: ListSpec) -> View:
    """All filters as one form, filled with those at work. Comes when it is asked for: its choices cost queries."""

    @page(act=spec.act)
    @require_GET
    def show(request: HttpRequest) -> HttpResponse:
        state = State(spec, request.user, request.GET)  # type: ignore[arg-type]
        fields = [state.form[name] for name in state.form.fields if not state.form[name].is_hidden]
        hidden = state.kept(*(field.name for field in fields))
        return render(request, "records/parts/filters.html", {"state": state, "fields": fields, "hidden": hidden})

    return show


def columns_page(spec: ListSpec) -> View:
    """Which columns stand in the list, and in what order."""

    @page(act=spec.act)
    @require_GET
    def show(request: HttpRequest) -> HttpResponse:
        state = State(spec, request.user, request.GET)  # type: ignore[arg-type]
        return render(request, "records/parts/columns.html", {"state": state, "hidden": state.kept(COLUMNS)})

    return show


# --- Saved views ---------------------------------------------------------------------------------------------------------------


def keep_view_page(spec: ListSpec) -> View:
    """Keep what the list shows under a name, or in the view that is open."""

    @page(act=WRITE_VIEWS)
    @require_http_methods(["GET", "POST"])
    def keep(request: HttpRequest) -> HttpResponse:
        actor: User = request.user  # type: ignore[assignment]
        state = State(spec, actor, request.GET)
        view = state.view
        own = view if view is not None and view.owner_id == actor.pk else None
        form = ViewForm(request.POST if request.method == "POST" else None, view=own)
        if request.method == "POST" and form.is_valid():
            kept = form.carry_out(lambda: _keep(actor, spec, state, own, form))
            if kept is not None:
                toasts.show_next(request, _("View “%(name)s” kept.") % {"name": kept.name})
                return HttpResponseClientRedirect(address_of(spec, kept))
        facts = {"state": state, "form": form, "view": own, "spec": spec}
        return render(request, "records/parts/keep_view.html", facts, status=422 if form.errors else 200)

    return keep


def _keep(actor: User, spec: ListSpec, state: State, own: SavedView | None, form: ViewForm) -> SavedView:
    stored = state.stored()
    if own is not None and form.cleaned_data["where"] == ViewForm.HERE:
        stored["filters"] |= {key: value for key, value in own.filters.items() if key == services.MEMBERS}
        return services.change_view(actor=actor, view_id=own.pk, changes={**stored, **form.values()})
    return services.create_view(actor=actor, of=spec.key, **stored, **form.values())


@page(act=WRITE_VIEWS)
@require_POST
def delete_view(request: HttpRequest, view_id: UUID) -> HttpResponse:
    """Take one's own view away; it can be had back."""
    actor: User = request.user  # type: ignore[assignment]
    gone = services.delete_view(actor=actor, view_id=view_id)
    facts = {name: getattr(gone, name) for name in ("of", *services.FIELDS)}
    way_back = undo.keep(actor, [Step("view.restore", str(gone.pk), 0, facts)])
    toasts.show_next(request, _("View “%(name)s” taken away.") % {"name": gone.name}, undo=way_back)
    return HttpResponseClientRedirect(f"{reverse(f'records:{gone.of}')}?{ORDER}=")


@undo.step("view.restore")
def _restore_view(*, actor: User, pk: UUID, version: int, **facts: Any) -> None:
    services.create_view(actor=actor, view_id=pk, **facts)


@page(act=VIEW_VIEWS)
@require_POST
def take_back(request: HttpRequest, word: str) -> HttpResponse:
    """Undo what the message told of. For htmx the page that is open is drawn afresh."""
    done, refused = undo.take_back(request.user, word)  # type: ignore[arg-type]
    if done:
        toasts.show_next(request, _("Taken back."))
    if refused:
        text = _("%(count)d could not be taken back: %(why)s") % {"count": len(refused), "why": refused[0]}
        toasts.show_next(request, text, kind="late")
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponseClientRefresh()
    return redirect("home")
