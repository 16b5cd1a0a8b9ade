"""What a field's words must be one of: stages, people, levels. For who maps the words of a file to ours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from accounts.models import User
from crm.core.errors import Invalid
from leads.models import Contact, Deal
from leads.services.bulk.companies import tier
from leads.services.bulk.contacts import level
from leads.services.bulk.deals import Stages
from leads.services.bulk.people import Colleagues


@dataclass(frozen=True, slots=True)
class Choices:
    """``values`` are (word, label) to choose from; ``knows`` tells whether a word is understood as it stands.

    ``is_needed``: a word that is not understood refuses its row; else the field stays empty.
    """

    values: list[tuple[str, str]]
    knows: Callable[[str], bool]
    is_needed: bool = True


def choices_of(kind: str, field: str) -> Choices | None:
    """The choices of a field of ``kind`` (a key of ``TAKERS``), None for one that takes any word."""
    match kind, field:
        case ("deals", "stage"):
            stages = Stages()
            ends = [(state.value, str(state.label)) for state in (Deal.State.WON, Deal.State.LOST)]
            return Choices([(name, name) for name in stages.names] + ends, _understood(stages.find))
        case ("deals" | "leads", "owner"):
            people = User.objects.filter(is_active=True).order_by("name").values_list("email", "name")
            colleagues = Colleagues()
            return Choices(list(people), lambda word: colleagues.find(word) is not None, is_needed=False)
        case ("contacts", "level"):
            return Choices([(value, str(label)) for value, label in Contact.Level.choices], _understood(level))
        case ("companies", "tier"):
            return Choices([(value, value) for value in "ABC"], _understood(tier))
    return None


def _understood(read: Callable[[str], object]) -> Callable[[str], bool]:
    def knows(word: str) -> bool:
        try:
            read(word)
        except Invalid:
            return False
        return True

    return knows
