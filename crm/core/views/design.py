"""``/settings/design``: every component in every state, in the reader's language, drawn by the same tags as all pages.

The samples are fixed (names, figures, days), so that pictures of the page can be compared. Nothing here reads or writes
a record; the little that the examples remember is in the session.
"""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.core import doors, formats, icons, toasts
from crm.core.clock import now
from crm.core.forms import Checks, DateInput, Segments, TimeInput
from crm.core.policies import VIEW_DESIGN

PARIS = ZoneInfo("Europe/Paris")
DAY = dt.datetime(2026, 11, 24, 14, 30, tzinfo=PARIS)

COLOURS = [
    ("paper", gettext_lazy("the page")),
    ("sheet", gettext_lazy("a printed sheet")),
    ("sheet-2", gettext_lazy("inset")),
    ("ink", gettext_lazy("text")),
    ("inside", gettext_lazy("motion only")),
    ("outside", gettext_lazy("motion only")),
    ("sign", gettext_lazy("here, and next")),
    ("board", gettext_lazy("where you are")),
    ("late", gettext_lazy("late")),
    ("hold", gettext_lazy("waiting")),
    ("good", gettext_lazy("done")),
]
# Written in their own language on purpose: allow 40 % more length than English.
LONG = {
    "fr": {
        "button": "Demander une visite au commercial itinérant",
        "line": "Commercial sédentaire et itinérant",
        "chip": "En attente de confirmation du service des achats",
        "title": "Aucune visite prévue aujourd’hui",  # noqa: RUF001
        "text": "Trois comptes de votre secteur sont dus et se trouvent à moins de 25 minutes.",
        "act": "Les ajouter à la tournée",
        "banner": "Deux justificatifs de déplacement ont été refusés : le montant hors taxes manque.",
        "company": "Établissements Ollagnier-Mathieu et Fils, Saint-Étienne",
    },
    "id": {
        "button": "Serahkan kepada tenaga penjualan lapangan",
        "line": "Gabungan kantor dan lapangan",
        "chip": "Menunggu konfirmasi dari bagian pengadaan",
        "title": "Belum ada data untuk dibandingkan",
        "text": "Perbandingan muncul setelah 20 transaksi selesai. Saat ini baru 14.",
        "act": "Lihat semua transaksi",
        "banner": "Dua bukti perjalanan ditolak: jumlah sebelum pajak belum diisi dengan lengkap.",
        "company": "PT Sumber Pangan Nusantara Sejahtera, Surabaya",
    },
}
REPS: list[dict[str, Any]] = [
    {"name": "Inès Delorme", "motion": "inside", "calls": 412, "won": 34_000, "rate": 0.21},
    {"name": "Marc Thévenin", "motion": "outside", "calls": 96, "won": 91_200, "rate": 0.38},
    {"name": "Dewi Lestari Kusumawardhani", "motion": "hybrid", "calls": 233, "won": 61_640, "rate": 0.41},
    {"name": "Yusuf Hakim", "motion": "outside", "calls": 74, "won": 48_310, "rate": 0.33},
]
SORTS = {"name", "calls", "won", "rate"}
STOPS = [
    "Laiterie des Monts du Pilat",
    "Boulangerie Chazelles-Vourlat",
    "Fromageries du Haut-Forez",
    "Salaisons du Velay",
]


class SampleForm(forms.Form):
    """One field of every kind."""

    company = forms.CharField(label=gettext_lazy("Company"), help_text=gettext_lazy("As on the invoice"))
    email = forms.EmailField(label=gettext_lazy("E-mail"))
    password = forms.CharField(label=gettext_lazy("Password"), widget=forms.PasswordInput, min_length=10)
    reason = forms.ChoiceField(
        label=gettext_lazy("Reason"),
        choices=[("", "—"), ("incomplete", gettext_lazy("Incomplete")), ("route", gettext_lazy("Wrong route"))],
    )
    day = forms.DateField(label=gettext_lazy("Day of the visit"), widget=DateInput)
    time = forms.TimeField(label=gettext_lazy("Time"), widget=TimeInput, required=False)
    amount = forms.DecimalField(label=gettext_lazy("Amount"), required=False, min_value=0)
    receipt = forms.FileField(label=gettext_lazy("Receipt"), required=False)
    note = forms.CharField(label=gettext_lazy("Note"), widget=forms.Textarea(attrs={"rows": 3}), required=False)
    result = forms.ChoiceField(
        label=gettext_lazy("Result"),
        widget=forms.RadioSelect,
        choices=[("up", gettext_lazy("Advanced")), ("same", gettext_lazy("Held")), ("down", gettext_lazy("Set back"))],
        initial="up",
    )
    met = forms.MultipleChoiceField(
        label=gettext_lazy("Who was there"),
        widget=forms.CheckboxSelectMultiple,
        choices=[("a", "Rahmat Hidayat"), ("b", "Agus Setiawan"), ("c", "Yusuf Hakim")],
        initial=["a", "b"],
        required=False,
    )
    basis = forms.ChoiceField(
        label=gettext_lazy("Basis"),
        widget=Segments,
        choices=[("like", gettext_lazy("Like for like")), ("raw", pgettext_lazy("figures", "Raw"))],
        initial="like",
    )
    tell = forms.MultipleChoiceField(
        label=gettext_lazy("Tell me by e-mail"),
        widget=Checks,
        choices=[
            ("handoff", gettext_lazy("When a hand-off waits for me")),
            ("week", gettext_lazy("Once a week, what is due")),
        ],
        initial=["handoff"],
        required=False,
    )
    consent = forms.BooleanField(label=gettext_lazy("She agreed to be called"), required=False)
    fixed = forms.CharField(
        label=gettext_lazy("Territory"), disabled=True, required=False, initial="Loire et Haute-Loire"
    )


def _refused_form() -> SampleForm:
    """The same form as it comes back when much is wrong."""
    given = {
        "company": "PT Sumber Pangan Nusantara",
        "email": "rahmat@",
        "password": "tandem",
        "reason": "",
        "day": "",
        "basis": "like",
    }
    return SampleForm(given, auto_id="refused_%s")


@doors.page(VIEW_DESIGN)
@require_http_methods(["GET", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """The page; a POST of its form shows the form as the server answers it."""
    form = SampleForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        toasts.show_next(request, _("Saved."), undo=reverse("design:undo"))
        return HttpResponseRedirect(reverse("design:page"))
    status = 422 if form.is_bound else 200
    return render(
        request,
        "design/design.html",
        _samples(request) | {"form": form, "refused_form": _refused_form()},
        status=status,
    )


def _samples(request: HttpRequest) -> dict[str, Any]:
    order = request.GET.get("order", "")
    field = order.removeprefix("-")
    reps = sorted(REPS, key=lambda rep: rep[field], reverse=order.startswith("-")) if field in SORTS else REPS
    return {
        "colours": COLOURS,
        "icon_names": sorted([*icons.NAMES, *icons.OWN]),
        "long_samples": LONG,
        "reps": reps,
        "moment": DAY,
        "day": DAY.date(),
        "lately": now() - dt.timedelta(minutes=3, seconds=20),
        "soon": now() + dt.timedelta(days=2, hours=1),
        "stages": _stages(),
        "history": _history(),
        "figures": [
            {"value": formats.clock(dt.time(10, 42)), "note": formats.day(dt.date(2026, 11, 19), "weekday")},
            {"value": "31", "note": _("calls of 60")},
            {"value": "9", "note": _("connects")},
            {"value": "4:18", "note": _("left on the oldest enquiry"), "kind": "late", "icon": "clock"},
        ],
        "reasons": [
            (_("Asked for a demo on the web form"), 28),
            (_("Food plant, 120 to 250 people"), 19),
            (_("Met at the fair"), 15),
            (_("Private e-mail address"), -6),
        ],
        "tab_pages": [
            {"label": _("Comparison"), "url": "?view=comparison#ways", "current": True},
            {"label": _("Floor and field"), "url": "?view=floor#ways"},
            {"label": _("To fix"), "url": "?view=fix#ways", "count": 7},
        ],
        "tab_sections": [
            {"label": pgettext("many", "Calls"), "url": "#calls", "count": 3},
            {"label": pgettext("many", "Visits"), "url": "#visits", "count": 2},
            {"label": _("Hand-offs"), "url": "#handoffs", "count": 1},
        ],
        "filters": [
            {"label": _("Motion"), "value": _("Outside"), "url": "?#ways"},
            {"label": _("Territory"), "value": "Loire et Haute-Loire", "url": "?#ways"},
        ],
        "trend_inside": [36, 65, 116, 148, 166, 172, 168, 160],
        "trend_outside": [9, 19, 39, 72, 120, 176, 264, 352],
        "trend_ticks": [formats.number(k) + "k" for k in (1, 2, 5, 10, 20, 40, 80, 150)],
        "stop_items": _in_order(request),
        "address": reverse("design:page"),
        "url_search": reverse("design:search"),
        "url_news": reverse("design:news"),
    }


def _stages() -> list[dict[str, Any]]:
    def on(number: int) -> str:
        return formats.day(dt.date(2026, 11, number))

    return [
        {"name": pgettext("status", "New"), "note": on(13), "motion": "inside"},
        {"name": pgettext("status", "Attempting"), "note": on(16), "motion": "inside"},
        {"name": _("Handed over"), "note": formats.duration(26), "motion": "outside", "handoff": True},
        {
            "name": _("Demonstration"),
            "note": _("since %(day)s") % {"day": on(19)},
            "motion": "outside",
            "current": True,
        },
        {"name": pgettext("noun", "Offer"), "note": _("usually 9 days"), "motion": "outside"},
        {"name": _("Won"), "note": "", "motion": "outside"},
    ]


def _history() -> list[dict[str, Any]]:
    def on(number: int) -> str:
        return formats.day(dt.date(2026, 11, number))

    return [
        {"line": "outside", "ahead": True, "when": on(24), "under": formats.clock(dt.time(14, 30)), "icon": "pin",
         "title": _("Visit: trial with her sacks"), "by": "Marc Thévenin"},
        {"line": "both", "who": "inside", "when": on(20), "under": formats.clock(dt.time(16, 5)), "icon": "phone",
         "title": _("Sent the film, she watched it to the end"), "by": f"Inès Delorme, {formats.duration(6)}",
         "text": "« Très convaincant. Mon directeur d’exploitation sera là mardi. »"},  # noqa: RUF001
        {"line": "both", "who": "outside", "when": on(19), "under": formats.clock(dt.time(10, 40)), "icon": "pin",
         "title": _("Visit at the dairy"), "by": f"Marc Thévenin, {formats.duration(55)}, {formats.money(142, 'EUR')}"},
        {"line": "inside-both", "when": on(17), "under": formats.clock(dt.time(11, 18)), "icon": "handoff", "brief": True,
         "title": _("Handed to the field, inside stays partner"), "by": _("accepted in %(time)s") % {"time": formats.duration(26)}},
        {"line": "inside", "when": on(16), "under": formats.clock(dt.time(9, 4)), "icon": "phone",
         "title": _("No answer"), "by": _("2nd attempt")},
        {"line": "outside-inside", "when": on(2), "under": formats.clock(dt.time(15, 40)), "icon": "handoff",
         "title": _("Back to inside: budget only next year"), "by": "Yusuf Hakim"},
        {"line": "outside", "when": on(1), "under": formats.clock(dt.time(11, 5)), "icon": "pin",
         "title": _("Met at the fair"), "by": f"Yusuf Hakim, {formats.duration(25)}"},
    ]  # fmt: skip


# --- What the examples ask for ------------------------------------------------------------------------------------------


@doors.page(VIEW_DESIGN)
@require_POST
def act(request: HttpRequest) -> HttpResponse:
    """Saves nothing and says so, with the way back."""
    return toasts.show_now(
        HttpResponse(status=204), _("Voicemail left. Call again on Saturday."), undo=reverse("design:undo")
    )


@doors.page(VIEW_DESIGN)
@require_POST
def undo(request: HttpRequest) -> HttpResponse:
    """Takes nothing back and says so."""
    if request.headers.get("HX-Request"):
        return toasts.show_now(HttpResponse(status=204), _("Taken back."))
    toasts.show_next(request, _("Taken back."))
    return HttpResponseRedirect(reverse("design:page"))


@doors.page(VIEW_DESIGN)
@require_POST
def refused(request: HttpRequest, status: int) -> HttpResponse:
    """Answers with an error, to see how a page bears it."""
    return HttpResponse(status=status if status in {403, 404, 409, 422, 429} else 500)


@doors.page(VIEW_DESIGN)
@require_GET
def search(request: HttpRequest) -> HttpResponse:
    """The sample people and stops that contain what was typed."""
    words = request.GET.get("q", "").casefold()
    people = [
        {"url": "#people", "name": rep["name"], "note": _("Person"), "motion": rep["motion"], "icon": "person"}
        for rep in REPS
    ]
    places = [{"url": "#queue", "name": name, "note": _("Company"), "icon": "company"} for name in STOPS]
    found = [row for row in [*people, *places] if words and words in str(row["name"]).casefold()]
    return render(request, "components/search_results.html", {"results": found, "more": ""})


@doors.page(VIEW_DESIGN)
@require_GET
def news(request: HttpRequest) -> HttpResponse:
    """Two notifications, or their number."""
    if "count" in request.GET:
        return HttpResponse("2")
    rows = [
        {
            "url": "#timeline",
            "text": _("Marc Thévenin accepted your hand-off."),
            "at": now() - dt.timedelta(minutes=4),
            "is_new": True,
        },
        {
            "url": "#timeline",
            "text": _("Hélène Castagnet answered your e-mail."),
            "at": now() - dt.timedelta(hours=2),
            "is_new": True,
        },
    ]
    return render(request, "components/news.html", {"news": rows})


@doors.page(VIEW_DESIGN)
@require_POST
def order(request: HttpRequest) -> HttpResponse:
    """Puts the sample stops in order: one step, or all of them at once. Remembered in the session."""
    ids = _moved(_order(request), request)
    request.session["design.order"] = ids
    if not request.headers.get("HX-Request"):
        return HttpResponseRedirect(reverse("design:page") + "#order")
    return render(request, "design/_order.html", {"stop_items": _in_order(request)})


def _order(request: HttpRequest) -> list[int]:
    kept = request.session.get("design.order", [])
    return kept if sorted(kept) == list(range(len(STOPS))) else list(range(len(STOPS)))


def _in_order(request: HttpRequest) -> list[dict[str, Any]]:
    return [{"id": number, "label": STOPS[number]} for number in _order(request)]


def _moved(ids: list[int], request: HttpRequest) -> list[int]:
    given = [int(number) for number in request.POST.getlist("order") if number.isdecimal()]
    if sorted(given) == sorted(ids):
        return given
    moved, step = request.POST.get("move", ""), -1 if request.POST.get("to") == "up" else 1
    if not moved.isdecimal() or int(moved) not in ids:
        return ids
    at = ids.index(int(moved))
    to = min(max(at + step, 0), len(ids) - 1)
    ids[at], ids[to] = ids[to], ids[at]
    return ids
