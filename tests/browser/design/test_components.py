"""The parts that move, and what remains without scripts, without hue and without the npm packages."""

from __future__ import annotations

import io
import itertools

import pytest
from PIL import Image
from playwright.sync_api import expect

from crm.core import icons
from tests.browser.conftest import PHONE

LABELS = "all => all.map(item => item.textContent.trim())"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_theme_changes_at_once_and_stays_without_a_flash(design, theme):
    other = {"light": "dark", "dark": "light"}[theme]
    page = design(theme=theme)
    ground = "getComputedStyle(document.body).backgroundColor"
    before = page.evaluate(ground)
    page.locator(f"#main [data-sets=theme] [value={other}]").click()
    assert page.evaluate(ground) != before
    assert page.locator(f"#main [data-sets=theme] [value={other}]").get_attribute("aria-pressed") == "true"
    answer = page.reload()
    assert f'data-theme="{other}"' in answer.text(), "the server writes it, so the first paint is right"
    page.locator("#main [data-sets=theme] [value='']").click()
    assert page.evaluate("'theme' in document.documentElement.dataset") is False
    assert "data-theme" not in page.reload().text()


def test_the_language_changes_from_the_menu(design):
    page = design()
    page.locator(".tool[popovertarget=person]").click()
    page.locator("#person button[lang=fr]").click()
    page.wait_for_selector("html[lang=fr][data-ready]")
    assert page.locator("h1").inner_text() == "Composants"


def test_rows_are_dragged_into_order(design):
    page = design()
    before = page.locator("#stops .order-body").evaluate_all(LABELS)
    page.wait_for_selector("#stops[data-drag]")
    with page.expect_response("**/order"):
        page.locator("#stops .order-grip").first.drag_to(page.locator("#stops .order-grip").last)
    expect(page.locator("#stops .order-body").first).not_to_have_text(before[0])
    assert page.locator("#stops .order-body").evaluate_all(LABELS) == [*before[1:], before[0]]
    page.reload()
    assert page.locator("#stops .order-body").evaluate_all(LABELS) == [*before[1:], before[0]]


def test_without_the_drag_library_the_buttons_remain(design):
    page = design(address="about:blank", scripts=False)
    page.context.route("**/vendor/sortable.js*", lambda route: route.abort())
    page = page.context.new_page()
    page.goto("/settings/design/")
    assert page.locator("#stops-0-down").is_visible()
    assert not page.locator("#stops .order-grip").first.is_visible()


def test_a_head_sorts_and_only_the_table_changes(design):
    page = design()
    page.locator("#id_note").fill("kept")
    with page.expect_response("**/?order=won"):
        page.locator("#reps-by-won").click()
    page.wait_for_selector("#reps th[aria-sort=ascending]")
    assert page.url.endswith("?order=won")
    assert page.locator("#reps tbody th").evaluate_all(LABELS)[0] == "Inès Delorme"
    assert page.input_value("#id_note") == "kept"
    expect(page.locator("#reps-by-won")).to_be_focused()
    with page.expect_response("**/?order=-won"):
        page.keyboard.press("Enter")
    page.wait_for_selector("#reps th[aria-sort=descending]")
    assert page.locator("#reps tbody th").evaluate_all(LABELS)[0] == "Marc Thévenin"


def test_a_whole_row_opens(design):
    page = design()
    page.evaluate("document.querySelector('#reps .row-link').href = '#opened'")
    cell = page.locator("#reps tbody tr").first.locator("td").last
    cell.scroll_into_view_if_needed()
    box = cell.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_url("**/#opened")


def test_on_a_phone_a_row_is_a_card_with_its_heads_words(design):
    page = design(size=PHONE)
    cell = page.locator("#reps tbody td").nth(1)
    assert cell.evaluate("e => getComputedStyle(e, '::before').content") == '"Calls"'
    assert page.locator("#reps").evaluate("e => e.scrollWidth <= e.clientWidth")


def test_panes_stand_side_by_side_or_one_at_a_time(design):
    page = design()
    assert [page.locator(pane).is_visible() for pane in ("#pane-queue", "#pane-person", "#pane-note")] == [True] * 3
    page.set_viewport_size({"width": 390, "height": 844})
    assert [page.locator(pane).is_visible() for pane in ("#pane-queue", "#pane-person", "#pane-note")] == [
        False,
        True,
        False,
    ]
    page.locator(".panes-keys a").last.click()
    assert page.locator("#pane-note").is_visible()
    assert not page.locator("#pane-person").is_visible()
    page.set_viewport_size({"width": 1440, "height": 900})
    assert page.locator("#pane-queue").is_visible()


def test_a_password_can_be_looked_at(design):
    page = design()
    page.locator("#id_password").fill("correct horse")
    page.locator("[data-reveals=id_password]").click()
    assert page.locator("#id_password").get_attribute("type") == "text"
    assert page.locator("[data-reveals=id_password]").get_attribute("aria-pressed") == "true"


def test_on_a_phone_the_ways_are_in_the_dock(design):
    page = design(size=PHONE)
    assert not page.locator(".board-nav").is_visible()
    box = page.locator(".dock").bounding_box()
    assert box["y"] + box["height"] == pytest.approx(PHONE[1], abs=1)
    page.keyboard.press("End")
    page.wait_for_timeout(200)
    last = page.locator("#icons").bounding_box()
    assert last["y"] + last["height"] <= box["y"], "the dock hides nothing at the end of the page"


def test_notifications_come_when_asked_for(design):
    page = design()
    page.locator("[popovertarget=news]").click()
    page.wait_for_selector("#news li[data-new]")
    assert page.locator("#news li").count() == 2


# --- Without scripts ---------------------------------------------------------------------------------------------------


def test_without_scripts_everything_can_be_read_and_opened(design):
    page = design(scripts=False)
    for section in ("#calls", "#visits", "#handoffs", "#pane-queue", "#pane-person", "#pane-note"):
        assert page.locator(section).is_visible()
    assert not page.locator("[data-needs-script]").first.is_visible()
    assert not page.locator("[data-reveals]").first.is_visible()
    page.locator(".tool[popovertarget=person]").click()
    assert page.get_by_role("button", name="Sign out", exact=True).is_visible()


def test_without_scripts_lists_are_put_in_order(design):
    page = design(scripts=False)
    before = page.locator("#stops .order-body").all_inner_texts()
    page.locator("#stops-0-down").click()
    page.wait_for_url("**#order")
    assert page.locator("#stops .order-body").all_inner_texts() == [before[1], before[0], *before[2:]]


# --- Without hue --------------------------------------------------------------------------------------------------------


def greys(page, selector: str, *, width: int, height: int, x: float, y: float) -> list[int]:
    """The lightness of a strip of pixels, its place given from the element's corner."""
    element = page.locator(selector)
    element.scroll_into_view_if_needed()
    box = element.bounding_box()
    png = page.screenshot(clip={"x": box["x"] + x, "y": box["y"] + y, "width": width, "height": height})
    return list(Image.open(io.BytesIO(png)).convert("L").get_flattened_data())


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_middle_of_a_line_tells_its_motion_without_hue(design, theme):
    """Between two stops, along the line's middle: inside is one tone from end to end, outside changes to and fro."""
    page = design(theme=theme)
    inside = greys(page, "#lines .route li:nth-child(1)", width=120, height=1, x=40, y=12)
    outside = greys(page, "#lines .route li:nth-child(3)", width=120, height=1, x=40, y=12)
    assert max(inside) - min(inside) < 6
    middle = (max(outside) + min(outside)) / 2
    turns = sum((a > middle) != (b > middle) for a, b in itertools.pairwise(outside))
    assert max(outside) - min(outside) > 60
    assert turns >= 10


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_middle_of_a_timeline_tells_its_motion_without_hue(design, theme):
    page = design(theme=theme)
    row = "#timeline .tl > li:nth-child(4) > .tl-rail"  # the hand-off with its brief: a long stretch of the inside line
    inside = greys(page, row, width=1, height=80, x=8, y=60)
    assert max(inside) - min(inside) < 6
    outside = greys(page, "#queue .queue[data-line=outside]", width=1, height=40, x=16 + 60 + 9 + 3, y=44)
    assert max(outside) - min(outside) > 60


def test_stops_differ_by_shape(design):
    page = design()
    radius = "(e, part) => getComputedStyle(e, part).borderTopLeftRadius"
    inside = page.locator("#lines .line[data-line=inside]").first.evaluate(radius, "::before")
    outside = page.locator("#lines .line[data-line=outside]").first.evaluate(radius, "::before")
    assert inside == "50%"
    assert outside == "2px"


def test_forced_colours_keep_lines_and_stops(design):
    page = design()
    page.emulate_media(forced_colors="active")
    line = page.locator("#queue .queue").first.evaluate("e => getComputedStyle(e, '::before').backgroundImage")
    assert "gradient" in line
    assert page.locator("#buttons .btn-ink").first.evaluate("e => getComputedStyle(e).borderTopStyle") == "solid"


def test_print_leaves_the_content(design):
    page = design(theme="dark")
    page.emulate_media(media="print")
    assert not page.locator(".board").is_visible()
    assert page.locator("#timeline .tl").is_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


# --- Without npm ---------------------------------------------------------------------------------------------------------


def test_without_the_icons_words_stand(design, settings, tmp_path):
    settings.NODE_MODULES = tmp_path
    icons._lines.cache_clear()
    try:
        page = design()
        assert page.locator("[popovertarget=news]").inner_text().startswith("Notifications")
        assert "Close" in page.locator("#ways .filter a").first.inner_text() or page.locator(
            "#ways .filter a"
        ).first.inner_text().startswith("Remove the filter")
        assert page.locator("#stops-0-down").inner_text().startswith("Move")
    finally:
        icons._lines.cache_clear()
