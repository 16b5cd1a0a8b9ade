"""Fixtures of imports and exports."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from accounts.models import User
from crm.integrations.models import ImportJob
from crm.integrations.services import imports, running
from tests.factories.accounts import UserFactory


@pytest.fixture(autouse=True)
def _media(settings, tmp_path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def admin(db: None) -> User:
    return UserFactory(admin=True)


@pytest.fixture
def bring(admin) -> Callable[..., ImportJob]:
    """``bring(content or path, "companies")``: a draft."""

    def bring(content: str | bytes | Path, target: str, name: str = "list.csv", **options) -> ImportJob:
        body = (
            content.read_bytes()
            if isinstance(content, Path)
            else content.encode()
            if isinstance(content, str)
            else content
        )
        job = imports.bring_file(
            actor=admin, blocks=[body], name=content.name if isinstance(content, Path) else name, target=target
        )
        return imports.change_import(actor=admin, import_id=job.pk, options=options) if options else job

    return bring


def try_out(job: ImportJob) -> dict[str, int]:
    imports.try_import(actor=job.owner, import_id=job.pk)
    return work(job).trial


def run(job: ImportJob) -> ImportJob:
    imports.run_import(actor=job.owner, import_id=job.pk)
    return work(job)


def undo(job: ImportJob) -> ImportJob:
    imports.undo_import(actor=job.owner, import_id=job.pk)
    return work(job)


def work(job: ImportJob) -> ImportJob:
    """What a worker does."""
    while ImportJob.objects.filter(pk=job.pk, state__in=ImportJob.AT_WORK).exists():
        assert running.work_on(job.pk), "nobody else has it"
    job.refresh_from_db()
    return job
