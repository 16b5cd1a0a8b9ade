"""The secret key of an installation that did not bring its own."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


def read_or_make_secret_key(home: Path, *, refuse: bool) -> str:
    """Return the key kept in ``home/secret_key``, making it (mode 0600) the first time.

    ``refuse`` is for production, where a key that differs between two machines would sign people out at random.
    Raises ``ImproperlyConfigured`` then, and when the folder cannot be written.
    """
    if refuse:
        raise ImproperlyConfigured("SECRET_KEY must be set in production.")
    path = home / "secret_key"
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        _create_once(path)
        return path.read_text().strip()
    except OSError as error:
        raise ImproperlyConfigured(
            f"The data folder {home} cannot be used ({error.strerror}). Set TANDEM_HOME to a folder you may write to."
        ) from error


def _create_once(path: Path) -> None:
    """Two processes may start together: write aside, then link, so that exactly one key wins and is whole."""
    if path.exists():
        return
    draft = path.with_name(f".secret_key.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(50))
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
