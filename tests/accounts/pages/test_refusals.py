"""What is refused is a page with a sentence; a form that came too late gives its text back."""

from __future__ import annotations

import pytest
from django.http import QueryDict
from django.test import Client, RequestFactory

from crm.core import errors, nav, text
from crm.core.views import errors as pages
from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("refusal", "status", "sentence"),
    [
        (errors.NotFound(), 404, "lies outside what you see"),
        (errors.Forbidden(), 403, "Your rights do not cover this page"),
        (errors.Conflict("Taken by Karim."), 409, "Taken by Karim."),
        (errors.VersionConflict(current=3), 409, "Somebody changed this record"),
        (errors.Invalid("Too long."), 422, "Too long."),
    ],
)
def test_each_refusal_has_its_page(refusal, status, sentence, rf, words):
    request = rf.get("/x", headers={"Referer": "http://testserver/settings/teams/?a=b"})
    answer = pages.RefusalPages(lambda request: None).process_exception(request, refusal)
    assert answer.status_code == status
    assert sentence in words(answer)
    if status in {409, 422}:
        assert 'href="/settings/teams/?a=b"' in answer.content.decode()


def test_other_exceptions_stay_errors(rf):
    assert pages.RefusalPages(lambda request: None).process_exception(rf.get("/x"), RuntimeError()) is None


def test_a_form_without_its_token_gives_back_what_was_typed_but_no_secret(words):
    client = Client(enforce_csrf_checks=True)
    client.force_login(UserFactory())
    typed = {
        "name": "Inès <Delorme>",
        "note": "Two lines,\nof text",
        "password1": "hidden words",
        "code": "123456",
        "version": "3",
    }
    answer = client.post("/settings/profile/", typed, headers={"Referer": "http://testserver/settings/profile/"})
    page = answer.content.decode()
    assert answer.status_code == 403
    assert "Two lines,\nof text" in page
    assert "Inès &lt;Delorme&gt;" in page
    assert "hidden words" not in page
    assert "123456" not in page
    assert 'href="/settings/profile/"' in page


def test_every_write_asks_for_the_token():
    client = Client(enforce_csrf_checks=True)
    client.force_login(UserFactory(admin=True))
    for path in (
        "/settings/profile/",
        "/settings/keys/new",
        "/settings/people/invite",
        "/settings/sessions/end-all",
        "/i18n/setlang/",
    ):
        assert client.post(path, {"name": "x"}).status_code == 403, path
        assert client.post(path, {"name": "x"}, headers={"Origin": "https://elsewhere.example"}).status_code == 403, (
            path
        )


@pytest.mark.parametrize("referer", ["https://elsewhere.example/x", "//elsewhere.example/x", "javascript:alert(1)", ""])
def test_the_way_back_stays_on_this_site(referer):
    assert pages.page_of(RequestFactory().get("/x", headers={"Referer": referer})) == "/"


def test_long_and_repeated_fields():
    form = QueryDict(mutable=True)
    form.setlist("day", ["2026-12-24", "2026-12-31"])
    form["note"] = "x" * 30_000
    kept = dict(pages.typed(form))
    assert kept["Day"] == "2026-12-24\n2026-12-31"
    assert len(kept["Note"]) == pages.LONGEST_KEPT


def test_a_page_that_does_not_exist_and_one_that_breaks(client, settings, monkeypatch, words):
    client.force_login(UserFactory())
    assert "There is nothing here" in words(client.get("/nowhere"))
    client.raise_request_exception = False
    monkeypatch.setattr("accounts.selectors.unread_count", lambda person: 1 / 0)
    broken = client.get("/settings/notices/news?count")
    assert broken.status_code == 500
    assert "Tandem made a mistake" in words(broken)


def test_pages_are_private_and_cannot_be_framed(client):
    client.force_login(UserFactory())
    headers = client.get("/settings/profile/").headers
    assert headers["Cache-Control"] == "no-store, private"
    assert headers["X-Frame-Options"] == "DENY"
    policy = headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "style-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy


def test_a_menu_shows_what_is_open_to_the_reader_and_where_they_are(monkeypatch):
    labels = {
        item["label"]: item["current"]
        for item in nav.items_for("main", UserFactory.build(hybrid=True, team=None), "/field/x")
    }
    shown = {str(label): current for label, current in labels.items()}
    assert shown == {"Desk": False, "Round": True} | dict.fromkeys(("Leads", "Companies", "Contacts", "Deals"), False)
    finance = nav.items_for("main", UserFactory.build(finance=True), "/")
    assert {str(item["label"]) for item in finance} == {"Companies", "Deals"}
    with pytest.raises(ValueError, match="already"):
        nav.register("main", "inside:desk", "Desk", act="inside.view_desk", icon="desk", order=1)


@pytest.mark.parametrize(
    ("name", "query", "found"),
    [
        ("Inès Delorme", "ines", True),
        ("Inès Delorme", "DELORME inès", True),
        ("Zoë Ørsted", "zoe or", True),
        ("Łukasz Żółć", "lukasz zolc", True),
        ("\u0130brahim I\u015f\u0131k", "ibrahim isik", True),
        ("Anne-Sophie Lemaître", "sophie", True),
        ("D\u2019Artagnan", "artagnan", True),
        ("Inès Delorme", "lorme", False),
        ("Inès Delorme", "", True),
    ],
)
def test_words_are_compared_without_accents_and_case(name, query, found):
    assert text.has_words(name, query) is found
