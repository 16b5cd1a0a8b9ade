"""What the pages of one record share: finding it, its facts changed in place, its verbs, its lists, its timeline."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods
from django_htmx.http import HttpResponseClientRedirect, HttpResponseClientRefresh

from accounts.models import User
from crm.core import policy, toasts
from crm.core.doors import page
from crm.core.errors import Conflict, NotFound, Refusal, VersionConflict
from crm.records import timeline, undo
from crm.records.facts import Fact, FactForm, Text, as_json, fact_of, facts_of, save
from crm.records.lists.spec import ListSpec
from crm.records.parts import PARTS, Part
from crm.records.reading import Reading
from crm.records.undo import Step
from crm.records.verbs import VERBS, Verb
from leads.naming import Names
from leads.services import finding

View = Callable[..., HttpResponse]
# What a record is joined with has search words of its own, which no page shows.
WORDED = frozenset({"contact", "company", "parent", "lead", "lead__contact", "lead__company"})


class Moved(Conflict):
    """The record was merged into another one: its page leads there, what is done to it is refused."""

    def __init__(self, kept: UUID) -> None:
        self.kept = kept
        super().__init__(_("This record was merged into another one."), code="merged")


def record_of(spec: ListSpec, reader: User, pk: UUID, *related: str, **parts: Any) -> Any:
    """One record that ``reader`` sees, with what belongs to it (``parts``: ``selectors.phones_of`` …) in the same query.

    Raises ``NotFound``, or ``Moved`` for one that was merged into another.
    """
    unread = (f"{prefix}search_words" for prefix in ("", *(f"{name}__" for name in related if name in WORDED)))
    rows = spec.model._default_manager.select_related(*related).defer(*unread).annotate(**parts)
    record = policy.get_visible(rows, reader, pk=pk)
    if kept := getattr(record, "merged_into_id", None):
        raise Moved(kept)
    return record


def following_merges(spec: ListSpec) -> Callable[[View], View]:
    """The page of a merged record leads to that of the record that was kept."""

    def decorate(view: View) -> View:
        def show(request: HttpRequest, record_id: UUID) -> HttpResponse:
            try:
                return view(request, record_id)
            except Moved as moved:
                return redirect(spec.page_name, moved.kept, permanent=True)

        return show

    return decorate


def frame(spec: ListSpec, reading: Reading) -> dict[str, Any]:
    """What every record's page needs: its facts, the verbs that make sense now, its timeline."""
    reader, record = reading.reader, reading.record
    facts = facts_of(record, reader)
    for fact in facts:
        fact.want(record, reading.names)
    told = story(spec, reading)  # asks for the names of both
    verbs = [verb for verb in VERBS[spec.holder] if verb.offered(record) and policy.may(reader, verb.act)]
    return {
        "spec": spec,
        "record": record,
        "record_key": str(record.pk),
        "list_url": reverse(spec.url_name),
        **_parts_urls(spec, record),
        "may_write": policy.may(reader, spec.write_act),
        "verbs": [Button.of(spec, verb, record) for verb in verbs],
        "facts": [Line.of(spec, fact, record, reading.names) for fact in facts],
        **told,
    }


def _parts_urls(spec: ListSpec, record: Any) -> dict[str, str]:
    return {
        f"{key}_url": reverse(f"records:{holder}-part", args=[record.pk, key])
        for holder, key in PARTS
        if holder == spec.holder
    }


def story(spec: ListSpec, reading: Reading, before: datetime | None = None) -> dict[str, Any]:
    """A stretch of the timeline and where it goes on."""
    found = timeline.entries(reading, limit=timeline.SHOWN + 1, before=before)
    shown = found[: timeline.SHOWN]
    more = reverse(f"records:{spec.holder}-timeline", args=[reading.record.pk]) if len(found) > len(shown) else ""
    return {
        "entries": shown,
        "more_url": f"{more}?before={shown[-1].at.isoformat()}".replace("+", "%2B") if more else "",
    }


class Button:
    """A verb on a record's page."""

    def __init__(self, verb: Verb, url: str, is_next: bool) -> None:
        self.verb, self.url, self.is_next = verb, url, is_next
        self.asks = verb.form is not None

    @classmethod
    def of(cls, spec: ListSpec, verb: Verb, record: Any) -> Button:
        return cls(verb, reverse(f"records:{spec.holder}-act", args=[record.pk, verb.key]), verb.is_next(record))


class Line:
    """A fact as its page shows it."""

    def __init__(self, fact: Fact, shown: str, url: str) -> None:
        self.fact, self.shown, self.url = fact, shown, url

    @classmethod
    def of(cls, spec: ListSpec, fact: Fact, record: Any, names: Names) -> Line:
        return cls(fact, fact.shown(record, names), reverse(f"records:{spec.holder}-fact", args=[record.pk, fact.key]))

    @property
    def id(self) -> str:
        return "fact-" + self.fact.key.replace(".", "-")


# --- Facts, in place -----------------------------------------------------------------------------------------------------------


def fact_page(spec: ListSpec) -> View:
    """One fact: GET shows it, ``?edit`` asks for it, POST saves it. Refused input stays, with the reason beside it."""

    @page(act=spec.act)
    @require_http_methods(["GET", "POST"])
    def show(request: HttpRequest, record_id: UUID, key: str) -> HttpResponse:
        actor: User = request.user  # type: ignore[assignment]
        fact = fact_of(spec.holder, key, actor)
        record = record_of(spec, actor, record_id)
        if request.method == "POST":
            policy.require(actor, spec.write_act)
            return _save(request, spec, fact, record)
        may = policy.may(actor, spec.write_act)
        form = FactForm(fact=fact, record=record, reader=actor) if may and "edit" in request.GET else None
        return _fact(request, spec, fact, record, form)

    return show


def _save(request: HttpRequest, spec: ListSpec, fact: Fact, record: Any) -> HttpResponse:
    actor: User = request.user  # type: ignore[assignment]
    form = FactForm(request.POST, fact=fact, record=record, reader=actor)
    if not form.is_valid():
        return _fact(request, spec, fact, record, form, status=422)
    before = _before(fact, record)
    expected = form.expected_version
    if expected is not None and expected != record.version and request.POST.get("seen", "") == _seen(fact, record):
        expected = record.version  # somebody changed another fact meanwhile: both changes stand
    try:
        saved = save(record, actor=actor, changes=form.values(), expected_version=expected)
    except VersionConflict:
        theirs = record_of(spec, actor, record.pk)
        form.retype("version", theirs.version)
        return _fact(request, spec, fact, theirs, form, status=422, theirs=_shown(actor, fact, theirs) or _("nothing"))
    except Refusal as refusal:
        name = form.field_for(refusal.field or "")
        form.add_error(name if name in form.fields else None, str(refusal.detail))
        return _fact(request, spec, fact, record, form, status=422)
    answer = _fact(request, spec, fact, record_of(spec, actor, saved.pk), None)
    if saved.version == record.version:
        return answer
    back = undo.keep(
        actor, [Step("fact.change", str(saved.pk), saved.version, {"holder": spec.holder, "changes": before})]
    )
    return toasts.show_now(answer, _("%(fact)s saved.") % {"fact": fact.label}, undo=back)


def _shown(reader: User, fact: Fact, record: Any) -> str:
    names = Names(reader)
    fact.want(record, names)
    return fact.shown(record, names)


def _before(fact: Fact, record: Any) -> dict[str, Any]:
    if fact.own is not None:
        return {"custom": {fact.own.key: (record.custom or {}).get(fact.own.key)}}
    return {name: as_json(getattr(record, name)) for name in fact.names}


def _seen(fact: Fact, record: Any) -> str:
    """The stored value in a form that can be compared with what the reader of the form saw."""
    return str(_before(fact, record))


def _fact(
    request: HttpRequest,
    spec: ListSpec,
    fact: Fact,
    record: Any,
    form: forms.Form | None,
    *,
    status: int = 200,
    theirs: str = "",
) -> HttpResponse:
    names = Names(request.user)  # type: ignore[arg-type]
    fact.want(record, names)
    facts = {
        "spec": spec,
        "record": record,
        "line": Line.of(spec, fact, record, names),
        "form": form,
        "theirs": theirs,
        "seen": _seen(fact, record),
        "may_write": policy.may(request.user, spec.write_act),
        "may_edit": True,
    }
    return render(request, "records/parts/fact.html", facts, status=status)


# --- Verbs -----------------------------------------------------------------------------------------------------------------------


def act_page(spec: ListSpec) -> View:
    """One verb on one record: GET asks what it needs, POST does it."""

    @page(act=spec.act)
    @require_http_methods(["GET", "POST"])
    def show(request: HttpRequest, record_id: UUID, key: str) -> HttpResponse:
        actor: User = request.user  # type: ignore[assignment]
        verb = next((found for found in VERBS[spec.holder] if found.key == key), None)
        if verb is None:
            raise NotFound
        record = record_of(spec, actor, record_id)
        policy.require(actor, verb.act)
        data = request.POST if request.method == "POST" else None
        form = verb.form(data, reader=actor) if verb.form else None
        if request.method == "GET" and form is None:
            raise NotFound
        if request.method == "POST" and (form is None or form.is_valid()):
            done = _done(request, actor, verb, record, form)
            if done is not None:
                return done
        return _ask(request, spec, verb, record, form)

    return show


def _done(request: HttpRequest, actor: User, verb: Verb, record: Any, form: Any) -> HttpResponse | None:
    """Carry it out; None when the service refused something that the form can be mended for."""
    try:
        back = verb.run(actor, record, form)
    except Refusal as refusal:
        if form is None or isinstance(refusal, Conflict):
            raise
        name = form.field_for(refusal.field or "")
        form.add_error(name if name in form.fields else None, str(refusal.detail))
        return None
    toasts.show_next(request, str(verb.done) % {"name": record}, undo=undo.keep(actor, [back] if back else []))
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponseClientRefresh()
    return redirect(f"records:{record._meta.model_name}", record.pk)


def _ask(request: HttpRequest, spec: ListSpec, verb: Verb, record: Any, form: Any) -> HttpResponse:
    url = reverse(f"records:{spec.holder}-act", args=[record.pk, verb.key])
    return ask(request, record, form, verb.label, url)


def ask(request: HttpRequest, record: Any, form: Any, title: Text, url: str) -> HttpResponse:
    """A form about ``record`` in the dialog; refused input stays in it."""
    facts = {"title": title, "record": record, "form": form, "url": url}
    return render(request, "records/parts/ask.html", facts, status=422 if form is not None and form.errors else 200)


def sent(request: HttpRequest) -> QueryDict | None:
    """What was sent, be it nothing; None while it is only asked for."""
    return request.POST if request.method == "POST" else None


# --- Lists that belong to a record -------------------------------------------------------------------------------------------------


def part_page(spec: ListSpec) -> View:
    """Phones, sites, lines, shares: the whole list as rows of a form, in a dialog."""

    @page(act=spec.act)
    @require_http_methods(["GET", "POST"])
    def show(request: HttpRequest, record_id: UUID, key: str) -> HttpResponse:
        actor: User = request.user  # type: ignore[assignment]
        policy.require(actor, spec.write_act)
        part = PARTS.get((spec.holder, key))
        if part is None:
            raise NotFound
        record = record_of(spec, actor, record_id)
        made = part.formset(actor)
        if request.method == "GET":
            return _rows(request, spec, part, record, made(initial=part.initial(record), prefix="rows"), record.version)
        rows = made(request.POST, initial=part.initial(record), prefix="rows")
        return _save_rows(request, actor, spec, part, record, rows)

    return show


def _save_rows(request: HttpRequest, actor: User, spec: ListSpec, part: Part, record: Any, rows: Any) -> HttpResponse:
    said = request.POST.get("version", "")
    version = int(said) if said.isdecimal() and len(said) < 10 else record.version
    if not rows.is_valid():
        return _rows(request, spec, part, record, rows, version)
    given = [row.cleaned_data for row in rows.forms if row.has_changed() or row.initial]
    kept = [row for row in given if row and not row.get("DELETE")]
    try:
        part.save(actor, record, kept, version)
    except VersionConflict as conflict:
        return _rows(request, spec, part, record, rows, conflict.current, str(conflict.detail))
    except Refusal as refusal:
        return _rows(request, spec, part, record, rows, version, str(refusal.detail))
    toasts.show_next(request, _("%(what)s saved.") % {"what": part.label})
    return HttpResponseClientRefresh()


def _rows(
    request: HttpRequest, spec: ListSpec, part: Part, record: Any, rows: Any, version: int, refused: str = ""
) -> HttpResponse:
    facts = {
        "title": part.label,
        "part": part,
        "rows": rows,
        "version": version,
        "refused": refused,
        "url": reverse(f"records:{spec.holder}-part", args=[record.pk, part.key]),
    }
    return render(request, "records/parts/rows.html", facts, status=422 if refused or rows.is_bound else 200)


# --- The timeline goes on; choosing a record ----------------------------------------------------------------------------------------


def timeline_page(spec: ListSpec) -> View:
    """What came before ``?before=``: more stops below those that are shown."""

    @page(act=spec.act)
    @require_GET
    def show(request: HttpRequest, record_id: UUID) -> HttpResponse:
        reader: User = request.user  # type: ignore[assignment]
        record = record_of(spec, reader, record_id)
        try:
            before = parse_datetime(request.GET.get("before", ""))
        except ValueError:
            before = None
        if before is not None and before.tzinfo is None:
            before = None
        return render(request, "records/parts/stops.html", story(spec, Reading(reader, record), before))

    return show


def pick_page(spec: ListSpec) -> View:
    """A few that fit what was typed, as radio buttons of the field ``?field=``."""

    @page(act=spec.act)
    @require_GET
    def show(request: HttpRequest) -> HttpResponse:
        reader: User = request.user  # type: ignore[assignment]
        field = request.GET.get("field", "")[:40]
        query = request.GET.get(f"{field}-find", "")[:200]
        found = finding.find(reader, query, spec.key, 6) if len(query.strip()) > 1 else []
        facts = {"found": found, "name": field, "query": query, "url_name": spec.page_name}
        return render(request, "records/parts/picked.html", facts)

    return show


def new_page(spec: ListSpec, make: Callable[[HttpRequest, User], tuple[Any, Any]]) -> View:
    """A form that makes a record. ``make`` answers the form and, when it was made, the record."""

    @page(act=spec.write_act)
    @require_http_methods(["GET", "POST"])
    def show(request: HttpRequest) -> HttpResponse:
        form, made = make(request, request.user)  # type: ignore[arg-type]
        if made is not None:
            toasts.show_next(request, _("%(name)s entered.") % {"name": made})
            if request.htmx:  # type: ignore[attr-defined]
                return HttpResponseClientRedirect(reverse(spec.page_name, args=[made.pk]))
            return redirect(spec.page_name, made.pk)
        status = 422 if form.is_bound and form.errors else 200
        return render(request, "records/new.html", {"spec": spec, "form": form}, status=status)

    return show
