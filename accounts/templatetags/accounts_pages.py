"""Words about people and their hours, for the pages that show them."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from django import template
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from accounts import devices
from accounts.forms.calendars import weekday_name
from accounts.forms.fields import language_name, zone_place
from accounts.models import Team, User
from accounts.month_strip import local_days
from accounts.selectors import Colleague, Day, Hours
from crm.core import clock, formats

register = template.Library()

DASH = "\N{EN DASH}"
ONE_DAY, WEEK = dt.timedelta(days=1), dt.timedelta(days=7)


# --- Times on somebody's clock ---------------------------------------------------------------------------------------------


def when(moment: dt.datetime, zone: str) -> str:
    """A moment near now as one says it on the clock of ``zone``: ``18:00``, ``tomorrow 09:00``, ``Monday 09:00``.

    Midnight names the day only: ``Thursday``, ``12 Jan``.
    """
    place = ZoneInfo(zone)
    local = moment.astimezone(place)
    day = _day_in_words(local.date(), clock.now().astimezone(place).date())
    with timezone.override(place):
        hour = formats.clock(moment)
    if day and local.time() == dt.time():
        return day
    return _("%(day)s %(time)s") % {"day": day, "time": hour} if day else hour


def _day_in_words(day: dt.date, today: dt.date) -> str:
    """``tomorrow``, ``Thursday``, ``12 Jan``; nothing for today."""
    if day == today:
        return ""
    if day == today + ONE_DAY:
        return _("tomorrow")
    if dt.timedelta() < day - today < WEEK:
        return str(formats.locale().days["format"]["wide"][day.weekday()])
    return formats.day(day)


def with_place(text: str, zone: str) -> str:
    """``text`` with the town whose clock it is, when that clock differs from the reader's today."""
    here, there = timezone.get_current_timezone(), ZoneInfo(zone)
    moment = clock.now()
    if moment.astimezone(here).utcoffset() == moment.astimezone(there).utcoffset():
        return text
    return _("%(time)s in %(place)s") % {"time": text, "place": zone_place(zone)}


@register.simple_tag
def open_now(day: Day) -> str:
    """A calendar in one sentence: ``Open now until 18:00``."""
    if day.changes_at is None:
        return _("Open around the clock") if day.is_open else _("Never open")
    moment = with_place(when(day.changes_at, day.zone), day.zone)
    return (_("Open now until %(when)s") if day.is_open else _("Closed until %(when)s")) % {"when": moment}


@register.simple_tag
def local_time(zone: str) -> SafeString:
    """The time on somebody's clock, kept right by the script, with the town when it differs from the reader's."""
    now = clock.now()
    with timezone.override(ZoneInfo(zone)):
        hour = formats.clock(now)
    place = with_place("", zone).strip()
    shown = format_html('<time data-clock="{}">{}</time>', zone, hour)
    return format_html("{} {}", shown, place) if place else shown


# --- People ------------------------------------------------------------------------------------------------------------------


@register.inclusion_tag("accounts/parts/presence.html")
def presence(colleague: Colleague) -> dict[str, Any]:
    """Whether somebody is there: a chip with a word."""
    zone = colleague.user.time_zone
    if colleague.away_until:
        return {"kind": "hold", "said": _("away, back %(when)s") % {"when": when(colleague.away_until, zone)}}
    if colleague.day is None or colleague.day.changes_at is None:
        # Only those who sell need them: their clocks would not run.
        return {"kind": "late" if colleague.user.motion else "", "said": _("no working hours")}
    moment = when(colleague.day.changes_at, zone)
    if colleague.day.is_open:
        return {"kind": "good", "said": _("here until %(when)s") % {"when": moment}}
    return {"kind": "", "said": _("back %(when)s") % {"when": moment}}


@register.filter
def team_motion(team: Team) -> str:
    """The line that a team's kind stands for; a mixed team runs on both."""
    return {Team.Kind.INSIDE.value: "inside", Team.Kind.OUTSIDE.value: "outside"}.get(team.kind, "hybrid")


@register.filter
def spoken(user: User) -> str:
    """The languages somebody speaks, by the reader's names for them."""
    return ", ".join(language_name(code) for code in user.language_skills)


@register.filter
def days_away(absence: Any) -> SafeString | str:
    """An absence in days on its person's clock, ``3 Nov`` to ``7 Nov``; with hours when it does not fill its days."""
    first, last = local_days(absence)
    with timezone.override(ZoneInfo(absence.user.time_zone)):
        if _fills_days(absence):
            return (
                formats.day(first, "weekday") if first == last else f"{formats.day(first)} {DASH} {formats.day(last)}"
            )
        if first == last:
            hours = f"{formats.clock(absence.starts_at)}{DASH}{formats.clock(absence.ends_at)}"
            return f"{formats.day(first, 'weekday')}, {hours}"
        return f"{formats.moment(absence.starts_at)} {DASH} {formats.moment(absence.ends_at)}"


def _fills_days(absence: Any) -> bool:
    zone = ZoneInfo(absence.user.time_zone)
    return all(moment.astimezone(zone).time() == dt.time() for moment in (absence.starts_at, absence.ends_at))


# --- Weeks --------------------------------------------------------------------------------------------------------------------


@register.filter
def weekdays(hours: Hours) -> str:
    """``Monday to Friday``."""
    if hours.first == hours.last:
        return weekday_name(hours.first)
    return _("%(first)s to %(last)s") % {"first": weekday_name(hours.first), "last": weekday_name(hours.last)}


@register.filter
def spans(pairs: list[list[str]]) -> str:
    """Pairs of times, with commas, as the reader's language writes times."""
    return ", ".join(DASH.join(_hour(text) for text in pair) for pair in pairs)


def _hour(text: str) -> str:
    return "24:00" if text == "24:00" else formats.clock(dt.time.fromisoformat(text))


@register.filter
def openings(listed: list[Any]) -> str:
    """The openings of a day on the reader's clock."""
    return ", ".join(f"{formats.clock(opening.opens_at)}{DASH}{formats.clock(opening.closes_at)}" for opening in listed)


@register.filter
def country_name(code: str) -> str:
    return str(formats.locale().territories.get(code, code))


@register.filter
def place(zone: str) -> str:
    return zone_place(zone)


# --- Signing in ------------------------------------------------------------------------------------------------------------------


@register.simple_tag
def single_sign_on() -> dict[str, str] | None:
    """The organisation's own sign-in, when one is set up: where it begins and what it is called."""
    if not settings.OIDC_ISSUER:
        return None
    providers: dict[str, Any] = settings.SOCIALACCOUNT_PROVIDERS
    app = providers["openid_connect"]["APPS"][0]
    return {"url": reverse("openid_connect_login", args=[app["provider_id"]]), "name": app["name"]}


@register.filter
def unused_codes(authenticator: Any) -> int:
    """How many recovery codes are left."""
    return len(authenticator.get_unused_codes()) if authenticator else 0


@register.filter
def device(user_agent: str) -> str:
    """``Chrome on Linux``."""
    return devices.name_of(user_agent)


@register.filter
def moment_text(value: dt.datetime) -> str:
    """A moment as plain text for a mail, with its year and zone: ``19 Nov 2026, 14:30 (Europe/Paris)``."""
    return f"{formats.moment(value, 'year')} ({timezone.get_current_timezone_name()})"


@register.filter
def on_clock(moment: dt.datetime) -> str:
    """A moment near now on the reader's clock: ``18:00``, ``tomorrow 09:00``, ``Monday 09:00``."""
    return when(moment, timezone.get_current_timezone_name())
