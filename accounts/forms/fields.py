"""Fields of this app's trade: time zones, lists of words, languages, several e-mail addresses."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from email.utils import getaddresses
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from typing_extensions import override

from accounts.models import User
from accounts.models.fields import known_zones
from crm.core import clock, formats

# --- Time zones ----------------------------------------------------------------------------------------------------------


def zone_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """Every zone by continent, each with its offset of today: ``Asia`` / ``Jakarta (+07:00)``."""
    return [(area, list(places)) for area, places in _zones_on(clock.now().date()).items()]


@lru_cache(maxsize=2)
def _zones_on(day: dt.date) -> dict[str, tuple[tuple[str, str], ...]]:
    noon = dt.datetime.combine(day, dt.time(12), dt.UTC)
    areas: dict[str, list[tuple[str, str]]] = {}
    for name in sorted(known_zones()):
        area, _slash, place = name.partition("/")
        offset = f"{noon.astimezone(ZoneInfo(name)):%z}"
        areas.setdefault(area, []).append((name, f"{place.replace('_', ' ')} ({offset[:3]}:{offset[3:]})"))
    return {area: tuple(places) for area, places in areas.items()} | {"UTC": (("UTC", "UTC"),)}


class ZoneField(forms.ChoiceField):
    """An IANA time zone."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", gettext_lazy("Time zone"))
        super().__init__(choices=zone_choices, **kwargs)


def zone_place(name: str) -> str:
    """The town of a zone, to name beside a time: ``Asia/Jakarta`` -> ``Jakarta``."""
    return name.rpartition("/")[2].replace("_", " ")


# --- Lists of words --------------------------------------------------------------------------------------------------------


class WordsField(forms.CharField):
    """Several words or phrases in one line, with commas between; a list of them in Python."""

    def __init__(self, *, longest: int, most: int = 30, **kwargs: Any) -> None:
        self.longest, self.most = longest, most
        kwargs.setdefault("required", False)
        super().__init__(**kwargs)

    @override
    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list | tuple) else value

    @override
    def clean(self, value: Any) -> list[str]:
        words = [word.strip() for word in str(super().clean(value)).split(",") if word.strip()]
        if too_long := next((word for word in words if len(word) > self.longest), None):
            shown = {"word": too_long[:30], "longest": self.longest}
            raise ValidationError(_("“%(word)s…” is too long: at most %(longest)s letters."), params=shown)
        if len(words) > self.most:
            raise ValidationError(_("At most %(most)s."), params={"most": self.most})
        return list(dict.fromkeys(words))

    @override
    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)


class LanguagesField(WordsField):
    """Languages by name, as the reader calls them, or by code; a list of codes in Python."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(longest=40, **kwargs)

    @override
    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, list | tuple):
            return value
        return ", ".join(language_name(code) for code in value)

    @override
    def clean(self, value: Any) -> list[str]:
        return list(dict.fromkeys(self._code(word) for word in super().clean(value)))

    def _code(self, word: str) -> str:
        known = _codes(formats.locale().language)
        code = known.get(word.casefold())
        if code is None:
            raise ValidationError(_("“%(word)s” is no language that Tandem knows."), params={"word": word})
        return code


def language_name(code: str) -> str:
    """What the reader calls a language: ``fr`` -> ``French``; the code itself when it has no name."""
    return str(formats.locale().languages.get(code, code))


@lru_cache(maxsize=8)
def _codes(reader: str) -> dict[str, str]:
    """Folded names (the reader's, English, the language's own) and codes -> code, for languages with a code of two letters
    (three where there is none)."""
    names: dict[str, str] = {}
    for locale in (Locale("en"), Locale(reader)):
        names |= {name.casefold(): code for code, name in locale.languages.items() if re.fullmatch("[a-z]{2,3}", code)}
    return names | {code: code for code in list(names.values())}


# --- Several people to invite ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Invitee:
    """Somebody to invite, as typed: ``Inès Delorme <ines@example.com>`` or the address alone."""

    email: str
    name: str

    @override
    def __str__(self) -> str:
        return f"{self.name} <{self.email}>"


MOST_INVITED = 50


class InviteesField(forms.CharField):
    """One or several addresses: a line each, or with commas, as a mail program writes them."""

    widget = forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "autocapitalize": "off"})

    @override
    def clean(self, value: Any) -> list[Invitee]:
        lines = re.split(r"[\n;]+", str(super().clean(value)))
        found = [invitee for line in lines if line.strip(" ,") for invitee in _invitees(line.strip(" ,"))]
        if len(found) > MOST_INVITED:
            raise ValidationError(_("Invite at most %(most)s people at once."), params={"most": MOST_INVITED})
        return list({invitee.email: invitee for invitee in found}.values())


def _invitees(line: str) -> list[Invitee]:
    pairs = [pair for pair in getaddresses([line]) if pair[1]]
    if not pairs:  # Python gives up on the whole line when one part of it cannot be read
        raise ValidationError(_("“%(text)s” is no e-mail address."), params={"text": line})
    return [_invitee(name, address if "@" in address else line) for name, address in pairs]


def _invitee(name: str, address: str) -> Invitee:
    try:
        validate_email(address)
    except ValidationError as error:
        raise ValidationError(_("“%(text)s” is no e-mail address."), params={"text": address}) from error
    return Invitee(User.normalize_email(address), name.strip() or _name_from(address))


def _name_from(address: str) -> str:
    """A first guess that its owner will mend: ``ines.delorme@…`` -> ``Ines Delorme``."""
    words = re.split(r"[._+-]+", address.partition("@")[0])
    return " ".join(word.capitalize() for word in words if word and not word.isdigit()) or address
