"""Message catalogues without system gettext: collect texts from the code, check translations, compile them.

One catalogue per app and language, ``<app>/locale/<language>/LC_MESSAGES/django.po``, kept by hand and by
``manage.py collect_messages``; ``.mo`` files are made by ``manage.py compile_catalogues`` and never committed.
"""

from __future__ import annotations

import io
import os
import re
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po, write_po
from django.apps import apps
from django.conf import settings
from django.utils.translation.template import templatize

SOURCE_LANGUAGE = "en"
TEMPLATE_ENDINGS = {".html", ".txt"}
# Function -> which of its arguments are the text, the plural and ("c") the context.
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
# Babel knows none for Indonesian, which has one form for all numbers.
PLURALS = {"id": "nplurals=1; plural=0;"}
HEADER = "# Tandem. Collected by `manage.py collect_messages`; translated by hand."
# What Babel writes into every header and what would only make noise in a diff.
DULL_HEADERS = (
    b'"Project-Id-Version',
    b'"Report-Msgid-Bugs-To',
    b'"POT-Creation-Date',
    b'"PO-Revision-Date',
    b'"Last-Translator',
    b'"Language-Team',
    b'"Generated-By',
)
# The names to be filled in: %(name)s, %s, %d and {name}. A doubled %% is a percent sign.
PLACEHOLDER = re.compile(r"%\([A-Za-z_]\w*\)[sd]|(?<!%)(?:%%)*%[sd]|\{[A-Za-z_]\w*\}")
# A text that does not end; Babel would take its last letter for the missing mark.
CUT_LINE = re.compile(rb'^(?:msg\w+(?:\[\d\])? )?"(?:[^"\\\n]|\\.)*$', re.MULTILINE)


class BrokenCatalogue(ValueError):
    """A catalogue that must not be compiled; says every reason, one per line."""


def roots() -> list[Path]:
    """The folder of each of our apps."""
    return sorted(path for config in apps.get_app_configs() if _is_ours(path := Path(config.path)))


def short(root: Path) -> str:
    """``crm/core`` for the app that lives there."""
    return root.relative_to(settings.BASE_DIR).as_posix()


def _is_ours(path: Path) -> bool:
    base = Path(settings.BASE_DIR)
    return base in path.parents and ".venv" not in path.relative_to(base).parts


def languages() -> list[str]:
    """The languages that need a translation."""
    return [code for code, _name in settings.LANGUAGES if code != SOURCE_LANGUAGE]


def catalogue_path(root: Path, language: str) -> Path:
    return root / "locale" / language / "LC_MESSAGES" / "django.po"


# --- Collect ----------------------------------------------------------------------------------------------------------


def texts(root: Path) -> Catalog:
    """Every text of the app at ``root`` that goes through gettext, without translations."""
    found = Catalog(project="Tandem", charset="utf-8")
    for source in _sources(root):
        content = source.read_text(encoding="utf-8")
        if source.suffix in TEMPLATE_ENDINGS:
            content = _as_python(content, source)
        place = source.relative_to(settings.BASE_DIR).as_posix()
        for line, text, comments, context in extract(
            "python", io.BytesIO(content.encode()), KEYWORDS, ["Translators:"]
        ):
            found.add(text, locations=[(place, line)], auto_comments=comments, context=context)
    return found


def _sources(root: Path) -> Iterator[Path]:
    nested = {other for other in roots() if root in other.parents}
    for path in sorted(root.rglob("*")):
        if nested.intersection(path.parents) or "migrations" in path.parts or "node_modules" in path.parts:
            continue
        if path.suffix == ".py" or (path.suffix in TEMPLATE_ENDINGS and "templates" in path.parts):
            yield path


def _as_python(template: str, source: Path) -> str:
    """Django's own lexer turns a template into calls of gettext between words of X; indentation means nothing there."""
    lines = templatize(template, origin=str(source)).splitlines()
    return "\n".join(line.strip() for line in lines)


def collected(root: Path, language: str) -> Catalog:
    """The catalogue as it should be: the texts of today with the translations known so far, unused ones dropped."""
    fresh = texts(root)
    known = read(catalogue_path(root, language), language)
    result = Catalog(
        locale=language,
        project="Tandem",
        charset="utf-8",
        header_comment=HEADER,
        fuzzy=False,
    )
    if language in PLURALS:
        result.mime_headers = [("Plural-Forms", PLURALS[language])]
    for message in fresh:
        if not message.id:
            continue
        before = known.get(key(message), message.context)
        kept = before.string if before is not None and isinstance(before.string, str) != message.pluralizable else ""
        result.add(
            message.id,
            kept,
            locations=[(place, 0) for place in sorted({place for place, _line in message.locations})],
            flags=(message.flags | (before.flags & {"fuzzy"} if before is not None else set())),
            auto_comments=message.auto_comments,
            user_comments=before.user_comments if before is not None else (),
            context=message.context,
        )
    return result


def key(message: Message) -> str:
    """The text that gettext looks up."""
    return _ids(message)[0]


def written(catalogue: Catalog) -> bytes:
    """The catalogue as the text of its file: in the order of the texts, no line numbers, so that diffs are small."""
    out = io.BytesIO()
    write_po(out, catalogue, width=110, sort_output=True, include_lineno=False, ignore_obsolete=True)
    return b"".join(line for line in out.getvalue().splitlines(keepends=True) if not line.startswith(DULL_HEADERS))


def collect(root: Path, language: str) -> bool:
    """Bring the catalogue's file up to date; says whether it changed. An app without texts has no file."""
    path = catalogue_path(root, language)
    catalogue = collected(root, language)
    content = written(catalogue) if len(catalogue) else b""
    before = path.read_bytes() if path.exists() else b""
    if content == before:
        return False
    if not content:
        path.unlink()
        return True
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return True


# --- Read, check, compile ---------------------------------------------------------------------------------------------


def read(path: Path, language: str) -> Catalog:
    """The catalogue in a file, or an empty one. Raises ``BrokenCatalogue`` when it cannot be read."""
    if not path.exists():
        return Catalog(locale=language)
    try:
        content = path.read_bytes()
        if cut := CUT_LINE.search(content):
            raise BrokenCatalogue(f"{path}: a quotation mark is missing after {cut[0].decode()!r}")
        return read_po(io.BytesIO(content), locale=language, abort_invalid=True)
    except (PoFileError, UnicodeDecodeError) as error:
        raise BrokenCatalogue(f"{path}: {error}") from error


def problems(catalogue: Catalog) -> Iterator[str]:
    """What is wrong with the translations that are there: marked fuzzy, too few plurals, or other placeholders than the
    text has.
    """
    for message in catalogue:
        if not message.id:
            continue
        if message.fuzzy:
            yield f"fuzzy: {key(message)!r}"
        if any(_strings(message)) and not (is_translated(message) and _has_all_plurals(message, catalogue)):
            yield f"a plural form is missing: {key(message)!r}"
        yield from (f"{text!r} has other placeholders than {key(message)!r}" for text in _strange(message))


def _has_all_plurals(message: Message, catalogue: Catalog) -> bool:
    return not message.pluralizable or len(_strings(message)) == catalogue.num_plurals


def _strange(message: Message) -> Iterator[str]:
    """The translations whose placeholders are not those of the text; a plural is measured by its plural text."""
    wanted = Counter(PLACEHOLDER.findall(_ids(message)[-1]))
    for text in _strings(message):
        if text and Counter(PLACEHOLDER.findall(text)) != wanted:
            yield text


def _ids(message: Message) -> tuple[str, ...]:
    """The text, or singular and plural."""
    return (message.id,) if isinstance(message.id, str) else tuple(message.id)


def _strings(message: Message) -> tuple[str, ...]:
    """The translation, or each of its plural forms; empty where one is missing."""
    if isinstance(message.string, str) or message.string is None:
        return (message.string or "",)
    return tuple(str(text or "") for text in message.string)


def is_translated(message: Message) -> bool:
    return all(_strings(message))


def files() -> list[Path]:
    """Every catalogue there is."""
    return [path for root in roots() for path in sorted((root / "locale").glob("*/LC_MESSAGES/*.po"))]


def compile_stale() -> list[Path]:
    """Compile the catalogues that changed since; returns them. Raises ``BrokenCatalogue`` and then compiles no more."""
    stale = [path for path in files() if _is_stale(path)]
    for path in stale:
        compile_one(path)
    return stale


def _is_stale(path: Path) -> bool:
    made = path.with_suffix(".mo")
    return not made.exists() or made.stat().st_mtime_ns < path.stat().st_mtime_ns


def compile_one(path: Path) -> None:
    """``django.po`` -> ``django.mo``, at once whole: other processes may be reading the old one."""
    catalogue = read(path, path.parts[-3])
    if found := list(problems(catalogue)):
        raise BrokenCatalogue("\n".join(f"{path}: {problem}" for problem in found))
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=".mo.new")
    with os.fdopen(handle, "wb") as out:
        write_mo(out, catalogue)
    Path(name).chmod(0o644)
    Path(name).replace(path.with_suffix(".mo"))
