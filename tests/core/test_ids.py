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


@pytest.mark.parametrize("drift", [0, -3_600])
def test_a_clock_set_back_does_not_break_the_order(monkeypatch: pytest.MonkeyPatch, drift: int):
    first = ids.uuid7()
    real = time.time_ns
    monkeypatch.setattr(ids.time, "time_ns", lambda: real() + drift * 1_000_000_000)
    assert ids.uuid7() > first
