"""A mail to the lead address becomes exactly one entry; machines are never answered; nothing that comes breaks it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from crm.core.models import Heartbeat, OutgoingMail
from leads.intake.mails import read_mail, split_reply
from leads.models import IncomingMail, Lead
from leads.services import incoming_mail
from leads.services.incoming_mail import FetchMail, ReadMail, Source
from tests.factories.accounts import UserFactory
from tests.factories.leads import EmailFactory, LeadFactory
from tests.leads.doors.imap import Folder, serving

pytestmark = pytest.mark.django_db


def mail(sender: str = "Jean Dupont <jean@acme.test>", body: str = "How much is it?", **headers: str) -> bytes:
    said = {"From": sender, "Subject": "Price", "Message-ID": "<1@acme.test>", "To": "leads@firm.test"}
    said |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"{name}: {value}" for name, value in said.items()]
    return "\n".join([*lines, "Content-Type: text/plain; charset=utf-8", "", body]).encode()


@pytest.fixture
def folder(settings: Any) -> Iterator[Folder]:
    held = Folder()
    with serving(held) as url:
        settings.INBOUND_EMAIL_URL = url
        yield held


def come_in() -> None:
    FetchMail().run()
    ReadMail().run()


def store(raw: bytes) -> IncomingMail:
    incoming_mail.store_mail("leads@firm.test", raw)
    ReadMail().run()
    row: IncomingMail = IncomingMail.objects.order_by("-id")[0]
    return row


def test_a_mail_becomes_a_lead(folder: Folder) -> None:
    folder.put(mail(body="How much is it?\n\n-- \nJean Dupont\nHead of Purchasing\nAcme Tubes SAS\n+33 4 72 00 12 34"))
    come_in()
    lead = Lead.objects.get()
    assert lead.channel == "email"
    assert "How much is it?" in lead.notes
    assert lead.notes.startswith("Price")
    assert lead.contact is not None
    assert (lead.contact.name, lead.contact.job_title) == ("Jean Dupont", "Head of Purchasing")
    assert str(lead.company) == "Acme Tubes SAS"
    assert [phone.number for phone in lead.contact.phones.all()] == ["+33472001234"]
    row = IncomingMail.objects.get()
    assert (row.state, row.lead, row.sender, row.mailbox) == ("lead", lead, "jean@acme.test", "leads@firm.test")


def test_it_is_one_entry_however_often_it_is_delivered(folder: Folder) -> None:
    folder.put(mail())
    come_in()
    come_in()
    assert folder.fetched == [1], "what was taken is not asked for again"
    folder.put(mail())  # delivered again under a new number
    folder.validity += 1  # and the server counts afresh
    come_in()
    assert folder.fetched == [1, 1, 2]
    assert (IncomingMail.objects.count(), Lead.objects.count()) == (1, 1)
    assert not any(command.startswith(("UID STORE", "EXPUNGE", "SELECT")) for command in folder.commands), "read only"


def test_without_a_message_id_the_content_says_which_it_is() -> None:
    raw = mail(Message_ID="")
    assert [incoming_mail.store_mail("leads@firm.test", raw) for _ in range(2)] == [1, 0]
    assert incoming_mail.store_mail("leads@firm.test", mail(Message_ID="", Subject="Other")) == 1
    assert incoming_mail.store_mail("sales@firm.test", raw) == 1, "another mailbox has its own"


def test_what_was_stored_is_read_by_the_sweep_when_nobody_rang_and_once() -> None:
    incoming_mail.store_mail("leads@firm.test", mail())
    row = IncomingMail.objects.get()
    incoming_mail.read_stored_mail(str(row.pk))
    incoming_mail.read_stored_mail(str(row.pk))
    ReadMail().run()
    assert Lead.objects.count() == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Precedence": "bulk"},
        {"List_Id": "<news.acme.test>"},
        {"Return_Path": "<>"},
        {"sender": "MAILER-DAEMON@acme.test"},
        {"sender": "No Reply <no-reply@acme.test>"},
        {"sender": "leads@firm.test"},
    ],
)
def test_machine_mail_makes_no_lead_and_no_answer(headers: dict[str, str]) -> None:
    row = store(mail(**headers))
    assert row.state == "ignored"
    assert row.remark
    assert not Lead.objects.exists()
    assert not OutgoingMail.objects.exists()


def test_a_persons_mail_says_no_machine() -> None:
    assert store(mail(Auto_Submitted="no", Return_Path="<jean@acme.test>")).state == "lead"
    assert not OutgoingMail.objects.exists(), "nothing is ever answered from here"


def test_a_colleagues_mail_is_set_aside() -> None:
    assert store(mail(sender=f"Me <{UserFactory().email.upper()}>")).remark == "Sent by a colleague."
    assert not Lead.objects.exists()


def test_who_has_an_open_lead_adds_to_it() -> None:
    lead = LeadFactory(notes="First words")
    EmailFactory(contact=lead.contact, address="jean@acme.test", key="jean@acme.test")
    row = store(mail(body="And in blue?\n\nOn Monday, Ann <ann@firm.test> wrote:\n> It costs 5.", Subject="Re: Price"))
    lead.refresh_from_db()
    assert (row.state, row.lead) == ("added", lead)
    assert "First words" in lead.notes
    assert "And in blue?" in lead.notes
    assert "It costs 5" not in lead.notes
    assert Lead.objects.count() == 1


def test_who_has_a_closed_lead_makes_a_new_one_on_the_same_person() -> None:
    closed = LeadFactory(disqualified=True)
    EmailFactory(contact=closed.contact, address="jean@acme.test", key="jean@acme.test")
    row = store(mail())
    assert row.lead is not None
    assert row.lead != closed
    assert row.lead.contact == closed.contact


def test_a_signature_that_does_not_fit_costs_no_lead() -> None:
    row = store(mail(body="Hello\n--\nJean\n" + "x" * 5_000 + "\n+33 4 72 00 12 34"))
    assert row.state == "lead"


def test_a_mail_that_names_nobody_stands_in_the_list() -> None:
    row = store(mail(sender=""))
    assert (row.state, row.remark) == ("failed", "It names no sender.")


def test_files_are_named_and_not_kept() -> None:
    body = (
        b"From: a@acme.test\nSubject: s\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n"
        b"--b\nContent-Type: text/html\n\n<p>Hi <img src=http://x.test/p.gif><script>alert(1)</script></p>\n"
        b'--b\nContent-Type: application/pdf\nContent-Disposition: attachment; filename="plan <b>.pdf"\n\nxx\n--b--\n'
    )
    lead = store(body).lead
    assert lead is not None
    assert "plan <b>.pdf" in lead.notes
    assert "alert" not in lead.notes
    assert "x.test" not in lead.notes


def test_a_mailbox_that_is_away_is_said_and_tried_again(folder: Folder, settings: Any) -> None:
    folder.put(mail())
    good = settings.INBOUND_EMAIL_URL
    for bad in ("imap://a:b@127.0.0.1:1/INBOX", good.replace("secret", "wrong"), "http://nonsense"):
        settings.INBOUND_EMAIL_URL = bad
        assert FetchMail().run().failed == 1
    assert "secret" not in Heartbeat.objects.get(name="leads.fetch_mail").last_error
    settings.INBOUND_EMAIL_URL = good
    assert FetchMail().run().done == 1


def test_the_address_of_a_mailbox() -> None:
    source = Source.parse("imaps://leads%40firm.test:p%2Fw@mail.firm.test/Sub/Folder?address=Leads@Firm.test")
    assert (source.host, source.port, source.is_encrypted) == ("mail.firm.test", 993, True)
    assert (source.user, source.password) == ("leads@firm.test", "p/w")
    assert (source.folder, source.address) == ("Sub/Folder", "leads@firm.test")
    with pytest.raises(ImproperlyConfigured):
        Source.parse("smtp://x")


def test_managers_see_what_came(client: Client) -> None:
    store(mail(Precedence="bulk", Subject="<script>alert(1)</script>"))
    client.force_login(UserFactory(manager=True))
    page = client.get("/settings/lead-mail/?state=ignored").content.decode()
    assert "&lt;script&gt;alert" in page
    assert "Sent by a machine" in page
    client.force_login(UserFactory())
    assert client.get("/settings/lead-mail/").status_code == 403


# --- The real mails --------------------------------------------------------------------------------------------------


@pytest.mark.shared_data
def test_every_file_of_the_data_set_ends_in_a_state(shared_data: Path) -> None:
    paths = [path for path in sorted((shared_data / "mail").rglob("*")) if path.is_file()]
    assert len(paths) > 130
    for path in paths:
        incoming_mail.store_mail("leads@firm.test", path.read_bytes())
    outcome = ReadMail().run()
    assert outcome.failed == 0
    rows = IncomingMail.objects.all()
    assert not rows.filter(state="waiting").exists()
    assert rows.filter(state__in=["lead", "added"]).count() >= 50
    assert rows.filter(state="ignored").count() >= 6


@pytest.mark.shared_data
def test_the_reply_without_what_it_answers(shared_data: Path) -> None:
    """The bar: 11 of 12."""
    folder = shared_data / "mail" / "talon" / "standard_replies"
    right = 0
    mails = sorted(folder.glob("*.eml"))
    for path in mails:
        given = path.with_name(f"{path.stem}_reply_text")
        wanted = given.read_text() if given.exists() else "Hello"
        right += read_mail(path.read_bytes()).text.split() == wanted.split()
    assert len(mails) == 12
    assert right >= 11


FORWARDED = "---------- Forwarded message ----------\nFrom: a@b.test\n\nBuy"


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("Oui.\n\nLe lun. 3 mars 2031 à 10:00, Ann <a@b.test> a écrit :\n> Alors ?", "Oui."),
        ("Ja.\n\nAm 03.03.2031 um 10:00 schrieb Ann:\n> Und?", "Ja."),
        ("> Und?\nJa.\n> Wann?\nMorgen.", "Ja.\nMorgen."),
        ("On the other hand I wrote: yes", "On the other hand I wrote: yes"),
        (FORWARDED, FORWARDED),
        ("", ""),
    ],
)  # fmt: skip
def test_splitting(text: str, own: str) -> None:
    assert split_reply(text)[0] == own


def test_a_hostile_text_takes_no_time() -> None:
    for text in ("on " * 30_000, "\n".join(["On x " * 70] * 2_000), ">" * 100_000, "From: a\n" * 20_000):
        split_reply(text)
