"""A mail as it came, read into what an enquiry needs. Whatever it holds, reading never raises.

By the standard library's parser with the tolerant policy: headers stay text until they are asked for, so one broken
header breaks nothing else. HTML becomes text; nothing of it is kept or loaded.
"""

from __future__ import annotations

import email
import hashlib
import re
from dataclasses import dataclass
from email.header import decode_header
from email.message import Message
from email.policy import compat32
from email.utils import getaddresses
from html.parser import HTMLParser

from charset_normalizer import from_bytes
from typing_extensions import override

from leads import normal

LONGEST_TEXT = 20_000
MOST_PARTS = 200
LARGEST = 20 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Mail:
    """``text`` is what the sender wrote now, ``quoted`` what stood below; ``machine`` says why no person wrote it."""

    message_id: str
    sender_name: str = ""
    sender: str = ""
    subject: str = ""
    text: str = ""
    quoted: str = ""
    files: tuple[str, ...] = ()
    machine: str = ""


def read_mail(raw: bytes) -> Mail:
    """Read the bytes of one message. A mail without Message-ID gets one from what it says, the same each time."""
    message = email.message_from_bytes(raw[:LARGEST], policy=compat32)
    name, address = _sender(message)
    whole, files = _content(message)
    text, quoted = split_reply(whole)
    return Mail(
        message_id=message_id_of(message, raw),
        sender_name=normal.clean(name)[:200],
        sender=address,
        subject=normal.clean(_header(message, "Subject"))[:500],
        text=text[:LONGEST_TEXT],
        quoted=quoted[:LONGEST_TEXT],
        files=tuple(files),
        machine=_machine(message, address),
    )


def message_id_of(message: Message, raw: bytes) -> str:
    """The Message-ID as written, else a digest of the mail. At most 500 characters."""
    given = " ".join(_raw_header(message, "Message-ID").split())
    return given[:500] if len(given) > 2 else f"<{hashlib.sha256(raw).hexdigest()}@no-message-id>"


# --- Headers ---------------------------------------------------------------------------------------------------------


def _raw_header(message: Message, name: str) -> str:
    """A header as text, undecoded; bytes beyond ASCII as the sender most likely meant them."""
    text = next((str(value) for key, value in message.raw_items() if key.lower() == name.lower()), "")
    given = text.encode("utf-8", "surrogateescape")
    return text if given.isascii() else _as_text(given, "")


def _header(message: Message, name: str) -> str:
    """A header as people read it: encoded words decoded, and left as they are where they cannot be."""
    return decoded(_raw_header(message, name))


def decoded(text: str) -> str:
    """Decode RFC 2047 words; unknown charsets and broken base64 stay readable."""
    flat = re.sub(r"\r?\n[ \t]*", " ", text)
    try:
        pieces = decode_header(flat)
    except Exception:  # noqa: BLE001 (email.errors, binascii.Error and more: the undecoded text is all there is)
        return flat
    return "".join(piece if isinstance(piece, str) else _as_text(piece, charset or "") for piece, charset in pieces)


def _sender(message: Message) -> tuple[str, str]:
    """Name and address of who is to be answered: Reply-To where it names a person's mailbox, else From, else Sender."""
    for header in ("Reply-To", "From", "Sender"):
        for name, address in _addresses(_raw_header(message, header)):
            if len(address) <= 254:
                known = name if header == "From" else name or _name_in(message, "From")
                return decoded(known).strip(" \"'"), address
    return "", ""


def _name_in(message: Message, header: str) -> str:
    return next((name for name, _address in _addresses(_raw_header(message, header)) if name), "")


def _addresses(text: str) -> list[tuple[str, str]]:
    """Pairs of name and address; where the strict reading gives nothing, what looks like an address in the text."""
    flat = re.sub(r"\s+", " ", text)
    try:
        pairs = [pair for pair in getaddresses([flat]) if _ADDRESS.fullmatch(pair[1])]
    except Exception:  # noqa: BLE001 (hostile headers break the parser in many ways)
        pairs = []
    if pairs:
        return pairs
    return [("", found.group()) for found in _ADDRESS.finditer(flat)]


_ADDRESS = re.compile(r"[^@\s<>\",;:()]{1,64}@[^@\s<>\",;:()]{1,189}\.[^@\s<>\",;:()]{1,63}")


_ROBOTS = re.compile(
    r"^(mailer-daemon|postmaster|no-?reply|do-?not-?reply|ne-?pas-?repondre|bounces?|notifications?|newsletter)\b",
    re.IGNORECASE,
)


def _machine(message: Message, address: str) -> str:
    """Why this is a machine's mail, by RFC 3834 and custom; empty for a person's. The words go into a remark."""
    automatic = _raw_header(message, "Auto-Submitted").strip().lower()
    if automatic and automatic.partition(";")[0].strip() != "no":
        return "Auto-Submitted"
    if _raw_header(message, "Precedence").strip().lower() in {"bulk", "list", "junk", "auto_reply"}:
        return "Precedence"
    for name in ("List-Id", "X-Autoreply", "X-Autorespond"):
        if name in message:
            return name
    if "Return-Path" in message and _raw_header(message, "Return-Path").strip() in {"", "<>"}:
        return "Return-Path"
    if message.get_content_type() in {"multipart/report", "message/delivery-status"}:
        return "multipart/report"
    return "MAILER-DAEMON" if _ROBOTS.match(address) else ""


# --- Body ------------------------------------------------------------------------------------------------------------


def _content(message: Message) -> tuple[str, list[str]]:
    """The text (plain where there is some, else from HTML) and the names of what was attached."""
    plain: list[str] = []
    rich: list[str] = []
    files: list[str] = []
    for number, part in enumerate(message.walk()):
        if number >= MOST_PARTS:
            break
        if part.is_multipart():
            continue
        name, kind = _file_name(part), part.get_content_type()
        attached = part.get_content_disposition() == "attachment" or (name and kind not in {"text/plain", "text/html"})
        if attached or not kind.startswith("text/"):
            files.append(name or kind)
        elif kind == "text/html":
            rich.append(_part_text(part))
        else:
            plain.append(_part_text(part))
    text = "\n".join(plain).strip() or html_text("\n".join(rich))
    return _lines(text[: 4 * LONGEST_TEXT]), files


def _file_name(part: Message) -> str:
    try:
        name = part.get_filename() or ""
    except Exception:  # noqa: BLE001 (RFC 2231 pieces out of order and worse)
        return "?"
    return normal.clean(decoded(str(name)))[:120]


def _part_text(part: Message) -> str:
    try:
        payload = part.get_payload(decode=True)
    except Exception:  # noqa: BLE001 (uuencoded nonsense and the like)
        payload = None
    if not isinstance(payload, bytes):
        raw = part.get_payload()
        return raw if isinstance(raw, str) else ""
    try:
        charset = str(part.get_content_charset() or "")
    except (LookupError, UnicodeError, ValueError):
        charset = ""
    return _as_text(payload, charset)


# What is written on the envelope and what is in it.
_CHARSETS = {"ks_c_5601-1987": "cp949", "x-sjis": "cp932", "shift_jis": "cp932", "iso-8859-1": "cp1252", "us-ascii": "",
             "unknown-8bit": "", "ascii": "", "utf8": "utf-8"}  # fmt: skip


def _as_text(payload: bytes, charset: str) -> str:
    """Bytes as text: by their charset, else as UTF-8, else as what they look like."""
    named = _CHARSETS.get(charset.lower(), charset)
    for candidate in filter(None, (named, "utf-8")):
        try:
            return payload.decode(candidate)
        except (LookupError, UnicodeError, ValueError):
            continue
    best = from_bytes(payload[:LONGEST_TEXT]).best()
    return payload.decode(best.encoding if best else "latin-1", "replace")


def _lines(text: str) -> str:
    """Single line ends, no control characters, NFC; at most one empty line in a row."""
    lines = [normal.clean(line) for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


class _Text(HTMLParser):
    """Text of HTML with line ends where blocks end. Quoted blocks of mail programs come after a marker line."""

    BLOCKS = frozenset(
        "address article blockquote br div dl dt dd h1 h2 h3 h4 h5 h6 hr li ol p pre table td tr ul".split()
    )
    UNSEEN = frozenset("script style head title template noscript".split())
    QUOTES = ("gmail_quote", "yahoo_quoted", "moz-cite-prefix", "divrplyfwdmsg", "olk_src_body_section", "appendonsend",
              "protonmail_quote", "zmail_extra", "replyforwardmsg")  # fmt: skip

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.unseen = 0

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        marks = " ".join(value or "" for name, value in attrs if name in {"class", "id", "name"}).lower()
        if any(quote in marks for quote in self.QUOTES) or (tag == "blockquote" and ("type", "cite") in attrs):
            self.pieces.append(f"\n{QUOTE_BELOW}\n")
        if tag in self.UNSEEN:
            self.unseen += 1
        elif tag in self.BLOCKS:
            self.pieces.append("\n")

    @override
    def handle_endtag(self, tag: str) -> None:
        if tag in self.UNSEEN:
            self.unseen = max(0, self.unseen - 1)
        elif tag in self.BLOCKS:
            self.pieces.append("\n")

    @override
    def handle_data(self, data: str) -> None:
        if not self.unseen:
            self.pieces.append(re.sub(r"\s+", " ", data))


def html_text(html: str) -> str:
    """What a reader of an HTML mail sees, as text."""
    parser = _Text()
    try:
        parser.feed(html[: 10 * LONGEST_TEXT])
        parser.close()
    except (AssertionError, ValueError):  # the parser's own on malformed declarations: what was read counts
        pass
    return "".join(parser.pieces)


# --- The reply without what it answers --------------------------------------------------------------------------------

QUOTE_BELOW = "-----Original Message-----"
INTRO_LINES = 3
LONGEST_INTRO = 400
_WROTE = re.compile(
    r"\b(wrote|writes|a écrit|schrieb|schreef|escribió|ha scritto|scrisse|escreveu|menulis|skrev|napisał\w*|написал\w*|пишет)\b",
    re.IGNORECASE,
)
# "On Mon, Apr 2, Megan <m@x> wrote:" in its languages, and those that begin with the date or the address.
_INTRO = re.compile(r"(on|le|am|el|il|em|op|den|pada|dne|w dniu)\b|.*[\d@<]", re.IGNORECASE)
_DATE_FIRST = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}\b[^<]*<[^>@]*@[^>]*>")
_RULE = re.compile(
    r"[-_*]{2,}\s*(original message|message d'origine|message transféré|urspr\w+ nachricht|forwarded message|"
    r"mensaje original|messaggio originale|pesan asli|begin forwarded message)\W*$|_{10,}$",
    re.IGNORECASE,
)
_FROM = re.compile(r"\*?(from|de|von|da|van|dari|от)\s?:", re.IGNORECASE)
_SENT = re.compile(
    r"\*?(sent|date|envoyé|gesendet|datum|enviado|inviato|fecha|data|verzonden|dikirim|tanggal|to|à|an|kepada|subject|objet|"
    r"betreff|perihal)\s?:",
    re.IGNORECASE,
)


def split_reply(text: str) -> tuple[str, str]:
    """What was written now, and what it answers. Lines quoted with ``>`` between the answer's own are left out of it.

    Heuristic: where nothing would be left, the whole text stands (a forwarded enquiry is the enquiry).
    """
    lines = text.split("\n")
    cut = next((place for place in range(len(lines)) if _starts_quote(lines[place : place + INTRO_LINES])), len(lines))
    own = _unquoted(lines[:cut]) or _unquoted(_without_intro(lines[cut:]))
    return (own, "\n".join(lines[cut:]).strip()) if own else (text.strip(), "")


def _starts_quote(lines: list[str]) -> bool:
    """Whether the first of these lines begins what is answered: a rule, a block of headers, "somebody wrote:"."""
    first = _bare(lines[0])
    if not first:
        return False
    if _RULE.match(first):
        return True
    following = [_bare(line) for line in lines[1:]]
    return bool(_FROM.match(first) and any(map(_SENT.match, following))) or _intro_length(lines) > 0


def _intro_length(lines: list[str]) -> int:
    """Over how many of these lines "On … somebody wrote:" goes; 0 when they are none."""
    said = ""
    for length, line in enumerate(map(_bare, lines), 1):
        if not line or not (said or _INTRO.match(line)):
            return 0
        said = f"{said} {line}".strip()
        if said.endswith(":") and (_WROTE.search(said) or _DATE_FIRST.match(said)):
            return length
    return 0


def _without_intro(lines: list[str]) -> list[str]:
    """For an answer below what it answers."""
    return lines[max(1, _intro_length(lines[:INTRO_LINES])) :] if any(map(_is_quoted, lines)) else []


def _unquoted(lines: list[str]) -> str:
    kept = [line for line in lines if not _is_quoted(line)]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()


def _is_quoted(line: str) -> bool:
    return line.lstrip().startswith(">")


def _bare(line: str) -> str:
    return line.strip(" \t>")[:LONGEST_INTRO]
