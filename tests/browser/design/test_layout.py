"""Nothing sticks out at any width, in any language; what is to be touched is large enough."""

from __future__ import annotations

import pytest

from tests.browser.conftest import LAPTOP, PHONE

# 720 is a laptop of 1440 at 200 % zoom; 320 the narrowest that must work.
WIDTHS = (320, 390, 720, 1440)

STICKS_OUT = """() => {
  const room = document.documentElement.clientWidth;
  const scrolls = e => { for (; e; e = e.parentElement) if (/(auto|scroll|hidden|clip)/.test(getComputedStyle(e).overflowX)) return true; };
  return [...document.querySelectorAll("body *")]
    .filter(e => e.checkVisibility() && e.getBoundingClientRect().right > room + 1 && !scrolls(e.parentElement))
    .map(e => e.outerHTML.slice(0, 120));
}"""

# Buttons, tabs and choices; links within running text are as tall as their line, as WCAG allows.
SMALL_TARGETS = """least => {
  const fields = "input:not([type=checkbox], [type=radio], [type=hidden], [type=search]), select, textarea";
  const targets = ".btn, .tool, .dock a, .dock button, .pick, .seg label, .seg button, .tabs > a, .filter a, .menu a";
  return [...document.querySelectorAll(`${targets}, ${fields}`)]
    .filter(e => e.checkVisibility() && !e.closest("[inert]"))
    .map(e => [e, e.getBoundingClientRect()])
    .filter(([e, box]) => box.height < least - .5 || box.width < 24)
    .map(([e, box]) => `${Math.round(box.width)} x ${Math.round(box.height)}: ${e.outerHTML.slice(0, 100)}`);
}"""


@pytest.mark.parametrize("language", ["en", "fr", "id"])
@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_sticks_out(design, width, language):
    page = design(size=(width, 844), language=language)
    assert page.evaluate(STICKS_OUT) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_check_sees_what_sticks_out(design):
    page = design(size=(320, 844))
    page.evaluate(
        "document.querySelector('#main').insertAdjacentHTML('beforeend', '<img id=wide width=900 height=10 alt>')"
    )
    page.evaluate("document.querySelector('#wide').style.maxInlineSize = 'none'")
    assert any("wide" in found for found in page.evaluate(STICKS_OUT))


def test_a_thumb_finds_everything(design):
    assert design(size=PHONE).evaluate(SMALL_TARGETS, 44) == []


def test_a_mouse_finds_everything(design):
    assert design(size=LAPTOP).evaluate(SMALL_TARGETS, 24) == []


def test_text_twice_as_large_still_fits(design):
    """200 % by the reader's own letter size, which moves every rem."""
    page = design(size=LAPTOP, bypass_csp=True)
    page.add_style_tag(content="html { font-size: 200% }")
    assert page.evaluate(STICKS_OUT) == []


def test_nothing_moves_while_the_page_wakes_up(open_page, person):
    """The scripts show switches and hide sections; what stands above the fold may not jump."""
    page = open_page(user=person)
    page.add_init_script(
        "window.shift = 0; new PerformanceObserver(list => { for (const e of list.getEntries()) window.shift += e.value })"
        ".observe({ type: 'layout-shift', buffered: true })"
    )
    page.goto("/settings/design/")
    page.wait_for_selector("html[data-ready]")
    page.wait_for_timeout(300)
    assert page.evaluate("window.shift") < 0.01
