"""Dates, times, numbers and money as the reader's language writes them (CLDR, by Babel).

Every function takes plain values and answers text in the active language; times are shown in the active time zone.
English is British English: days before months, 24 hours, as on a timetable.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from babel import Locale
from babel.dates import format_date, format_skeleton, format_time, format_timedelta
from babel.numbers import format_currency, format_decimal, format_percent, get_currency_precision, get_currency_symbol
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

Number = int | float | Decimal

_LOCALES = {"en": "en_GB", "fr": "fr_FR", "id": "id_ID"}

# Our word for a style -> CLDR skeleton (which parts; the language decides order and punctuation).
DAYS = {"short": "MMMd", "weekday": "MMMEd", "full": "yMMMMEEEEd", "year": "yMMMd", "month": "yMMMM"}


def locale() -> Locale:
    """The CLDR locale of the active language."""
    language = (get_language() or "en").partition("-")[0]
    return Locale.parse(_LOCALES.get(language, "en_GB"))


def day(value: dt.date, style: str = "short") -> str:
    """``19 Nov`` (short), ``Thu, 19 Nov`` (weekday), ``19 Nov 2026`` (year), ``November 2026`` (month), or all of it (full)."""
    local = timezone.localtime(value) if isinstance(value, dt.datetime) and timezone.is_aware(value) else value
    if style == "full":
        return format_date(local, "full", locale=locale())
    return format_skeleton(DAYS[style], local, locale=locale())


def clock(value: dt.datetime | dt.time) -> str:
    """``14:30``; Indonesian writes ``14.30``."""
    local = timezone.localtime(value) if isinstance(value, dt.datetime) and timezone.is_aware(value) else value
    return format_time(local, "short", locale=locale())


def moment(value: dt.datetime, style: str = "short") -> str:
    """A day and its time: ``19 Nov, 14:30``."""
    return _("%(day)s, %(time)s") % {"day": day(value, style), "time": clock(value)}


def ago(value: dt.datetime, now: dt.datetime) -> str:
    """How far from ``now``, in the largest fitting unit: ``in 3 minutes``, ``2 days ago``; within a minute ``now``."""
    distance = value - now
    if abs(distance) < dt.timedelta(minutes=1):
        return _("now")
    return format_timedelta(distance, add_direction=True, threshold=1, locale=locale())


def duration(minutes: Number) -> str:
    """``26 min``, ``3 h 34``, ``2 h``."""
    hours, rest = divmod(round(minutes), 60)
    if not hours:
        return _("%(minutes)s min") % {"minutes": rest}
    if not rest:
        return _("%(hours)s h") % {"hours": number(hours)}
    return _("%(hours)s h %(minutes)s") % {"hours": number(hours), "minutes": f"{rest:02d}"}


def number(value: Number, places: int | None = None) -> str:
    """``3,412``; with ``places`` exactly that many decimals, else as many as the value has, at most three."""
    pattern = None if places is None else "#,##0" + ("." + "0" * places if places else "")
    return format_decimal(value, format=pattern, locale=locale())


def percent(share: Number, places: int = 0) -> str:
    """A share of one: ``0.21`` is ``21%``, ``21 %`` in French."""
    pattern = locale().percent_formats[None].pattern
    if places:
        pattern = pattern.replace("#,##0", "#,##0." + "0" * places)
    return format_percent(share, format=pattern, locale=locale())


def money(amount: Number, currency: str, *, cents: bool | None = None) -> str:
    """``€41,200``, ``52 000 €``, ``Rp 1.285.000``. ``cents``: None shows them only when there are some."""
    value = Decimal(str(amount))
    if cents is None:
        cents = value != value.to_integral_value()
    places = get_currency_precision(currency) if cents else 0
    pattern = (
        locale().currency_formats["standard"].pattern.replace("0.00", "0" + ("." + "0" * places if places else ""))
    )
    if get_currency_symbol(currency, locale())[-1:].isalpha():
        pattern = pattern.replace(
            "\u00a4#", "\u00a4\u00a0#"
        )  # CLDR's currency spacing, which Babel leaves out: Rp 1.285.000
    return format_currency(value, currency, format=pattern, locale=locale(), currency_digits=False)


def initials(name: str) -> str:
    """At most two letters: first and last part of the name, without particles in small letters."""
    parts = [part for part in name.split() if part[:1].isupper() or not part[:1].isalpha()] or name.split()
    letters = [parts[0][:1], parts[-1][:1]] if len(parts) > 1 else [part[:1] for part in parts]
    return "".join(letters).upper()
