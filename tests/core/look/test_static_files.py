"""What browsers fetch: small, from us alone, nothing inline, and from npm only what is named."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles.finders import find
from django.core.management import call_command
from django.template import Context, Template

from crm.core import catalogues, finders

HERE = Path(settings.BASE_DIR)
STATIC = HERE / "crm" / "core" / "static" / "tandem"
MAIL = {"mail", "messages"}  # a mail program knows no style sheets of ours: these carry their own style
TEMPLATES = sorted(
    path
    for root in catalogues.roots()
    for path in (root / "templates").rglob("*.html")
    if not MAIL.intersection(path.parts)
)


def packed(paths: list[Path]) -> int:
    return sum(len(gzip.compress(path.read_bytes())) for path in paths)


def test_styles_stay_small():
    assert packed(sorted(STATIC.glob("css/*.css"))) <= 30_000


def test_scripts_stay_small():
    assert packed(sorted(STATIC.glob("js/*.js"))) <= 15_000


def test_every_rule_stands_in_a_layer():
    """A rule outside the layers would win over all of them."""
    for path in STATIC.glob("css/*.css"):
        css = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
        assert not top_level(css) - {"@layer"}, path.name


def top_level(css: str) -> set[str]:
    """What the outermost rules of a style sheet begin with."""
    depth, begun, outer = 0, "", set()
    for letter in css:
        if letter == "{":
            if depth == 0:
                outer.add(begun.strip().split()[0])
            depth, begun = depth + 1, ""
        elif letter == "}":
            depth, begun = depth - 1, ""
        elif letter == ";" and depth == 0:
            outer.add(begun.strip().split()[0])
            begun = ""
        elif depth == 0:
            begun += letter
    return outer


def test_components_read_tokens_not_colours():
    """Raw colours belong into tokens.css; shadows of the ground and the board's own greys are the named exceptions."""
    allowed = {"#fff", "#0000", "#000", "#999", "#7b7973", "#ff93ab"}
    for path in STATIC.glob("css/*.css"):
        if path.name != "tokens.css":
            css = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
            assert set(re.findall(r"#[0-9a-fA-F]{3,8}\b(?![\w-]*\s*\{)", css)) <= allowed, path.name


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(HERE).as_posix())
def test_nothing_is_inline(path):
    """The content security policy would refuse it."""
    html = path.read_text(encoding="utf-8")
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:|hx-on|\bhx-vals=['\"]js:", html)
    for script in re.findall(r"<script[^>]*>", html):
        assert "src=" in script


def test_no_style_or_script_comes_from_elsewhere():
    for path in [*STATIC.rglob("*.css"), *STATIC.rglob("*.js"), *STATIC.rglob("*.svg")]:
        addresses = re.findall(r"https?://[^\s\"')]+", path.read_text())
        assert set(addresses) <= {"http://www.w3.org/2000/svg"}, path.name


# --- npm ---------------------------------------------------------------------------------------------------------------


def test_the_lock_names_no_registry():
    lock = json.loads((HERE / "package-lock.json").read_text())
    assert not [name for name, entry in lock["packages"].items() if "resolved" in entry]
    assert all("integrity" in entry for name, entry in lock["packages"].items() if name)


@pytest.fixture
def npm(settings, tmp_path):
    """An npm folder that holds the drag library and something that nobody named."""
    settings.NODE_MODULES = tmp_path
    for name in (*finders.FILES.values(), "sortablejs/package.json"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("/* here */")
    return tmp_path


def test_only_what_is_named_is_found(npm):
    finder = finders.NodeModulesFinder()
    assert finder.find("vendor/sortable.js") == str(npm / "sortablejs" / "Sortable.min.js")
    assert finder.find("vendor/sortable.js", find_all=True) == [str(npm / "sortablejs" / "Sortable.min.js")]
    for hidden in ("sortablejs/package.json", "vendor/package.json", "../sortablejs/package.json", "vendor/../x"):
        assert not finder.find(hidden)
    assert [name for name, _storage in finder.list([])] == list(finders.FILES)


def test_without_npm_nothing_is_found_and_nothing_breaks(settings, tmp_path):
    settings.NODE_MODULES = tmp_path / "absent"
    assert list(finders.NodeModulesFinder().list([])) == []
    assert finders.vendor_url("vendor/sortable.js") == ""
    drawn = Template('{% sortable items label="L" url="/order" id="o" %}').render(
        Context({"items": [{"id": 1, "label": "One"}]})
    )
    assert "data-drag-script" not in drawn
    assert 'value="up"' in drawn


def test_a_local_address_changes_with_its_file(npm):
    before = finders.vendor_url("vendor/sortable.js")
    source = Path(find("vendor/sortable.js"))
    source.touch()
    assert before.startswith("/static/vendor/sortable.js?v=")
    assert finders.vendor_url("vendor/sortable.js") != before


def test_the_image_hashes_modules_and_what_they_import(settings, tmp_path, npm):
    settings.STATIC_ROOT = tmp_path / "collected"
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": "crm.core.finders.HashedStaticFilesStorage"}}
    call_command("collectstatic", interactive=False, verbosity=0)
    entry = next((tmp_path / "collected" / "tandem" / "js").glob("tandem.*.js")).read_text()
    assert re.search(r'import ?"\./requests\.[0-9a-f]{12}\.js"', entry)
    style = next((tmp_path / "collected" / "tandem" / "css").glob("components.*.css")).read_text()
    assert re.search(r"down-ink\.[0-9a-f]{12}\.svg", style)
    assert finders.vendor_url("vendor/sortable.js").startswith("/static/vendor/sortable.")
