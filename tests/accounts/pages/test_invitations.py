"""Invited, password forgotten, password changed: the journeys by mail."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from accounts.models import User
from crm.core import journal
from crm.core.models import JournalEntry, OutgoingMail
from tests.factories.accounts import PASSWORD, TeamFactory, UserFactory

pytestmark = pytest.mark.django_db
NEW = "four words in a row"


def link_in(text: str) -> str:
    found = re.search(r"http://localhost:\d+(/accounts/password/reset/key/\S+)", text)
    assert found, text
    return found[1]


def invite(client: Client, invitees: str, **fields: object):
    data = {"invitees": invitees, "language": "en", "time_zone": "Europe/Paris", **fields}
    return client.post("/settings/people/invite", data, follow=True)


def choose(client: Client, link: str, password: str = NEW, again: str = ""):
    page = client.get(link, follow=True)
    return client.post(
        page.request["PATH_INFO"], {"password1": password, "password2": again or password}, follow=True
    ), page


def test_from_the_invitation_to_the_desk(visit, mails, words, client):
    admin, team = UserFactory(admin=True, name="Benoît Lacaze"), TeamFactory()
    invite(visit(admin), "Inès Delorme <Ines@Example.com>", team=team.pk, capabilities=["calls"], language="fr")

    ((recipients, subject, text),) = mails()
    assert recipients == ["ines@example.com"]
    assert subject
    assert "Benoît Lacaze" in text
    ines = User.objects.get(email="ines@example.com")
    assert (ines.name, ines.team, ines.language, ines.capabilities) == ("Inès Delorme", team, "fr", ["calls"])

    arrived, page = choose(client, link_in(text))
    assert "Inès" in words(page)
    assert "ines@example.com" in page.content.decode()
    assert arrived.request["PATH_INFO"] == "/inside/"
    assert Client().post("/accounts/login/", {"login": "ines@example.com", "password": NEW}).status_code == 302
    assert "had its time" in words(Client().get(link_in(text), follow=True)), "the link works once"


def test_several_at_once_and_those_who_cannot_stay_in_the_form(visit, mails, words):
    UserFactory(email="there@example.com")
    typed = "bob.marchand@example.com; Zoé <zoe@example.com>\nthere@example.com"
    answer = invite(visit(UserFactory(admin=True)), typed, capabilities=["visits"])
    assert sorted(mail[0][0] for mail in mails()) == ["bob.marchand@example.com", "zoe@example.com"]
    assert User.objects.get(email="bob.marchand@example.com").name == "Bob Marchand"
    assert answer.status_code == 422
    assert "there@example.com: Somebody with this e-mail exists already." in words(answer)
    form = answer.context["form"]
    assert form["invitees"].value() == "There <there@example.com>"
    assert "2 people invited." in words(answer)


@pytest.mark.parametrize("typed", ["no address", "a@", "ines@example.com, and then", ""])
def test_what_is_no_address_invites_nobody(typed, visit, mails):
    answer = invite(visit(UserFactory(admin=True)), typed)
    assert answer.status_code == 422
    assert answer.context["form"].errors["invitees"]
    assert not mails()


def test_an_invitation_can_be_sent_again_until_it_is_taken(visit, mails, words, client):
    admin = visit(UserFactory(admin=True))
    invite(admin, "ines@example.com")
    ines = User.objects.get(email="ines@example.com")
    assert "not yet" in words(admin.get(f"/settings/people/{ines.pk}/")).lower()
    admin.post(f"/settings/people/{ines.pk}/invite-again")
    assert len(mails()) == 2
    choose(client, link_in(mails()[-1][2]))
    refused = admin.post(f"/settings/people/{ines.pk}/invite-again")
    assert refused.status_code == 409
    assert "signed in already" in words(refused)


def test_a_forgotten_password(mails, words, client):
    user = UserFactory(language="id")
    elsewhere = Client()
    elsewhere.force_login(user)
    page = client.post("/accounts/password/reset/", {"email": user.email}, follow=True)
    assert page.request["PATH_INFO"] == "/accounts/password/reset/done/"
    ((recipients, _subject, text),) = mails()
    assert recipients == [user.email]
    arrived, _page = choose(client, link_in(text))
    assert arrived.request["PATH_INFO"] == "/inside/"
    assert elsewhere.get("/settings/profile/").status_code == 302, "every other session has ended"
    assert len(mails()) == 2, "and its owner is told"


def test_an_unknown_or_switched_off_address_gets_the_same_page_and_no_mail(mails, words, client):
    UserFactory(email="off@example.com", is_active=False)
    pages = {}
    for email in ("known@example.com", "unknown@example.com", "off@example.com"):
        if email.startswith("known"):
            UserFactory(email=email)
        pages[email] = words(client.post("/accounts/password/reset/", {"email": email}, follow=True))
    assert len(set(pages.values())) == 1
    assert [mail[0] for mail in mails()] == [["known@example.com"]]
    assert not OutgoingMail.objects.filter(recipients__len=0, state="waiting").exists()


@pytest.mark.parametrize("email", ["known@example.com", "unknown@example.com"])
def test_a_password_is_mailed_five_times_in_a_while(email, client, words):
    UserFactory(email="known@example.com")
    for _ in range(5):
        assert client.post("/accounts/password/reset/", {"email": email}).status_code == 302
    shut = client.post("/accounts/password/reset/", {"email": email})
    assert shut.status_code == 429
    assert 0 < int(shut.headers["Retry-After"]) <= 900
    assert "Try again from" in words(shut)


@pytest.mark.parametrize(
    ("password", "again"), [("short", ""), ("1234567890", ""), (NEW, "four words in a raw"), ("password123", "")]
)
def test_a_poor_password_is_refused_beside_the_field(password, again, client, mails):
    user = UserFactory()
    client.post("/accounts/password/reset/", {"email": user.email})
    answer, _page = choose(client, link_in(mails()[0][2]), password, again)
    assert answer.context["form"].errors
    assert Client().post("/accounts/login/", {"login": user.email, "password": PASSWORD}).status_code == 302


def test_changing_the_password_keeps_this_session_only(visit, mails):
    user = UserFactory(language="fr")
    here, there = visit(user), visit(user)
    fields = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    assert here.post("/accounts/password/change/", fields).status_code == 302
    assert here.get("/settings/profile/").status_code == 200
    assert there.get("/settings/profile/").status_code == 302
    ((recipients, _subject, text),) = mails()
    assert recipients == [user.email]
    assert "127.0.0.1" in text


def test_no_secret_reaches_the_journal(visit):
    user = UserFactory()
    visit(user).post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW})
    assert NEW not in str(list(JournalEntry.objects.values_list("changes", flat=True)))
    assert "password" in journal.SECRET_FIELDS
