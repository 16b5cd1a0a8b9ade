"""Dates, numbers and money as each language writes them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone, translation

from crm.core import formats

MOMENT = dt.datetime(2026, 11, 24, 13, 30, tzinfo=dt.UTC)
NARROW, HARD = "\u202f", "\u00a0"  # the spaces that never break


@pytest.fixture(autouse=True)
def _paris():
    with timezone.override(ZoneInfo("Europe/Paris")):
        yield


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", ["24 Nov", "Tue 24 Nov", "24 Nov 2026", "November 2026", "Tuesday, 24 November 2026", "14:30"]),
        ("fr", ["24 nov.", "mar. 24 nov.", "24 nov. 2026", "novembre 2026", "mardi 24 novembre 2026", "14:30"]),
        ("id", ["24 Nov", "Sel, 24 Nov", "24 Nov 2026", "November 2026", "Selasa, 24 November 2026", "14.30"]),
    ],
)
def test_days_and_times(language, expected):
    with translation.override(language):
        styles = ["short", "weekday", "year", "month", "full"]
        assert [*(formats.day(MOMENT, style) for style in styles), formats.clock(MOMENT)] == expected


def test_times_are_those_of_the_readers_zone():
    assert formats.moment(MOMENT) == "24 Nov, 14:30"
    with timezone.override(ZoneInfo("Asia/Jakarta")):
        assert formats.moment(MOMENT) == "24 Nov, 20:30"
        late = MOMENT.replace(hour=18)
        assert formats.day(late) == "25 Nov", "the day as well"


def test_a_plain_day_has_no_zone():
    assert formats.day(dt.date(2026, 11, 24)) == "24 Nov"
    assert formats.clock(dt.time(9, 5)) == "09:05"


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", ["€41,200", "€7.90", f"IDR{HARD}1,285,000", "-US$12.50", "JP¥1,000"]),
        (
            "fr",
            [
                f"41{NARROW}200{HARD}€",
                f"7,90{HARD}€",
                f"1{NARROW}285{NARROW}000{HARD}IDR",
                f"-12,50{HARD}$US",
                f"1{NARROW}000{HARD}JPY",
            ],
        ),
        ("id", ["€41.200", "€7,90", f"Rp{HARD}1.285.000", "-US$12,50", "JP¥1.000"]),
    ],
)
def test_money(language, expected):
    amounts = [(41_200, "EUR"), (Decimal("7.90"), "EUR"), (1_285_000, "IDR"), (Decimal("-12.5"), "USD"), (1_000, "JPY")]
    with translation.override(language):
        assert [formats.money(amount, currency) for amount, currency in amounts] == expected


def test_cents_can_be_demanded_or_dropped():
    assert formats.money(52_000, "EUR", cents=True) == "€52,000.00"
    assert formats.money(Decimal("7.90"), "EUR", cents=False) == "€8"
    assert formats.money(1_000, "JPY", cents=True) == "JP¥1,000", "the currency has none"


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", ["1,234,567", "3,412.5", "3,412.50", "21%", "11.4%"]),
        ("fr", [f"1{NARROW}234{NARROW}567", f"3{NARROW}412,5", f"3{NARROW}412,50", f"21{NARROW}%", f"11,4{NARROW}%"]),
        ("id", ["1.234.567", "3.412,5", "3.412,50", "21%", "11,4%"]),
    ],
)
def test_numbers_and_shares(language, expected):
    with translation.override(language):
        assert [
            formats.number(1_234_567),
            formats.number(3412.5),
            formats.number(3412.5, 2),
            formats.percent(0.214),
            formats.percent(0.1142, 1),
        ] == [text.replace(f"{NARROW}%", locale_percent(language)) for text in expected]


def locale_percent(language: str) -> str:
    """French puts a narrow or a plain hard space before the sign, depending on the CLDR release."""
    return formats.percent(0.5)[2:] if language == "fr" else f"{NARROW}%"


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [(0, "0 min"), (26, "26 min"), (59.6, "1 h"), (120, "2 h"), (214, "3 h 34"), (1505, "25 h 05")],
)
def test_durations(minutes, expected):
    assert formats.duration(minutes) == expected


@pytest.mark.parametrize(
    ("distance", "expected"),
    [
        (dt.timedelta(seconds=30), "now"),
        (dt.timedelta(minutes=3, seconds=40), "in 4 minutes"),
        (dt.timedelta(minutes=-3), "3 minutes ago"),
        (dt.timedelta(hours=-2), "2 hours ago"),
        (dt.timedelta(days=2, hours=1), "in 2 days"),
    ],
)
def test_how_long_ago(distance, expected):
    assert formats.ago(MOMENT + distance, MOMENT) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Inès Delorme", "ID"),
        ("Solène Guivarch-Le Bihan", "SB"),
        ("Ratna", "R"),
        ("Jean de La Fontaine", "JF"),
        ("élodie durand", "ÉD"),
        ("", ""),
    ],
)
def test_initials(name, expected):
    assert formats.initials(name) == expected
