"""Files that people bring and fetch, below MEDIA_ROOT under names of our own."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from django.conf import settings

from crm.integrations.reading.limits import USUAL, Unreadable


@dataclass(frozen=True, slots=True)
class Stored:
    """Where a file lies (below MEDIA_ROOT), its size in bytes and its digest."""

    path: str
    size: int
    sha256: str


def location(path: str) -> Path:
    return Path(settings.MEDIA_ROOT) / path


def store(folder: str, key: UUID, blocks: Iterable[bytes]) -> Stored:
    """Keep a file block by block. Raises ``Unreadable`` (``too_large``) when it grows beyond the limit, and keeps nothing then."""
    path = f"{folder}/{key}"
    target = location(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    part = target.with_suffix(".part")
    try:
        with part.open("wb") as file:
            for block in blocks:
                size += len(block)
                if size > USUAL.bytes:
                    raise Unreadable("too_large", f"This file is larger than {USUAL.bytes >> 20} MB.")
                digest.update(block)
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
        part.rename(target)
    finally:
        part.unlink(missing_ok=True)
    return Stored(path, size, digest.hexdigest())


def remove(path: str) -> None:
    if path:
        location(path).unlink(missing_ok=True)
