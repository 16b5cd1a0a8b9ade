"""Every text is there in every language: nothing missing, empty, fuzzy or with other placeholders, nothing past gettext."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from django.conf import settings
from django.core.management import CommandError, call_command
from django.template.base import Lexer, TokenType

from crm.core import catalogues

ROOTS = catalogues.roots()
each_app = pytest.mark.parametrize("root", ROOTS, ids=catalogues.short)
each_language = pytest.mark.parametrize("language", catalogues.languages())


def catalogue(root: Path, language: str) -> Catalog:
    return catalogues.read(catalogues.catalogue_path(root, language), language)


# --- The catalogues --------------------------------------------------------------------------------------------------


@each_language
@each_app
def test_every_text_of_the_app_is_translated(root, language):
    known = catalogue(root, language)
    missing = [
        text
        for message in catalogues.texts(root)
        if (text := catalogues.key(message))
        and ((there := known.get(text, message.context)) is None or not catalogues.is_translated(there))
    ]
    assert not missing, f"run `manage.py collect_messages {catalogues.short(root)}`, then translate into {language}"


@each_language
@each_app
def test_no_translation_is_doubtful_or_loses_a_placeholder(root, language):
    assert not list(catalogues.problems(catalogue(root, language)))


@each_language
@each_app
def test_the_file_holds_what_the_code_says_and_no_more(root, language):
    path = catalogues.catalogue_path(root, language)
    collected = catalogues.collected(root, language)
    unused = {catalogues.key(m) for m in catalogue(root, language)} - {catalogues.key(m) for m in collected}
    assert not unused, f"run `manage.py collect_messages {catalogues.short(root)}`"
    assert path.exists() == bool(len(collected))


@each_language
def test_one_text_has_one_translation(language):
    """Django merges the catalogues: of two translations of the same text one would silently win."""
    seen: dict[tuple[str | None, str], dict[str, str]] = {}
    for root in ROOTS:
        for message in catalogue(root, language):
            if message.id and catalogues.is_translated(message):
                place = seen.setdefault((message.context, catalogues.key(message)), {})
                place[catalogues.short(root)] = str(message.string)
    assert not {text: places for text, places in seen.items() if len(set(places.values())) > 1}


# --- The tools that keep them -----------------------------------------------------------------------------------------


@pytest.fixture
def app(tmp_path, settings, monkeypatch):
    """An app of its own below a tree of its own; answers a function that writes one of its files."""
    settings.BASE_DIR = tmp_path
    root = tmp_path / "shop"
    monkeypatch.setattr(catalogues, "roots", lambda: [root])

    def write(name: str, content: str) -> Path:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
        return root

    return write


def ids(root: Path) -> set[tuple[str | None, str | tuple[str, ...]]]:
    found = catalogues.texts(root)
    return {(m.context, tuple(m.id) if m.pluralizable else m.id) for m in found if m.id}


def test_python_texts_are_found_with_plural_and_context(app):
    root = app(
        "views.py",
        "from django.utils.translation import gettext_lazy, ngettext, pgettext\n"
        'a = _("Save")\nb = gettext_lazy("Open %(n)s") % {"n": 1}\n'
        'c = ngettext("%(n)s call", "%(n)s calls", 2)\nd = pgettext("verb", "Call")\ne = "not this"\n',
    )
    assert ids(root) == {
        (None, "Save"),
        (None, "Open %(n)s"),
        (None, ("%(n)s call", "%(n)s calls")),
        ("verb", "Call"),
    }


def test_template_texts_are_found_as_django_reads_them(app):
    root = app(
        "templates/shop/page.html",
        "<div>\n      <p>Not “this”, it's {{ plain }}\n   {% translate 'Save' %}</p>\n"
        '  {% translate "Call" context "verb" %} {% icon "x" label=_("Close") %}\n'
        "  {% blocktranslate trimmed with who=name %}\n     Hello\n     {{ who }}\n  {% endblocktranslate %}\n"
        " {% blocktranslate count n=calls %}{{ n }} call{% plural %}{{ n }} calls{% endblocktranslate %}\n</div>",
    )
    assert ids(root) == {
        (None, "Save"),
        ("verb", "Call"),
        (None, "Close"),
        (None, "Hello %(who)s"),
        (None, ("%(n)s call", "%(n)s calls")),
    }


def test_collecting_keeps_translations_and_drops_what_is_unused(app):
    root = app("views.py", 'a = _("Save")\nb = _("Open")\n')
    assert catalogues.collect(root, "fr")
    path = catalogues.catalogue_path(root, "fr")
    path.write_text(path.read_text().replace('msgid "Save"\nmsgstr ""', 'msgid "Save"\nmsgstr "Enregistrer"'))
    app("views.py", 'a = _("Save")\nc = _("New")\n')
    assert catalogues.collect(root, "fr")
    kept = catalogues.read(path, "fr")
    assert {m.id: m.string for m in kept if m.id} == {"Save": "Enregistrer", "New": ""}
    assert not catalogues.collect(root, "fr"), "collecting twice changes nothing"


def test_an_app_that_lost_its_texts_loses_its_catalogue(app):
    root = app("views.py", 'a = _("Save")\n')
    catalogues.collect(root, "fr")
    app("views.py", "")
    assert catalogues.collect(root, "fr")
    assert not catalogues.catalogue_path(root, "fr").exists()


PO = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'


def test_compiling_makes_only_what_is_stale(app):
    root = app("locale/fr/LC_MESSAGES/django.po", PO + 'msgid "Save"\nmsgstr "Enregistrer"\n')
    path = catalogues.catalogue_path(root, "fr")
    assert catalogues.compile_stale() == [path]
    assert catalogues.compile_stale() == []
    assert b"Enregistrer" in path.with_suffix(".mo").read_bytes()


@pytest.mark.parametrize(
    "broken",
    [
        '#, fuzzy\nmsgid "Save"\nmsgstr "Enregistrer"\n',
        'msgid "Open %(name)s"\nmsgstr "Ouvrir %(nom)s"\n',
        'msgid "Open %s"\nmsgstr "Ouvrir"\n',
        'msgid "At most {most}."\nmsgstr "Au plus {plus}."\n',
        'msgid "%(n)s call"\nmsgid_plural "%(n)s calls"\nmsgstr[0] "%(n)s appel"\nmsgstr[1] "appels"\n',
        'msgid "%(n)s call"\nmsgid_plural "%(n)s calls"\nmsgstr[0] "%(n)s appel"\n',
        'msgid "Save"\nmsgstr "Enregistrer\n',
    ],
    ids=["fuzzy", "renamed", "lost", "brace", "plural", "one-plural", "syntax"],
)
def test_a_broken_catalogue_is_not_compiled(app, broken):
    root = app("locale/fr/LC_MESSAGES/django.po", PO + broken)
    with pytest.raises(CommandError, match=r"django\.po"):
        call_command("compile_catalogues")
    assert not catalogues.catalogue_path(root, "fr").with_suffix(".mo").exists()


# --- Texts that go past gettext ----------------------------------------------------------------------------------------

# Names of people, places and things are nobody's language; so are the words of the code itself on the design page.
NAMES = re.compile(
    r"[Tt]andem|Fromageries du Haut-Forez|Hélène Castagnet|Inès Delorme|Inès|Marc|Rahmat Hidayat|Maëlle Kervarec"
    r"|PT Sumber Pangan Nusantara, Surabaya|UTF-8"
)
CODE_TAGS = {"code", "kbd", "script", "style", "dt"}
SPOKEN_ATTRIBUTES = {"alt", "aria-label", "aria-description", "placeholder", "title"}
# Arguments of our own tags that are shown; a literal there should have been _("…").
SPOKEN_ARGUMENTS = re.compile(
    r"""\b(label|title|note|by|under|chip|meta|score_note|time_note)=(["'])(?P<text>[^"']*)\2"""
)
# {% block body_class %}bare{% endblock %} names a style.
CLASS_BLOCK = re.compile(r"{% block \w+_class %}.*?{% endblock[^%]*%}")
WORD = re.compile(r"[^\W\d_]{2,}")
STANDS_IN = "\u2063"  # for what Django fills in


class Shown(HTMLParser):
    """Gathers the literal words that a reader would see or hear."""

    def __init__(self) -> None:
        super().__init__()
        self.inside: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag, attrs):
        if tag not in {"meta", "link", "input", "img", "br", "hr", "path", "circle", "rect"}:
            self.inside.append(tag)
        self.words += [value for name, value in attrs if name in SPOKEN_ATTRIBUTES and value]

    def handle_endtag(self, tag):
        if tag in self.inside:
            while self.inside.pop() != tag:
                pass

    def handle_data(self, data):
        if not CODE_TAGS.intersection(self.inside):
            self.words.append(data)


def untranslated(template: str) -> list[str]:
    """The words of a template that no translation reaches."""
    shown, found, hidden = [], [], 0
    template = CLASS_BLOCK.sub("", template)
    for token in Lexer(template).tokenize():
        if token.token_type == TokenType.BLOCK:
            tag = token.contents.split()[0]
            hidden += (tag in {"blocktranslate", "comment"}) - (tag in {"endblocktranslate", "endcomment"})
            found += [m["text"] for m in SPOKEN_ARGUMENTS.finditer(token.contents) if not tag.startswith("blocktrans")]
        if token.token_type == TokenType.TEXT and not hidden:
            shown.append(token.contents)
        else:
            shown.append(STANDS_IN)
    page = Shown()
    page.feed("".join(shown))
    words = [NAMES.sub("", text).replace(STANDS_IN, "").strip() for text in [*found, *page.words]]
    return [text for text in words if WORD.search(text)]


def templates() -> list[Path]:
    return sorted(path for root in ROOTS for path in (root / "templates").rglob("*.html"))


@pytest.mark.parametrize("path", templates(), ids=lambda path: path.relative_to(settings.BASE_DIR).as_posix())
def test_no_template_speaks_past_gettext(path):
    assert not untranslated(path.read_text(encoding="utf-8")), "put it into {% translate %} or _(…)"


@pytest.mark.parametrize(
    "template",
    [
        "<p>Save it</p>",
        '<img alt="A receipt">',
        '<button aria-label="Close">x</button>',
        '{% icon "close" label="Close" %}',
        "{% if a %}Saved{% endif %}",
        "<p>{{ name }} saved</p>",
    ],
)
def test_the_lint_finds_literal_words(template):
    assert untranslated(template)


@pytest.mark.parametrize(
    "template",
    [
        '<p class="soft big">{% translate "Save it" %}</p>',
        "{% blocktranslate %}Save {{ it }}{% endblocktranslate %}",
        '{% icon "close" label=_("Close") %}',
        "{% comment %}Not shown{% endcomment %}<!-- nor this --><code>act</code>",
        "<p>{{ name }}, {{ place }}</p><b>52 %</b><span>B</span>",
    ],
)
def test_the_lint_lets_translated_words_pass(template):
    assert not untranslated(template)
