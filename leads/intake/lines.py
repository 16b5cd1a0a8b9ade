"""A line typed in haste or a pasted signature, as the fields of an enquiry. A guess: somebody looks at it and corrects it.

What has a form of its own is taken out first (addresses, numbers by libphonenumber's matcher, web sites), then what the
words give away (a legal form, a title of a job, a street, a postal code); what is left is the name, then the company.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import phonenumbers
from rapidfuzz import fuzz

from leads import normal

LONGEST = 4_000
MOST_LINES = 40
SHORTEST_NUMBER = 7
_EMAIL = re.compile(
    r"(?:mailto:)?([^\s<>()\[\],;:|\"']{1,64}@[^\s<>()\[\],;:|\"'@]{1,189}\.[^\s<>()\[\],;:|\"'@.]{2,63})"
)
_WEB = re.compile(r"\b(?:https?://|www\.)[^\s<>()|,;\"']+", re.IGNORECASE)
_LABEL = re.compile(
    r"\b(?:t[eé]l(?:[eé]phone|epon|efon)?|phone|mob(?:ile|il)?|port(?:able)?|cell|gsm|hp|wa|whats\s?app|fax|e-?mail|courriel|mail|web|"
    r"site|website|adresse|address|alamat|t|m|f|e|w|d)\s*(?:\.\s*)?[:.]?\s*$",
    re.IGNORECASE,
)
_FAX = re.compile(r"\bfax\W*$|\bf\s*[:.]\s*$", re.IGNORECASE)
_SPLIT = re.compile(r"[,;|\t·•]|\s[-–—/]\s|\s{3,}")  # noqa: RUF001 (dashes that people type)
_HONORIFIC = re.compile(
    r"^(?:mr|mrs|ms|miss|dr|prof|m|mme|mlle|me|herr|frau|bpk|bapak|ibu|pak|bu|sdr|sdri|sig|sra?)\.?\s+", re.IGNORECASE
)
_POSTAL = re.compile(r"\b(?:([A-Z]{1,2}-)?(\d{4,6})\s+(\D{2,60})|(\D{2,60})\s+(\d{5}))$", re.IGNORECASE)
_BRITISH = re.compile(r"^(.*?)\s*\b([A-Z]{1,2}\d[A-Z\d]?\s*\d[A-Z]{2})$", re.IGNORECASE)
_STREET = re.compile(
    r"\b(?:rue|avenue|av\.|boulevard|bd|chemin|place|route|impasse|quai|cours|all[eé]e|street|st\.|road|rd\.?|lane|drive|court|"
    r"square|jalan|jln?\.?|gang|calle|via|piazza|plaza|paseo|laan|straat|weg|platz)\b|(?:stra(?:ss|ß)e|str\.|gasse|allee|straat|laan)(?:\s|$)",
    re.IGNORECASE,
)
_AT = re.compile(r"^(.{2,80}?)\s+(?:@|at|chez|bei|di|from|von)\s+(.{2,120})$", re.IGNORECASE)
# Words that only titles of jobs have, folded.
_JOBS = frozenset(
    """
    acheteur acheteuse adjoint administrator administratif analyst architect architecte asisten assistant assistante
    associate berater buyer ceo cfo charge chargee chef chief cio cmo commercial commerciale comptable consultant
    consultante controller coo coordinateur coordinator cto developer directeur director directrice direktur direktorin
    direktor einkaufer einkauf engineer fondateur founder geant geschaftsfuhrer geschaftsfuhrerin gerant gerante head
    ingenieur inhaber kepala lead leiter leiterin manager manajer manajemen officer owner pdg pemilik president
    presidente principal procurement proprietaire purchasing representative responsable sales sekretaris secretary
    secretaire specialist specialiste staf staff supervisor technician technicien techniker treasurer vertrieb vice vp
    """.split()
)
_JOB_ENDINGS = ("leiter", "leiterin", "manager", "direktor", "berater", "beraterin", "kaufer", "kauferin")
# Legal forms that are also words or initials of people.
_ALSO_WORDS = frozenset({"ag", "as", "co", "company", "group", "groupe", "pt", "sa", "se", "sl", "ev", "ab", "cv"})
# How cars are marked, before a postal code.
_PLATES = {"A": "AT", "B": "BE", "D": "DE", "E": "ES", "F": "FR", "I": "IT", "L": "LU", "P": "PT", "S": "SE"}
_COMPANY_WORDS = frozenset(
    "agency association bank banque consulting etablissements ets factory foundation group groupe holding hospital hotel "
    "industrie industries institut institute laboratoires lycee mairie school services solutions stichting systems "
    "technologies university universite verein werke".split()
)


@dataclass(slots=True)
class Found:
    """The fields of an enquiry by their flat names; ``rest`` is what nothing was made of, line by line."""

    first_name: str = ""
    last_name: str = ""
    job_title: str = ""
    company_name: str = ""
    phones: list[str] = field(default_factory=list)
    emails: list[str] = field(default_factory=list)
    website: str = ""
    street: str = ""
    city: str = ""
    postal_code: str = ""
    country: str = ""
    rest: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


def read_lines(text: str, country: str = "") -> Found:
    """Read a line or a signature. ``country`` is the plan for numbers that do not say theirs. Never raises."""
    found = Found()
    lines = [line for line in (normal.clean(line) for line in text[:LONGEST].splitlines()) if line][:MOST_LINES]
    pieces: list[str] = []
    for line in lines:
        left = _take_numbers(_take_addresses(line, found), found, country)
        pieces += [piece for part in _SPLIT.split(left) if (piece := _tidy(part))]
    for piece in pieces:
        _place(piece, found)
    _guess_from_address(found)
    return found


# --- What has a form of its own ---------------------------------------------------------------------------------------


def _take_addresses(line: str, found: Found) -> str:
    def mail(match: re.Match[str]) -> str:
        address = match[1].strip(".")
        if address not in found.emails:
            found.emails.append(address)
        return " | "

    def web(match: re.Match[str]) -> str:
        found.website = found.website or match.group().rstrip("./")
        return " | "

    return _WEB.sub(web, _EMAIL.sub(mail, line))


def _take_numbers(line: str, found: Found, country: str) -> str:
    """Numbers by the library's matcher; a fax is no way to reach anybody."""
    left, end = [], 0
    for match in phonenumbers.PhoneNumberMatcher(line, country.upper() or None, phonenumbers.Leniency.POSSIBLE):
        before = line[end : match.start]
        if sum(char.isdigit() for char in match.raw_string) < SHORTEST_NUMBER:  # a postal code, a house
            continue
        if not _FAX.search(before) and match.raw_string not in found.phones:
            found.phones.append(match.raw_string)
        left.append(_LABEL.sub("", before))
        end = match.end
    left.append(line[end:])
    return " | ".join(left)


def _tidy(piece: str) -> str:
    return _LABEL.sub("", piece.strip(" \t-–—_:*()<>[]\"'")).strip()  # noqa: RUF001 (dashes that people type)


# --- What words give away ---------------------------------------------------------------------------------------------


def _place(piece: str, found: Found) -> None:
    """Put one piece where it belongs; the first that fits wins, and nothing is overwritten."""
    words = normal.name_key(piece).split()
    if not words or len(piece) > 200:
        return
    if _is_place(piece, found):
        return
    both = None if found.company_name else _AT.match(piece)
    if both:
        _place(both[1], found)
        found.company_name = both[2].strip()
    elif not found.company_name and (_is_company(words) or _is_domain_name(piece, found)):
        found.company_name = piece
    elif _is_job(words):
        found.job_title = f"{found.job_title}, {piece}" if found.job_title else piece
    elif not found.name and _may_be_name(piece):
        _take_name(piece, found)
    elif not found.company_name and found.name:
        found.company_name = piece
    else:
        found.rest.append(piece)


def _is_company(words: list[str]) -> bool:
    """By a word that only companies have; the short legal forms only where they stand: ``PT Sinar``, ``Acme SA``."""
    telling = set(words)
    if telling & _COMPANY_WORDS:
        return True
    if len(words) < 2:
        return False
    return bool(telling & (normal.LEGAL_FORMS - _ALSO_WORDS)) or words[-1] in _ALSO_WORDS or words[0] in {"pt", "cv"}


def _is_job(words: list[str]) -> bool:
    return any(word in _JOBS or word.endswith(_JOB_ENDINGS) for word in words) and not any(map(str.isdigit, words))


def _is_domain_name(piece: str, found: Found) -> bool:
    """Whether a piece is called like the site it writes from: ``Acme Tubes`` and ``acme-tubes.test``."""
    domains = [normal.domain_of(text) for text in (*found.emails, found.website)]
    key = normal.product_key(piece)
    return any(
        domain and len(key) > 2 and fuzz.ratio(key, normal.product_key(domain.rpartition(".")[0])) >= 85
        for domain in domains
    )


def _is_place(piece: str, found: Found) -> bool:
    if len(piece) > 3 and not found.country and (code := normal.country_code(piece)):
        found.country = code
        return True
    post = _POSTAL.search(piece)
    if post and not found.postal_code:
        prefix, code, city, city_before, code_after = post.groups()
        found.postal_code, found.city = code or code_after, (city or city_before).strip()
        mark = (prefix or "").rstrip("-").upper()
        found.country = found.country or _PLATES.get(mark, "") or normal.country_code(mark) or ""
        if before := piece[: post.start()].strip(" -"):
            _is_place(before, found)
        return True
    british = _BRITISH.match(piece)
    if british and not found.postal_code:
        found.postal_code = british[2].upper()
        found.city = british[1].strip()
        found.country = found.country or "GB"
        return True
    if not found.street and _STREET.search(piece) and len(piece) > 5:
        found.street = piece
        return True
    return False


def _may_be_name(piece: str) -> bool:
    return not any(char.isdigit() for char in piece) and len(piece) <= 100


def _take_name(piece: str, found: Found) -> None:
    """``Dr Jean-Luc DUPONT`` -> Jean-Luc, DUPONT. More than four words: the rest is taken for the company."""
    words = _HONORIFIC.sub("", piece).split()
    if len(words) > 4 or (len(words) == 4 and not any(word.islower() for word in words)):
        found.company_name = found.company_name or " ".join(words[2:])
        words = words[:2]
    capitals = [word for word in words if len(word) > 1 and word.isupper()]
    if capitals and len(capitals) < len(words):  # DUPONT Jean
        found.last_name = " ".join(capitals)
        found.first_name = " ".join(word for word in words if word not in capitals)
    elif len(words) == 1:
        found.last_name = words[0]
    else:
        found.first_name, found.last_name = words[0], " ".join(words[1:])


def _guess_from_address(found: Found) -> None:
    """Nobody signed, but ``jean.dupont@…`` did; and who writes from a firm's domain is of the firm."""
    if not found.emails:
        return
    local = found.emails[0].partition("@")[0]
    parts = [part for part in re.split(r"[._-]+", local) if part.isalpha()]
    if not found.name and len(parts) == 2 and all(len(part) > 1 for part in parts):
        found.first_name, found.last_name = parts[0].capitalize(), parts[1].capitalize()
