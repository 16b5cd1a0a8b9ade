"""The geometry of the small server-drawn charts: numbers in, SVG coordinates out. No colours, no words, no I/O.

Coordinates leave as text, because templates would write ``7.5`` as ``7,5`` in French.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Point = tuple[float, float]


def _path(points: Sequence[Point]) -> str:
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in points)


def _text(point: Point) -> tuple[str, str]:
    return f"{point[0]:g}", f"{point[1]:g}"


def _spread(
    values: Sequence[float], *, left: float, right: float, top: float, bottom: float, low: float, high: float
) -> list[Point]:
    """Values at equal steps from ``left`` to ``right``, ``low`` at the bottom and ``high`` at the top."""
    step = (right - left) / max(len(values) - 1, 1)
    scale = (bottom - top) / ((high - low) or 1)
    return [(round(left + i * step, 1), round(bottom - (value - low) * scale, 1)) for i, value in enumerate(values)]


# --- Score reasons ----------------------------------------------------------------------------------------------------

WHY_WIDTH = 80
WHY_AXIS = 27  # a third of the bar's room is below zero
WHY_SCALE = 1.5  # pixels per point: 35 points fill the room to the right


@dataclass(frozen=True, slots=True)
class Reason:
    """One bar: where it starts, how wide it is and, when it takes away, its hatching."""

    text: str
    points: str
    x: str
    width: str
    hatch: str


def reason(text: str, points: float, shown: str) -> Reason:
    """The bar of ``points``; ``shown`` is the figure beside it, as the reader's language writes it."""
    room = WHY_AXIS if points < 0 else WHY_WIDTH - WHY_AXIS
    width = min(abs(points) * WHY_SCALE, room)
    x = WHY_AXIS - width if points < 0 else WHY_AXIS
    return Reason(text, shown, f"{x:g}", f"{width:g}", _hatch(x, width) if points < 0 else "")


def _hatch(x: float, width: float, height: float = 8, gap: float = 4) -> str:
    """Diagonals from the bottom left to the top right, cut at the ends of the bar."""
    lines = []
    for start in range(-int(height), math.ceil(width), int(gap)):
        left, right = max(start, 0), min(start + height, width)
        if right > left:
            lines.append(f"M{x + left:g} {height - (left - start):g}L{x + right:g} {height - (right - start):g}")
    return "".join(lines)


# --- Trends --------------------------------------------------------------------------------------------------------------


def spark(inside: Sequence[float], outside: Sequence[float]) -> dict[str, Any]:
    """Two trends of the same length on one scale, in a box of 84 by 26."""
    both = [*inside, *outside]
    box = {"left": 4, "right": 78, "top": 5, "bottom": 21, "low": min(both), "high": max(both)}
    a, b = _spread(inside, **box), _spread(outside, **box)
    return {"inside": _path(a), "outside": _path(b), "inside_end": _text(a[-1]), "outside_end": _text(b[-1])}


TREND_BOX = {"left": 42, "right": 366, "top": 20, "bottom": 188}


def trend(inside: Sequence[float], outside: Sequence[float], ticks: Sequence[str]) -> dict[str, Any]:
    """Two trends with a grid from zero to the next round figure, in a box of 440 by 220."""
    step = _round_step(max([*inside, *outside, 1]) / 4)
    high = step * math.ceil(max([*inside, *outside, 1]) / step)
    box = {**TREND_BOX, "low": 0, "high": high}
    a, b = _spread(inside, **box), _spread(outside, **box)
    levels = [i * step for i in range(round(high / step) + 1)]
    heights = _spread(levels, **box)
    return {
        "inside": _path(a),
        "outside": _path(b),
        "inside_stops": [_text(point) for point in a],
        "outside_stops": [_text(point) for point in b],
        "inside_name_y": _name_height(a, b),
        "outside_name_y": _name_height(b, a),
        "grid": [(level, _text(point)[1]) for level, point in zip(levels, heights, strict=True)],
        "ticks": [(tick, _text(point)[0]) for tick, point in zip(ticks, a, strict=True)],
    }


def _round_step(rough: float) -> float:
    """The next of 1, 2, 5, 10, 20, 50, …"""
    power: float = 10.0 ** math.floor(math.log10(rough))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)


def _name_height(own: Sequence[Point], other: Sequence[Point]) -> str:
    """Level with the line's last stop; pushed away from the other line's name where the two end close together."""
    y, others = own[-1][1], other[-1][1]
    push = max(0, 16 - abs(y - others)) / 2 * (1 if y > others else -1)
    return f"{y + 4 + push:g}"
