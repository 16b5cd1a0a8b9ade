"""Two real files, from the drop to the report, as somebody at the desk sees it; a picture of each step."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
from django.db import connections

from crm.integrations.models import ImportJob
from crm.integrations.services import running
from leads.models import Company, Deal
from tests.factories.accounts import UserFactory
from tests.factories.leads import PipelineFactory, StageFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.shared_data]
LAPTOP, PHONE = (1440, 900), (390, 844)


@pytest.fixture(autouse=True)
def _media(settings, tmp_path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def picture(tmp_path):
    """``picture(page, "name")``: kept where TANDEM_SHOTS says, else with the test's own files."""
    folder = Path(os.environ.get("TANDEM_SHOTS", tmp_path))

    def take(page, name: str) -> None:
        page.screenshot(path=folder / f"import-{name}.png", full_page=True)

    return take


def in_a_worker(job: ImportJob) -> threading.Thread:
    """A worker beside the browser."""

    def work() -> None:
        while running.work_on(job.pk):
            pass
        connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def drop(page, path: Path, target: str) -> ImportJob:
    page.set_default_timeout(60_000)  # the first page after a start loads the names of all countries and currencies
    page.goto("/imports/")
    page.get_by_label(target, exact=True).check()
    page.get_by_label("File", exact=True).set_input_files(path)
    page.get_by_role("button", name="Look at the file").click()
    page.get_by_role("button", name="Try out", exact=True).wait_for()
    return ImportJob.objects.latest("created_at")


def press_and_work(page, button: str, job: ImportJob) -> None:
    page.get_by_role("button", name=button, exact=True).click()
    page.get_by_role("button", name="Stop").wait_for()
    thread = in_a_worker(job)
    thread.join()


def count(page, section: str, name: str) -> str:
    found = page.locator(f"#{section} dt", has_text=name)
    return found.locator("xpath=following-sibling::dd[1]").inner_text().replace(",", "")


@pytest.mark.parametrize("size", [LAPTOP, PHONE])
def test_an_account_export(open_page, shared_data, picture, size):
    page = open_page(user=UserFactory(admin=True), size=size)
    job = drop(page, shared_data / "csv-import" / "salesforce" / "accountData.csv", "Companies")
    assert page.get_by_label("Encoding").input_value() == "cp1252"
    picture(page, f"accounts-mapping-{size[0]}")
    press_and_work(page, "Try out", job)
    page.locator("#trial").wait_for()
    assert count(page, "trial", "Created") == "423"
    assert Company.objects.count() == 0
    picture(page, f"accounts-tried-{size[0]}")
    press_and_work(page, "Import", job)
    page.locator("#report").wait_for()
    assert (count(page, "report", "Created"), Company.objects.count()) == ("423", 423)
    picture(page, f"accounts-done-{size[0]}")
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0
    if size == LAPTOP:
        page.get_by_role("button", name="Undo the import").click()
        page.locator("#progress").wait_for()
        in_a_worker(job).join()
        page.get_by_text("423 records are gone").wait_for()
        assert Company.objects.count() == 0
        picture(page, "accounts-undone")


def test_a_pipeline(open_page, shared_data, picture):
    inside = PipelineFactory(name="Inside")
    for position, name in enumerate(("New", "Demo", "Offer", "Decision")):
        StageFactory(pipeline=inside, name=name, position=position, probability=20 * position)
    page = open_page(user=UserFactory(admin=True))
    job = drop(page, shared_data / "crm-pipeline" / "sales_pipeline-dev.csv", "Deals")
    picture(page, "pipeline-mapping")
    page.get_by_role("button", name="Import at once").click()
    page.get_by_role("button", name="Stop").wait_for()
    thread = in_a_worker(job)
    page.locator("#progress progress").wait_for()
    page.get_by_text("rows read").wait_for()
    picture(page, "pipeline-running")
    thread.join()
    page.locator("#report").wait_for()
    assert (count(page, "report", "Created"), Deal.objects.count()) == ("6063", 6063)
    assert Deal.objects.filter(state="won").exists()
    picture(page, "pipeline-done")
