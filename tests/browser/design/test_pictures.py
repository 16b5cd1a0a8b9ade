"""Kept pictures of every section of the component page, at both sizes and in both themes.

``TANDEM_PICTURES=keep`` writes them anew; look at the difference before you commit it. A picture that differs is put
into ``tests/browser/output`` beside the kept one.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.browser.conftest import LAPTOP, PHONE
from tests.browser.design import pictures

pytestmark = pytest.mark.slow
KEPT = Path(__file__).parent / "pictures"
OUTPUT = Path(__file__).parents[1] / "output"
KEEP = os.environ.get("TANDEM_PICTURES") == "keep"
MOST_BYTES = 2_000_000

each_view = pytest.mark.parametrize(
    ("size", "theme"),
    [(LAPTOP, "light"), (LAPTOP, "dark"), (PHONE, "light"), (PHONE, "dark")],
    ids=["laptop-light", "laptop-dark", "phone-light", "phone-dark"],
)


# The widths of a few words in the face of the page: the same on two machines only if their letters are.
LETTERS = """() => {
  const pen = document.createElement("canvas").getContext("2d");
  const face = getComputedStyle(document.body).fontFamily;
  return ["400", "700"].map(weight => {
    pen.font = `${weight} 100px ${face}`;
    return Math.round(pen.measureText("Tandem 0123 éàç, Établissements").width);
  }).join(" ");
}"""
LETTERS_KEPT = KEPT / "letters.txt"


def sections(page) -> dict[str, bytes]:
    """Each section's id and picture."""
    page.add_style_tag(content=".dock { display: none !important }")  # stands in front of what is pictured
    return {
        section.get_attribute("id"): section.screenshot(animations="disabled")
        for section in page.locator("section.sec").all()
    }


def kept_path(section: str, size: tuple[int, int], theme: str) -> Path:
    return KEPT / f"{section}-{size[0]}-{theme}.png"


def same_letters(page) -> bool:
    return page.evaluate(LETTERS) == LETTERS_KEPT.read_text().strip()


@each_view
def test_the_page_looks_as_it_did(design, size, theme):
    page = design(size=size, theme=theme, bypass_csp=True)
    found = sections(page)
    if KEEP:
        LETTERS_KEPT.write_text(page.evaluate(LETTERS) + "\n")
        for section, picture in found.items():
            kept_path(section, size, theme).write_bytes(pictures.small(picture))
    differing: dict[str, object] = {}
    for section, picture in found.items():
        path = kept_path(section, size, theme)
        if not path.exists():
            differing[section] = "no picture is kept"
        elif (difference := pictures.difference(path.read_bytes(), picture)).matters(same_letters=same_letters(page)):
            differing[section] = difference
            OUTPUT.mkdir(exist_ok=True)
            (OUTPUT / path.name).write_bytes(picture)
    assert not differing, f"compare {OUTPUT} with {KEPT}; TANDEM_PICTURES=keep keeps the new ones"


def test_no_picture_is_kept_of_what_is_gone(design):
    there = {section.get_attribute("id") for section in design().locator("section.sec").all()}
    assert {path.name.rsplit("-", 2)[0] for path in KEPT.glob("*.png")} == there
    assert sum(path.stat().st_size for path in KEPT.glob("*.png")) < MOST_BYTES


@pytest.mark.parametrize(
    ("token", "section"),
    [
        ("--inside: #b00020", "lines"),
        ("--outside: #108040", "lines"),
        ("--sign: #00b060", "buttons"),
        ("--sheet: light-dark(#d4e0fa, #10204a)", "fields"),
        ("--ink: light-dark(#777, #888)", "table"),
        ("--board: #b00020", "messages"),
    ],
    ids=["inside", "outside", "sign", "sheet", "ink", "board"],
)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_changed_token_would_be_seen_on_any_machine(design, theme, token, section):
    """The control of the comparison: the same page with one token changed does not pass, not even the mild one."""
    page = design(theme=theme, bypass_csp=True)
    page.add_style_tag(content=f"@layer utilities {{ :root {{ {token} }} }}")
    picture = page.locator(f"#{section}").screenshot(animations="disabled")
    assert pictures.difference(kept_path(section, LAPTOP, theme).read_bytes(), picture).matters(same_letters=False)


@pytest.mark.parametrize(
    "change",
    ["--late-wash: #bbf7d0", "--hit: 2.5rem", "--s4: .75rem", "--t-14: 1rem"],
    ids=["state", "height", "space", "letters"],
)
def test_small_changes_would_be_seen_where_the_letters_are_the_same(design, change):
    page = design(bypass_csp=True)
    if not same_letters(page):
        pytest.skip("the kept pictures were made with other letters than this machine has")
    page.add_style_tag(content=f"@layer utilities {{ :root {{ {change} }} }}")
    picture = page.locator("#chips").screenshot(animations="disabled")
    assert pictures.difference(kept_path("chips", LAPTOP, "light").read_bytes(), picture).matters(same_letters=True)


@pytest.mark.parametrize("size", [LAPTOP, PHONE], ids=["laptop", "phone"])
@pytest.mark.parametrize("face", ["DejaVu Sans", "Liberation Sans Narrow"])
def test_other_letters_would_pass(design, face, size):
    """The other control: another machine's typeface passes, or this file would fail everywhere but here."""
    page = design(size=size, bypass_csp=True)
    page.add_style_tag(content=f"@layer utilities {{ :root {{ --face: '{face}' }} }}")
    differing = {
        section: difference
        for section, picture in sections(page).items()
        if (difference := pictures.difference(kept_path(section, size, "light").read_bytes(), picture)).matters(
            same_letters=False
        )
    }
    assert not differing
