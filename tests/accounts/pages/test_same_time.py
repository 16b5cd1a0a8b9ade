"""P34: an address that somebody has and one that nobody has cannot be told apart by the time of an answer.

Samples of both are taken in turn, so that a machine that grows slow slows both. The measure is the chance that one of a
known address took longer than one of an unknown address: 0.5 when they are alike. A last test shows that it would see.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.test import Client

from accounts import password_mail
from tests.factories.accounts import UserFactory

SAMPLES = 60
# With 60 against 60 samples of the same distribution the measure lies within 0.5 +- 0.16 in 999 of 1000 runs.
ALIKE = (0.3, 0.7)


class LightPBKDF2(PBKDF2PasswordHasher):
    """The real hasher at a twentieth of its cost: still most of a sign-in's time."""

    iterations = 50_000


@pytest.fixture(autouse=True)
def _as_in_production(settings, db):
    settings.PASSWORD_HASHERS = ["tests.accounts.pages.test_same_time.LightPBKDF2"]
    settings.EMAIL_BACKEND = "crm.core.mail.OutgoingMailBackend"
    settings.ACCOUNT_RATE_LIMITS = False
    UserFactory(email="known@example.com")


def share_of_slower(known: list[float], unknown: list[float]) -> float:
    """How often a sample of ``known`` exceeds one of ``unknown``: the area under the ROC curve."""
    return statistics.fmean(a > b for a in known for b in unknown)


def times(act: Callable[[str], object]) -> tuple[list[float], list[float]]:
    """Seconds of CPU and waiting of ``act`` for the known and the unknown address, taken in turn."""
    act("known@example.com"), act("unknown@example.com")  # the first of each pays for caches
    taken: dict[str, list[float]] = {"known": [], "unknown": []}
    for number in range(SAMPLES):
        # Who goes first changes, else the second would profit from warm caches.
        for name in ("known", "unknown") if number % 2 else ("unknown", "known"):
            begun = time.perf_counter()
            act(f"{name}@example.com")
            taken[name].append(time.perf_counter() - begun)
    return taken["known"], taken["unknown"]


def sign_in(email: str) -> None:
    assert Client().post("/accounts/login/", {"login": email, "password": "wrong"}).status_code == 200


def ask_for_password(email: str) -> None:
    assert Client().post("/accounts/password/reset/", {"email": email}).status_code == 302


@pytest.mark.slow
@pytest.mark.parametrize("act", [sign_in, ask_for_password])
def test_known_and_unknown_take_as_long(act):
    assert ALIKE[0] < share_of_slower(*times(act)) < ALIKE[1]


@pytest.mark.slow
def test_the_measure_sees_what_it_is_to_see(monkeypatch):
    """Without the work for nobody, nearly every known address would give itself away."""
    real = password_mail.send

    def only_the_known(email, *, user):
        if user is not None:
            real(email, user=user)

    monkeypatch.setattr(password_mail, "send", only_the_known)
    assert share_of_slower(*times(ask_for_password)) > ALIKE[1]
