"""Where a person can go. Each app registers its entries in ``ready``; the shell shows those whose act is the person's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from django.urls import reverse
from django.utils.functional import Promise

from crm.core import policy

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from crm.core.policy import Person

Menu = Literal["main", "settings"]
Text = str | Promise


@dataclass(frozen=True, slots=True)
class Entry:
    """One way in. ``letter`` is pressed after ``g``; ``group`` heads the entries that share it, in a long menu."""

    url_name: str
    label: Text
    act: str
    icon: str
    order: int
    letter: str = ""
    group: Text = ""


_menus: dict[Menu, dict[str, Entry]] = {"main": {}, "settings": {}}


def register(
    menu: Menu, url_name: str, label: Text, *, act: str, icon: str, order: int, letter: str = "", group: Text = ""
) -> None:
    """Put an entry into ``menu``; lower ``order`` stands first. The page's name must be unique in its menu."""
    if url_name in _menus[menu]:
        raise ValueError(f"{url_name} is in the {menu} menu already.")
    _menus[menu][url_name] = Entry(url_name, label, act, icon, order, letter, group)


def entries(menu: Menu) -> list[Entry]:
    return sorted(_menus[menu].values(), key=lambda entry: entry.order)


def items_for(menu: Menu, person: Person | AnonymousUser, path: str) -> list[dict[str, Any]]:
    """What the shell draws: ``{label, url, current, icon, key, group}`` for each entry whose act ``person`` may perform.

    ``path`` is where the reader is; at most one entry is current, the one whose address is the longest beginning of it.
    """
    allowed = [(entry, reverse(entry.url_name)) for entry in entries(menu) if policy.may(person, entry.act)]
    here = max((url for _entry, url in allowed if path.startswith(url)), key=len, default=None)
    return [
        {
            "label": entry.label,
            "url": url,
            "current": url == here,
            "icon": entry.icon,
            "key": entry.letter,
            "group": entry.group,
        }
        for entry, url in allowed
    ]
