"""The doors as people meet them: without a script, in a frame of another site, by keyboard alone, on a phone."""

from __future__ import annotations

import http.server
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from playwright.sync_api import expect

from accounts.models import User
from leads.models import Lead, QuestionnaireAnswers, WebForm
from leads.services import questionnaires, web_forms
from tests.browser.conftest import PHONE
from tests.factories.accounts import CalendarFactory, TeamFactory, UserFactory
from tests.factories.leads import LeadFactory, WebFormFactory

pytestmark = pytest.mark.django_db(transaction=True)
WIDER = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


def picture(page: Any, name: str) -> None:
    """For looking at: only where a folder is named."""
    folder = os.environ.get("PICTURES")
    if folder:
        page.screenshot(path=str(Path(folder) / f"doors-{name}.png"), full_page=True)


@pytest.fixture
def form(monkeypatch: pytest.MonkeyPatch) -> WebForm:
    cache.clear()
    # A machine fills the form in faster than anybody.
    monkeypatch.setattr(web_forms, "FASTEST", web_forms.timedelta())
    made: WebForm = WebFormFactory(
        title="Talk to us",
        intro="We call back the same day.",
        fields=["first_name", "last_name", "email", "phone", "company_name", "needs_demo", "notes"],
        required=["last_name", "email"],
        consent_text="You may write to me about your products.",
    )
    return made


@pytest.fixture
def rep() -> User:
    person: User = UserFactory(team=TeamFactory(calendar=CalendarFactory(country="FR")))
    return person


def test_a_form_works_without_a_script_on_a_phone(open_page: Any, form: WebForm) -> None:
    page = open_page(size=PHONE, scripts=False)
    page.expected_errors = ["422"]
    page.goto(f"/f/{form.token}")
    assert page.locator(".door-trap").bounding_box()["width"] <= 1
    picture(page, "form-phone")
    page.get_by_label("Last name").fill("Lefèbvre")
    page.get_by_label("E-mail").fill("nobody")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_label("E-mail")).to_have_attribute("aria-invalid", "true")
    picture(page, "form-phone-refused")
    page.get_by_label("E-mail").fill("ines@acme.test")
    page.get_by_label("You may write to me").check()
    page.get_by_role("button", name="Send").click()
    expect(page.locator("main")).to_contain_text("Thank you")
    page.reload()
    lead = Lead.objects.get()
    assert lead.contact is not None
    assert lead.contact.last_name == "Lefèbvre"


@pytest.mark.parametrize("width", [320, 1440])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_form_fits_its_window(open_page: Any, form: WebForm, width: int, theme: str) -> None:
    page = open_page(size=(width, 900), theme=theme)
    page.goto(f"/f/{form.token}")
    assert not page.evaluate(WIDER)
    picture(page, f"form-{width}-{theme}")


@pytest.fixture
def elsewhere() -> Iterator[Any]:
    """Another site: ``serve(html)`` gives the address of a page with that content."""
    pages: list[bytes] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(pages[-1])

        def log_message(self, *args: Any) -> None:
            """Quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()

    def serve(html: str) -> str:
        pages.append(html.encode())
        return f"http://127.0.0.1:{server.server_port}"

    yield serve
    server.shutdown()
    thread.join(5)


def test_a_form_is_sent_from_a_frame_of_the_site_it_names(
    open_page: Any, form: WebForm, elsewhere: Any, live_server: Any
) -> None:
    address = f"{live_server.url}/f/{form.token}"
    site = elsewhere(f'<iframe src="{address}" width="600" height="900" sandbox="allow-forms"></iframe>')
    page = open_page()
    page.expected_errors = ["frame", "Refused", "ERR_BLOCKED", "CORS", "font"]
    page.goto(site)
    frame = page.frame_locator("iframe")
    expect(frame.get_by_label("Last name")).to_have_count(0)
    form.origins = [site]
    form.save()
    page.reload()
    frame.get_by_label("Last name").fill("Dupont")
    frame.get_by_label("E-mail").fill("d@acme.test")
    frame.get_by_role("button", name="Send").click()
    expect(frame.locator("main")).to_contain_text("Thank you")
    assert Lead.objects.count() == 1


def test_a_questionnaire_works_without_a_script(open_page: Any, rep: User) -> None:
    cache.clear()
    asked = questionnaires.create_questionnaire(
        actor=None,
        name="Your needs",
        questions=[
            {"text": "When?", "kind": "choice", "choices": ["now", "later"], "required": True},
            {"text": "Show you?", "kind": "yes_no", "sets": "lead.needs_demo"},
            {"text": "Anything else?"},
        ],
    )
    row = questionnaires.ask(actor=rep, lead_id=LeadFactory(owner=rep).pk, questionnaire_id=asked.pk)
    page = open_page(size=PHONE, scripts=False)
    page.goto(f"/q/{row.token}")
    page.get_by_label("now").check()
    page.get_by_label("Yes").check()
    picture(page, "questionnaire-phone")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("main")).to_contain_text("Thank you for your answers")
    assert QuestionnaireAnswers.objects.get().answers == {"when": "now", "show_you": True}
    assert Lead.objects.get().needs_demo is True


def test_a_signature_becomes_a_lead_by_keyboard_alone(open_page: Any, rep: User) -> None:
    page = open_page(user=rep)
    page.goto("/leads/new")
    page.wait_for_selector("html[data-ready]")
    page.keyboard.insert_text("Inès Lefèbvre\nResponsable des achats\nAcme SAS\n04 72 00 12 34\nines@acme.test")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Last name")).to_have_value("Lefèbvre")
    expect(page.get_by_label("Company", exact=False).last).to_have_value("Acme SAS")
    picture(page, "quick-add")
    button = page.get_by_role("button", name="Enter the lead")
    for _ in range(60):
        if button.evaluate("element => element === document.activeElement"):
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/leads/*-*")
    lead = Lead.objects.get()
    assert (str(lead.company), lead.owner) == ("Acme SAS", rep)
    expect(page.locator("#questionnaires")).to_contain_text("Nothing was asked yet.")


def test_the_search_forgives_and_takes_to_the_record(open_page: Any, rep: User) -> None:
    page = open_page(user=rep)
    page.goto("/leads/new")
    page.wait_for_selector("html[data-ready]")
    page.get_by_label("Last name").fill("Lefèbvre")
    page.get_by_role("button", name="Enter the lead").click()
    page.wait_for_url("**/leads/*-*")
    page.goto("/search?q=lefevbre")
    hit = page.get_by_role("link", name="Lefèbvre").first
    picture(page, "search")
    hit.click()
    page.wait_for_url("**/leads/*-*")


@pytest.mark.parametrize("size", [PHONE, (1440, 900)])
def test_settings_pages_fit(open_page: Any, form: WebForm, size: tuple[int, int]) -> None:
    page = open_page(size=size, user=UserFactory(manager=True))
    for path in (
        "/settings/web-forms/",
        f"/settings/web-forms/{form.pk}/",
        "/settings/questionnaires/",
        "/settings/questionnaires/new",
        "/settings/lead-mail/",
        "/leads/new",
    ):
        page.goto(path)
        page.wait_for_selector("html[data-ready]")
        assert not page.evaluate(WIDER), path
        picture(page, f"settings-{path.strip('/').replace('/', '-')[:30]}-{size[0]}")
