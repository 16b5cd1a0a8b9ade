"""What the launcher says when it cannot go on."""

from __future__ import annotations


class CannotRunError(Exception):
    """Tandem cannot go on; the text tells a person what is wrong and what to do about it."""
