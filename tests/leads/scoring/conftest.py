"""Leads to score, made by the hundred."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from django.db import connection

from crm.core import clock
from leads.models import Company, Deal, Lead
from tests.factories.leads import DealFactory, LeadFactory, ReasonFactory


@pytest.fixture
def past(db):
    """``past(won, lost)``: leads of the last months, closed; banks and big ones are won more often. Oldest first."""

    with connection.cursor() as cursor:
        # A worker learns outside of any transaction; a test cannot, and a busy machine takes its time.
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")

    def make(won, lost, *, telling=True):
        chance = np.random.default_rng(6)
        reason = ReasonFactory()
        outcomes = chance.permutation([True] * won + [False] * lost)
        now = clock.now()
        made = []
        for place, is_won in enumerate(outcomes):
            good = (is_won if chance.random() < 0.85 else not is_won) if telling else chance.random() < 0.5
            lead = LeadFactory(
                contact__company__sector="Bank" if good else "Farm",
                contact__company__employees=int(chance.integers(100, 400) if good else chance.integers(1, 200)),
                source=str(chance.choice(["Fair", "Web"])),
                arrived_at=now - timedelta(days=300) + timedelta(days=300) * place / len(outcomes),
            )
            closing = {"closed_at": lead.arrived_at + timedelta(days=9)}
            if is_won:
                Lead.objects.filter(pk=lead.pk).update(status=Lead.Status.QUALIFIED, **closing)
                deal = DealFactory(lead=lead, company=lead.company)
                Deal.objects.filter(pk=deal.pk).update(state=Deal.State.WON, closed_on=closing["closed_at"].date())
            else:
                Lead.objects.filter(pk=lead.pk).update(status=Lead.Status.DISQUALIFIED, reason=reason, **closing)
            made.append(lead)
        return made

    return make


@pytest.fixture
def bank(db):
    """A lead on a large bank that came by a form today."""
    return LeadFactory(contact__company__sector="Bank", contact__company__employees=300, channel=Lead.Channel.FORM)


@pytest.fixture
def farm(db):
    return LeadFactory(contact__company__sector="Farm", contact__company__employees=3, channel=Lead.Channel.REP)


@pytest.fixture
def sector_of():
    def change(lead, sector):
        Company.objects.filter(pk=lead.company_id).update(sector=sector)

    return change
