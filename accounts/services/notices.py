"""Marking notices read. Nothing of the trade changes, so nothing is journalled."""

from __future__ import annotations

from uuid import UUID

from django.db.models import F

from accounts.models import Notice, User
from accounts.policies import WRITE_NOTICES
from crm.core import clock, policy


def mark_read(*, actor: User, notice_id: UUID) -> None:
    """Mark one of the actor's notices read. Raises ``NotFound``; twice changes nothing."""
    policy.require(actor, WRITE_NOTICES)
    notice: Notice = policy.get_visible(Notice.objects.all(), actor, pk=notice_id)
    if notice.read_at is None:
        notice.read_at = clock.now()
        notice.save_version(fields=["read_at"])


def mark_all_read(*, actor: User) -> int:
    """Mark all of the actor's notices read; answers how many were not."""
    policy.require(actor, WRITE_NOTICES)
    now = clock.now()
    return Notice.objects.visible_to(actor).unread().update(read_at=now, updated_at=now, version=F("version") + 1)
