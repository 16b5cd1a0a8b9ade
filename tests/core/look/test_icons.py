"""Icons are drawn from one file of the npm package, and nothing depends on their being there."""

from __future__ import annotations

import json

import pytest

from crm.core import finders, icons


@pytest.fixture
def package(settings, tmp_path):
    """An npm folder of our own; answers a function that puts an icons file there."""
    settings.NODE_MODULES = tmp_path
    icons._lines.cache_clear()

    def put(bodies: dict[str, str] | str) -> None:
        path = tmp_path / icons.SOURCE
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            bodies if isinstance(bodies, str) else json.dumps({"icons": {k: {"body": v} for k, v in bodies.items()}})
        )

    yield put
    icons._lines.cache_clear()


installed = pytest.mark.skipif(not (finders.node_modules() / icons.SOURCE).exists(), reason="npm ci has not run")


@installed
def test_every_name_has_its_lines():
    assert set(icons._lines()) == set(icons.NAMES) | set(icons.OWN)


@installed
def test_an_icon_takes_its_dress_from_the_style_sheet():
    drawn = icons.draw("phone")
    assert drawn.startswith('<svg class="i" viewBox="0 0 24 24" aria-hidden="true"><path d="')
    assert "stroke" not in drawn
    assert "fill" not in drawn


@pytest.mark.parametrize("content", [None, "not json", '{"icons": 1}', "{}"])
def test_without_the_package_nothing_is_drawn_and_words_stand(package, content):
    if content is not None:
        package(content)
    assert icons.draw("phone") == ""
    assert icons.draw("close", label="Close <this>") == "<span>Close &lt;this&gt;</span>"
    assert icons.draw("handoff"), "our own marks need no package"


def test_a_label_speaks_beside_the_drawing(package):
    package({"x": '<path fill="none" stroke="currentColor" d="M1 1"/>'})
    assert icons.draw("close", label="Close") == (
        '<svg class="i" viewBox="0 0 24 24" aria-hidden="true"><path d="M1 1"/></svg><span class="vh">Close</span>'
    )


@pytest.mark.parametrize(
    "body",
    [
        "<script>alert(1)</script>",
        '<path d="M1 1" onload="x()"/>',
        '<path d="M1 1"/><image href="//x"/>',
        "<path d='&quot;'/>",
    ],
)
def test_only_shapes_are_taken_from_the_package(package, body):
    package({"phone": body})
    assert icons.draw("phone") == ""


def test_an_unknown_name_is_an_error():
    with pytest.raises(KeyError, match="no-such-icon"):
        icons.draw("no-such-icon")
