"""Requests are counted per caller, told on every answer, refused above the limit, and not counted without Redis (P16)."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.cache import caches
from redis.exceptions import ConnectionError as RedisAway

from crm.core import clock
from crm.core.api import throttles
from crm.core.api.throttles import Bucket, address_of, count
from crm.core.cache import SoftRedisCache
from tests.api.callers import Caller, problem
from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db
STANDING = re.compile(r'"(\w+)";r=(\d+);t=(\d+)')


@pytest.fixture(autouse=True)
def _within_one_window(settings: Any, time_machine: Any) -> None:
    """Three requests in 60 seconds, at the beginning of a window that does not end by itself."""
    settings.API_RATE_LIMIT = (3, 60)
    time_machine.move_to("2026-11-21T10:00:05Z", tick=False)


@pytest.fixture
def rep() -> Caller:
    return Caller(UserFactory())


def left(answer: Any) -> int:
    return int(STANDING.fullmatch(answer.headers["RateLimit"])[2])


def test_every_answer_tells_where_the_caller_stands(rep: Caller):
    answers = [rep.get("me"), rep.get("users/x"), rep.patch("me", {"moon": 1})]
    assert [answer.status_code for answer in answers] == [200, 404, 422]
    assert [left(answer) for answer in answers] == [2, 1, 0]
    for answer in answers:
        assert answer.headers["RateLimit-Policy"] == '"default";q=3;w=60'
        assert STANDING.fullmatch(answer.headers["RateLimit"])[3] == "55"
        assert answer.headers["Tandem-Version"] == "2026-11-21"


def test_above_the_limit_is_429_until_the_window_ends(rep: Caller, time_machine: Any):
    for _ in range(3):
        assert rep.get("me").status_code == 200
    answer = rep.get("me")
    problem(answer, 429, "too_many_requests")
    assert answer.headers["Retry-After"] == "55"
    assert left(answer) == 0
    time_machine.move_to("2026-11-21T10:01:01Z", tick=False)
    assert rep.get("me").status_code == 200


def test_a_refused_write_does_nothing(rep: Caller):
    for _ in range(3):
        rep.get("me")
    problem(rep.patch("me", {"name": "Late"}, Idempotency_Key="k1"), 429, "too_many_requests")
    caches["fast"].clear()
    assert rep.patch("me", {"name": "Late"}, Idempotency_Key="k1").headers.get("Idempotent-Replayed") is None


def test_each_caller_is_counted_alone(rep: Caller):
    other_key, session, other = Caller(rep.user), Caller(rep.user, session=True), Caller(UserFactory())
    rep.get("me")
    rep.get("me")
    assert [left(caller.get("me")) for caller in (rep, other_key, session, other)] == [0, 2, 2, 2]


def test_strangers_and_wrong_keys_are_counted_by_address():
    """Guessing is counted although nobody is known: by the address, the right-most that a trusted proxy saw."""
    stranger = Caller()
    wrong = Caller()
    wrong.headers["Authorization"] = "Bearer tdm_wrong"
    assert [left(stranger.get("me")), left(wrong.get("me")), left(stranger.get("me"))] == [2, 1, 0]
    problem(wrong.get("me"), 429, "too_many_requests")
    elsewhere = wrong.client.get("/api/v1/me", REMOTE_ADDR="192.0.2.7", headers=wrong.headers)
    problem(elsewhere, 401, "not_authenticated", "invalid_key")


@pytest.mark.parametrize(
    ("proxies", "forwarded", "remote", "address"),
    [
        (0, "203.0.113.9", "192.0.2.1", "192.0.2.1"),
        (1, "203.0.113.9", "192.0.2.1", "203.0.113.9"),
        (1, "198.51.100.1, 203.0.113.9", "192.0.2.1", "203.0.113.9"),
        (2, "198.51.100.1, 203.0.113.9", "192.0.2.1", "198.51.100.1"),
        (1, "", "192.0.2.1", "192.0.2.1"),
        (1, "nonsense", "192.0.2.1", "unknown"),
        (0, "", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
    ],
)
def test_the_address_that_counts(rf: Any, settings: Any, proxies: int, forwarded: str, remote: str, address: str):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    assert address_of(rf.get("/", REMOTE_ADDR=remote, headers={"X-Forwarded-For": forwarded})) == address


def test_switched_off_nothing_is_counted_or_told(rep: Caller, settings: Any):
    settings.RATE_LIMITS_ON = False
    answers = [rep.get("me") for _ in range(5)]
    assert {answer.status_code for answer in answers} == {200}
    assert "RateLimit" not in answers[-1].headers


def test_a_bucket_of_its_own_is_counted_apart():
    search = Bucket("search", 1, 10)
    assert count(search, "person:1").allowed
    assert not count(search, "person:1").allowed
    assert count(throttles.GENERAL, "person:1").allowed
    assert count(search, "person:2").allowed


def test_a_view_picks_its_bucket(rep: Caller, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("accounts.api.resources.Users.bucket", Bucket("search", 1, 10))
    assert rep.get("users").headers["RateLimit-Policy"] == '"search";q=1;w=10'
    problem(rep.get("users"), 429, "too_many_requests")
    assert rep.get("me").status_code == 200


def test_without_redis_everybody_passes(rep: Caller, monkeypatch: pytest.MonkeyPatch):
    """The limit fails open: an absent cache stops nobody's work."""
    cache = SoftRedisCache("redis://127.0.0.1:1/0", {})
    asked = []

    def away(*args: Any, **options: Any) -> None:
        asked.append(1)
        raise RedisAway

    monkeypatch.setattr("django.core.cache.backends.redis.RedisCache.incr", away)
    monkeypatch.setattr(SoftRedisCache, "_silent_until", 0.0)
    monkeypatch.setattr(throttles, "caches", {"fast": cache})
    assert {rep.get("me").status_code for _ in range(6)} == {200}
    assert asked


def test_the_window_beginning_under_two_requests_counts_both(monkeypatch: pytest.MonkeyPatch):
    """Between "there is no counter" and "make one" another request may have made it."""
    cache, original = caches["fast"], caches["fast"].add

    def later(key: str, value: int, timeout: int) -> bool:
        original(key, 1, timeout=timeout)
        return original(key, value, timeout=timeout)

    monkeypatch.setattr(cache, "add", later)
    assert count(Bucket("b", 5, 60), "x").used == 2


def test_the_clock_decides_the_window():
    assert count(Bucket("b", 5, 60), "x").resets_in == 55
    assert clock.now().second == 5
