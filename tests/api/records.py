"""A record of every kind that the API knows, for the tests that walk all operations; some under the ids that examples name."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from accounts.models import User
from crm.integrations.services import exporting, imports
from leads.models import DuplicatePair, ScoreModel, ScoreRule
from leads.services import merging
from tests.api.world import World
from tests.factories.accounts import UserFactory
from tests.factories.leads import (
    CampaignFactory,
    CompanyFactory,
    ContactFactory,
    CustomFieldFactory,
    DealFactory,
    LeadFactory,
    PipelineFactory,
    ProductFactory,
    ReasonFactory,
    ReferralLinkFactory,
    SavedViewFactory,
    StageFactory,
)

EXAMPLE = "0192f0a0-5c8e-7000-8000-"


def make_records(world: World) -> dict[str, str]:
    """First part of the path -> the id of a record there. All of them are the administrator's to see and change."""
    admin: User = world.people["admin"]
    pipeline = PipelineFactory(id=f"{EXAMPLE}000000919e00")
    stage, _other = StageFactory(pipeline=pipeline), StageFactory(pipeline=pipeline, id=f"{EXAMPLE}0000000057a6")
    PipelineFactory()  # one stays when the other is put away
    ReasonFactory(id=f"{EXAMPLE}0000000d1590", kind="disqualified")
    ReasonFactory(id=f"{EXAMPLE}00000000105e", kind="lost")
    ProductFactory(id=f"{EXAMPLE}0000000090d0")
    ContactFactory(id=f"{EXAMPLE}00000000c0de")
    UserFactory(id=f"{EXAMPLE}00000000a5e1")
    lead = LeadFactory()
    company, contact = CompanyFactory(), ContactFactory()
    for factory in (CompanyFactory, ContactFactory):
        factory(id=f"{EXAMPLE}0000000060e0"), factory(id=f"{EXAMPLE}0000000060e1")
    merged = UUID(f"{EXAMPLE}0000000060e1")
    merging.merge_companies(actor=None, kept_id=company.pk, gone_id=merged)
    merging.merge_contacts(actor=None, kept_id=contact.pk, gone_id=merged)
    rows: dict[str, Any] = {
        "users": world.people["mate"],
        "teams": world.teams["inside"],
        "calendars": world.calendars["used"],
        "companies": company,
        "contacts": contact,
        "duplicates": DuplicatePair.objects.create(company=company, other_company=CompanyFactory(), score=0.9),
        "leads": lead,
        "deals": DealFactory(stage=stage, currency="EUR"),
        "products": ProductFactory(),
        "campaigns": CampaignFactory(),
        "referral-links": ReferralLinkFactory(),
        "pipelines": pipeline,
        "stages": stage,
        "reasons": ReasonFactory(),
        "custom-fields": CustomFieldFactory(),
        "saved-views": SavedViewFactory(owner=admin),
        "imports": imports.bring_file(actor=admin, blocks=[b"name\nAcme\n"], name="list.csv", target="companies"),
        "exports": exporting.request_export(actor=admin, kind="companies", format="csv"),
        "score-rules": ScoreRule.objects.create(
            axis="fit", fact="company.employees", test="at_least", values=["50"], points=15
        ),
        "score-models": ScoreModel.objects.create(number=1),
    }
    return {path: str(row.pk) for path, row in rows.items()}
