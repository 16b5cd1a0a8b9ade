# ruff: noqa: E501 (one case, one line)
"""Sixty files that mean harm or were made carelessly: every one is read row by row, or refused with a sentence. None crashes,
none hangs, none turns a letter into another."""

from __future__ import annotations

import io
import resource
import struct
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import xlsxwriter

from crm.integrations.reading import source
from crm.integrations.reading.limits import Limits, Unreadable

HEAD = b"name,city,revenue\n"
GOOD = b"Acme,Lyon,1\n"
SMALL = Limits(unpacked=20 * 1024 * 1024, sheet_memory=1024 * 1024 * 1024, sheet_seconds=20)


def read(path: Path, **chosen) -> tuple[source.Table, list]:
    table = source.recognise(path, chosen=chosen, limits=SMALL)
    return table, list(source.read(path, table.settings, table.columns, SMALL))


@pytest.fixture
def write(tmp_path) -> Callable[[bytes], Path]:
    def write(content: bytes) -> Path:
        path = tmp_path / "file"
        path.write_bytes(content)
        return path

    return write


def book(*rows: list, change: Callable[[bytes], bytes] | None = None, dimension: str = "") -> bytes:
    """An XLSX with these rows; ``change`` edits the sheet's XML."""
    made = io.BytesIO()
    with xlsxwriter.Workbook(made) as workbook:
        sheet = workbook.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    if change is None:
        return made.getvalue()
    changed = io.BytesIO()
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.infolist():
            body = old.read(member)
            new.writestr(member.filename, change(body) if member.filename == "xl/worksheets/sheet1.xml" else body)
    return changed.getvalue()


# --- Read, with the bad rows named -------------------------------------------------------------------------------------

# content, cells of the good rows' first column, {line: code} of the bad ones
ROW_BY_ROW: dict[str, tuple[bytes, list[str], dict[int, str]]] = {
    "an open quote": (HEAD + b'"Acme,Lyon,1\nBeta,Paris,2\nGamma,Nice,3\n', ["Beta", "Gamma"], {2: "open_quote"}),
    "an open quote in the last row": (HEAD + GOOD + b'Beta,"Paris,2\n', ["Acme"], {3: "open_quote"}),
    "two open quotes that close each other": (
        HEAD + b'Acme,"Lyon,1\nBeta,Paris,2\nGamma,"Nice,3\nDelta,Metz,4\n',
        ["Beta", "Delta"],
        {2: "stray_quote", 4: "open_quote"},
    ),
    "a letter after the closing quote": (HEAD + b'"Acme"x,Lyon,1\n' + b"Beta,Paris,2\n", ["Beta"], {2: "stray_quote"}),
    "a quote inside a bare cell": (HEAD + b'5" pipe,Lyon,1\nBeta,Paris,2\n', ['5" pipe', "Beta"], {}),
    "line breaks inside quotes": (HEAD + b'"Acme\nLtd",Lyon,1\nBeta,Paris,2\n', ["Acme\nLtd", "Beta"], {}),
    "too few cells": (HEAD + b"Acme,Lyon\nBeta,Paris,2\n", ["Beta"], {2: "too_few_cells"}),
    "too many cells": (HEAD + b"Acme,Lyon,1,extra\nBeta,Paris,2\n", ["Beta"], {2: "too_many_cells"}),
    "a comma at the end of every line": (b"name,city,\nAcme,Lyon,\nBeta,Paris,\n", ["Acme", "Beta"], {}),
    "NUL in a cell": (HEAD + b"Ac\x00me,Lyon,1\nBeta,Paris,2\n", ["Beta"], {2: "control_character"}),
    "an escape sequence": (HEAD + b"\x1b[31mAcme,Lyon,1\nBeta,Paris,2\n", ["Beta"], {2: "control_character"}),
    "a bell": (HEAD + b"Acme,Lyon\x07,1\nBeta,Paris,2\n", ["Beta"], {2: "control_character"}),
    "UTF-8 with one broken line": (
        "name,city\nÉmile,Orléans\nJosé,Málaga\nÅsa,Malmö\n".encode() + b"Ren\xe9,Lyon\n" + "Zoë,Liège\n".encode(),
        ["Émile", "José", "Åsa", "Zoë"],
        {5: "bad_bytes"},
    ),
    "UTF-8 cut in the middle of a letter": ("name,city\nÉmile,Orléans\nJosé,Málaga\nÅsa,Malm".encode() + b"\xc3", ["Émile", "José"], {4: "bad_bytes"}),
    "surrogates written as UTF-8": ("name,city\nÉmile,Orléans\nÈve,Málaga\nÖ,Ä\n".encode() + b"\xed\xa0\x80,Lyon\n", ["Émile", "Ève", "Ö"], {5: "bad_bytes"}),
    "overlong UTF-8": ("name,city\nÉmile,Orléans\nÈve,Málaga\nÖ,Ä\n".encode() + b"\xc0\xaf,Lyon\n", ["Émile", "Ève", "Ö"], {5: "bad_bytes"}),
    "half a letter at the end of UTF-16": ("\ufeffname,city\nAcme,Lyon\nBeta,Paris".encode("utf-16-le") + b"\x41", ["Acme"], {3: "bad_bytes"}),
    "a lone surrogate in UTF-16": ("\ufeffname,city\nAcme,Lyon\n".encode("utf-16-le") + b"\x00\xd8" + ",Paris\n".encode("utf-16-le"), ["Acme"], {3: "bad_bytes"}),
    "a cell of 5 MB": (HEAD + b"A" * 5_000_000 + b",Lyon,1\nBeta,Paris,2\n", ["Beta"], {2: "cell_too_long"}),
    "a cell of 5 MB in quotes": (HEAD + b'"' + b"A" * 5_000_000 + b'",Lyon,1\nBeta,Paris,2\n', ["Beta"], {2: "cell_too_long"}),
    "a cell of a million lines in quotes": (HEAD + b'"' + b"A\n" * 5_000 + b'",Lyon,1\nBeta,Paris,2\n', [], {2: "open_quote"}),
    "a cell just too long": (HEAD + b"A" * 262_145 + b",Lyon,1\nBeta,Paris,2\n", ["Beta"], {2: "cell_too_long"}),
    "CR, LF and CRLF mixed": (b"name,city\r\nAcme,Lyon\nBeta,Paris\rGamma,Nice\r\n", ["Acme", "Beta", "Gamma"], {}),
    "only CR": (b"name,city\rAcme,Lyon\rBeta,Paris\r", ["Acme", "Beta"], {}),
    "no line end at the end": (b"name,city\nAcme,Lyon\nBeta,Paris", ["Acme", "Beta"], {}),
    "blank lines between": (b"name,city\n\n\nAcme,Lyon\n\n,\nBeta,Paris\n\n", ["Acme", "Beta"], {}),
    "backslash escapes": (b'name,city\n"The \\"Best\\" Ltd",Lyon\nBeta,Paris\n', ['The "Best" Ltd', "Beta"], {}),
    "sep= in the first line": (b"sep=;\nname;city\nAcme;Lyon\n", ["Acme"], {}),
    "a title above the names": (b"Accounts of 2026\n\nname,city,zip\nAcme,Lyon,69002\nBeta,Paris,75001\n", ["Acme", "Beta"], {}),
    "doubled names": (b"name,name,name\nAcme,b,c\n", ["Acme"], {}),
    "nameless columns": (b"name,,\nAcme,Lyon,1\n", ["Acme"], {}),
    "formulas": (HEAD + b'"=HYPERLINK(""http://x"")",Lyon,1\n+1-2,Paris,2\n@SUM(A1),Nice,3\n', ['=HYPERLINK("http://x")', "+1-2", "@SUM(A1)"], {}),
    "guarded formulas": (HEAD + b"'=1+2,Lyon,1\n''=x,Paris,2\n'90s Club,Nice,3\n", ["=1+2", "'=x", "'90s Club"], {}),
    "writing direction turned": ("name,city\n\u202eemcA,Lyon\n".encode(), ["\u202eemcA"], {}),
    "zero-width characters": ("name,city\nAc\u200bme,Lyon\n".encode(), ["Ac\u200bme"], {}),
    "composed and decomposed": ("name,city\nMu\u0308ller,Ko\u0308ln\n".encode(), ["Müller"], {}),
    "emoji and rare scripts": ("name,city\n🐄 𐌰𐌲,東京\n".encode(), ["🐄 𐌰𐌲"], {}),
    "Windows-1252": ("name,city\nCrédito “Sûr”,Logroño\n5º Café,Nº 7\n".encode("cp1252"), ["Crédito “Sûr”", "5º Café"], {}),
    "a byte that Windows-1252 lacks": ("name,city\nCrédit,Lyon\nPébéo,Nîmes\n".encode("cp1252") + b"Bad\x81,Metz\n", ["Crédit", "Pébéo"], {4: "bad_bytes"}),
    "Cyrillic in Windows-1251": (("name,city\n" + "Газпром нефть,Москва\n" * 20).encode("cp1251"), ["Газпром нефть"] * 20, {}),
    "Japanese in Shift-JIS": (("name,city\n" + "株式会社日立製作所,東京都千代田区\n" * 20).encode("cp932"), ["株式会社日立製作所"] * 20, {}),
    "UTF-16 with its mark": ("\ufeffname;city\nÉmile;Lyon\n".encode("utf-16-be"), ["Émile"], {}),
    "UTF-16 without its mark": ("name,city\nAcme,Lyon\nBeta,Paris\n".encode("utf-16-le"), ["Acme", "Beta"], {}),
    "UTF-32": ("name,city\nÉmile,Lyon\n".encode("utf-32"), ["Émile"], {}),
    "UTF-8 with its mark": ("\ufeffname,city\nÉmile,Lyon\n".encode(), ["Émile"], {}),
    "a card without an end": (b"BEGIN:VCARD\nVERSION:3.0\nFN:A B\nBEGIN:VCARD\nVERSION:3.0\nN:D;C;;;\nFN:C D\nEND:VCARD\n", ["C"], {1: "open_card"}),
    "a card with broken base64 and a stray line": (b"BEGIN:VCARD\nVERSION:2.1\nPHOTO;ENCODING=BASE64:!!!!\nN:D;C\nEND:VCARD\nstray\n", ["C"], {6: "outside_card"}),
    "a card with bytes that are no text": (b"BEGIN:VCARD\nVERSION:2.1\nORG;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=80\nEND:VCARD\n" + b"BEGIN:VCARD\nVERSION:3.0\nN:D;C;;;\nEND:VCARD\n", ["C"], {1: "bad_bytes"}),
    "a workbook with an unbelievable first row": (book(["name", "city"], ["Acme", "Lyon"], change=lambda xml: xml.replace(b'ref="A1:B2"', b'ref="A1:XFD1048576"')), ["Acme"], {}),
    "a workbook with error cells": (book(["name", "city"], ["Acme", "#REF!"], ["Beta", "Paris"]), ["Acme", "Beta"], {}),
}  # fmt: skip


@pytest.mark.parametrize("case", ROW_BY_ROW)
def test_each_row_is_read_or_named(write, case):
    content, good, bad = ROW_BY_ROW[case]
    table, rows = read(write(content))
    assert {row.line: row.fault.code for row in rows if row.fault} == bad or (
        not good and bad.items() <= {row.line: row.fault.code for row in rows if row.fault}.items()
    )
    assert [row.cells[0] for row in rows if row.fault is None][: len(good)] == good
    assert [row.number for row in rows] == list(range(1, len(rows) + 1))
    assert all(row.fault.message for row in rows if row.fault)
    assert len(set(table.columns)) == len(table.columns)


# --- Refused as a whole ------------------------------------------------------------------------------------------------


def bomb() -> bytes:
    """A few kilobytes that unpack to 64 MB, with a header that says they do not."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 64 * 1024 * 1024)
    lying = bytearray(made.getvalue())
    at = lying.rfind(b"PK\x01\x02")
    lying[at + 24 : at + 28] = struct.pack("<I", 1_000)  # the size it claims
    return bytes(lying)


def corner() -> bytes:
    """One cell in the last corner: a reader that lays out the whole sheet asks for all the memory there is."""
    return book(
        ["name"],
        ["Acme"],
        change=lambda xml: xml.replace(
            b"</sheetData>", b'<row r="1048576"><c r="XFD1048576" t="str"><v>x</v></c></row></sheetData>'
        ),
    )


def locked() -> bytes:
    made = bytearray(book(["name"], ["Acme"]))
    at = made.find(b"PK\x01\x02")
    while at >= 0:
        made[at + 8] |= 1
        at = made.find(b"PK\x01\x02", at + 1)
    return bytes(made)


REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "nothing": (lambda: b"", "empty_file"),
    "only blank lines": (lambda: b"\n\n\r\n", "empty_file"),
    "only a mark": (lambda: b"\xef\xbb\xbf", "empty_file"),
    "a picture": (lambda: b"\x89PNG\r\n\x1a\n" + b"\0" * 200, "no_table"),
    "a PDF": (lambda: b"%PDF-1.7\n" + b"x" * 200, "no_table"),
    "a page": (lambda: b"<!DOCTYPE html><html><table></table></html>", "no_table"),
    "a program": (lambda: b"\x7fELF" + bytes(range(256)) * 8, "no_table"),
    "noise": (lambda: bytes(range(1, 32)) * 200, "no_table"),
    "compressed": (lambda: b"\x1f\x8b\x08" + b"\0" * 100, "no_table"),
    "an XLSX that is no archive": (lambda: b"PK\x03\x04" + b"garbage" * 50, "not_a_workbook"),
    "an archive that is no workbook": (lambda: _zip({"readme.txt": b"hello"}), "not_a_workbook"),
    "a workbook cut short": (lambda: book(["name"], *[[f"x{n}"] for n in range(500)])[:-400], "not_a_workbook"),
    "a workbook with broken XML": (lambda: book(["name"], ["Acme"], change=lambda xml: xml[:-60] + b"<<<"), "*"),
    "a zip bomb": (bomb, "too_large_unpacked"),
    "a cell in the last corner": (corner, "*"),
    "a locked workbook": (locked, "locked_workbook"),
    "an OLE file that is no workbook": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 2000, "not_a_workbook"),
    "a thousand columns": (lambda: ",".join(f"c{n}" for n in range(1_000)).encode() + b"\n", "too_many_columns"),
}  # fmt: skip


def _zip(members: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, body in members.items():
            archive.writestr(name, body)
    return made.getvalue()


@pytest.mark.parametrize("case", REFUSED)
def test_the_whole_is_refused_in_words(write, case):
    make, code = REFUSED[case]
    with pytest.raises(Unreadable) as caught:
        read(write(make()))
    assert code in ("*", caught.value.specific_code)
    assert len(str(caught.value.detail)) > 20
    assert caught.value.field == "file"


def test_there_are_sixty():
    assert len(ROW_BY_ROW) + len(REFUSED) >= 60


def test_too_large_is_said_before_reading(write):
    path = write(HEAD + GOOD)
    with pytest.raises(Unreadable, match="larger than"):
        source.recognise(path, limits=Limits(bytes=10))


def test_an_open_quote_in_every_line_takes_no_longer_than_the_lines(write):
    """Each line is tried once more at most: no work grows with the square of the file."""
    _table, rows = read(write(HEAD + b'"Acme,Lyon,1\n' * 20_000))
    assert len(rows) == 20_000
    assert all(row.fault for row in rows)


# --- A million rows ------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_million_rows_in_flat_memory(tmp_path):
    path = tmp_path / "million.csv"
    with path.open("wb") as file:
        file.write(HEAD)
        for start in range(0, 1_000_000, 1_000):
            file.write(b"".join(b"Acme %d,Lyon,%d\n" % (number, number) for number in range(start, start + 1_000)))
    table = source.recognise(path)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    count = sum(1 for _row in _good(source.read(path, table.settings, table.columns)))
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before  # kilobytes
    assert (count, grown < 20_000) == (1_000_000, True)


def _good(rows: Iterator) -> Iterator:
    return (row for row in rows if row.fault is None)
