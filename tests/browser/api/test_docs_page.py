"""The API's page in a real browser: under the strict CSP, from our own server only, trying things out for real."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from accounts.models import User
from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def page(open_page, live_server):
    """Signed in as a rep; a request to another origin, a console error or a CSP violation fails the test."""
    foreign: list[str] = []
    page = open_page(user=UserFactory(name="Inès Delorme"))
    page.on(
        "request",
        lambda request: (
            foreign.append(request.url) if urlsplit(request.url).netloc != urlsplit(live_server.url).netloc else None
        ),
    )
    page.goto("/api/v1/docs")
    page.get_by_text("List absences", exact=True).wait_for(timeout=30_000)
    yield page
    assert [url for url in foreign if not url.startswith(("data:", "blob:"))] == []


def scroll_to(page, name: str):
    """Swagger UI draws a long document only where the reader looks."""
    found = page.get_by_text(name, exact=True)
    for _ in range(60):
        if found.count():
            return found
        page.mouse.wheel(0, 600)
        page.wait_for_timeout(100)
    raise AssertionError(f"{name} is not on the page")


def open_operation(page, name: str):
    scroll_to(page, name).click()
    operation = page.locator(".opblock.is-open")
    operation.get_by_role("button", name="Try it out").click()
    return operation


def test_every_operation_is_listed_and_opens(page):
    listed = set()
    for name in ("List absences", "Create a lead", "Create a user"):
        scroll_to(page, name)
        listed.update(page.locator(".opblock-summary-description").all_inner_texts())
    assert len(listed) >= 29
    scroll_to(page, "Create a user").click()
    page.locator(".opblock.is-open").get_by_text("users:write").wait_for()
    assert not page.locator('tr.response[data-code="422"] .model-example').is_visible(), (
        "problems keep to their description"
    )


def test_reading_as_the_one_who_is_signed_in(page):
    operation = open_operation(page, "Read your own profile")
    operation.get_by_role("button", name="Execute").click()
    operation.locator(".live-responses-table").get_by_text("Inès Delorme").first.wait_for()


def test_writing_carries_the_csrf_token(page):
    operation = open_operation(page, "Change your own profile")
    operation.locator("textarea").fill('{"name": "Inès D."}')
    operation.get_by_role("button", name="Execute").click()
    operation.locator(".live-responses-table .response-col_status").get_by_text("200").wait_for()
    assert User.objects.get().name == "Inès D."


def test_a_stranger_is_sent_to_sign_in(open_page):
    page = open_page()
    page.goto("/api/v1/docs")
    assert "/accounts/login/" in page.url


def test_without_scripts_it_says_where_the_document_is(open_page):
    page = open_page(user=UserFactory(), scripts=False)
    page.goto("/api/v1/docs")
    assert page.get_by_role("link", name="OpenAPI document").get_attribute("href") == "/api/v1/schema"
