"""Client-made identifiers: UUID version 7 (RFC 9562), which sort by the time they were made."""

from __future__ import annotations

import os
import threading
import time
import uuid

_lock = threading.Lock()
_last: tuple[int, int] = (0, 0)
# A clock corrected by up to this is waited out on the counter; one that was plainly wrong must not mark ids for ever.
LARGEST_CORRECTION = 10_000  # milliseconds


def uuid7() -> uuid.UUID:
    """A new UUIDv7: 48 bits of Unix milliseconds, a 12-bit counter within the millisecond, 62 random bits.

    Strictly increasing within one process (RFC 9562, method 1), so that rows made together keep their order, unless the
    clock is set back by more than ten seconds.
    """
    milliseconds, counter = _tick()
    value = milliseconds << 80 | 0x7 << 76 | counter << 64 | 0b10 << 62
    return uuid.UUID(int=value | int.from_bytes(os.urandom(8)) >> 2)


def _tick() -> tuple[int, int]:
    """The next (millisecond, counter); a full counter or a clock set back borrows from the next millisecond."""
    global _last  # noqa: PLW0603 (one monotonic source per process is the point)
    with _lock:
        milliseconds, counter = time.time_ns() // 1_000_000, 0
        if milliseconds <= _last[0] <= milliseconds + LARGEST_CORRECTION:
            milliseconds, counter = _last[0], _last[1] + 1
        if counter > 0xFFF:
            milliseconds, counter = milliseconds + 1, 0
        _last = milliseconds, counter
        return _last
