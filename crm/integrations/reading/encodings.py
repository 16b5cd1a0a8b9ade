"""Which letters the bytes stand for. Decided once for the whole file; where that is doubtful it says so.

UTF-8 is recognised by its own strictness. Old one-byte encodings all fit any bytes, so the kept library's guess is only
asked when Windows-1252 makes no sense of the letters it finds: statistics over four accents in a 140 KB file are worth less than
looking at those four.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from charset_normalizer import from_bytes
from django.utils.translation import gettext as _

from crm.integrations.reading.limits import Unreadable

BLOCK = 1 << 20
SAMPLE = 1 << 18

# Those a person may choose; the names are Python's.
KNOWN = {
    "utf-8": "UTF-8",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16 (little-endian)",
    "utf-16-be": "UTF-16 (big-endian)",
    "utf-32": "UTF-32",
    "cp1252": "Windows-1252 (Western Europe)",
    "cp1250": "Windows-1250 (Central Europe)",
    "cp1251": "Windows-1251 (Cyrillic)",
    "cp1253": "Windows-1253 (Greek)",
    "cp1254": "Windows-1254 (Turkish)",
    "cp1255": "Windows-1255 (Hebrew)",
    "cp1256": "Windows-1256 (Arabic)",
    "cp1257": "Windows-1257 (Baltic)",
    "cp1258": "Windows-1258 (Vietnamese)",
    "cp850": "DOS 850",
    "cp437": "DOS 437",
    "mac_roman": "Mac Roman",
    "iso8859_15": "ISO 8859-15",
    "koi8_r": "KOI8-R",
    "cp932": "Shift-JIS (Japanese)",
    "euc_jp": "EUC-JP (Japanese)",
    "gb18030": "GB 18030 (Chinese)",
    "big5": "Big5 (Chinese)",
    "cp949": "EUC-KR (Korean)",
    "cp874": "Windows-874 (Thai)",
}
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")
_UTF8_CHARACTER = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
# In Western text these stand at the edge of a word or between words, never inside one.
_NEVER_INSIDE_A_WORD = frozenset("¡¢£¤¥¦§¨©«¬®¯°±²³´µ¶¸¹»¼½¾¿×÷†‡‰‹›€™˜„•")  # noqa: RUF001 (they are the point)


@dataclass(frozen=True, slots=True)
class Encoding:
    """``name`` is Python's; ``is_sure`` is false when a person should look at the samples."""

    name: str
    is_sure: bool
    has_mark: bool = False

    @property
    def label(self) -> str:
        return KNOWN.get(self.name, self.name)


def _mark_bad(error: UnicodeError) -> tuple[str, int]:
    """Undecodable bytes become lone surrogates, which no real text holds: the reader refuses their row by line."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "\udc80" * (error.end - error.start), error.end


codecs.register_error("tandem-mark", _mark_bad)


def open_text(path: Path, encoding: str) -> io.TextIOWrapper:
    """The file as text, line ends untouched; what cannot be decoded comes as lone surrogates. Raises ``Unreadable``."""
    if encoding not in KNOWN:
        raise Unreadable(
            "unknown_encoding", _("“%(name)s” is no encoding that Tandem reads.") % {"name": encoding[:40]}
        )
    name = "utf-8-sig" if encoding == "utf-8" else encoding
    return io.TextIOWrapper(path.open("rb", buffering=BLOCK), encoding=name, errors="tandem-mark", newline="")


def recognise(path: Path) -> Encoding:
    """Look through the whole file once, with flat memory."""
    with path.open("rb") as file:
        start = file.read(SAMPLE)
        for mark, name in _MARKS:
            if start.startswith(mark):
                return Encoding(name, is_sure=True, has_mark=True)
        if wide := _wide_without_mark(start):
            return Encoding(wide, is_sure=True)
        file.seek(0)
        good, bad, excerpts = _weigh_utf8(file)
        file.seek(0)
        lines = _telling_lines(file) if bad and good <= 2 * bad else b""
    if not bad:
        return Encoding("utf-8", is_sure=True)
    if good > 2 * bad:  # UTF-8 with some broken lines: these are refused by line, no letter is guessed
        return Encoding("utf-8", is_sure=False)
    return _one_byte(excerpts, lines)


def _telling_lines(file: IO[bytes]) -> bytes:
    """The first lines that are not plain ASCII, whole: half a character would mislead."""
    telling, size = list[bytes](), 0
    for line in iter(lambda: file.readline(BLOCK), b""):
        if not line.isascii():
            telling.append(line)
            size += len(line)
        if size > SAMPLE:
            break
    return b"".join(telling)


def _wide_without_mark(start: bytes) -> str | None:
    """UTF-16 without its mark: nearly every second byte of plain text is zero, always on the same side."""
    even, odd = start[0::2], start[1::2]
    if len(start) < 4:
        return None
    left, right = even.count(0) / len(even), odd.count(0) / max(len(odd), 1)
    if right > 0.4 and left < 0.05:
        return "utf-16-le"
    return "utf-16-be" if left > 0.4 and right < 0.05 else None


def _weigh_utf8(file: IO[bytes]) -> tuple[int, int, list[bytes]]:
    """How many runs of high bytes are UTF-8 and how many are not, with the words around the first ones that are not."""
    good, bad, excerpts = 0, 0, list[bytes]()
    for block in _lines_of_about(file, BLOCK):
        if block.isascii():
            continue
        for run in _HIGH_RUN.finditer(block):
            if _UTF8_CHARACTER.sub(b"", run.group()):
                bad += 1
                if len(excerpts) < 2_000:
                    excerpts.append(block[max(run.start() - 12, 0) : run.end() + 12])
            else:
                good += 1
    return good, bad, excerpts


def _lines_of_about(file: IO[bytes], size: int) -> Iterator[bytes]:
    """Blocks that end with a line where there are lines, so that no character is cut."""
    while block := file.read(size):
        yield block + file.readline(size)


def _one_byte(excerpts: list[bytes], lines: bytes) -> Encoding:
    """Windows-1252 unless its letters make no sense; then what the library thinks most likely."""
    if _makes_sense(excerpts):
        return Encoding("cp1252", is_sure=True)
    guess = from_bytes(lines, cp_isolation=[name for name in KNOWN if not name.startswith("utf")]).best()
    name = _python_name(guess.encoding) if guess else "cp1252"
    return Encoding(name if name in KNOWN else "cp1252", is_sure=False)


def _python_name(name: str) -> str:
    known = {codecs.lookup(each).name: each for each in KNOWN}
    return known.get(codecs.lookup(name).name, name)


def _makes_sense(excerpts: list[bytes]) -> bool:
    """Whether nearly all of these read like Western words in Windows-1252."""
    strange = sum(1 for excerpt in excerpts if _is_strange(excerpt.decode("cp1252", "replace")))
    return strange <= len(excerpts) // 20


def _is_strange(text: str) -> bool:
    high = sum(char > "\x7f" for char in text)
    letters = sum(char.isascii() and char.isalpha() for char in text)
    if high > 3 and high > letters:  # words wholly of accents: another script
        return True
    return any(
        char in _NEVER_INSIDE_A_WORD and before.isalpha() and after.isalpha()
        for before, char, after in zip(text, text[1:], text[2:], strict=False)
    )
