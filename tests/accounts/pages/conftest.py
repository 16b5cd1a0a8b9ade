"""Fixtures of the page tests."""

from __future__ import annotations

import re
from collections.abc import Callable
from email import message_from_bytes, policy
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from accounts.models import User
from crm.core.models import OutgoingMail


@pytest.fixture
def visit(db: None) -> Callable[[User | None], Client]:
    """``visit(user)``: a browser in which ``user`` is signed in; a stranger's without one."""

    def new(user: User | None = None) -> Client:
        client = Client()
        if user is not None:
            client.force_login(user)
        return client

    return new


@pytest.fixture
def words() -> Callable[[HttpResponse], str]:
    """The words of a page, without its markup: what a reader reads."""

    def read(answer: HttpResponse) -> str:
        body = re.sub(r"(?s)<(script|style|template)\b.*?</\1>", " ", answer.content.decode())
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))

    return read


@pytest.fixture
def mails(db: None, settings: Any) -> Callable[[], list[tuple[list[str], str, str]]]:
    """Every mail that waits to go out: to whom, subject, plain text. Django's runner would keep them from being stored."""
    settings.EMAIL_BACKEND = "crm.core.mail.OutgoingMailBackend"

    def read() -> list[tuple[list[str], str, str]]:
        found = []
        for row in OutgoingMail.objects.filter(state=OutgoingMail.State.WAITING).order_by("created_at"):
            message = message_from_bytes(bytes(row.content), policy=policy.default)
            found.append((row.recipients, row.subject, message.get_body(("plain",)).get_content()))
        return found

    return read
