"""The bell."""

from __future__ import annotations

import pytest

from accounts import notices
from accounts.models import Notice
from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db
PAGE, BELL = "/settings/notices/", "/settings/notices/news"


def tell(user, number: int = 1, actor: str = "Benoît") -> None:
    notices.tell(user, kind="rights.changed", occurrence=str(number), facts={"actor": actor})


def test_the_bell_counts_and_lists_what_is_new(visit, words):
    user = UserFactory()
    client = visit(user)
    assert client.get(BELL, {"count": ""}).content == b""
    tell(user)
    tell(user, 2)
    assert client.get(BELL, {"count": ""}).content == b"2"
    answer = client.get(BELL)
    assert words(answer).count("Benoît changed what you may do in Tandem.") == 2
    assert "<html" not in answer.content.decode()
    assert answer.content.decode().count("data-new") == 2
    assert 'class="badge" id="unread"' in client.get("/inside/").content.decode()


def test_the_words_are_in_the_reader_s_language_and_facts_are_never_markup(visit):
    user = UserFactory()
    tell(user, actor="<script>alert(1)</script>")
    page = visit(user).get(PAGE).content.decode()
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page


def test_reading_one_or_all(visit):
    user = UserFactory()
    client = visit(user)
    tell(user)
    tell(user, 2)
    first = Notice.objects.filter(user=user).first()
    assert client.get(f"{PAGE}{first.pk}/read").status_code == 405
    client.post(f"{PAGE}{first.pk}/read")
    assert Notice.objects.filter(user=user).unread().count() == 1
    answer = client.post(f"{PAGE}read", headers={"HX-Request": "true"})
    assert "tandem:poll" in answer.headers["HX-Trigger"]
    assert 'id="notices"' in answer.content.decode()
    assert not Notice.objects.filter(user=user).unread().exists()


def test_nobody_reads_for_others(visit):
    user, other = UserFactory(), UserFactory(admin=True)
    tell(user)
    client = visit(other)
    assert client.post(f"{PAGE}{Notice.objects.get().pk}/read").status_code == 404
    client.post(f"{PAGE}read")
    assert Notice.objects.get().read_at is None
    assert "Benoît" not in client.get(PAGE).content.decode()
