"""A real browser for the tests below: Debian's Chromium, one process for the session, a fresh profile for each test."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.db import connections
from django.test import Client

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--font-render-hinting=none",
]
LAPTOP, PHONE = (1440, 900), (390, 844)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here not in item.path.parents:
            continue
        item.add_marker(pytest.mark.browser)
        if not CHROMIUM.exists():
            item.add_marker(pytest.mark.skip(reason=f"no browser: {CHROMIUM} is absent"))


@pytest.fixture(scope="session")
def browser(django_db_setup: None) -> Iterator[Any]:
    """Closed before the database goes, which cannot be dropped while somebody is still connected."""
    from playwright.sync_api import sync_playwright

    # Playwright keeps an event loop in this thread, and Django would refuse to touch the database beside it.
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()
        # While that loop runs, asgiref gives this thread a second set of connections; nobody could reach them later.
        connections.close_all()
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]
    else:
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = before


@pytest.fixture(autouse=True, scope="session")
def _let_the_browser_keep_static_files() -> Iterator[None]:
    """Within one profile, as in production: a crawl would fetch every script and style again for every page."""
    serve = StaticFilesHandler.serve

    def serve_to_keep(self: StaticFilesHandler, request: Any) -> Any:
        answer = serve(self, request)
        answer.headers["Cache-Control"] = "max-age=600"
        return answer

    StaticFilesHandler.serve = serve_to_keep
    yield
    StaticFilesHandler.serve = serve


@pytest.fixture
def open_page(browser, live_server) -> Iterator[Callable[..., Any]]:
    """``open_page(size=PHONE, theme="dark", language="fr", user=somebody)``: a page in a profile of its own.

    Signed in as ``user`` when given. What the page logs as an error, and every exception of a script, fails the test at
    its end, except what it puts into ``page.expected_errors`` (parts of the message).
    """
    contexts, complaints = [], []

    def new(
        *,
        size: tuple[int, int] = LAPTOP,
        theme: str = "light",
        language: str = "en",
        user: Any = None,
        scripts: bool = True,
        bypass_csp: bool = False,
    ) -> Any:
        width, height = size
        context = browser.new_context(
            base_url=live_server.url,
            viewport={"width": width, "height": height},
            has_touch=width < 600,
            is_mobile=width < 600,
            locale="en-GB",
            reduced_motion="reduce",
            java_script_enabled=scripts,
            bypass_csp=bypass_csp,
        )
        contexts.append(context)
        set_cookie(context, live_server, "theme", theme)
        set_cookie(context, live_server, settings.LANGUAGE_COOKIE_NAME, language)
        if user is not None:
            sign_in(context, live_server, user)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.expected_errors = []
        page.on("console", lambda message: message.type == "error" and complaints.append((page, message.text)))
        page.on("pageerror", lambda error: complaints.append((page, str(error))))
        return page

    yield new
    for context in contexts:
        context.close()
    unexpected = [text for page, text in complaints if not any(part in text for part in page.expected_errors)]
    assert not unexpected, "the page complained"


def set_cookie(context: Any, live_server: Any, name: str, value: str) -> None:
    context.add_cookies([{"name": name, "value": value, "url": live_server.url}])


def sign_in(context: Any, live_server: Any, user: Any) -> None:
    """Put a signed-in session into a browser profile, past the sign-in page."""
    client = Client()
    client.force_login(user)
    set_cookie(context, live_server, settings.SESSION_COOKIE_NAME, client.cookies[settings.SESSION_COOKIE_NAME].value)
