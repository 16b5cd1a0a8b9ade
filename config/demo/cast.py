"""Who plays: the six people to sign in as, and the words others are made from."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.models import Capability, Team

PASSWORD = "tandem-demo"  # noqa: S105 (public on purpose, and only in a demo)
ORGANISATION = "Selaras Emballage"

CALLS, VISITS, APPROVES, MANAGES, ADMINISTERS = (str(capability) for capability in Capability)
INSIDE, OUTSIDE, MIXED = (str(kind) for kind in Team.Kind)

OFFICE = [["09:00", "12:30"], ["13:30", "18:00"]]
FIELD = [["08:00", "12:00"], ["13:00", "17:30"]]
JAKARTA = [["08:00", "12:00"], ["13:00", "17:00"]]
JAKARTA_FRIDAY = [["08:00", "11:30"], ["13:30", "17:00"]]
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")


@dataclass(frozen=True, slots=True)
class CalendarPart:
    """A working calendar: name, zone, country, hours of each weekday."""

    name: str
    zone: str
    country: str
    hours: dict[str, list[list[str]]]


@dataclass(frozen=True, slots=True)
class TeamPart:
    """A team: name, kind, the name of the one above, of its calendar."""

    name: str
    kind: str
    parent: str
    calendar: str
    country: str = "FR"


@dataclass(frozen=True, slots=True)
class Role:
    """One of the people to sign in as."""

    email: str
    role: str
    name: str
    team: str
    capabilities: tuple[str, ...]
    language: str
    zone: str
    home: tuple[str, str, str]
    products: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    manages: str = ""
    weekly_capacity: int | None = None


CALENDARS = (
    CalendarPart("Bureaux France", "Europe/Paris", "FR", dict.fromkeys(WEEKDAYS, OFFICE)),
    CalendarPart("Terrain France", "Europe/Paris", "FR", dict.fromkeys(WEEKDAYS, FIELD)),
    CalendarPart("Kantor Indonesia", "Asia/Jakarta", "ID", dict.fromkeys(WEEKDAYS, JAKARTA) | {"fri": JAKARTA_FRIDAY}),
)

TEAMS = (
    TeamPart("Selaras", MIXED, "", "Bureaux France"),
    TeamPart("France", MIXED, "Selaras", "Bureaux France"),
    TeamPart("Inside Lyon", INSIDE, "France", "Bureaux France"),
    TeamPart("Field Rhône-Alpes", OUTSIDE, "France", "Terrain France"),
    TeamPart("Indonesia", MIXED, "Selaras", "Kantor Indonesia", "ID"),
    TeamPart("Inside Jakarta", INSIDE, "Indonesia", "Kantor Indonesia", "ID"),
    TeamPart("Field Jawa Timur", OUTSIDE, "Indonesia", "Kantor Indonesia", "ID"),
    TeamPart("Grands comptes", MIXED, "France", "Terrain France"),
)

LYON = ("Lyon", "45.76404", "4.83566")
SAINT_ETIENNE = ("Saint-Étienne", "45.43970", "4.38720")
GRENOBLE = ("Grenoble", "45.18853", "5.72452")
JAKARTA_HOME = ("Jakarta Selatan", "-6.26149", "106.81060")
SURABAYA = ("Surabaya", "-7.25747", "112.75209")

CAST = (
    Role("inside@example.com", "inside rep", "Inès Delorme", "Inside Lyon", (CALLS,), "en", "Europe/Paris", LYON,
         ("Filling lines",), ("en", "fr"), weekly_capacity=40),
    Role("field@example.com", "field rep", "Marc Thévenin", "Field Rhône-Alpes", (VISITS,), "en", "Europe/Paris", SAINT_ETIENNE,
         ("Filling lines", "Palletisers"), ("fr",), weekly_capacity=8),
    Role("hybrid@example.com", "hybrid rep", "Sari Wulandari", "Field Jawa Timur", (CALLS, VISITS), "en", "Asia/Jakarta", SURABAYA,
         ("Weighing", "Filling lines"), ("en", "id"), weekly_capacity=15),
    Role("manager@example.com", "manager", "Hélène Marchand", "Selaras", (MANAGES,), "en", "Europe/Paris", LYON, manages="Selaras"),
    Role("finance@example.com", "finance", "Claire Vautrin", "", (APPROVES,), "en", "Europe/Paris", GRENOBLE),
    Role("admin@example.com", "administrator", "Benoît Lacaze", "", (ADMINISTERS,), "en", "Europe/Paris", LYON),
)  # fmt: skip

COLLEAGUES = (
    ("Maëlle Kervarec", "Inside Lyon"), ("Karim Benali", "Inside Lyon"), ("Anne-Sophie Lemaître", "Inside Lyon"),
    ("Solène Guivarch", "Field Rhône-Alpes"), ("Pierre-Yves Chabrand", "Field Rhône-Alpes"),
    ("Yusuf Hakim", "Field Jawa Timur"), ("Bambang Prasetyo", "Field Jawa Timur"),
    ("Dewi Lestari Kusumawardhani", "Inside Jakarta"), ("Ratna Puspita", "Inside Jakarta"), ("Agus Santoso", "Inside Jakarta"),
    ("Thibault Arnaud-Dessaignes", "Grands comptes"),
)  # fmt: skip

FRENCH_FIRST = (
    "Camille",
    "Léa",
    "Hugo",
    "Nathan",
    "Zoé",
    "Chloé",
    "Théo",
    "Mathilde",
    "Antoine",
    "Élodie",
    "Nadia",
    "Rémi",
)
FRENCH_LAST = (
    "Moreau",
    "Garnier",
    "Le Goff",
    "Bertrand",
    "Roussel",
    "Haddad",
    "Fontaine",
    "Chevalier",
    "Perrin",
    "Da Silva",
)
INDONESIAN_FIRST = (
    "Putri",
    "Rizky",
    "Wayan",
    "Siti",
    "Andi",
    "Made",
    "Fitri",
    "Dimas",
    "Intan",
    "Joko",
    "Nur",
    "Teguh",
)
INDONESIAN_LAST = (
    "Wijaya",
    "Siregar",
    "Hidayat",
    "Nugroho",
    "Rahmawati",
    "Simanjuntak",
    "Saputra",
    "Lestari",
    "Gunawan",
)
# How many people besides the cast.
PEOPLE = {"small": len(COLLEAGUES), "medium": 60, "large": 494}
