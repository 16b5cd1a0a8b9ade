"""Fixtures of the browser tests of records: the same small organisation as the page tests."""

from __future__ import annotations

from tests.records.conftest import sales

__all__ = ["sales"]
