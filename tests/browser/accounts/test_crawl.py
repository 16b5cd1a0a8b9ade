"""Every page that a role can reach by its links: nothing forbidden by the content policy, nothing from elsewhere, no page
wider than its window, in three languages."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

import pytest

from accounts.models import User
from tests.api.world import make_world

pytestmark = pytest.mark.django_db(transaction=True)
WIDTHS = (320, 390, 1440)
# Files, another program's pages (Django's own admin), and the API's documents.
NOT_PAGES = ("/admin/", "/api/", "/accounts/2fa/recovery-codes/download/", "/static/")
WATCH = """window.violations = [];
addEventListener("securitypolicyviolation", ({violatedDirective, blockedURI, sample}) =>
  violations.push(`${violatedDirective} ${blockedURI} ${sample}`))"""
# What makes a page wider than its window, to be named when one is. Boxes that scroll by themselves may hold more.
WIDE = """() => {
  const page = document.documentElement;
  if (page.scrollWidth <= page.clientWidth) return [];
  const outside = e => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest("[tabindex='0'], .strip, pre");
  return ["page", ...[...document.querySelectorAll("body *")].filter(outside).slice(0, 5).map(e => `${e.tagName}.${e.className}`)];
}"""


class Crawler:
    """Follows every link of the same site, once, and notes what it meets."""

    def __init__(self, page, base: str, start: str = "/") -> None:
        self.page, self.base = page, base
        self.waiting, self.seen = [start], set()
        self.statuses: dict[str, int] = {}
        self.violations: list[str] = []
        self.elsewhere: set[str] = set()
        self.too_wide: dict[str, list[str]] = {}
        page.add_init_script(WATCH)
        page.on("request", self._request)

    def _request(self, request) -> None:
        if not request.url.startswith((self.base, "data:", "blob:")):
            self.elsewhere.add(request.url)

    def run(self, widths: tuple[int, ...] = ()) -> Crawler:
        while self.waiting:
            path = self.waiting.pop()
            if path in self.seen:
                continue
            self.seen.add(path)
            self._open(path, widths)
        return self

    def _open(self, path: str, widths: tuple[int, ...]) -> None:
        answer = self.page.goto(path)
        self.page.wait_for_selector("html[data-ready], .trouble")
        self.statuses[path] = answer.status
        self.violations += [f"{path}: {text}" for text in self.page.evaluate("window.violations")]
        for width in widths:
            self.page.set_viewport_size({"width": width, "height": 900})
            if wide := self.page.evaluate(WIDE):
                self.too_wide[f"{path} at {width}"] = wide
        links = self.page.eval_on_selector_all("a[href]", "links => links.map(link => link.href)")
        self.waiting += [path for link in links if (path := self._path(link)) and path not in self.seen]

    def _path(self, link: str) -> str:
        parts = urlsplit(urljoin(self.base, link))
        is_ours = f"{parts.scheme}://{parts.netloc}" == self.base and not parts.path.startswith(NOT_PAGES)
        # A list's months, pages and orders are one page each.
        return parts.path if is_ours and "month=" not in parts.query else ""


def in_language(user: User, language: str) -> User:
    User.objects.filter(pk=user.pk).update(language=language)
    user.refresh_from_db()
    return user


@pytest.mark.parametrize("language", ["en", "fr", "id"])
def test_everything_an_administrator_reaches(language, open_page, live_server):
    admin = in_language(make_world().people["admin"], language)
    page = open_page(user=admin, language=language)
    crawl = Crawler(page, live_server.url).run(WIDTHS)
    assert len(crawl.seen) > 25
    assert set(crawl.statuses.values()) == {200}, crawl.statuses
    assert not crawl.violations
    assert not crawl.elsewhere
    assert not crawl.too_wide


@pytest.mark.parametrize("role", ["inside", "field", "manager"])
def test_everything_the_others_reach(role, open_page, live_server):
    user = in_language(make_world().people[role], "fr")
    crawl = Crawler(open_page(user=user, language="fr"), live_server.url).run(WIDTHS[:1])
    assert len(crawl.seen) > 12
    assert set(crawl.statuses.values()) == {200}, crawl.statuses
    assert not crawl.violations
    assert not crawl.elsewhere
    assert not crawl.too_wide


@pytest.mark.parametrize("language", ["en", "fr", "id"])
def test_everything_before_the_door(language, open_page, live_server):
    page = open_page(language=language)
    crawl = Crawler(page, live_server.url, "/accounts/login/").run(WIDTHS)
    crawl.waiting = ["/accounts/password/reset/done/", "/accounts/password/reset/key/x-y-z/"]
    crawl.run(WIDTHS)
    assert {"/accounts/login/", "/accounts/password/reset/"} <= crawl.seen
    assert not crawl.violations
    assert not crawl.elsewhere
    assert not crawl.too_wide


def test_the_watch_sees_a_violation_and_a_wide_page(open_page, live_server):
    page = open_page()
    page.expected_errors += ["Content Security Policy"]
    Crawler(page, live_server.url)
    page.goto("/accounts/login/")
    page.evaluate(
        "document.body.append(Object.assign(document.createElement('script'), {textContent: 'window.evil = 1'}))"
    )
    page.evaluate("document.body.setAttribute('style', 'inline-size: 4000px')")
    page.wait_for_timeout(200)
    assert len(page.evaluate("window.violations")) == 2
    assert page.evaluate("window.evil") is None
    assert not page.evaluate(WIDE)
    page.evaluate("document.body.style.inlineSize = '4000px'")
    assert page.evaluate(WIDE)


def test_the_watch_sees_a_request_to_elsewhere(open_page, live_server):
    page = open_page(bypass_csp=True)
    page.expected_errors += ["Failed to load"]
    crawl = Crawler(page, live_server.url)
    page.goto("/accounts/login/")
    page.evaluate(
        "document.body.append(Object.assign(document.createElement('img'), {src: 'https://elsewhere.invalid/x.png'}))"
    )
    page.wait_for_timeout(200)
    assert crawl.elsewhere == {"https://elsewhere.invalid/x.png"}
