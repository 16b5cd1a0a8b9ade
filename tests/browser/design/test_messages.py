"""What a page says after an act, after an error and after a session that ended; nothing typed is lost."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PHONE

TOAST = "#toasts .toast"


def toasts(page) -> list[str]:
    return page.locator(f"{TOAST} [data-text]").all_inner_texts()


def test_an_act_can_be_undone_by_button(design):
    page = design()
    page.locator("#show-toast").click()
    page.wait_for_selector(TOAST)
    assert toasts(page) == ["Voicemail left. Call again on Saturday."]
    page.get_by_role("button", name="Undo").last.click()
    expect(page.locator(f"{TOAST} [data-text]")).to_have_text(["Taken back."])


def test_an_act_can_be_undone_by_the_key_u(design):
    page = design()
    page.locator("#show-toast").click()
    page.wait_for_selector(TOAST)
    page.keyboard.press("u")
    expect(page.locator(f"{TOAST} [data-text]")).to_have_text(["Taken back."])


def test_ten_seconds_are_given_and_they_stand_still_under_the_pointer(design, open_page, person):
    page = open_page(user=person)
    page.clock.install()
    page.goto("/settings/design/")
    page.wait_for_selector("html[data-ready]")
    page.locator("#show-toast").click()
    page.wait_for_selector(TOAST)
    page.clock.run_for(9_000)
    assert len(toasts(page)) == 1
    page.locator(TOAST).hover()
    page.clock.run_for(30_000)
    assert len(toasts(page)) == 1
    assert page.locator(TOAST).get_attribute("data-paused") is not None
    page.mouse.move(700, 20)
    page.clock.run_for(1_500)
    assert toasts(page) == []


def test_the_focus_falls_to_the_content_when_its_message_goes(design):
    page = design()
    page.locator("#show-toast").click()
    page.wait_for_selector(TOAST)
    page.locator(f"{TOAST} [data-dismiss]").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


def test_messages_are_read_out(design):
    page = design()
    assert page.locator("#toasts").get_attribute("aria-live") == "polite"
    assert page.locator("#toasts").get_attribute("role") == "status"


@pytest.mark.parametrize(
    ("button", "sentence"), [("#show-broken", "Tandem made a mistake"), ("#show-forbidden", "You may not do this")]
)
def test_an_error_says_so_with_its_number_and_moves_nothing(design, button, sentence):
    page = design()
    page.expected_errors += ["status of 500", "status of 403", "Response Status Error"]
    page.locator("#id_note").fill("Two lines, sacks of 30 kg")
    page.locator(button).focus()
    with page.expect_response("**/refused/*") as answer:
        page.keyboard.press("Enter")
    page.wait_for_selector(f"{TOAST}-late")
    assert sentence in toasts(page)[0]
    assert answer.value.headers["x-request-id"] in page.locator(f"{TOAST} [data-note]").inner_text()
    assert page.input_value("#id_note") == "Two lines, sacks of 30 kg"
    assert page.evaluate("document.activeElement.id") == button[1:]


def test_a_refusal_speaks_in_the_words_of_the_service(design):
    page = design()
    page.expected_errors += ["status of 409", "Response Status Error"]
    page.route(
        "**/design/act",
        lambda route: route.fulfill(status=409, headers={"X-Refusal": json.dumps("Sari is on this: élan")}),
    )
    page.locator("#show-toast").click()
    page.wait_for_selector(f"{TOAST}-late")
    assert toasts(page) == ["Sari is on this: élan"]


def test_no_network_says_so(design):
    page = design()
    page.expected_errors += ["ERR_INTERNET_DISCONNECTED", "htmx:sendError", "Failed to load", "htmx:afterRequest"]
    page.context.set_offline(True)
    page.locator("#show-toast").click()
    page.wait_for_selector(f"{TOAST}-late")
    assert "does not answer" in toasts(page)[0]


def test_at_most_three_messages_stand(design):
    page = design()
    for _ in range(5):
        with page.expect_response("**/act"):
            page.locator("#show-toast").click()
    page.wait_for_timeout(200)
    assert len(toasts(page)) == 3


def test_a_message_reaches_into_an_open_dialog(design):
    page = design()
    page.locator("#open-dialog").click()
    page.evaluate("document.dispatchEvent(new CustomEvent('tandem:toast', { detail: { text: 'Hello', undo: '/x' } }))")
    page.locator(f"{TOAST} [data-dismiss]").click()
    assert toasts(page) == []
    page.keyboard.press("Escape")
    page.wait_for_function("document.querySelector('#toasts').parentElement === document.body")


def test_an_ended_session_leads_to_sign_in_as_a_whole_page_and_back(design):
    page = design(address="/settings/design/?order=name")
    page.context.clear_cookies(name="sessionid")
    page.locator("#show-toast").click()
    page.wait_for_url("**/accounts/login/**")
    assert "next=%2Fsettings%2Fdesign%2F%3Forder%3Dname" in page.url
    assert page.locator("input[type=password]").is_visible()


def test_a_401_leads_to_sign_in_too(design):
    page = design()
    page.expected_errors += ["status of 401", "Response Status Error"]
    page.route("**/design/act", lambda route: route.fulfill(status=401))
    with page.expect_request("**/accounts/login/?next=%2Fsettings%2Fdesign%2F"):
        page.locator("#show-toast").click()


def test_a_button_is_busy_while_its_form_travels(design):
    page = design()
    page.evaluate(
        """document.querySelector('#fields form').addEventListener('submit', event => {
             window.busy = event.submitter.ariaBusy; event.preventDefault() })"""
    )
    # The page's own listener runs after the form's and finds the submit prevented: nothing is marked then.
    page.locator("#fields [type=submit]").click()
    assert page.locator("#fields [type=submit]").get_attribute("aria-busy") is None


def test_a_refused_form_takes_the_focus_to_its_errors(design):
    page = design()
    page.expected_errors += ["status of 422"]
    page.locator("#id_company").fill("PT Sumber Pangan Nusantara")
    page.locator("#fields [type=submit]").click()
    page.wait_for_selector("#fields .errors")
    expect(page.locator("#fields .errors")).to_be_focused()
    assert page.input_value("#id_company") == "PT Sumber Pangan Nusantara"
    page.locator("#fields .errors a").first.click()
    expect(page.locator("#id_email")).to_be_focused()


def test_a_saved_form_says_so_on_the_next_page_and_can_be_undone(design):
    page = design(size=PHONE)
    page.locator("#id_company").fill("PT Sumber Pangan Nusantara")
    page.locator("#id_email").fill("rahmat@example.com")
    page.locator("#id_password").fill("correct horse battery")
    page.locator("#id_reason").select_option("route")
    page.locator("#id_day").fill("2026-11-24")
    page.locator("#fields [type=submit]").click()
    page.wait_for_selector(TOAST)
    assert toasts(page) == ["Saved."]
    page.locator(f"{TOAST} [data-undo] button").click()
    expect(page.locator(f"{TOAST} [data-text]")).to_have_text(["Taken back."])
