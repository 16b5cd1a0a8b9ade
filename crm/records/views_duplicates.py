"""Duplicates: the list of pairs to decide, the page where two become one, and what a record's page says about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRefresh

from accounts.models import User
from crm.core import policy, toasts
from crm.core.doors import page
from crm.core.errors import Refusal
from leads.models import Company, Contact, DuplicatePair, MergeRecord
from leads.policies import VIEW_CONTACTS, WRITE_CONTACTS
from leads.services import duplicates, merging
from leads.services.merging import GONE, KEPT, Preview

ON_A_PAGE = 30
BADGE = 99  # counted up to here
MOST_SURE = 0.99
MODELS: dict[str, type[Company | Contact]] = {"company": Company, "contact": Contact}
WORDS = {
    "city": gettext_lazy("Town"),
    "codes": gettext_lazy("Article code"),
    "country": gettext_lazy("Country"),
    "domains": gettext_lazy("Web domain"),
    "emails": gettext_lazy("E-mail"),
    "external": gettext_lazy("Id elsewhere"),
    "family_name": gettext_lazy("Last name"),
    "given_name": gettext_lazy("First name"),
    "name": gettext_lazy("Company name"),
    "number": gettext_lazy("House number"),
    "phones": gettext_lazy("Phone"),
    "postal_code": gettext_lazy("Postal code"),
    "region": gettext_lazy("Region"),
    "street": gettext_lazy("Street"),
}


@dataclass(frozen=True)
class Line:
    """A pair as the list and the page show it."""

    pair: DuplicatePair
    one: Company | Contact
    other: Company | Contact

    @property
    def reasons(self) -> list[tuple[str, int]]:
        return [(_say(reason), round(reason["weight"])) for reason in self.pair.reasons if round(reason["weight"])]

    @property
    def sure(self) -> float:
        """How sure, as it is shown: nothing is sure beyond 99 %."""
        return min(self.pair.score, MOST_SURE)

    @property
    def address(self) -> str:
        """The older record stays, unless somebody turns them round."""
        kept, gone = sorted((self.one, self.other), key=lambda record: (record.created_at, record.pk))
        return reverse("records:merge", args=[self.pair.kind, kept.pk, gone.pk])


def _say(reason: dict[str, Any]) -> str:
    """``Street: nearly the same``."""
    likeness = reason["similarity"]
    if likeness >= 0.995:
        words = _("the same")
    elif likeness >= 0.85:
        words = _("nearly the same")
    elif likeness >= 0.5:
        words = _("somewhat alike")
    else:
        words = _("different")
    return f"{WORDS.get(reason['field'], reason['field'])}: {words}"


# --- The list --------------------------------------------------------------------------------------------------------


@page(act=VIEW_CONTACTS)
@require_GET
def review(request: HttpRequest) -> HttpResponse:
    """What may be one record, most probable first: companies or contacts. ``?number`` answers only how many, for a badge."""
    kind = _kind(request.GET.get("kind", "company"))
    rows = _open_pairs(request, kind)
    if "number" in request.GET:
        found = rows[: BADGE + 1].count()
        return HttpResponse(f"{BADGE}+" if found > BADGE else found or "")
    counts = {name: _open_pairs(request, name).count() for name in MODELS}
    facts = {
        "kind": kind,
        "lines": [_line(pair) for pair in rows[:ON_A_PAGE]],
        "count": counts[kind],
        "tabs": _tabs(kind, counts),
    }
    return render(request, "records/duplicates/review.html", facts)


def _tabs(kind: str, counts: dict[str, int]) -> list[dict[str, Any]]:
    labels = {"company": _("Companies"), "contact": _("Contacts")}
    address = reverse("records:duplicates")
    return [
        {"label": labels[name], "url": f"{address}?kind={name}", "current": name == kind, "count": counts[name]}
        for name in MODELS
    ]


def _kind(text: str) -> str:
    if text not in MODELS:
        raise Http404
    return text


def _open_pairs(request: HttpRequest, kind: str) -> QuerySet[DuplicatePair]:
    both = {f"{name}{kind}__merged_into": None for name in ("", "other_")}
    present = {f"{kind}__isnull": False}
    rows = DuplicatePair.objects.visible_to(_actor(request)).filter(state=DuplicatePair.State.OPEN, **present, **both)
    related = [kind, f"other_{kind}"]
    if kind == "contact":
        related += ["contact__company", "other_contact__company"]
    return rows.select_related(*related).order_by("-score", "pk")


def _line(pair: DuplicatePair) -> Line:
    return Line(pair, getattr(pair, pair.kind), getattr(pair, f"other_{pair.kind}"))


# --- Two become one --------------------------------------------------------------------------------------------------


@page(act=WRITE_CONTACTS)
@require_http_methods(["GET", "POST"])
def merge(request: HttpRequest, kind: str, kept_id: UUID, gone_id: UUID) -> HttpResponse:
    """Both side by side; which value stays; merge, or say that they are two."""
    model, actor = MODELS[_kind(kind)], _actor(request)
    if request.method == "POST":
        verb = merging.merge_companies if model is Company else merging.merge_contacts
        done = verb(actor=actor, kept_id=kept_id, gone_id=gone_id, choices=_choices(request))
        undo = reverse("records:undo_merge", args=[done.pk])
        return _next(request, kind, _("Merged into one."), undo=undo)
    preview = merging.preview_merge(actor=actor, model=model, kept_id=kept_id, gone_id=gone_id)
    kept, gone = (policy.get_visible(model.objects.all(), actor, pk=pk) for pk in (kept_id, gone_id))
    if kept.merged_into_id or gone.merged_into_id:
        return _next(request, kind, _("One of the two was merged already."))
    pair = duplicates.pairs_of(kept).filter(pk__in=duplicates.pairs_of(gone).values("pk")).first()
    facts = {
        "kind": kind,
        "kept": kept,
        "gone": gone,
        "fields": [line for line in preview.fields if line.kept or line.gone],
        "reach": _reach(kept, gone),
        "moves": preview.moves,
        "line": _line(pair) if pair else None,
        "swap": reverse("records:merge", args=[kind, gone_id, kept_id]),
        "open_fields": _number_open(preview),
    }
    return render(request, "records/duplicates/merge.html", facts)


def _choices(request: HttpRequest) -> dict[str, str]:
    return {
        name[7:]: value for name, value in request.POST.items() if name.startswith("choice:") and value in (KEPT, GONE)
    }


def _number_open(preview: Preview) -> int:
    return sum(line.is_open for line in preview.fields)


def _reach(kept: Company | Contact, gone: Company | Contact) -> list[tuple[str, list[str], list[str]]]:
    """What both keep anyway: numbers, addresses, sites."""

    def texts(record: Company | Contact) -> list[list[str]]:
        sites = [str(site) for site in record.sites.all()] if isinstance(record, Company) else []
        return [[str(row) for row in record.phones.all()], [str(row) for row in record.emails.all()], sites]

    labels = (_("Phone"), _("E-mail"), _("Sites"))
    return [(label, one, two) for label, one, two in zip(labels, texts(kept), texts(gone), strict=True) if one or two]


def _next(request: HttpRequest, kind: str, text: str, *, undo: str = "") -> HttpResponseRedirect:
    """To the next pair of the list, so that deciding many is one key each; to the list when none is left."""
    toasts.show_next(request, text, undo=undo)
    following = _open_pairs(request, kind).first()
    return redirect(_line(following).address if following else f"{reverse('records:duplicates')}?kind={kind}")


@page(act=WRITE_CONTACTS)
@require_POST
def dismiss(request: HttpRequest, pair_id: UUID) -> HttpResponse:
    """These two are not the same."""
    pair = duplicates.dismiss_pair(actor=_actor(request), pair_id=pair_id)
    return _next(request, pair.kind, _("Noted: not the same."), undo=reverse("records:reopen_pair", args=[pair.pk]))


@page(act=WRITE_CONTACTS)
@require_POST
def reopen(request: HttpRequest, pair_id: UUID) -> HttpResponse:
    pair = duplicates.reopen_pair(actor=_actor(request), pair_id=pair_id)
    return _back(request, _line(pair).address, _("Back on the list."))


@page(act=WRITE_CONTACTS)
@require_POST
def undo_merge(request: HttpRequest, merge_id: UUID) -> HttpResponse:
    """Make two of one again; what could not be put back is said."""
    actor = _actor(request)
    found = policy.get_visible(MergeRecord.objects.all(), actor, pk=merge_id)
    verb = merging.unmerge_company if found.gone_company_id else merging.unmerge_contact
    kind = "company" if found.gone_company_id else "contact"
    merging.require_merged_into(found.gone_id, found.kept_id, MODELS[kind])
    undone = verb(actor=actor, gone_id=found.gone_id)
    left = len(merging.visible_left(actor, undone))
    text = _("Two again.")
    if left:
        text += " " + ngettext(
            "%(count)d row was changed since and stays.", "%(count)d rows were changed since and stay.", left
        ) % {"count": left}
    return _back(request, f"{reverse('records:duplicates')}?kind={kind}", text, kind="late" if left else "")


def _back(request: HttpRequest, address: str, text: str, *, kind: Any = "") -> HttpResponse:
    """To ``address``; for htmx (an undo from a message) the page that is open, drawn afresh."""
    toasts.show_next(request, text, kind=kind)
    return HttpResponseClientRefresh() if request.htmx else redirect(address)  # type: ignore[attr-defined]


def _actor(request: HttpRequest) -> User:
    return request.user  # type: ignore[return-value]


# --- On the page of a record -----------------------------------------------------------------------------------------


@page(act=VIEW_CONTACTS)
@require_GET
def may_be_same(request: HttpRequest, kind: str, record_id: UUID) -> HttpResponse:
    """The fragment "may be the same as …" for a record's page, with the merges that can be taken back.

    Empty where there is nothing to say. Load it with ``hx-get`` and ``hx-trigger="load"``: it asks for candidates afresh.
    """
    actor = _actor(request)
    record = policy.get_visible(MODELS[_kind(kind)].objects.all(), actor, pk=record_id)
    try:
        merges = merging.merges_into(record)
        found = [] if record.merged_into_id else duplicates.candidates_of(record)
    except Refusal:  # pragma: no cover (a fragment never breaks its page)
        return HttpResponse()
    rows = {row.pk: row for row in MODELS[kind].objects.visible_to(actor).filter(pk__in=[one.id for one in found])}
    lines = [
        {
            "record": rows[one.id],
            "sure": min(one.score, MOST_SURE),
            "address": reverse("records:merge", args=[kind, record.pk, one.id]),
            "reasons": [(_say(reason), round(reason["weight"])) for reason in duplicates.reasons_of(one)],
        }
        for one in found
        if one.id in rows
    ]
    facts = {
        "kind": kind,
        "record": record,
        "lines": lines,
        "merges": [(merge, getattr(merge, f"gone_{kind}")) for merge in merges],
    }
    return render(request, "records/duplicates/may_be_same.html", facts)
