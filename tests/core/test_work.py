"""The doorbell: after commit, by name, soft when the broker is away."""

from __future__ import annotations

import time

import pytest
from django.db import transaction
from kombu.exceptions import OperationalError

from crm.core import ids, work

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[str]]]:
    calls: list[tuple[str, list[str]]] = []
    monkeypatch.setattr(work, "_send", lambda name, arguments: calls.append((name, arguments)))
    monkeypatch.setattr(work, "_silent_until", 0.0)
    return calls


def test_it_rings_after_commit_with_ids_as_text(rung):
    key = ids.uuid7()
    with transaction.atomic():
        work.enqueue("core.send_mail", key)
        assert rung == []
    assert rung == [("core.send_mail", [str(key)])]


def test_it_stays_silent_when_the_change_is_rolled_back(rung):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        work.enqueue("core.send_mail", ids.uuid7())
        _ = 1 / 0
    assert rung == []


def test_an_unknown_name_is_a_mistake_at_once(rung):
    with pytest.raises(LookupError):
        work.enqueue("core.fly", ids.uuid7())


def test_an_absent_broker_breaks_nothing_and_is_asked_once_in_a_while(monkeypatch):
    asked = []

    def away(name: str, arguments: list[str]) -> None:
        asked.append(name)
        raise OperationalError("connection refused")

    monkeypatch.setattr(work, "_send", away)
    monkeypatch.setattr(work, "_silent_until", 0.0)
    for _ in range(50):
        with transaction.atomic():
            work.enqueue("core.send_mail", ids.uuid7())
    assert len(asked) == 1


def test_a_broker_that_refuses_costs_a_request_no_more_than_a_moment(settings, monkeypatch):
    """The real Celery app against a port where nothing listens."""
    from config import celery

    monkeypatch.setattr(work, "_send", celery.send)
    monkeypatch.setattr(work, "_silent_until", 0.0)
    monkeypatch.setattr(celery.app.conf, "broker_url", "redis://127.0.0.1:1/0")
    monkeypatch.setattr(celery.app, "_pool", None)
    monkeypatch.setattr(celery.app.amqp, "_producer_pool", None)
    started = time.monotonic()
    with transaction.atomic():
        work.enqueue("core.send_mail", ids.uuid7())
    assert time.monotonic() - started < 3
    assert work._silent_until > time.monotonic()
