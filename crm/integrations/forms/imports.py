"""Bringing a file, and correcting what was recognised in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from babel import Locale
from django import forms
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from accounts.forms.base import ServiceForm
from accounts.models import User
from crm.core import policy
from crm.core.money.currencies import current_currencies
from crm.core.text import fold
from crm.integrations import words
from crm.integrations.models import ImportJob
from crm.integrations.policies import NEEDED
from crm.integrations.reading import encodings
from crm.integrations.reading.source import Table
from crm.integrations.targets import get_target
from crm.integrations.words import Foreign

SIGNS = [
    (",", gettext_lazy("Comma")),
    (";", gettext_lazy("Semicolon")),
    ("\t", gettext_lazy("Tab")),
    ("|", gettext_lazy("Bar")),
]
ORDERS = [
    ("dmy", gettext_lazy("Day, month, year")),
    ("mdy", gettext_lazy("Month, day, year")),
    ("ymd", gettext_lazy("Year, month, day")),
]
DECIMALS = [(".", "1,234.5"), (",", "1.234,5")]
DUPLICATES = [
    ("update", gettext_lazy("Update what is there")),
    ("skip", gettext_lazy("Leave what is there")),
    ("create", gettext_lazy("Add all the same")),
]
SAMPLES = 3
# Pairs of a field and its value that are offered empty.
MORE_DEFAULTS = 2
REFUSE = "!"
# The tab does not survive a form's trimming.
_TAB = "tab"


class FileForm(ServiceForm):
    """A file and what it holds."""

    target = forms.ChoiceField(label=gettext_lazy("The file holds"), widget=forms.RadioSelect)
    file = forms.FileField(label=gettext_lazy("File"), help_text=gettext_lazy("CSV, TSV, XLSX, XLS, ODS or vCard."))

    def __init__(self, *args: Any, actor: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(value, label) for value, label in ImportJob.Target.choices if policy.may(actor, NEEDED[value])]
        self.fields["target"].choices = choices  # type: ignore[attr-defined]
        self.fields["target"].initial = choices[0][0] if choices else None


class ImportForm(ServiceForm):
    """How the file is written, which column is which field, and what to do about what is there already."""

    encoding = forms.ChoiceField(label=gettext_lazy("Encoding"), choices=list(encodings.KNOWN.items()))
    delimiter = forms.ChoiceField(label=gettext_lazy("Columns end with"))
    sheet = forms.ChoiceField(label=gettext_lazy("Sheet"))
    header = forms.IntegerField(
        label=gettext_lazy("Row with the names"),
        min_value=0,
        max_value=1000,
        help_text=gettext_lazy("0: there is none."),
    )
    date_order = forms.ChoiceField(label=gettext_lazy("Dates"), choices=ORDERS)
    decimal = forms.ChoiceField(label=gettext_lazy("Numbers"), choices=DECIMALS)
    duplicates = forms.ChoiceField(
        label=gettext_lazy("What is there already"), choices=DUPLICATES, widget=forms.RadioSelect
    )
    source = forms.CharField(
        label=gettext_lazy("Ids come from"),
        max_length=60,
        help_text=gettext_lazy("The system that the ids in the file belong to."),
    )
    country = forms.ChoiceField(label=gettext_lazy("Country where none is given"), required=False)
    currency = forms.ChoiceField(label=gettext_lazy("Currency where none is given"))
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, data: Any = None, *, job: ImportJob, table: Table) -> None:
        self.job, self.table = job, table
        settings = table.settings.to_json()
        super().__init__(
            data,
            initial={**settings, **job.options, "version": job.version, "delimiter": _signed(settings["delimiter"])},
        )
        self._only_what_applies(table)
        country: Any = self.fields["country"]
        currency: Any = self.fields["currency"]
        country.choices = [("", _("None")), *_countries()]
        currency.choices = [(code, code) for code in current_currencies()]
        target = get_target(job.target)
        fields = [("", _("Leave out")), *((field.name, field.label) for field in target.fields)]
        for index, column in enumerate(job.columns):
            self.fields[f"column_{index}"] = forms.ChoiceField(
                label=column, choices=fields, required=False, initial=job.mapping.get(column, "")
            )
        self._offer_defaults(fields)
        self.foreign = words.foreign(job)
        for place, found in enumerate(self.foreign):
            self._offer_words(place, found)

    def _offer_defaults(self, fields: list[tuple[str, Any]]) -> None:
        """Values for what the file lacks: those kept, and room for more."""
        kept = [*self.job.options.get("defaults", {}).items(), *[("", "")] * MORE_DEFAULTS]
        choices = [("", _("None")), *fields[1:]]
        for place, (name, text) in enumerate(kept):
            self.fields[f"default_field_{place}"] = forms.ChoiceField(
                label=_("Field"), choices=choices, required=False, initial=name
            )
            self.fields[f"default_value_{place}"] = forms.CharField(
                label=_("Value"), max_length=500, required=False, initial=text
            )
        self._defaults = len(kept)

    def _offer_words(self, place: int, found: Foreign) -> None:
        """What each word becomes that nobody here understands, and all that may follow."""
        nothing = _("Nobody") if found.field.name == "owner" else _("Leave empty")
        choices = [(REFUSE, _("Refuse the row")), ("", nothing), *found.choices.values]
        become = self.job.options.get("values", {}).get(found.field.name, {})
        usual = None if found.choices.is_needed else ""
        for number, word in enumerate([*found.words, words.OTHERS]):
            chosen = become.get(fold(word.strip()), usual)
            self.fields[f"word_{place}_{number}"] = forms.ChoiceField(
                label=_("Any other") if word == words.OTHERS else word,
                choices=choices,
                required=False,
                initial=REFUSE if chosen is None else chosen,
            )

    def _only_what_applies(self, table: Table) -> None:
        """A workbook has sheets and no encoding; cards have neither."""
        sign: Any = self.fields["delimiter"]
        present = table.settings.delimiter
        sign.choices = [(_signed(value), label) for value, label in SIGNS]
        if present not in dict(SIGNS):
            sign.choices = [*sign.choices, (present, present)]
        sheet: Any = self.fields["sheet"]
        sheet.choices = [(name, name) for name in table.sheets]
        kept = {
            "delimited": {"encoding", "delimiter", "header", "date_order", "decimal"},
            "workbook": {"sheet", "header", "date_order", "decimal"},
            "cards": {"encoding"},
        }[table.settings.kind]
        for name in {"encoding", "delimiter", "sheet", "header", "date_order", "decimal"} - kept:
            del self.fields[name]

    def settings(self) -> dict[str, Any]:
        """The settings that differ from what is kept; None of them means the file need not be looked at again."""
        read: dict[str, Any] = {
            name: self.cleaned_data[name]
            for name in ("encoding", "delimiter", "sheet", "header", "date_order", "decimal")
            if name in self.cleaned_data
        }
        if read.get("delimiter") == _TAB:
            read["delimiter"] = "\t"
        return read

    def mapping(self) -> dict[str, str]:
        return {column: self.cleaned_data.get(f"column_{index}", "") for index, column in enumerate(self.job.columns)}

    def options(self) -> dict[str, Any]:
        plain = {name: self.cleaned_data[name] for name in ("duplicates", "source", "country", "currency")}
        return plain | {"defaults": self._said_defaults(), "values": self._said_words()}

    def _said_defaults(self) -> dict[str, str]:
        pairs = (
            (self.cleaned_data.get(f"default_field_{place}"), self.cleaned_data.get(f"default_value_{place}"))
            for place in range(self._defaults)
        )
        return {name: text for name, text in pairs if name and text}

    def _said_words(self) -> dict[str, dict[str, str | None]]:
        """What was decided now, over what was decided before about words that this file does not have."""
        said = dict(self.job.options.get("values", {}))
        for place, found in enumerate(self.foreign):
            chosen = {
                fold(word.strip()): self.cleaned_data.get(f"word_{place}_{number}", "")
                for number, word in enumerate([*found.words, words.OTHERS])
            }
            become = {word: None if ours == REFUSE else ours for word, ours in chosen.items()}
            said[found.field.name] = {**said.get(found.field.name, {}), **become}
        return said

    def defaults(self) -> Iterator[tuple[forms.BoundField, forms.BoundField]]:
        """Pairs of a field and its value, for the template."""
        for place in range(self._defaults):
            yield self[f"default_field_{place}"], self[f"default_value_{place}"]

    def words(self) -> Iterator[dict[str, Any]]:
        """The words to decide about, column by column, for the template."""
        for place, found in enumerate(self.foreign):
            fields = [self[f"word_{place}_{number}"] for number in range(len(found.words) + 1)]
            yield {"column": found.column, "fields": fields, "more": max(0, found.more)}

    def written(self) -> list[forms.BoundField]:
        """The fields about how the file is written, for the template."""
        return [
            self[name]
            for name in ("encoding", "delimiter", "sheet", "header", "date_order", "decimal")
            if name in self.fields
        ]

    def lines(self) -> Iterator[dict[str, Any]]:
        """Each column with its first values and its field."""
        for index, column in enumerate(self.job.columns):
            yield {"column": column, "samples": self.table.texts(index)[:SAMPLES], "field": self[f"column_{index}"]}


def _signed(delimiter: str) -> str:
    return _TAB if delimiter == "\t" else delimiter


def _countries() -> list[tuple[str, str]]:
    names = Locale.parse(get_language() or "en", sep="-").territories
    return sorted(
        ((code, name) for code, name in names.items() if len(code) == 2 and code.isalpha()), key=lambda pair: pair[1]
    )
