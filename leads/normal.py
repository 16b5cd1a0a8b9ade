"""Normal forms: what an address, a number or a name is compared by. The given form is what is kept and shown.

Phone numbers by ``phonenumbers`` (libphonenumber), country names by Babel's CLDR tables.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit

import phonenumbers
from babel import Locale
from rapidfuzz import fuzz, process

from crm.core.text import fold

# Mailboxes of anybody: that two people share one of these says nothing about where they work.
FREE_MAIL = frozenset(
    """
    aol.com bluewin.ch free.fr gmail.com gmx.at gmx.ch gmx.de gmx.net googlemail.com hotmail.co.uk hotmail.com hotmail.fr
    icloud.com laposte.net live.com live.fr mac.com mail.com mail.ru me.com msn.com orange.fr outlook.com outlook.fr
    proton.me protonmail.com qq.com sfr.fr t-online.de wanadoo.fr web.de yahoo.co.id yahoo.co.uk yahoo.com yahoo.fr
    yandex.ru ymail.com 163.com 126.com example.com
    """.split()
)
# Legal forms say nothing about which company it is. As folded words.
LEGAL_FORMS = frozenset(
    """
    ab ag aps as asa bhd bv bvba co company corp corporation cv doo eirl ev gmbh group groupe inc incorporated kg kgaa
    kk limited llc llp lp ltd ltda mbh nv oy oyj plc pt pte pty pvt sa sarl sas sasu sc scop sdn se sl snc spa spzoo srl
    sro tbk ug
    """.split()
)
_NOT_WORD = re.compile(r"[^\w]+", re.UNICODE)
_EXTENSION = re.compile(r"(?:ext\.?|poste|x|#)\s*(\d{1,10})\s*$", re.IGNORECASE)


def clean(text: str) -> str:
    """As kept: NFC, without control characters and zero-width ones, blanks single. Any script stays as it is."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())  # nothing to compose or to take out
    composed = unicodedata.normalize("NFC", text)
    shown = "".join(char for char in composed if unicodedata.category(char) not in {"Cc", "Cs"} or char in "\t\n\r ")
    return " ".join(_without_invisible(shown).split())


# Zero-width spaces and marks of writing direction: unseen, and two equal-looking names would differ. The joiners
# (U+200C, U+200D) belong to the spelling of several scripts and stay.
_INVISIBLE = dict.fromkeys(
    map(ord, "\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff\u00ad")
)


def _without_invisible(text: str) -> str:
    return text.translate(_INVISIBLE)


# --- Names ------------------------------------------------------------------------------------------------------------


def name_key(text: str) -> str:
    """A person's name as compared: folded words in order. ``"Jean-Luc  GÉRARD"`` -> ``"jean luc gerard"``."""
    return " ".join(_NOT_WORD.sub(" ", fold(clean(text))).replace("_", " ").split())


def company_key(text: str) -> str:
    """A company's name as compared: folded words without legal forms. ``"S.A.R.L. Müller & Co"`` -> ``"muller"``.

    Where nothing else is left, the legal forms stay.
    """
    joined = re.sub(r"\b(\w)\.(?=\w\b)", r"\1", fold(clean(text)))  # s.a.r.l. is one word
    words = _NOT_WORD.sub(" ", joined).replace("_", " ").split()
    telling = [word for word in words if word not in LEGAL_FORMS]
    return " ".join(telling or words)


def product_key(text: str) -> str:
    """A product's or campaign's name as compared: letters and digits alone. ``"GTX Pro"`` and ``"GTXPro"`` are one."""
    return "".join(char for char in fold(clean(text)) if char.isalnum())


# --- Ways to reach ----------------------------------------------------------------------------------------------------


def email_key(address: str) -> str:
    """An address as compared: NFC, trimmed, lower case. (Dots and tags are the provider's business; they stay.)"""
    return unicodedata.normalize("NFC", address).strip().lower()


@dataclass(frozen=True, slots=True)
class Number:
    """A phone number: E.164 where the plan knows it (``is_known``), else digits as given; with its extension."""

    number: str
    extension: str = ""
    is_known: bool = True


def phone_number(text: str, country: str = "") -> Number | None:
    """Read a number as somebody wrote it, in the plan of ``country`` (ISO 3166) unless it says its own; None for no digits.

    ``"04 72 00 00 00"``, FR -> ``+33472000000``. A number that no plan knows is kept as its digits.
    """
    written = unicodedata.normalize("NFKC", text).strip()
    digits = re.sub(r"[^\d+]", "", written)
    if sum(char.isdigit() for char in digits) < 3:
        return None
    try:
        read = phonenumbers.parse(written, country.upper() or None, keep_raw_input=False)
    except phonenumbers.NumberParseException:
        read = None
    if read is not None and phonenumbers.is_possible_number(read):
        return Number(
            phonenumbers.format_number(read, phonenumbers.PhoneNumberFormat.E164), (read.extension or "")[:10]
        )
    extension = _EXTENSION.search(written)
    if extension:
        digits = re.sub(r"[^\d+]", "", written[: extension.start()])
    return Number(digits[:1] + digits[1:].replace("+", "")[:38], extension[1] if extension else "", is_known=False)


def shown_phone(number: str, country: str = "") -> str:
    """A stored number as a person reads it: national at home, international elsewhere."""
    try:
        read = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    at_home = country and phonenumbers.region_code_for_number(read) == country.upper()
    style = phonenumbers.PhoneNumberFormat.NATIONAL if at_home else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(read, style)


def domain_of(text: str) -> str:
    """The host of a web address or an e-mail address, without ``www.``; empty for free mail and for what is neither."""
    text = text.strip().lower()
    host = text.rpartition("@")[2] if "@" in text and "//" not in text else _host(text)
    host = host.removeprefix("www.").rstrip(".")
    return host if "." in host and " " not in host and host not in FREE_MAIL and len(host) <= 253 else ""


def _host(text: str) -> str:
    try:
        return urlsplit(text if "//" in text else f"//{text}").hostname or ""
    except ValueError:
        return ""


# --- Places -----------------------------------------------------------------------------------------------------------


def postal_key(text: str) -> str:
    """A postal code as compared: capitals and digits. ``"sw1a 1aa"`` -> ``"SW1A1AA"``."""
    return "".join(char for char in unicodedata.normalize("NFKC", text).upper() if char.isalnum())


# What people write that no table has.
_ALSO = {"usa": "US", "u s a": "US", "uk": "GB", "england": "GB", "scotland": "GB", "wales": "GB", "holland": "NL",
         "korea": "KR", "south korea": "KR", "viet nam": "VN", "uae": "AE", "czech republic": "CZ", "america": "US"}  # fmt: skip
_SURE = 90


@cache
def _countries() -> dict[str, str]:
    """Folded names in English, French, Indonesian, German and Spanish, and both codes -> ISO 3166 alpha-2."""
    known = dict(_ALSO)
    for language in ("en", "fr", "id", "de", "es"):
        for code, name in Locale(language).territories.items():
            if len(code) == 2 and code.isalpha() and code not in {"EU", "EZ", "UN", "XA", "XB", "ZZ"}:
                known.setdefault(name_key(name), code)
                known.setdefault(code.lower(), code)
    return known


def country_code(text: str) -> str | None:
    """ISO 3166 alpha-2 of a country as somebody wrote it, small typing errors forgiven; empty for nothing, None if unknown."""
    key = name_key(text)
    if not key:
        return ""
    known = _countries()
    if key in known or len(key) <= 3:
        return known.get(key)
    found = process.extractOne(key, known.keys(), scorer=fuzz.ratio, score_cutoff=_SURE)
    return known[found[0]] if found else None
