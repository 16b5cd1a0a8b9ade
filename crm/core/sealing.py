"""Secrets that must be read again, sealed before they are stored: a stolen copy of the database does not open them.

The key follows from ``SECRET_KEY`` and the purpose, so that one purpose's seals say nothing to another. What was sealed
under a former key opens while that key stands in ``SECRET_KEY_FALLBACKS``. Fernet: https://github.com/fernet/spec.
"""

from __future__ import annotations

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.utils.crypto import salted_hmac


def seal(text: str, purpose: str) -> str:
    """``text`` as ASCII that only ``unseal`` with the same purpose reads."""
    return _box(purpose).encrypt(text.encode()).decode("ascii")


def unseal(sealed: str, purpose: str) -> str | None:
    """What was sealed; None for what no present key opens, or what was never sealed."""
    try:
        return _box(purpose).decrypt(sealed.encode()).decode()
    except InvalidToken:
        return None


def _box(purpose: str) -> MultiFernet:
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    keys = [salted_hmac(purpose, "sealing", secret=secret, algorithm="sha256").digest() for secret in secrets]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in keys])
