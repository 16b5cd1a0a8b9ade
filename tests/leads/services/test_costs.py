"""What a write costs in queries, so that nobody raises it unseen."""

from __future__ import annotations

import pytest

from leads.services import intake
from tests.factories.accounts import UserFactory
from tests.factories.leads import ContactFactory, EmailFactory

pytestmark = pytest.mark.django_db


def test_a_lead_of_a_known_person(count_queries):
    rep = UserFactory(capabilities=["calls"])
    contact = ContactFactory(company__domain="firm.test")
    EmailFactory(contact=contact, address="known@firm.test")
    intake.receive_enquiry(actor=rep, email="first@firm.test", last_name="Warm")
    with count_queries() as queries:
        intake.receive_enquiry(actor=rep, email="known@firm.test")
    assert queries.number <= 13, queries.statements


def test_a_lead_of_a_new_person_at_a_known_company(count_queries):
    rep = UserFactory(capabilities=["calls"])
    ContactFactory(company__name="Firm", company__name_key="firm", company__domain="firm.test")
    intake.receive_enquiry(actor=rep, email="first@elsewhere.test", last_name="Warm")
    with count_queries() as queries:
        lead = intake.receive_enquiry(actor=rep, email="new@firm.test", last_name="New", company_name="Firm", owner=rep)
    assert queries.number <= 13, queries.statements
    for record in (lead, lead.contact):
        record.refresh_from_db()
        assert {"'firm'", "'new'"} <= set(record.search_words.replace(":", " ").split()), "found by both from its birth"


def test_a_lead_of_a_new_person_at_a_new_company(count_queries):
    rep = UserFactory(capabilities=["calls"])
    intake.receive_enquiry(actor=rep, email="first@firm.test", last_name="Warm")
    with count_queries() as queries:
        intake.receive_enquiry(
            actor=rep, email="new@other.test", last_name="New", phone="+33472000001", company_name="Other", city="Lyon"
        )
    assert queries.number <= 15, queries.statements
