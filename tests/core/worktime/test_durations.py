"""The written form of durations."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.core.errors import Invalid
from crm.core.worktime import HORIZON, Duration, TooFar


@pytest.mark.parametrize(
    ("text", "days", "minutes"),
    [
        ("30 min", 0, 30),
        ("4 h", 0, 240),
        ("1 d", 1, 0),
        ("1 d 10 h", 1, 600),
        ("1 d 30 min", 1, 30),
        ("2 d 1 h 5 min", 2, 65),
        ("90min", 0, 90),
        ("1d4h", 1, 240),
        (" 4 h ", 0, 240),
        ("0 min", 0, 0),
        ("100 h", 0, 6000),
    ],
)
def test_parse(text, days, minutes):
    assert Duration.parse(text) == Duration(days, timedelta(minutes=minutes))


@pytest.mark.parametrize(
    "text", ["", " ", "4", "h", "-4 h", "4.5 h", "4 h 1 d", "4 hours", "4 h 4 h", "٤ h", "9999999 h", "4  h", "1e3 h"]
)
def test_anything_else_is_refused(text):
    with pytest.raises(Invalid) as refused:
        Duration.parse(text, field="clock")
    assert (refused.value.field, refused.value.specific_code) == ("clock", "duration_malformed")


@settings(deadline=None)
@given(st.integers(0, HORIZON.days), st.integers(0, 100_000))
def test_the_written_form_comes_back(days, minutes):
    duration = Duration(days, timedelta(minutes=minutes))
    assert Duration.parse(str(duration)) == duration


@pytest.mark.parametrize(
    ("locale", "text"),
    [
        ("en", "1 day 10 hours 1 minute"),
        ("fr", "1 jour 10 heures 1 minute"),
        ("id", "1 hari 10 jam 1 menit"),
        ("en-gb", "1 day 10 hours 1 minute"),
    ],
)
def test_described_in_the_reader_s_language(locale, text):
    assert Duration.parse("1 d 10 h 1 min").describe(locale).replace("\xa0", " ") == text


def test_nothing_is_described_too():
    assert (str(Duration()), Duration().describe("en")) == ("0 min", "0 minutes")


@pytest.mark.parametrize("make", [lambda: Duration(-1), lambda: Duration(work=timedelta(seconds=-1))])
def test_negative_durations_are_refused(make):
    with pytest.raises(Invalid) as refused:
        make()
    assert refused.value.specific_code == "duration_negative"


@pytest.mark.parametrize(
    "make",
    [
        lambda: Duration(HORIZON.days + 1),
        lambda: Duration(work=HORIZON + timedelta(1)),
        lambda: Duration.parse("999999 h"),
    ],
)
def test_durations_beyond_the_horizon_are_refused(make):
    with pytest.raises(TooFar):
        make()
