"""How a figure is taken: warm-up, repeats, percentile; queries counted apart from time."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext


@dataclass(frozen=True)
class Figure:
    """Milliseconds at the median and the 95th percentile, and database queries of one run."""

    median: float
    p95: float
    queries: int


def measure(act: Callable[[], Any], *, repeats: int = 200, warm: int = 20) -> Figure:
    """Run ``act`` warm + ``repeats`` times. Other people's load shows in both figure and floor: compare the ratio."""
    for _ in range(warm):
        act()
    with CaptureQueriesContext(connection) as captured:
        act()
    times = []
    gc.collect()
    for _ in range(repeats):
        started = time.perf_counter()
        act()
        times.append((time.perf_counter() - started) * 1_000)
    times.sort()
    return Figure(times[len(times) // 2], times[int(len(times) * 0.95)], len(captured))


@dataclass(frozen=True)
class Row:
    """One line of the table. ``budget`` in milliseconds at p95; ``ratio`` is the most times the bare view it may take."""

    work: str
    figure: Figure
    raw: Figure | None = None
    bare: Figure | None = None
    budget: float | None = None
    ratio: float | None = None
    queries: int | None = None

    @property
    def misses(self) -> list[str]:
        found = []
        if self.budget is not None and self.figure.p95 > self.budget:
            found.append(f"p95 over {self.budget:g} ms")
        if self.ratio is not None and self.bare and self.figure.median > self.ratio * self.bare.median:
            found.append(f"over {self.ratio:g} x bare")
        if self.queries is not None and self.figure.queries > self.queries:
            found.append(f"over {self.queries} queries")
        return found


def table(rows: list[Row]) -> str:
    """A Markdown table; misses are marked, never hidden."""
    lines = [
        "| work | raw SQL, median ms | bare view | Tandem, median | p95 | x bare | queries | verdict |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        times = f"{row.figure.median / row.bare.median:.2f}" if row.bare else ""
        verdict = "MISS: " + ", ".join(row.misses) if row.misses else "ok"
        cells = [row.work, _median(row.raw), _median(row.bare), _median(row.figure), f"{row.figure.p95:.2f}", times]
        lines.append("| " + " | ".join([*cells, str(row.figure.queries), verdict]) + " |")
    return "\n".join(lines)


def _median(figure: Figure | None) -> str:
    return f"{figure.median:.2f}" if figure else ""
