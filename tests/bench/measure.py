"""How a figure is taken: warm-up, repeats, percentile; queries counted apart from time."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext


@dataclass(frozen=True)
class Figure:
    """Milliseconds: the best, the median, the 95th percentile; and database statements of one run."""

    best: float
    median: float
    p95: float
    queries: int


# Seconds after which a figure is good enough, once it has been taken LEAST times.
ENOUGH = 3.0
LEAST = 20


def measure(act: Callable[[], Any], *, repeats: int = 100, warm: int = 3) -> Figure:
    """Run ``act`` warm + up to ``repeats`` times. Other people's load shows least in the best time: ratios are of these."""
    for _ in range(warm):
        act()
    with CaptureQueriesContext(connection) as captured:
        act()
    # Now: the next request empties Django's log. Begin and commit are no questions.
    queries = sum(query["sql"] not in {"BEGIN", "COMMIT"} for query in captured.captured_queries)
    times = []
    gc.collect()
    begun = time.perf_counter()
    while len(times) < repeats and (len(times) < LEAST or time.perf_counter() - begun < ENOUGH):
        started = time.perf_counter()
        act()
        times.append((time.perf_counter() - started) * 1_000)
    times.sort()
    return Figure(times[0], times[len(times) // 2], times[int(len(times) * 0.95)], queries)


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
    def times_bare(self) -> float:
        """How many times the bare view, best against best; 0 without a bare view."""
        return self.figure.best / self.bare.best if self.bare else 0.0

    @property
    def misses(self) -> list[str]:
        found = []
        if self.budget is not None and self.figure.p95 > self.budget:
            found.append(f"p95 over {self.budget:g} ms")
        if self.ratio is not None and self.times_bare > self.ratio:
            found.append(f"over {self.ratio:g} x bare")
        if self.queries is not None and self.figure.queries > self.queries:
            found.append(f"over {self.queries} queries")
        return found


@dataclass(frozen=True)
class Missing:
    """Work that the product does not do yet, or that this data has no example of, and why there is no figure."""

    work: str
    why: str


@dataclass(frozen=True)
class Run:
    """Long work: ``rows`` in ``seconds``; ``raw`` seconds of the same rows as SQL; at least ``least`` rows a second."""

    work: str
    rows: int
    seconds: float
    raw: float | None = None
    least: float | None = None
    note: str = ""

    @property
    def rate(self) -> float:
        return self.rows / self.seconds

    @property
    def verdict(self) -> str:
        missed = self.least is not None and self.rate < self.least
        return f"MISS: under {self.least:,.0f} rows/s" if missed else "ok"


def table(rows: Sequence[Row | Missing]) -> str:
    """A Markdown table; misses are marked, never hidden."""
    lines = [
        "| work | raw SQL, best ms | bare view, best | Tandem, best | median | p95 | x bare | queries | verdict |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        if isinstance(row, Missing):
            lines.append(f"| {row.work} | | | | | | | | {row.why} |")
            continue
        times = f"{row.times_bare:.2f}" if row.bare else ""
        own = [f"{row.figure.best:.2f}", f"{row.figure.median:.2f}", f"{row.figure.p95:.2f}"]
        verdict = "MISS: " + ", ".join(row.misses) if row.misses else "ok"
        cells = [row.work, _best(row.raw), _best(row.bare), *own, times]
        lines.append("| " + " | ".join([*cells, str(row.figure.queries), verdict]) + " |")
    return "\n".join(lines)


def _best(figure: Figure | None) -> str:
    return f"{figure.best:.2f}" if figure else ""
