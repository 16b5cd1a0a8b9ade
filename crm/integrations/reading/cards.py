"""vCards (2.1, 3.0, 4.0) as rows: one card, one row, under fixed column names. Parsed by the kept library, card by card,
so that one broken card costs one row."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import vobject
from django.utils.translation import gettext as _

from crm.integrations.reading.delimited import Record
from crm.integrations.reading.limits import Limits
from crm.integrations.reading.rows import Fault

# The columns every card file has; several numbers and addresses of one kind stand side by side.
COLUMNS = (
    "First name",
    "Last name",
    "Full name",
    "Company",
    "Job title",
    "Email",
    "Email 2",
    "Email 3",
    "Phone",
    "Mobile phone",
    "Phone 2",
    "Phone 3",
    "Street",
    "City",
    "Region",
    "Postal code",
    "Country",
    "Website",
    "Language",
    "Notes",
    "External id",
)
# A photo is no row's content and may be megabytes of letters: not kept, not parsed.
_HEAVY = re.compile(r"^(?:[\w-]+\.)?(?:PHOTO|LOGO|SOUND|KEY|AGENT|X-MS-[\w-]+)\b", re.IGNORECASE)
_BARE_TYPE = re.compile(
    r";(?=(?:WORK|HOME|CELL|VOICE|FAX|PREF|INTERNET|MSG|PAGER|DOM|INTL|POSTAL|PARCEL|VIDEO)\b(?!=))", re.IGNORECASE
)
_TEL = re.compile(r"tel:", re.IGNORECASE)


def read(lines: Iterator[str], limits: Limits) -> Iterator[Record]:
    """Each card between BEGIN and END; what stands outside them is a fault of its line."""
    card, start, depth = list[str](), 0, 0
    for number, line in enumerate(lines, 1):
        word = line.strip().upper()
        if word == "BEGIN:VCARD":
            if depth == 0 or not _is_nested(card):
                if card:
                    yield _broken(start, card, "open_card", _("This card has no end."))
                card, start, depth = [], number, 0
            depth += 1
        if depth:
            card.append(line)
        elif word:
            yield _broken(number, [line], "outside_card", _("This line belongs to no card."))
        if word == "END:VCARD" and depth:
            depth -= 1
            if depth == 0:
                yield _row(start, card, limits)
                card = []
    if card:
        yield _broken(start, card, "open_card", _("This card has no end."))


def _is_nested(card: list[str]) -> bool:
    """A card within a card belongs to an AGENT line."""
    return bool(card) and card[-1].strip().upper().startswith("AGENT")


def _broken(line: int, text: list[str], code: str, message: str) -> Record:
    return Record(line, [text[0].strip()[:500]], Fault(code, message))


def _row(start: int, lines: list[str], limits: Limits) -> Record:
    if sum(map(len, lines)) > 64 * limits.cell:
        return _broken(start, lines, "card_too_large", _("This card is too large."))
    try:
        card = vobject.readOne("".join(_light(lines)), allowQP=True, ignoreUnreadable=True)
    except UnicodeDecodeError:
        return _broken(
            start, lines, "bad_bytes", _("Some letters of this card cannot be read in the encoding it names.")
        )
    except Exception:  # noqa: BLE001 (the library raises what its parts raise; a bad card is one row's trouble)
        return _broken(start, lines, "unreadable_card", _("This card cannot be read."))
    if card is None or card.name.upper() != "VCARD":
        return _broken(start, lines, "unreadable_card", _("This card cannot be read."))
    return Record(start, [_values(card).get(column, "") for column in COLUMNS])


def _light(lines: list[str]) -> Iterator[str]:
    """The card without photos and the like, with types as the library knows them."""
    heavy, soft = False, False
    for line in lines:
        if not line.strip(
            "\r\n"
        ):  # an empty line ends base64 in version 2.1, and stands between folded lines in some files
            soft = False
            continue
        folded = line[:1] in (" ", "\t")
        if not folded and not soft:
            heavy = bool(_HEAVY.match(line)) and not line.upper().startswith("AGENT:")
        # A quoted-printable line goes on after "=" without a blank; base64 of version 2.1 ends at an empty line.
        soft = (not heavy and "QUOTED-PRINTABLE" in line.upper()) or (soft and line.rstrip("\r\n").endswith("="))
        soft = soft and line.rstrip("\r\n").endswith("=")
        if not heavy:
            text = line.rstrip("\r\n") + "\r\n"
            yield text if folded else _BARE_TYPE.sub(";TYPE=", text)


def _values(card: Any) -> dict[str, str]:
    parts: dict[str, list[Any]] = defaultdict(list)
    for child in card.getChildren():
        parts[child.name.upper()].append(child)
    values = _name(parts) | _organisation(parts) | _address(parts)
    _fill(values, ("Email", "Email 2", "Email 3"), [_text(each) for each in _preferred(parts["EMAIL"])])
    mobile = [each for each in parts["TEL"] if _has(each, "CELL")]
    others = [each for each in _preferred(parts["TEL"]) if not _has(each, "CELL", "FAX", "PAGER")]
    _fill(values, ("Phone", "Phone 2", "Phone 3"), [_phone(each) for each in [*others, *mobile[1:]]])
    values["Mobile phone"] = _phone(mobile[0]) if mobile else ""
    values["Website"] = next(map(_text, parts["URL"]), "").replace("\\:", ":")
    values["Language"] = next(map(_text, _preferred(parts["LANG"])), "")
    values["Notes"] = "\n\n".join(map(_text, parts["NOTE"]))
    values["External id"] = next(map(_text, parts["UID"]), "")
    return values


def _name(parts: dict[str, list[Any]]) -> dict[str, str]:
    full = next(map(_text, parts["FN"]), "")
    if not parts["N"]:
        return {"Full name": full}
    name = parts["N"][0].value
    return {
        "Full name": full,
        "First name": _joined(getattr(name, "given", "")),
        "Last name": _joined(getattr(name, "family", "")),
    }


def _organisation(parts: dict[str, list[Any]]) -> dict[str, str]:
    units = parts["ORG"][0].value if parts["ORG"] else []
    company = units if isinstance(units, str) else _joined(units[:1])
    return {"Company": company, "Job title": next(map(_text, parts["TITLE"]), "")}


def _address(parts: dict[str, list[Any]]) -> dict[str, str]:
    places = sorted(_preferred(parts["ADR"]), key=lambda each: not _has(each, "WORK"))
    if not places:
        return {}
    place = places[0].value
    street = [_joined(getattr(place, name, "")) for name in ("street", "extended")]
    return {
        "Street": ", ".join(filter(None, street)),
        "City": _joined(place.city),
        "Region": _joined(place.region),
        "Postal code": _joined(place.code),
        "Country": _joined(place.country),
    }


def _fill(values: dict[str, str], columns: tuple[str, ...], texts: list[str]) -> None:
    values |= dict(zip(columns, dict.fromkeys(filter(None, texts)), strict=False))


def _has(part: Any, *types: str) -> bool:
    """Whether one of ``types`` is among the part's, however the version writes them."""
    written = ",".join(str(value) for values in part.params.values() for value in values).upper()
    return any(each in re.split(r"[,;\s]+", written) for each in types)


def _preferred(parts: list[Any]) -> list[Any]:
    return sorted(parts, key=lambda part: 0 if _has(part, "PREF") or "1" in part.params.get("PREF", []) else 1)


def _phone(part: Any) -> str:
    number, _sign, rest = _text(part).partition(";ext=")
    return _TEL.sub("", number) + (f" ext. {rest}" if rest else "")


def _text(part: Any) -> str:
    return _joined(part.value).strip()


def _joined(value: Any) -> str:
    if isinstance(value, list | tuple):
        return " ".join(filter(None, map(_joined, value)))
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value or "").strip()
