"""One act on many rows of a list: asked for in a dialog, carried out row by row, taken back by the message that tells of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRefresh

from accounts.models import User
from crm.core import policy, toasts
from crm.core.doors import page
from crm.core.errors import Invalid, NotFound, Refusal
from crm.records import undo
from crm.records.facts import FactForm, fact_of
from crm.records.lists.spec import ListSpec
from crm.records.undo import Step
from crm.records.verbs import PutForm, Verb, verb_of
from leads.policies import WRITE_VIEWS

# A page of a list and some more; what concerns thousands is a job's work, not a click's.
MOST = 200
PUT = "put"


def bulk_page(spec: ListSpec) -> Callable[..., HttpResponse]:
    """``verb`` and ``ids`` say what and on which; GET asks, POST does."""

    @page(act=spec.act)
    @require_http_methods(["GET", "POST"])
    def show(request: HttpRequest) -> HttpResponse:
        actor: User = request.user  # type: ignore[assignment]
        given = request.POST if request.method == "POST" else request.GET
        key, ids = given.get("verb", ""), _ids(given.getlist("ids"))
        if key == PUT:
            return _put(request, actor, spec, ids)
        verb = verb_of(spec, key, actor)
        if verb is None:
            raise NotFound
        policy.require(actor, verb.act)
        form = _form(spec, verb, actor, request.POST if request.method == "POST" else None)
        if request.method == "POST" and (form is None or form.is_valid()):
            return _told(request, actor, *_each(actor, spec, verb, ids, form))
        return _ask(request, spec, key, verb.label, form, ids)

    return show


def _ids(given: list[str]) -> list[UUID]:
    try:
        ids = [UUID(text) for text in dict.fromkeys(given)]
    except ValueError as error:
        raise Invalid(_("Choose rows first."), field="ids") from error
    if len(ids) > MOST:
        raise Invalid(_("At most %(most)s rows at once.") % {"most": MOST}, field="ids")
    return ids


def _form(spec: ListSpec, verb: Verb, actor: User, data: Any) -> forms.Form | None:
    if verb.key.startswith("set:"):
        fact = fact_of(spec.holder, verb.key.removeprefix("set:"), actor)
        return FactForm(data, fact=fact, record=spec.model(), reader=actor)  # type: ignore[arg-type]
    return verb.form(data, reader=actor) if verb.form else None


def _ask(
    request: HttpRequest, spec: ListSpec, key: str, title: Any, form: forms.Form | None, ids: list[UUID]
) -> HttpResponse:
    facts = {"spec": spec, "verb": key, "title": title, "form": form, "number": len(ids), "ids": ids}
    status = 422 if form is not None and form.errors else 200
    return render(request, "records/parts/bulk.html", facts, status=status)


def _each(actor: User, spec: ListSpec, verb: Verb, ids: list[UUID], form: Any) -> tuple[int, list[Step], list[str]]:
    """Each row in a transaction of its own: one that is refused does not hold up the others."""
    steps: list[Step] = []
    refused: list[str] = []
    done = 0
    rows = {row.pk: row for row in policy.scope(spec.model._default_manager.filter(pk__in=ids), actor)}
    for pk in ids:
        record = rows.get(pk)
        try:
            if record is None:
                raise NotFound
            back = verb.run(actor, record, form)
        except Refusal as refusal:
            refused.append(f"{record or pk}: {refusal.detail}")
            continue
        done += 1
        steps += [back] if back else []
    return done, steps, refused


def _told(request: HttpRequest, actor: User, done: int, steps: list[Step], refused: list[str]) -> HttpResponse:
    if refused:
        text = ngettext("%(count)d row left out. %(why)s", "%(count)d rows left out. %(why)s", len(refused))
        toasts.show_next(request, text % {"count": len(refused), "why": refused[0]}, kind="late")
    if done:
        text = ngettext("%(count)d row changed.", "%(count)d rows changed.", done) % {"count": done}
        toasts.show_next(request, text, undo=undo.keep(actor, steps))
    return HttpResponseClientRefresh()


def _put(request: HttpRequest, actor: User, spec: ListSpec, ids: list[UUID]) -> HttpResponse:
    """Into a view, by hand."""
    policy.require(actor, WRITE_VIEWS)
    form = PutForm(request.POST if request.method == "POST" else None, reader=actor, of=spec.key)
    if request.method == "POST" and form.is_valid():
        seen = list(policy.scope(spec.model._default_manager.filter(pk__in=ids), actor).values_list("pk", flat=True))
        put = form.carry_out(lambda: form.put(seen))
        if put is not None:
            view, steps = put
            text = ngettext("%(count)d row put into “%(view)s”.", "%(count)d rows put into “%(view)s”.", len(seen))
            told = text % {"count": len(seen), "view": view.name}
            toasts.show_next(request, told, undo=undo.keep(actor, steps))
            return HttpResponseClientRefresh()
    return _ask(request, spec, PUT, _("Add to a view"), form, ids)
