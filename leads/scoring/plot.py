"""The calibration plot: what the model said against what came, as coordinates of a square. Numbers in, text out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

LEFT, TOP, SIDE = 40, 12, 200


@dataclass(frozen=True, slots=True)
class Plot:
    """``line`` joins the ``points``; ``level`` is where both would be equal; ``ticks`` are (share, x, y)."""

    points: list[tuple[str, str]]
    line: str
    level: str
    ticks: list[tuple[float, str, str]]
    left: str
    right: str
    top: str
    bottom: str


def calibration_plot(bins: Sequence[dict[str, Any]]) -> Plot:
    """``bins`` as of ``measures.calibration``; said runs to the right, seen upwards, both from 0 to 1."""
    points = [(_x(entry["said"]), _y(entry["seen"])) for entry in bins]
    line = "M" + "L".join(f"{x} {y}" for x, y in points) if points else ""
    ticks = [(share, _x(share), _y(share)) for share in (0, 0.25, 0.5, 0.75, 1)]
    level = f"M{_x(0)} {_y(0)}L{_x(1)} {_y(1)}"
    return Plot(points, line, level, ticks, _x(0), _x(1), _y(1), _y(0))


def _x(share: float) -> str:
    return f"{LEFT + SIDE * share:.1f}"


def _y(share: float) -> str:
    return f"{TOP + SIDE * (1 - share):.1f}"
