"""Client-made ids: version, order, no collisions under threads."""

from __future__ import annotations

import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from crm.core import ids


def test_it_is_a_uuid_of_version_seven_with_the_present_time():
    before = time.time_ns() // 1_000_000
    made = ids.uuid7()
    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert 0 <= (made.int >> 80) - before < 5_000


def test_ids_made_one_after_the_other_sort_in_that_order():
    made = [ids.uuid7() for _ in range(20_000)]
    assert made == sorted(made)


def test_threads_never_make_the_same_id():
    with ThreadPoolExecutor(8) as pool:
        made = [
            identifier
            for part in pool.map(lambda _: [ids.uuid7() for _ in range(5_000)], range(8))
            for identifier in part
        ]
    assert len(set(made)) == 40_000


@pytest.mark.parametrize("seconds", [0, -9])
def test_a_clock_corrected_by_seconds_does_not_break_the_order(monkeypatch: pytest.MonkeyPatch, seconds: int):
    first = ids.uuid7()
    shift_clock(monkeypatch, seconds)
    assert ids.uuid7() > first


def test_a_clock_that_was_wrong_by_an_hour_does_not_mark_ids_for_ever(monkeypatch: pytest.MonkeyPatch):
    shift_clock(monkeypatch, 3_600)
    ids.uuid7()
    monkeypatch.undo()
    assert abs((ids.uuid7().int >> 80) - time.time_ns() // 1_000_000) < 5_000


def shift_clock(monkeypatch: pytest.MonkeyPatch, seconds: int) -> None:
    real = time.time_ns
    monkeypatch.setattr(ids.time, "time_ns", lambda: real() + seconds * 1_000_000_000)
