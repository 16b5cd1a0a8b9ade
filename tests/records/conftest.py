"""One small organisation with a record of each kind for those whose rights differ."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from leads.models import Company, Contact, Deal, Lead, Reason
from tests.api.world import World, make_world
from tests.factories.leads import (
    CompanyFactory,
    ContactFactory,
    DealFactory,
    LeadFactory,
    PhoneFactory,
    PipelineFactory,
    ReasonFactory,
    SiteFactory,
    StageFactory,
)


@dataclass
class Sales:
    """``own`` is the inside rep's lead, ``strange`` one of a team elsewhere, ``free`` nobody's; deals likewise."""

    world: World
    company: Company
    contact: Contact
    own: Lead
    strange: Lead
    free: Lead
    deal: Deal
    strange_deal: Deal
    reason: Reason
    stages: list[Any]

    def person(self, name: str) -> User:
        return self.world.people[name]


@pytest.fixture
def sales(db: None) -> Sales:
    world = make_world()
    inside, stranger = world.people["inside"], world.people["stranger"]
    company = CompanyFactory(name="Fromageries du Haut-Forez")
    SiteFactory(company=company, is_primary=True)
    contact = ContactFactory(
        company=company, first_name="Hélène", last_name="Castagnet", job_title="Head of production"
    )
    PhoneFactory(contact=contact)
    pipeline = PipelineFactory(name="Inside")
    stages = [
        StageFactory(pipeline=pipeline, name=name, position=at) for at, name in enumerate(["New", "Demo", "Offer"])
    ]
    return Sales(
        world=world,
        company=company,
        contact=contact,
        own=LeadFactory(contact=contact, company=company, owner=inside, source="Website"),
        strange=LeadFactory(owner=stranger),
        free=LeadFactory(owner=None),
        deal=DealFactory(
            name="Weighing line",
            company=company,
            contact=contact,
            owner=inside,
            stage=stages[0],
            amount=100,
            currency="EUR",
        ),
        strange_deal=DealFactory(owner=stranger, stage=stages[0]),
        reason=ReasonFactory(label="No budget"),
        stages=stages,
    )


@pytest.fixture
def visit(db: None) -> Callable[[User], Client]:
    """``visit(user)``: a browser in which ``user`` is signed in."""

    def new(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return new


@pytest.fixture
def htmx() -> dict[str, str]:
    return {"HTTP_HX_REQUEST": "true"}
