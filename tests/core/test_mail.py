"""Outgoing mail: stored with its cause, delivered once, tried again, given up in the open."""

from __future__ import annotations

import smtplib
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from django.core.mail import EmailMessage, send_mail
from django.db import transaction

from crm.core import clock, mail, sweeps
from crm.core.models import OutgoingMail

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _row_backend(settings, tmp_path: Path) -> None:
    settings.EMAIL_BACKEND = "crm.core.mail.OutgoingMailBackend"
    settings.MAIL_DELIVERY = {"EMAIL_BACKEND": "crm.core.mail.EmlFolderBackend", "EMAIL_FILE_PATH": str(tmp_path)}


def post(subject: str = "Réunion à 9 h") -> OutgoingMail:
    send_mail(subject, "Bonjour Éloïse,\n…", None, ["eloise@example.com"])
    return OutgoingMail.objects.get(state="waiting")


def sweep() -> sweeps.Outcome:
    return sweeps.get_sweep(mail.SEND_MAIL).run()


def delivered(folder: Path) -> list:
    return [message_from_bytes(path.read_bytes(), policy=policy.default) for path in sorted(folder.glob("*.eml"))]


def test_sending_stores_and_the_sweep_delivers(tmp_path: Path):
    row = post()
    assert delivered(tmp_path) == []
    assert sweep().done == 1
    [message] = delivered(tmp_path)
    assert (message["Subject"], message["To"], message["Message-ID"]) == (
        "Réunion à 9 h",
        "eloise@example.com",
        row.message_id,
    )
    assert "Éloïse" in message.get_content()
    row.refresh_from_db()
    assert (row.state, bytes(row.content)) == ("sent", b""), "the body may hold a secret link and goes once sent"


def test_a_mail_falls_with_its_cause():
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        post()
        _ = 1 / 0
    assert not OutgoingMail.objects.exists()


def test_nothing_is_delivered_twice(tmp_path: Path):
    post()
    sweep(), sweep()
    assert len(delivered(tmp_path)) == 1


def test_a_failing_server_is_tried_again_later_with_the_same_message_id(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    row = post()
    monkeypatch.setattr(mail, "deliver", lambda row: (_ for _ in ()).throw(ConnectionRefusedError("no server")))
    assert sweep().failed == 1
    row.refresh_from_db()
    assert (row.state, row.attempt, row.claimed_until) == ("waiting", 1, None)
    assert row.due_at > clock.now()
    assert "no server" in row.last_error
    monkeypatch.undo()
    OutgoingMail.objects.update(due_at=clock.now())
    assert sweep().done == 1
    assert delivered(tmp_path)[0]["Message-ID"] == row.message_id


def test_a_refused_address_is_given_up_at_once_and_a_dead_server_after_twelve_tries(monkeypatch: pytest.MonkeyPatch):
    row = post()
    refused = smtplib.SMTPRecipientsRefused({"eloise@example.com": (550, b"no such user")})
    monkeypatch.setattr(mail, "deliver", lambda row: (_ for _ in ()).throw(refused))
    sweep()
    row.refresh_from_db()
    assert row.state == "failed"
    monkeypatch.setattr(mail, "deliver", lambda row: (_ for _ in ()).throw(TimeoutError()))
    again = post("Again")
    for _ in range(mail.MOST_ATTEMPTS):
        OutgoingMail.objects.filter(pk=again.pk).update(due_at=clock.now())
        sweep()
    again.refresh_from_db()
    assert (again.state, again.attempt) == ("failed", mail.MOST_ATTEMPTS)


def test_a_claimed_mail_is_left_alone_until_its_lease_ends(tmp_path: Path):
    row = post()
    OutgoingMail.objects.update(claimed_until=clock.now() + timedelta(minutes=1), attempt=1)
    assert sweep().done == 0
    OutgoingMail.objects.update(claimed_until=clock.now() - timedelta(seconds=1))
    assert sweep().done == 1
    row.refresh_from_db()
    assert row.attempt == 2


def test_a_sender_that_wakes_up_after_its_lease_may_not_mark():
    row = post()
    mine = OutgoingMail.objects.get(pk=row.pk)
    mine.attempt = 1
    OutgoingMail.objects.update(attempt=2)  # somebody else claimed it meanwhile
    assert mail.SendMail().mark(mine) is False
    row.refresh_from_db()
    assert row.state == "waiting"


def test_the_job_delivers_one_by_id_and_is_harmless_again(tmp_path: Path):
    row = post()
    mail.send_mail(str(row.pk))
    mail.send_mail(str(row.pk))
    assert len(delivered(tmp_path)) == 1


def test_a_mail_to_nobody_is_no_mail():
    assert mail.store(EmailMessage("s", "b", to=[])) is None


@pytest.mark.parametrize("subject", ["Hello\nBcc: victim@example.com", "x\r\nX-Evil: 1"])
def test_a_header_cannot_be_smuggled_in(subject: str):
    with pytest.raises(ValueError, match="newline"):
        send_mail(subject, "b", None, ["a@example.com"])
    assert not OutgoingMail.objects.exists()
