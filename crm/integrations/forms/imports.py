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
from crm.integrations.models import ImportJob
from crm.integrations.policies import NEEDED
from crm.integrations.reading import encodings
from crm.integrations.reading.source import Table
from crm.integrations.targets import get_target

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
        return {name: self.cleaned_data[name] for name in ("duplicates", "source", "country", "currency")}

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
