"""``manage.py create_api_key``: the secret last, and nothing beyond the person's rights."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.models import ApiKey
from accounts.services import keys
from crm.core import clock
from crm.core.models import JournalEntry
from tests.api.callers import Caller, body
from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("create_api_key", *arguments, stdout=out)
    return out.getvalue()


def test_the_last_line_is_a_secret_that_opens_the_api():
    rep = UserFactory(email="rep@example.com")
    printed = run("--user", "REP@example.com", "--scope", "me:read", "users:read", "--name", "Sync", "--days", "30")
    secret = printed.strip().splitlines()[-1]
    caller = Caller()
    caller.headers["Authorization"] = f"Bearer {secret}"
    me = body(caller.get("me"))
    assert me["id"] == str(rep.pk)
    assert me["scopes"] == ["me:read", "users:read"]
    key = ApiKey.objects.get()
    assert key.name == "Sync"
    assert timedelta(days=29) < key.expires_at - clock.now() <= timedelta(days=30)
    assert secret not in printed.replace(secret, "", 1), "once"
    assert JournalEntry.objects.get(event="key.created").actor_label == "command create_api_key"


def test_all_is_everything_the_person_may_do_and_no_more():
    rep = UserFactory()
    run("--user", rep.email, "--scope", "all")
    assert tuple(ApiKey.objects.get().scopes) == keys.scopes_of(rep)
    assert "users:write" not in ApiKey.objects.get().scopes


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--user", "nobody@example.com", "--scope", "all"], "Nobody active"),
        (["--user", "rep@example.com", "--scope", "users:write"], "goes beyond"),
        (["--user", "rep@example.com", "--scope", "moon:read"], "no scope"),
        (["--user", "rep@example.com", "--scope", "all", "--days", "0"], "Days go from"),
        (["--user", "gone@example.com", "--scope", "all"], "Nobody active"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_made(arguments, said):
    UserFactory(email="rep@example.com")
    UserFactory(email="gone@example.com", is_active=False)
    with pytest.raises(CommandError, match=said):
        run(*arguments)
    assert not ApiKey.objects.exists()
