"""What is derived from records and kept beside them. One call after each write, in its transaction."""

from __future__ import annotations

from leads.models import Record


def after_write(record: Record) -> None:
    """Search words, duplicate keys, a score that is due."""
