"""The design system's words in templates. Built in for every template: no ``{% load %}``.

``docs/design-system.md`` lists them with an example each; ``/settings/design`` shows them in every state. Small ones are
drawn here, the others by a partial of the same name in ``templates/components/``.
"""

# ruff: noqa: A002 (an id is called id, as in HTML)

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable, Sequence
from typing import Any

from django import template
from django.forms import BaseForm
from django.forms.utils import flatatt
from django.template import Context
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import get_language, get_language_info, gettext_lazy
from django.utils.translation import gettext as _

from crm.core import charts, formats, icons, toasts
from crm.core.clock import now
from crm.core.finders import vendor_url
from crm.core.forms import LONG_FORM

register = template.Library()

MOTIONS = {
    "inside": gettext_lazy("Inside"),
    "outside": gettext_lazy("Outside"),
    "hybrid": gettext_lazy("Hybrid"),
    "none": gettext_lazy("Not enough evidence"),
}
THEMES = ("light", "dark")
DENSITIES = ("compact", "roomy")


def _attributes(given: dict[str, Any]) -> SafeString:
    """``hx_post="/x"`` -> `` hx-post="/x"``; True is a bare attribute, False, None and "" are left out."""
    return flatatt(
        {name.rstrip("_").replace("_", "-"): value for name, value in given.items() if value not in (False, None, "")}
    )


def _inner(content: str) -> SafeString:
    """What stands between a block tag's ends: drawn (and escaped) already, only its outer space goes."""
    return SafeString(content.strip())


def _partial(context: Context, name: str, **values: Any) -> SafeString:
    """A component's template, drawn with the page's context (request, token, language) and ``values``."""
    found = context.template.engine.get_template(f"components/{name}.html")  # type: ignore[union-attr]
    with context.push(**values):
        return found.render(context)


# --- Signs: icon, key, motion, brand, face -----------------------------------------------------------------------------


@register.simple_tag
def icon(name: str, label: str = "", small: bool = False) -> SafeString:
    """``{% icon "phone" %}`` beside a word; ``{% icon "close" label=… %}`` where it stands alone."""
    return icons.draw(name, label=label, css="i-small" if small else "")


@register.simple_tag
def key(name: str) -> SafeString:
    """A key cap. Vanishes on touch."""
    return format_html('<kbd aria-hidden="true">{}</kbd>', name)


@register.simple_tag
def motion(value: str | None, label: str = "") -> SafeString:
    """The motion of a person, lead or column: shape, word and hue. ``value``: inside, outside, hybrid, or nothing known."""
    line = value if value in MOTIONS else "none"
    return format_html('<span class="line" data-line="{}">{}</span>', line, label or MOTIONS[line])


@register.inclusion_tag("components/brand.html")
def brand(height: int = 20, word: bool = True) -> dict[str, Any]:
    """The mark (two stops on one bar), with the name beside it."""
    letters = height * 0.85
    return {
        "height": height,
        "mark_width": f"{height * 46 / 24:.2f}",
        "word": word,
        "word_width": f"{letters * 104 / 24:.2f}",
        "word_height": f"{letters:.2f}",
    }


@register.simple_tag
def face(name: str, motion: str = "", big: bool = False) -> SafeString:
    """A person's initials in the shape of their line. Decoration: the name stands beside it or in a label."""
    css = "face face-big" if big else "face"
    return format_html(
        '<span{} aria-hidden="true">{}</span>', _attributes({"class": css, "data_line": motion}), formats.initials(name)
    )


# --- Buttons, chips, banners, empty states -----------------------------------------------------------------------------


@register.simple_block_tag
def button(content: str, kind: str = "", icon: str = "", key: str = "", **attributes: Any) -> SafeString:
    """``{% button kind="go" icon="phone" key="Enter" hx_post=url %}Call{% endbutton %}``; a link when ``href`` is given.

    Kinds: go (the one next act), ink, bare, late; "xl" and "square" may be added: ``kind="go xl"``. ``busy`` and
    ``disabled`` are states; anything else becomes an attribute.
    """
    css = " ".join(["btn", *(f"btn-{word}" for word in kind.split()), *str(attributes.pop("class_", "")).split()])
    if attributes.pop("busy", False):
        attributes["aria_busy"] = "true"
    is_link = bool(attributes.get("href"))
    if is_link and attributes.pop("disabled", False):
        attributes |= {"href": None, "role": "link", "aria_disabled": "true"}
    if not is_link:
        attributes.setdefault("type", "button")
    if len(key) == 1:
        attributes["aria_keyshortcuts"] = key
    return format_html(
        "<{0}{1}>{2}{3}{4}</{0}>",
        "a" if is_link else "button",
        _attributes({"class": css, **attributes}),
        icons.draw(icon) if icon else "",
        _inner(content),
        format_html(' <kbd aria-hidden="true">{}</kbd>', key) if key else "",
    )


@register.simple_block_tag
def chip(content: str, kind: str = "", icon: str = "") -> SafeString:
    """Why, tier or state in a row. Kinds: late, hold, good, here, line. Never clickable."""
    drawn = icons.draw(icon, css="i-small") if icon else ""
    return format_html(
        '<span class="chip{}">{}<span class="clip">{}</span></span>',
        f" chip-{kind}" if kind else "",
        drawn,
        _inner(content),
    )


BANNER_ICONS = {"late": "warn", "good": "ok", "note": "info", "": "warn"}


@register.simple_block_tag
def banner(content: str, kind: str = "", icon: str = "") -> SafeString:
    """A condition that lasts. Kinds: none (waiting), late (refused, broken: read out at once), good, note."""
    return format_html(
        '<div class="banner{}" role="{}">{}<div>{}</div></div>',
        f" banner-{kind}" if kind else "",
        "alert" if kind == "late" else "status",
        icons.draw(icon or BANNER_ICONS[kind]),
        _inner(content),
    )


@register.simple_block_tag(takes_context=True)
def empty_state(context: Context, content: str, title: str, kind: str = "") -> SafeString:
    """Nothing here yet: says what to do next (a sentence and a button inside). Kind "late": it did not load."""
    return _partial(context, "empty", title=title, kind=kind, content=content)


# --- Dialog, popover, menu ---------------------------------------------------------------------------------------------


@register.simple_block_tag(takes_context=True)
def dialog(context: Context, content: str, *, id: str, title: str, wide: bool = False) -> SafeString:
    """A question that must be answered; a sheet from below on a phone. Opened by ``data-opens="<id>"`` on a button.

    Put the answers in ``<div class="dlg-foot">`` outside ``<div class="dlg-body">``.
    """
    return _partial(context, "dialog", id=id, title=title, wide=wide, content=content)


@register.simple_block_tag
def popover(content: str, *, id: str, kind: str = "") -> SafeString:
    """A definition or formula, opened by ``popovertarget="<id>"``. Works without scripts. Kind "end": aligned at its end."""
    return format_html('<div class="pop{}" id="{}" popover>{}</div>', f" pop-{kind}" if kind else "", id, content)


@register.simple_block_tag(takes_context=True)
def menu(
    context: Context, content: str, *, id: str, label: str, icon: str = "more", kind: str = "", word: bool = True
) -> SafeString:
    """A button and the acts behind it: links and buttons inside, ``<hr>`` between groups. Arrow keys walk it."""
    return _partial(context, "menu", id=id, label=label, icon=icon, kind=kind, word=word, content=content)


# --- Ways through: tabs, filters, crumbs, pages -----------------------------------------------------------------------------


@register.inclusion_tag("components/tabs.html")
def tabs(items: Iterable[dict[str, Any]], label: str) -> dict[str, Any]:
    """Views of one thing. ``items``: ``label``, ``url``, ``current`` and, if wanted, ``count``.

    Addresses that are pages stay links. Addresses like ``#calls`` show one of several sections of this page: with the
    script they become real tabs (arrow keys, Home, End), without it links to sections that all stand there.
    """
    listed = list(items)
    return {"items": listed, "label": label, "here": all(str(item["url"]).startswith("#") for item in listed)}


@register.inclusion_tag("components/filters.html")
def filters(items: Iterable[dict[str, Any]], clear: str = "") -> dict[str, Any]:
    """The filters at work. ``items``: ``label``, ``value`` and ``url`` (the list without this filter); ``clear``: without any."""
    return {"items": list(items), "clear": clear}


@register.inclusion_tag("components/crumbs.html")
def crumbs(*steps: str) -> dict[str, Any]:
    """``{% crumbs _("People") url "Inès" %}``: pairs of word and address, the last word is this page."""
    pairs = list(itertools.zip_longest(steps[::2], steps[1::2], fillvalue=""))
    return {"steps": pairs}


@register.inclusion_tag("components/pager.html")
def pager(previous: str = "", following: str = "", note: str = "", table: str = "") -> dict[str, Any]:
    """Cursor pages: addresses of the page before and after, ``note`` between them; ``table`` is the id to swap by htmx."""
    return {"previous": previous, "following": following, "note": note, "table": table}


# --- Tables -----------------------------------------------------------------------------------------------------------------


@register.simple_block_tag(takes_context=True)
def table(
    context: Context,
    content: str,
    label: str,
    *,
    id: str = "",
    stack: bool = True,
    tall: bool = False,
    sheet: bool = True,
) -> SafeString:
    """A table in its own scrolling box. ``stack``: rows become cards when narrow (give each ``td`` a ``data-label``);
    ``tall``: at most three quarters of the window, the head stays.
    """
    return _partial(context, "table", label=label, id=id, stack=stack, tall=tall, sheet=sheet, content=content)


@register.simple_tag(takes_context=True)
def sort_head(context: Context, label: str, field: str, table: str = "", css: str = "") -> SafeString:
    """A column's head that sorts by ``field``: the address gets ``?order=field`` or ``-field``; starts again at page one."""
    query = context["request"].GET.copy()
    order = query.get("order", "")
    direction = {field: "ascending", f"-{field}": "descending"}.get(order, "")
    query["order"] = f"-{field}" if direction == "ascending" else field
    query.pop("cursor", None)
    address = "?" + query.urlencode()
    swap = {
        "hx_get": address,
        "hx_target": f"#{table}",
        "hx_select": f"#{table}",
        "hx_swap": "outerHTML",
        "hx_push_url": "true",
    }
    return format_html(
        '<th scope="col"{}><a href="{}"{}>{}{}</a></th>',
        _attributes({"class": css, "aria_sort": direction}),
        address,
        _attributes({"id": f"{table}-by-{field}", **swap} if table else {}),
        label,
        icons.draw("ascending", css="i-small"),
    )


@register.inclusion_tag("components/order.html", takes_context=True)
def sortable(context: Context, items: Iterable[Any], label: str, *, url: str, id: str) -> dict[str, Any]:
    """A list to put in order: drag by the grip, or the buttons up and down, which also work by keyboard and without scripts.

    ``items`` have ``id`` and ``label`` (and ``note``). ``url`` takes POSTs: ``move=<id>`` with ``to=up|down``, or
    ``order=<id>`` once per item; it answers this component again.
    """
    script = vendor_url("vendor/sortable.js")
    return {
        "items": list(items),
        "label": label,
        "url": url,
        "id": id,
        "script": script,
        "csrf_token": context.get("csrf_token"),
    }


# --- Forms ------------------------------------------------------------------------------------------------------------------


@register.simple_tag
def wrong_fields(form: BaseForm) -> list[Any]:
    """The fields to list above a long form that was refused; a short form shows its errors beside the fields only."""
    fields = form.visible_fields()
    wrong = [field for field in fields if field.errors]
    return wrong if len(fields) >= LONG_FORM and len(wrong) > 1 else []


# --- Dates, numbers, money ------------------------------------------------------------------------------------------------------


def _time_tag(value: dt.date | dt.datetime, text: str, title: str = "", **attributes: Any) -> SafeString:
    stamp = (
        value.astimezone(dt.UTC).isoformat(timespec="seconds") if isinstance(value, dt.datetime) else value.isoformat()
    )
    return format_html("<time{}>{}</time>", _attributes({"datetime": stamp, "title": title, **attributes}), text)


@register.simple_tag
def day(value: dt.date | None, style: str = "short") -> SafeString | str:
    """``19 Nov``; styles: short, weekday, year, month, full."""
    return _time_tag(value, formats.day(value, style)) if value else ""


@register.simple_tag
def clock(value: dt.datetime | dt.time | None) -> SafeString | str:
    """``14:30``."""
    if value is None:
        return ""
    return (
        _time_tag(value, formats.clock(value))
        if isinstance(value, dt.datetime)
        else format_html("<time>{}</time>", formats.clock(value))
    )


@register.simple_tag
def moment(value: dt.datetime | None, style: str = "short") -> SafeString | str:
    """``19 Nov, 14:30`` in the reader's zone."""
    return _time_tag(value, formats.moment(value, style)) if value else ""


@register.simple_tag
def ago(value: dt.datetime | None) -> SafeString | str:
    """``3 minutes ago``, kept right by the script; the exact moment is its title."""
    return _time_tag(value, formats.ago(value, now()), formats.moment(value, "year"), data_ago=True) if value else ""


@register.filter
def number(value: formats.Number | None, places: int | None = None) -> str:
    """``{{ 3412|number }}`` ``{{ share|number:1 }}``."""
    return "" if value is None else formats.number(value, places)


@register.filter
def percent(value: formats.Number | None, places: int = 0) -> str:
    """A share of one: ``{{ 0.21|percent }}``."""
    return "" if value is None else formats.percent(value, places)


@register.filter
def duration(minutes: formats.Number | None) -> str:
    """``{{ 214|duration }}``: ``3 h 34``."""
    return "" if minutes is None else formats.duration(minutes)


@register.simple_tag
def money(amount: formats.Number | None, currency: str, cents: bool | None = None) -> str:
    """``{% money 52000 "EUR" %}``."""
    return "" if amount is None else formats.money(amount, currency, cents=cents)


# --- The lines: timeline, stages, queue, figures, charts --------------------------------------------------------------------


@register.simple_block_tag
def stop(
    content: str,
    title: str,
    *,
    line: str = "inside",
    at: dt.datetime | None = None,
    when: str = "",
    under: str = "",
    by: str = "",
    icon: str = "",
    who: str = "",
    ahead: bool = False,
    goes_on: bool = False,
) -> SafeString:
    """One row of ``<ol class="tl">``, newest first.

    ``line``: inside, outside, both, or a hand-off in the order of time (inside-outside, inside-both, both-inside, …);
    ``who``: on whose line of "both" the stop stands; ``ahead``: planned; ``goes_on``: more rows below on another page.
    ``at`` gives both times; ``when`` and ``under`` stand in for it.
    """
    when_html, under_html = _when(at) if at else (when, under)
    body = format_html('<div class="tl-title">{}<span>{}</span>{}</div>{}', icons.draw(icon, css="i-small") if icon else "", title,
                       format_html('<span class="by">{}</span>', by) if by else "", _inner(content))  # fmt: skip
    return format_html(
        '<li{}><div class="tl-when">{}{}</div><div class="tl-rail">{}</div><div class="tl-body">{}</div></li>',
        _attributes({"data_line": line, "data_by": who, "data_ahead": ahead, "data_goes_on": goes_on}),
        when_html,
        format_html("<small>{}</small>", under_html) if under_html else "",
        format_html('<span class="vh">{}</span>', _line_words(line, who)),
        body,
    )


def _line_words(line: str, who: str) -> str:
    """What the rail shows, for those who cannot see it."""
    before, _hyphen, after = line.partition("-")
    if after:
        both = _("inside and outside")
        names = {"inside": _("inside"), "outside": _("outside"), "both": both}
        return _("Hand-off from %(before)s to %(after)s") % {"before": names[before], "after": names[after]}
    return str(MOTIONS[who or before] if (who or before) in MOTIONS else MOTIONS["hybrid"])


def _when(value: dt.datetime) -> tuple[SafeString, str]:
    """The strong word and the quiet one below: the time first today, else the day; last year the year."""
    local, today = timezone.localtime(value), timezone.localtime(now())
    if local.date() == today.date():
        return _time_tag(value, formats.clock(value)), _("today")
    if local.year == today.year:
        return _time_tag(value, formats.day(value)), formats.clock(value)
    return _time_tag(value, formats.day(value)), str(local.year)


@register.inclusion_tag("components/route.html")
def route(stages: Sequence[dict[str, Any]], label: str = "") -> dict[str, Any]:
    """The stages of one lead. Each: ``name``, ``note``, ``motion``, ``handoff`` and, for one of them, ``current``."""
    return {"stages": stages, "label": label or _("Stages")}


@register.inclusion_tag("components/departure.html")
def departure(**row: Any) -> dict[str, Any]:
    """One row of ``<ol>`` in ``<div class="queue">``: ``url time time_note name place chip chip_kind chip_icon meta score
    score_note motion handoff current taken``.
    """
    return row


@register.inclusion_tag("components/strip.html")
def strip(figures: Iterable[dict[str, Any]], label: str, sheet: bool = False) -> dict[str, Any]:
    """The day in numerals. Each: ``value``, ``note`` and, if wanted, ``kind`` (late) and ``icon``."""
    return {"figures": figures, "label": label, "sheet": sheet}


@register.inclusion_tag("components/why.html")
def why(reasons: Iterable[tuple[str, float]]) -> dict[str, Any]:
    """Score reasons: a solid bar adds, a hatched bar takes away. Pairs of words and points."""
    return {"rows": [charts.reason(text, points, _signed(points)) for text, points in reasons]}


def _signed(points: float) -> str:
    sign = "+" if points > 0 else "\u2212" if points < 0 else ""
    return sign + formats.number(abs(points))


@register.inclusion_tag("components/meter.html")
def meter(value: float | None, label: str, maximum: float = 100, note: str = "", kind: str = "") -> dict[str, Any]:
    """How far something is: ``value`` of ``maximum``; None while the end is not known. Kind "late": over the limit."""
    share = None if value is None else formats.percent(min(value / maximum, 9.99))
    known = None if value is None else f"{value:g}"
    return {"value": known, "maximum": f"{maximum:g}", "label": label, "note": note, "kind": kind, "share": share}


@register.inclusion_tag("components/ring.html")
def ring(share: int, label: str) -> dict[str, Any]:
    """A small share of 100 as a ring with its figure."""
    return {"share": share, "label": label}


@register.inclusion_tag("components/bones.html")
def bones(rows: int = 4) -> dict[str, Any]:
    """What stands while rows load: as tall as the rows will be, so that nothing jumps."""
    return {"rows": range(rows)}


@register.inclusion_tag("components/spark.html")
def spark(inside: Sequence[float], outside: Sequence[float], label: str) -> dict[str, Any]:
    """Two small trends on one scale, each ending in its own stop."""
    return charts.spark(inside, outside) | {"label": label}


@register.inclusion_tag("components/trend.html")
def trend(
    inside: Sequence[float], outside: Sequence[float], ticks: Sequence[str], label: str, unit: str = ""
) -> dict[str, Any]:
    """Two motions over the same steps, on one scale that begins at zero; labelled on the lines, no legend."""
    return charts.trend(inside, outside, ticks) | {"label": label, "unit": unit, "motions": MOTIONS}


# --- The shell ------------------------------------------------------------------------------------------------------------------


@register.simple_tag(takes_context=True)
def root_attributes(context: Context) -> SafeString:
    """What ``<html>`` carries: language, and the theme and density that this browser chose (cookies, so no flash)."""
    cookies = getattr(context.get("request"), "COOKIES", {})
    theme, density = cookies.get("theme"), cookies.get("density")
    return _attributes(
        {
            "lang": get_language() or "en",
            "data_theme": theme if theme in THEMES else "",
            "data_density": density if density in DENSITIES else "",
        }
    )


@register.inclusion_tag("components/languages.html", takes_context=True)
def languages(context: Context, css: str = "langs") -> dict[str, Any]:
    """The languages as buttons, each in its own words; the page comes back in the chosen one."""
    from django.conf import settings  # noqa: PLC0415

    request = context.get("request")
    return {
        "languages": [get_language_info(code) for code, _name in settings.LANGUAGES],
        "current": (get_language() or "en").partition("-")[0],
        "next": request.get_full_path() if request else "/",
        "action": context.get("url_language") or reverse("set_language"),
        "csrf_token": context.get("csrf_token"),
        "css": css,
    }


@register.simple_tag
def script_words() -> dict[str, str]:
    """What the scripts say, in the reader's language."""
    return {
        "undo": _("Undo"),
        "close": _("Close"),
        "refused": _("You may not do this."),
        "gone": _("This record no longer exists, or you may not see it."),
        "conflict": _(
            "Somebody changed this record meanwhile. Open it again to see their change; your text is still here."
        ),
        "invalid": _("Something does not fit. Look at the marked fields."),
        "too-many": _("Too many requests. Wait a moment, then try again."),
        "broken": _("Tandem made a mistake. Nothing was lost on this page; try again."),
        "away": _("The server does not answer. Your text is kept here; try again."),
        "request": _("Request %s"),
        "now": _("now"),
    }


@register.filter
def undo_address(message: Any) -> str:
    """The address that takes back what a message tells of."""
    return toasts.undo_address(getattr(message, "extra_tags", ""))


@register.filter
def with_next(url: str, path: str) -> str:
    """``/sign-in/`` and a page -> ``/sign-in/?next=…``."""
    return f"{url}?{urlencode({'next': path})}"


@register.simple_tag
def joined(*parts: Any) -> SafeString:
    """The parts that are not empty, with commas between."""
    return format_html_join(", ", "{}", ((part,) for part in parts if part))
