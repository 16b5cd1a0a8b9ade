"""Everything by keyboard alone, a focus that is always seen, and keys that stay out of the way of typing."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PHONE

# An outline on the element, on its label, or on what it stretches over a row.
SEEN = """() => {
  const e = document.activeElement;
  const drawn = [[e], [e, "::after"], [e.closest("label") ?? e]].map(([of, part]) => getComputedStyle(of, part));
  return drawn.some(s => s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2) || e.matches(".find input");
}"""


def focused(page) -> str:
    return page.evaluate("document.activeElement.id || document.activeElement.className")


def test_the_first_tab_skips_to_the_content(design):
    page = design()
    page.keyboard.press("Tab")
    assert focused(page) == "skip"
    page.keyboard.press("Enter")
    assert focused(page) == "main"


def test_the_whole_page_can_be_walked_and_every_stop_is_seen(design):
    page = design()
    unseen, steps = [], 0
    page.keyboard.press("Tab")
    seen = set()
    while (here := page.evaluate("document.activeElement.outerHTML.slice(0, 160)")) and not here.startswith("<body"):
        seen.add(here)
        if not page.evaluate(SEEN):
            unseen.append(here)
        page.keyboard.press("Tab")
        steps += 1
        assert steps < 400, "the focus goes round without an end"
    assert not unseen
    assert len(seen) > 80


def test_the_slash_searches_and_the_arrows_walk_the_results(design):
    page = design()
    page.keyboard.press("/")
    assert focused(page) == "find-q"
    page.keyboard.type("ma")
    page.wait_for_selector("#found [role=option]")
    field = page.locator("#find-q")
    assert field.get_attribute("aria-expanded") == "true"
    page.keyboard.press("ArrowDown")
    assert field.get_attribute("aria-activedescendant") == "found-1"
    page.keyboard.press("ArrowUp")
    assert field.get_attribute("aria-activedescendant") == page.locator("#found [role=option]").last.get_attribute("id")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/#people")


def test_escape_empties_the_search_then_leaves_it(design):
    page = design()
    page.keyboard.press("/")
    page.keyboard.type("ma")
    page.wait_for_selector("#found [role=option]")
    page.keyboard.press("Escape")
    assert page.input_value("#find-q") == ""
    assert page.locator("#found [role=option]").count() == 0
    page.keyboard.press("Escape")
    assert focused(page) != "find-q"


def test_on_a_phone_the_search_opens_over_the_board_and_gives_the_focus_back(design):
    page = design(size=PHONE)
    page.locator("[data-find-open]").click()
    assert focused(page) == "find-q"
    page.keyboard.press("Escape")
    assert "find-open" in focused(page)
    assert not page.locator("#find-q").is_visible()


def test_a_question_mark_shows_the_keys_and_escape_brings_the_focus_back(design):
    page = design()
    page.locator("#show-toast").focus()
    page.keyboard.press("?")
    assert page.locator("#keys").is_visible()
    assert page.evaluate("document.activeElement.closest('dialog').id") == "keys"
    page.keyboard.press("Escape")
    assert focused(page) == "show-toast"


def test_keys_stay_out_of_the_way_of_typing(design):
    page = design()
    page.locator("#id_note").click()
    page.keyboard.type("a/b?ug1")
    assert page.input_value("#id_note") == "a/b?ug1"
    assert not page.locator("#keys").is_visible()


def test_keys_can_be_switched_off(design):
    page = design()
    page.keyboard.press("?")
    page.locator("[data-keys-on]").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    assert focused(page) != "find-q"
    page.reload()
    page.wait_for_selector("html[data-ready]")
    page.keyboard.press("?")
    assert not page.locator("#keys").is_visible()


def test_g_and_a_letter_go_to_a_page(design):
    page = design()
    page.evaluate("document.querySelector('.logo').dataset.go = 'y'; document.querySelector('.logo').href = '#went'")
    page.keyboard.press("y")
    assert "#went" not in page.url
    page.keyboard.press("g")
    page.keyboard.press("y")
    page.wait_for_url("**#went")


def test_a_letter_presses_the_button_that_shows_it(design):
    page = design()
    page.evaluate(
        "document.querySelector('#states .btn-go').addEventListener('click', () => { document.title = 'pressed' })"
    )
    page.keyboard.press("a")
    assert page.title() == "pressed"


def test_keys_do_not_reach_behind_an_open_dialog(design):
    page = design()
    page.evaluate(
        "document.querySelector('#states .btn-go').addEventListener('click', () => { document.title = 'pressed' })"
    )
    page.locator("#open-dialog").click()
    page.keyboard.press("a")
    page.keyboard.press("/")
    assert page.title() != "pressed"
    assert focused(page) != "find-q"


def test_tabs_follow_the_pattern(design):
    page = design()
    tabs = page.locator("#ways [role=tab]")
    assert tabs.evaluate_all("all => all.map(t => t.tabIndex)") == [0, -1, -1]
    tabs.first.focus()
    page.keyboard.press("ArrowRight")
    assert tabs.nth(1).get_attribute("aria-selected") == "true"
    assert page.locator("#visits").is_visible()
    assert not page.locator("#calls").is_visible()
    page.keyboard.press("End")
    assert page.locator("#handoffs").is_visible()
    page.keyboard.press("ArrowRight")
    assert page.locator("#calls").is_visible()
    assert page.locator("#calls").get_attribute("aria-labelledby") == tabs.first.get_attribute("id")


def test_a_menu_opens_walks_and_closes_by_keyboard(design):
    page = design()
    opener = page.locator("[popovertarget=sample-menu]")
    opener.focus()
    page.keyboard.press("Enter")
    items = page.locator("#sample-menu").locator("a, button")
    expect(items.first).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(items.nth(1)).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(items.last).to_be_focused()
    page.keyboard.press("Home")
    expect(items.first).to_be_focused()
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.getAttribute('popovertarget')") == "sample-menu"


def test_the_order_of_a_list_changes_by_keyboard_and_the_focus_stays(design):
    page = design()
    labels = "all => all.map(item => item.textContent.trim())"
    before = page.locator("#stops .order-body").evaluate_all(labels)
    page.locator("#stops-0-down").focus()
    with page.expect_response("**/order"):
        page.keyboard.press("Enter")
    expect(page.locator("#stops .order-body").first).not_to_have_text(before[0])
    assert page.locator("#stops .order-body").evaluate_all(labels) == [before[1], before[0], *before[2:]]
    expect(page.locator("#stops-0-down")).to_be_focused()


@pytest.mark.parametrize("key", ["Enter", "Escape"])
def test_a_question_is_answered_by_keyboard(design, key):
    page = design()
    page.locator("#show-confirm").focus()
    page.keyboard.press("Enter")
    assert page.locator("#confirm").is_visible()
    if key == "Escape":
        page.keyboard.press("Escape")
        page.wait_for_timeout(300)
        assert page.locator("#toasts .toast").count() == 0
    else:
        page.locator("#confirm [data-answer]").focus()
        page.keyboard.press("Enter")
        page.wait_for_selector("#toasts .toast")
    expect(page.locator("#show-confirm")).to_be_focused()
