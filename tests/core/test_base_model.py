"""Optimistic concurrency: of two writers who read the same version, one is told."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from accounts.models import User
from crm.core import ids
from crm.core.errors import VersionConflict
from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db


def test_a_client_may_choose_the_key():
    chosen = ids.uuid7()
    assert UserFactory(id=chosen).pk == chosen


def test_a_write_raises_the_version_and_the_time():
    user = UserFactory()
    before = user.updated_at
    user.name = "New name"
    user.save_version(fields=["name"])
    stored = User.objects.get(pk=user.pk)
    assert (stored.name, stored.version) == ("New name", 2)
    assert stored.updated_at > before


def test_a_write_on_an_old_version_is_refused_and_names_the_current_one():
    user = UserFactory()
    stale = User.objects.get(pk=user.pk)
    user.name = "First"
    user.save_version(fields=["name"])
    stale.name = "Second"
    with pytest.raises(VersionConflict) as caught:
        stale.save_version(fields=["name"])
    assert caught.value.current == 2
    assert User.objects.get(pk=user.pk).name == "First"


def test_the_version_a_user_was_shown_counts_not_the_one_just_loaded():
    user = UserFactory()
    user.save_version(fields=["name"])
    with pytest.raises(VersionConflict):
        User.objects.get(pk=user.pk).save_version(fields=["name"], expected=1)


@pytest.mark.django_db(transaction=True)
def test_racing_edits_lose_no_update():
    """32 writers add 5 each by read, change, write with retry; a lost update would show in the sum."""
    user = UserFactory(weekly_capacity=0)

    def add_five(_: int) -> int:
        done = conflicts = 0
        try:
            while done < 5:
                copy = User.objects.get(pk=user.pk)
                copy.weekly_capacity = (copy.weekly_capacity or 0) + 1
                try:
                    copy.save_version(fields=["weekly_capacity"])
                    done += 1
                except VersionConflict:
                    conflicts += 1
        finally:
            connection.close()
        return conflicts

    with ThreadPoolExecutor(8) as pool:
        conflicts = sum(pool.map(add_five, range(32)))
    assert User.objects.get(pk=user.pk).weekly_capacity == 160
    assert conflicts > 0, "the writers never met: this race proves nothing"
