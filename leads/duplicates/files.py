"""Reading files of records and of true pairs, whatever their dialect: for ``duplicates_evaluate``."""

from __future__ import annotations

import csv
import gzip
import io
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import cast

import charset_normalizer

from leads.duplicates.records import Record

DELIMITERS = ",;|\t"
_FEBRL_ID = re.compile(r"^(rec-\d+)-(?:org|dup-\d+)$")

# Column names, folded to letters, and the record field they feed. Several columns may feed one field, in file order.
COLUMNS: dict[str, str] = {
    **dict.fromkeys(("givenname", "firstname", "first", "fname", "forename", "prenom", "namadepan"), "given_name"),
    **dict.fromkeys(("surname", "lastname", "last", "lname", "familyname", "nom", "namabelakang"), "family_name"),
    **dict.fromkeys(
        (
            "name",
            "company",
            "companyname",
            "organisation",
            "organization",
            "title",
            "account",
            "accountname",
            "restaurant",
        ),
        "name",
    ),
    **dict.fromkeys(
        ("streetnumber", "address1", "addr", "address", "street", "addressline1", "adresse", "alamat"), "street"
    ),
    **dict.fromkeys(("address2", "addressline2"), "place"),
    **dict.fromkeys(("suburb", "city", "town", "locality", "ville", "kota"), "city"),
    **dict.fromkeys(("postcode", "postalcode", "zip", "zipcode", "codepostal", "kodepos"), "postal_code"),
    **dict.fromkeys(("state", "region", "province", "county"), "region"),
    **dict.fromkeys(("country", "pays", "negara"), "country"),
    **dict.fromkeys(("phone", "phonenumber", "telephone", "tel", "mobile", "telepon"), "phones"),
    **dict.fromkeys(("email", "mail", "emailaddress"), "emails"),
    **dict.fromkeys(("website", "url", "domain", "web"), "domains"),
    **dict.fromkeys(
        (
            "description",
            "type",
            "cuisine",
            "category",
            "manufacturer",
            "brand",
            "modelno",
            "model",
            "venue",
            "authors",
            "year",
        ),
        "details",
    ),
    **dict.fromkeys(("price", "amount"), "amount"),
}
MULTIPLE = frozenset({"phones", "emails", "domains"})
# Close to a key of the person: nobody gives them to a seller.
NOT_IN_A_CRM = frozenset({"socsecid", "dateofbirth", "dob", "ssn"})
IDS = ("recid", "id", "idabt", "idbuy", "uniqueid", "key")


@dataclass(frozen=True)
class Table:
    """A file as rows of column name and text. ``headless`` when its first line is data already."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def read_table(path: Path) -> Table:
    """Read a delimited file, gzipped or not, of any common encoding; blanks around values are dropped.

    Raises ``ValueError`` for an empty file.
    """
    content = path.read_bytes()
    if content[:2] == b"\x1f\x8b":
        content = gzip.decompress(content)
    text = _decode(content)
    if not text.strip():
        raise ValueError(f"{path.name} is empty.")
    delimiter = _delimiter(text)
    quoted = _quotes_fields(text, delimiter)
    reader = csv.reader(
        io.StringIO(text),
        delimiter=delimiter,
        quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE,
        skipinitialspace=True,
    )
    rows = [tuple(cell.strip() for cell in row) for row in reader if any(cell.strip() for cell in row)]
    return Table(rows[0], tuple(rows[1:]))


def _decode(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        best = charset_normalizer.from_bytes(content).best()
        return str(best) if best else content.decode("latin-1")


def _delimiter(text: str) -> str:
    """The sign that cuts most lines into as many pieces as the first one."""
    lines = text.splitlines()[:50]

    def agreement(sign: str) -> tuple[int, int]:
        wanted = lines[0].count(sign)
        return (sum(line.count(sign) == wanted for line in lines) if wanted else 0, wanted)

    return max(DELIMITERS, key=agreement)


def _quotes_fields(text: str, delimiter: str) -> bool:
    """Whether quote signs wrap fields here, or only stand for inches."""
    fields = [cell.strip() for line in text.splitlines()[:500] for cell in line.split(delimiter)]
    opened = sum(cell.startswith('"') for cell in fields)
    closed = sum(cell.endswith('"') for cell in fields)
    return opened > 0 and closed >= 0.8 * opened


def folded(column: str) -> str:
    return re.sub(r"[^a-z0-9]", "", column.casefold())


def records_of(table: Table, source: int) -> list[Record]:
    """The rows as records; columns nobody knows (birth dates, national numbers) are left out, as a CRM has none."""
    names = [folded(column) for column in table.header]
    fields = _fields_of(names)
    id_at = next((names.index(name) for name in IDS if name in names), None)
    made = []
    for number, row in enumerate(table.rows):
        cells: dict[str, list[str]] = defaultdict(list)
        for name, cell in zip(names, row, strict=False):
            if name in fields and cell:
                cells[fields[name]].append(cell)
        identifier = row[id_at] if id_at is not None and id_at < len(row) else str(number)
        made.append(_record((source, identifier), cells, source))
    return made


def _fields_of(names: Sequence[str]) -> dict[str, str]:
    """Which record field each column feeds; in a file that names none we know, all but ids are words about the thing."""
    known = {name: COLUMNS[name] for name in names if name in COLUMNS}
    return known or {name: "details" for name in names if name not in (*IDS, *NOT_IN_A_CRM)}


def _record(key: tuple[int, str], cells: Mapping[str, Sequence[str]], source: int) -> Record:
    single = {name: " ".join(values) for name, values in cells.items() if name not in MULTIPLE and name != "amount"}
    return Record(
        key=key,
        source=source,
        **single,  # type: ignore[arg-type]
        phones=tuple(digits for cell in cells.get("phones", ()) if (digits := re.sub(r"\D", "", cell))),
        emails=tuple(cell.casefold() for cell in cells.get("emails", ())),
        domains=tuple(_domain(cell) for cell in cells.get("domains", ())),
        amount=_amount(cells.get("amount", ())),
    )


def _domain(text: str) -> str:
    return re.sub(r"^(?:https?://)?(?:www\.)?", "", text.casefold()).split("/")[0]


def _amount(values: Iterable[str]) -> float | None:
    for value in values:
        found = re.search(r"\d+(?:[.,]\d+)*", value.replace(",", ""))
        if found:
            return float(found[0])  # house: money is decimal (a feature to compare, never money)
    return None


# --- Truth -----------------------------------------------------------------------------------------------------------

Pair = tuple[tuple[int, str], tuple[int, str]]


def true_pairs(records: Sequence[Record], truth: Table | None, *, across: bool) -> set[Pair]:
    """The pairs that are one: from a file of id pairs, else from ids like ``rec-7-org`` and ``rec-7-dup-0``.

    Raises ``ValueError`` when there is neither.
    """
    pairs = set(_named_pairs(records)) if truth is None else set(_listed_pairs(records, truth, across=across))
    if not pairs:
        raise ValueError("No true pairs: give --truth FILE, or ids that say which records belong together.")
    return pairs


def ordered(one: tuple[int, str], other: tuple[int, str]) -> Pair:
    return (one, other) if one <= other else (other, one)


def _named_pairs(records: Sequence[Record]) -> Iterator[Pair]:
    groups: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for record in records:
        key = cast("tuple[int, str]", record.key)
        if found := _FEBRL_ID.match(key[1]):
            groups[found[1]].append(key)
    across = len({record.source for record in records}) > 1
    for group in groups.values():
        yield from (ordered(a, b) for a, b in combinations(group, 2) if not across or a[0] != b[0])


def _listed_pairs(records: Sequence[Record], truth: Table, *, across: bool) -> Iterator[Pair]:
    known = {record.key for record in records}
    right = 1 if across else 0
    for row in (truth.header, *truth.rows):
        if len(row) >= 2 and (0, row[0]) in known and (right, row[1]) in known:
            yield ordered((0, row[0]), (right, row[1]))


def looks_like_truth(table: Table) -> bool:
    """Whether a file of two columns holds pairs of ids rather than records."""
    return len(table.header) == 2 and not any(folded(column) in COLUMNS for column in table.header)
