"""Words of a file that must be one of ours: which they are, which of them nobody here understands, and what they become."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from crm.core.text import fold
from crm.integrations.models import ImportJob
from crm.integrations.reading import source
from crm.integrations.reading.source import Settings
from crm.integrations.services import files
from crm.integrations.targets import Field, get_target
from leads.services.bulk import Choices, choices_of

# So far a file is looked through before it is tried out, and so many words are shown of a column.
ROWS = 10_000
MOST = 30
# Stands for every other word that is not understood.
OTHERS = "*"


def choices(target: str, field: Field) -> Choices | None:
    """What a field can be, None where any text will do."""
    if field.kind == "choice":
        known = {fold(value) for value, _label in field.choices}
        return Choices(list(field.choices), lambda word: fold(word) in known)
    return choices_of(target, field.name)


class Words:
    """What the words of a column become, by ``{folded word: ours}``: empty for nothing, None refuses the row.

    ``OTHERS`` says it of all that are not named and not understood as they stand.
    """

    def __init__(self, target: str, field: Field, become: dict[str, str | None]) -> None:
        self.become = become
        self.choices = choices(target, field)

    def ours(self, word: str) -> str | None:
        key = fold(word.strip())
        if key not in self.become and self.choices is not None and not self.choices.knows(word):
            key = OTHERS
        ours = self.become.get(key, word)
        # Where a word need not be understood it stays: who is nobody here is written down in a deal's notes.
        return word if ours == "" and self.choices is not None and not self.choices.is_needed else ours


@dataclass(frozen=True, slots=True)
class Foreign:
    """Words of a column that are not understood here, the most frequent first; ``more`` are not among them."""

    column: str
    field: Field
    choices: Choices
    words: list[str]
    more: int


def foreign(job: ImportJob) -> list[Foreign]:
    """The words of the first ``ROWS`` rows that need a decision, column by column."""
    fields = {field.name: field for field in get_target(job.target).fields}
    chosen = {
        column: (fields[name], found)
        for column, name in job.mapping.items()
        if name in fields and column in job.columns and (found := choices(job.target, fields[name]))
    }
    if not chosen:
        return []
    counted: dict[str, dict[str, int]] = {column: {} for column in chosen}
    places = [(job.columns.index(column), counted[column]) for column in chosen]
    for cells in _cells(job):
        for place, words in places:
            if word := cells[place]:
                words[word] = words.get(word, 0) + 1
    told = (_foreign(column, field, ours, counted[column]) for column, (field, ours) in chosen.items())
    return [each for each in told if each is not None]


def _cells(job: ImportJob) -> Iterator[list[str]]:
    rows = source.read(files.location(job.path), Settings.from_json(job.settings), job.columns)
    return (row.cells for row in islice(rows, ROWS) if row.fault is None)


def _foreign(column: str, field: Field, ours: Choices, counted: dict[str, int]) -> Foreign | None:
    unknown = {fold(word.strip()): word for word in counted if not ours.knows(word)}
    often = sorted(unknown.values(), key=lambda word: (-counted[word], word))
    return Foreign(column, field, ours, often[:MOST], len(often) - MOST) if often else None
