"""One small organisation that the tests of rights share.

    division (manager)          elsewhere (boss)
      inside: inside, mate        strangers: stranger
      field:  field

finance and admin belong to no team.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from accounts import notices
from accounts.models import Absence, ApiKey, Capability, Notice, Team, User, WorkingCalendar
from tests.factories.accounts import AbsenceFactory, CalendarFactory, TeamFactory, UserFactory, make_key

ROLES = ("inside", "field", "manager", "finance", "admin")
GONE = "0192f0a0-5c8e-7000-8000-00000000dead"


@dataclass
class World:
    """``people``, ``teams``, ``absences``, ``keys``, ``notices`` by the name of whom they belong to; one calendar, one spare."""

    people: dict[str, User] = field(default_factory=dict)
    teams: dict[str, Team] = field(default_factory=dict)
    absences: dict[str, Absence] = field(default_factory=dict)
    keys: dict[str, ApiKey] = field(default_factory=dict)
    notices: dict[str, Notice] = field(default_factory=dict)
    calendars: dict[str, WorkingCalendar] = field(default_factory=dict)

    def ids(self, kind: str, *names: str) -> set[str]:
        rows: dict[str, Any] = getattr(self, kind)
        return {str(rows[name].pk) for name in names}

    def path(self, template: str) -> str:
        """``"users/{people.mate}"`` with the id of that record; ``{gone}`` is nobody's."""
        kinds = {"people", "teams", "absences", "keys", "notices", "calendars"}
        return template.format(gone=GONE, **{kind: _Ids(getattr(self, kind)) for kind in kinds})


class _Ids:
    def __init__(self, rows: dict[str, Any]) -> None:
        self.rows = rows

    def __getattr__(self, name: str) -> str:
        return str(self.rows[name].pk)


def make_world() -> World:
    world = World()
    world.calendars = {"used": CalendarFactory(name="Used"), "spare": CalendarFactory(name="Spare")}
    team = {"calendar": world.calendars["used"]}
    manager = UserFactory(name="manager", team=None, capabilities=[Capability.MANAGES.value])
    boss = UserFactory(name="boss", team=None, capabilities=[Capability.MANAGES.value])
    division = TeamFactory(name="division", kind="mixed", managers=[manager], **team)
    elsewhere = TeamFactory(name="elsewhere", kind="mixed", managers=[boss], **team)
    world.teams = {
        "division": division,
        "inside": TeamFactory(name="inside", parent=division, **team),
        "field": TeamFactory(name="field", kind="outside", parent=division, **team),
        "elsewhere": elsewhere,
        "strangers": TeamFactory(name="strangers", parent=elsewhere, **team),
        "empty": TeamFactory(name="empty", parent=elsewhere, **team),
    }
    world.people = {
        "manager": manager,
        "boss": boss,
        "inside": UserFactory(name="inside", team=world.teams["inside"]),
        "mate": UserFactory(name="mate", team=world.teams["inside"]),
        "field": UserFactory(name="field", field=True, team=world.teams["field"]),
        "stranger": UserFactory(name="stranger", team=world.teams["strangers"]),
        "finance": UserFactory(name="finance", finance=True),
        "admin": UserFactory(name="admin", admin=True),
        "second": UserFactory(name="second", admin=True),
    }
    for name, person in world.people.items():
        world.absences[name] = AbsenceFactory(
            user=person, starts_at=datetime(2030, 3, 4, 8, tzinfo=UTC), note=f"note of {name}"
        )
        world.keys[name], _secret = make_key(person)
        notices.tell(person, kind="rights.changed", occurrence="1", facts={"actor": "Somebody"})
        world.notices[name] = Notice.objects.get(user=person, kind="rights.changed")
    return world
