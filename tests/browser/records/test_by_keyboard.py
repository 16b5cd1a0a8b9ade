"""Lists, the board and facts without a mouse; and that they fit their window."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from crm.core import clock
from leads.models import Deal, Lead
from leads.services import leads as services
from tests.browser.conftest import PHONE
from tests.factories.leads import DealFactory, LeadFactory

pytestmark = pytest.mark.django_db(transaction=True)
WIDER = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


def open_list(open_page, sales, path: str = "/leads/", who: str = "manager", **facts):
    page = open_page(user=sales.person(who), **facts)
    page.goto(path)
    page.wait_for_selector("html[data-ready]")
    return page


def test_a_list_is_walked_chosen_and_changed_by_keys(open_page, sales):
    for at in range(4):
        LeadFactory(owner=sales.person("inside"), arrived_at=clock.now() - timedelta(days=at + 1))
    page = open_list(open_page, sales)
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("Shift+J")
    page.keyboard.press("Shift+J")
    bar = page.locator("[data-selection]")
    expect(bar).to_contain_text("3 selected")
    page.keyboard.press("d")
    dialog = page.locator("#ask")
    expect(dialog).to_contain_text("3 rows")
    dialog.get_by_label(sales.reason.label).check()
    dialog.get_by_role("button", name="Disqualify").click()
    expect(page.locator(".toast")).to_contain_text("3 rows changed.")
    assert Lead.objects.filter(status="disqualified").count() == 3
    page.keyboard.press("u")
    expect(page.locator(".toast").last).to_contain_text("Taken back.")
    assert not Lead.objects.filter(status="disqualified").exists()
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    page.wait_for_url("**/leads/*-*")


def test_shift_and_click_choose_a_stretch(open_page, sales):
    for at in range(4):
        LeadFactory(owner=sales.person("inside"), arrived_at=clock.now() - timedelta(days=at + 1))
    page = open_list(open_page, sales)
    boxes = page.locator("[data-tick]")
    boxes.nth(0).check()
    boxes.nth(3).click(modifiers=["Shift"])
    expect(page.locator("[data-selection]")).to_contain_text("4 selected")
    page.keyboard.press("Escape")
    expect(page.locator("[data-selection]")).to_be_hidden()


def test_a_filter_by_key_becomes_a_chip_and_goes_again(open_page, sales):
    LeadFactory(owner=sales.person("inside"), qualified=True)
    page = open_list(open_page, sales)
    page.keyboard.press("f")
    dialog = page.locator("#ask")
    dialog.get_by_label("Qualified", exact=True).check()
    dialog.get_by_role("button", name="Show").click()
    expect(page.locator(".filter")).to_contain_text("Qualified")
    expect(page.locator("[data-tick]")).to_have_count(1)
    page.get_by_role("link", name="Remove the filter Status: Qualified").click()
    expect(page.locator("[data-tick]")).to_have_count(3)


def test_a_fact_opens_saves_and_gives_up_by_keys(open_page, sales):
    page = open_list(open_page, sales, f"/leads/{sales.own.pk}", who="inside")
    page.keyboard.press("e")
    field = page.get_by_label("Source")
    expect(field).to_be_focused()
    field.fill("Trade fair")
    page.keyboard.press("Enter")
    expect(page.locator("#fact-source .fact-value")).to_have_text("Trade fair")
    expect(page.locator("#fact-source-edit")).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_label("Source").fill("Something else")
    page.keyboard.press("Escape")
    expect(page.locator("#fact-source .fact-value")).to_have_text("Trade fair")
    page.keyboard.press("u")
    expect(page.locator("#fact-source .fact-value")).to_have_text("Website")


def test_two_people_on_one_fact(open_page, sales):
    page = open_list(open_page, sales, f"/leads/{sales.own.pk}", who="inside")
    page.expected_errors.append("422")
    page.keyboard.press("e")
    expect(page.get_by_label("Source")).to_be_focused()
    services.change_lead(actor=sales.person("mate"), lead_id=sales.own.pk, changes={"source": "Referral"})
    page.get_by_label("Source").fill("Trade fair")
    page.keyboard.press("Enter")
    fact = page.locator("#fact-source")
    expect(fact).to_contain_text("Referral")
    expect(page.get_by_label("Source")).to_have_value("Trade fair")
    fact.get_by_role("button", name="Save").click()
    expect(page.locator("#fact-source .fact-value")).to_have_text("Trade fair")


def test_a_card_moves_by_keys_and_by_hand(open_page, sales):
    DealFactory(name="Other", owner=sales.person("inside"), stage=sales.stages[0], amount=5, currency="EUR")
    page = open_list(open_page, sales, "/deals/?as=board", who="inside")
    page.keyboard.press("j")
    expect(page.locator(f"#card-{sales.deal.pk}, .card-link").first).to_be_visible()
    card = page.locator(f"#card-{sales.deal.pk}")
    card.focus()
    page.keyboard.press("Alt+ArrowRight")
    lanes = page.locator(".lane")
    expect(lanes.nth(1)).to_contain_text("Weighing line")
    expect(page.locator(f"#card-{sales.deal.pk}")).to_be_focused()
    expect(lanes.nth(1).locator(".lane-sum")).to_have_text("€100")
    page.locator(".card", has_text="Weighing line").drag_to(lanes.nth(2).locator("[data-lane]"))
    expect(lanes.nth(2)).to_contain_text("Weighing line")
    expect(page.locator(".toast").last).to_contain_text("now Offer")
    assert Deal.objects.get(pk=sales.deal.pk).stage == sales.stages[2]


@pytest.mark.parametrize("language", ["en", "fr", "id"])
@pytest.mark.parametrize("width", [320, 390, 1440])
def test_nothing_is_wider_than_its_window(width, language, open_page, sales):
    page = open_page(size=(width, 900), language=language, user=sales.person("manager"))
    for path in (
        "/leads/",
        "/companies/",
        "/contacts/",
        "/deals/",
        "/deals/?as=board",
        f"/leads/{sales.own.pk}",
        f"/companies/{sales.company.pk}",
        f"/contacts/{sales.contact.pk}",
        f"/deals/{sales.deal.pk}",
        "/companies/new",
    ):
        page.goto(path)
        page.wait_for_selector("html[data-ready]")
        assert not page.evaluate(WIDER), f"{path} at {width} in {language}"


def test_on_a_phone_rows_are_cards_and_the_bar_is_in_reach(open_page, sales):
    page = open_list(open_page, sales, size=PHONE)
    box = page.locator("[data-tick]").first
    box.check()
    bar = page.locator("[data-selection]").bounding_box()
    dock = page.locator(".dock").bounding_box()
    assert bar["y"] + bar["height"] <= dock["y"]
    assert page.locator("tbody tr").first.evaluate("row => getComputedStyle(row).display") == "block"
