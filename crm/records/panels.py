"""What apps add to the side of a record's page: score, fit, cost. Each registers its panel in ``ready``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from accounts.models import User

Load = Callable[[User, Any], dict[str, Any] | None]


@dataclass(frozen=True, slots=True)
class Panel:
    """``template`` is drawn with what ``load`` answers; None leaves the panel out."""

    template: str
    load: Load
    order: int


_panels: dict[str, dict[str, Panel]] = {}


def register(holder: str, name: str, template: str, load: Load, *, order: int) -> None:
    """Add a panel to the pages of ``holder`` (``lead company contact deal``); lower ``order`` stands first."""
    named = _panels.setdefault(holder, {})
    if name in named:
        raise ValueError(f"The page of a {holder} has the panel {name} already.")
    named[name] = Panel(template, load, order)


def panels_of(holder: str, reader: User, record: Any) -> list[dict[str, Any]]:
    """``{"template", …facts}`` of each panel that has something to say."""
    listed = sorted(_panels.get(holder, {}).values(), key=lambda panel: panel.order)
    loaded = ((panel, panel.load(reader, record)) for panel in listed)
    return [{"template": panel.template, **facts} for panel, facts in loaded if facts is not None]
