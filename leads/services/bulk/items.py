"""What goes in and what comes out: an item with its values, the options of the whole, a result per item."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Literal
from uuid import UUID

from accounts.models import User
from crm.core.errors import Refusal
from crm.core.models import BaseModel
from leads.services.bulk.directory import Directory
from leads.services.bulk.own import OwnValues
from leads.services.bulk.writing import Writing

Outcome = Literal["created", "updated", "unchanged", "skipped", "refused"]


@dataclass(frozen=True, slots=True)
class Item:
    """One record to take in: its number in the whole, and values by field name, already typed (text, Decimal, date, …)."""

    number: int
    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Options:
    """How a whole is taken in.

    ``duplicates``: what happens to a record that is there already. ``source`` names the ids of the items. ``country`` is whose
    telephone plan a number without prefix is in, and the place's where none is given; ``currency`` is that of amounts without one.
    """

    duplicates: Literal["skip", "update", "create"] = "update"
    source: str = "import"
    country: str = ""
    currency: str = "EUR"
    make_products: bool = True
    channel: str = "import"


@dataclass(frozen=True, slots=True)
class Touched:
    """A record that an item made (``before`` is None) or changed, with the version it left behind: what undoing goes by."""

    label: str
    record_id: UUID
    version: int
    before: dict[str, Any] | None = None


@dataclass(slots=True)
class Result:
    """What became of an item: the record it is, or why it was refused; and every record it touched on the way."""

    number: int
    outcome: Outcome
    label: str = ""
    record_id: UUID | None = None
    code: str = ""
    message: str = ""
    field_name: str = ""
    touched: list[Touched] = field(default_factory=list)

    @classmethod
    def refused(cls, number: int, refusal: Refusal) -> Result:
        return cls(
            number, "refused", code=refusal.specific_code, message=str(refusal.detail), field_name=refusal.field or ""
        )


@dataclass(slots=True)
class Desk:
    """What the takers of a chunk share: who acts, how, when; the look-ups; what is to be written."""

    actor: User
    options: Options
    now: datetime
    directory: Directory
    writing: Writing
    own: OwnValues


class Taker(ABC):
    """Takes in the items of one kind. ``prepare`` knows no database; ``load`` looks up for a whole chunk; ``take`` decides."""

    model: ClassVar[type[BaseModel]]

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    @abstractmethod
    def prepare(self, values: dict[str, Any]) -> Any:
        """The item in its normal forms. Raises ``Invalid`` for what can be seen without looking anything up."""

    def names(self, prepared: Any) -> list[str]:
        """What an item and an enquiry of the same person or company have in common (``intake.Enquiry.keys``)."""
        return []

    @abstractmethod
    def load(self, prepared: list[Any]) -> None:
        """Find everything that these items may mean."""

    @abstractmethod
    def take(self, prepared: Any) -> tuple[Outcome, BaseModel]:
        """Find or make the record; every refusal comes before the first change."""
