"""The flow of a lead: new, attempting, connected, qualified or disqualified; nothing else."""

from __future__ import annotations

from decimal import Decimal

import pytest

from crm.core import ids
from crm.core.errors import Conflict, Forbidden, Invalid, NotFound, VersionConflict
from crm.core.models import JournalEntry
from leads.models import Lead
from leads.services import deals
from leads.services import leads as verbs
from tests.factories.accounts import TeamFactory, UserFactory
from tests.factories.leads import LeadFactory, ReasonFactory, StageFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def rep():
    return UserFactory(capabilities=["calls"], team=TeamFactory())


@pytest.fixture
def lead(rep):
    return LeadFactory(owner=rep)


def events(lead: Lead) -> list[str]:
    return list(JournalEntry.objects.filter(object_id=lead.pk).order_by("position").values_list("event", flat=True))


def test_the_way_to_qualified(rep, lead):
    verbs.attempt_lead(actor=rep, lead_id=lead.pk)
    verbs.connect_lead(actor=rep, lead_id=lead.pk)
    verbs.qualify_lead(actor=rep, lead_id=lead.pk)
    lead.refresh_from_db()
    assert (lead.status, lead.connected_at is not None, lead.closed_at is not None) == ("qualified", True, True)
    assert events(lead) == ["lead.attempted", "lead.connected", "lead.qualified"]


def test_each_verb_twice_is_once(rep, lead):
    for verb in (verbs.attempt_lead, verbs.connect_lead, verbs.qualify_lead):
        verb(actor=rep, lead_id=lead.pk)
        verb(actor=rep, lead_id=lead.pk)
    assert events(lead) == ["lead.attempted", "lead.connected", "lead.qualified"]


def test_an_attempt_on_a_connected_lead_takes_nothing_back(rep, lead):
    verbs.connect_lead(actor=rep, lead_id=lead.pk)
    verbs.attempt_lead(actor=rep, lead_id=lead.pk)
    lead.refresh_from_db()
    assert lead.status == "connected"


@pytest.mark.parametrize("verb", ["attempt_lead", "connect_lead", "qualify_lead"])
def test_a_disqualified_lead_moves_no_more(rep, verb):
    lead = LeadFactory(owner=rep, disqualified=True)
    with pytest.raises(Conflict) as caught:
        getattr(verbs, verb)(actor=rep, lead_id=lead.pk)
    assert caught.value.specific_code == "no_such_move"
    assert events(lead) == []


def test_a_reason_is_asked_for(rep, lead):
    wrong_kind = ReasonFactory(kind="lost")
    for reason in (wrong_kind.pk, ids.uuid7()):
        with pytest.raises(Invalid, match="reason"):
            verbs.disqualify_lead(actor=rep, lead_id=lead.pk, reason_id=reason)
    verbs.disqualify_lead(actor=rep, lead_id=lead.pk, reason_id=ReasonFactory().pk, note="No budget")
    lead.refresh_from_db()
    assert (lead.status, lead.reason is not None) == ("disqualified", True)
    assert JournalEntry.objects.get(object_id=lead.pk).changes["note"] == [None, "No budget"]


def test_reopened_where_it_stood(rep, lead):
    verbs.connect_lead(actor=rep, lead_id=lead.pk)
    verbs.disqualify_lead(actor=rep, lead_id=lead.pk, reason_id=ReasonFactory().pk)
    verbs.reopen_lead(actor=rep, lead_id=lead.pk)
    lead.refresh_from_db()
    assert (lead.status, lead.reason, lead.closed_at) == ("connected", None, None)
    with pytest.raises(Conflict):
        verbs.reopen_lead(actor=rep, lead_id=lead.pk)


def test_qualifying_opens_a_deal_with_what_the_lead_knows(rep):
    stage = StageFactory(pipeline__motion="inside")
    lead = LeadFactory(owner=rep, expected_value=Decimal(900), currency="EUR")
    verbs.qualify_lead(actor=rep, lead_id=lead.pk, deal={})
    deal = lead.deals.get()
    assert (deal.stage, deal.owner, deal.amount, deal.company) == (stage, rep, 900, lead.company)
    with pytest.raises(Conflict):
        verbs.reopen_lead(actor=rep, lead_id=lead.pk)


def test_a_deal_that_cannot_be_opened_leaves_the_lead_as_it_was(rep, lead):
    with pytest.raises(Conflict):
        verbs.qualify_lead(actor=rep, lead_id=lead.pk, deal={})  # no pipeline yet
    lead.refresh_from_db()
    assert lead.status == "new"


def test_out_of_sight_is_absent(lead):
    stranger = UserFactory(capabilities=["calls"], team=TeamFactory())
    with pytest.raises(NotFound):
        verbs.attempt_lead(actor=stranger, lead_id=lead.pk)


def test_who_does_not_sell_writes_nothing(lead):
    for capabilities in ([], ["approves"]):
        with pytest.raises(Forbidden):
            verbs.change_lead(actor=UserFactory(capabilities=capabilities), lead_id=lead.pk, changes={})


def test_an_old_version_is_refused(rep, lead):
    verbs.change_lead(actor=rep, lead_id=lead.pk, changes={"source": "Fair"}, expected_version=1)
    with pytest.raises(VersionConflict):
        verbs.change_lead(actor=rep, lead_id=lead.pk, changes={"source": "Web"}, expected_version=1)


@pytest.mark.parametrize("field", ["owner", "status", "score_total", "closed_at", "reason", "id", "version"])
def test_what_is_decided_elsewhere_cannot_be_set(rep, lead, field):
    with pytest.raises(Invalid) as caught:
        verbs.change_lead(actor=rep, lead_id=lead.pk, changes={field: None})
    assert (caught.value.field, caught.value.specific_code) == (field, "not_writable")


def test_changing_nothing_writes_nothing(rep, lead):
    verbs.change_lead(actor=rep, lead_id=lead.pk, changes={"source": lead.source})
    assert events(lead) == []


def test_managers_give_leads_to_people_who_sell():
    manager = UserFactory(manager=True, team=None)
    team = TeamFactory(managers=[manager])
    seller, clerk = UserFactory(capabilities=["visits"], team=team), UserFactory(capabilities=["approves"], team=team)
    lead = LeadFactory(owner=None)
    with pytest.raises(Invalid, match="does not sell"):
        verbs.assign_lead(actor=manager, lead_id=lead.pk, owner_id=clerk.pk)
    verbs.assign_lead(actor=manager, lead_id=lead.pk, owner_id=seller.pk)
    lead.refresh_from_db()
    assert lead.owner == seller
    with pytest.raises(Forbidden):
        verbs.assign_lead(actor=seller, lead_id=lead.pk, owner_id=None)


# --- Deals ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def deal(rep):
    StageFactory(pipeline__motion="inside", probability=10)
    return deals.create_deal(actor=rep, name="Line 4", amount=Decimal(5000), currency="EUR")


def test_a_deal_begins_with_its_maker_as_whole_owner(rep, deal):
    assert (deal.owner, deal.splits.get().share, deal.stage_changes.count()) == (rep, 1, 1)


def test_moves_are_history(rep, deal):
    other = StageFactory(pipeline=deal.stage.pipeline)
    deals.move_deal(actor=rep, deal_id=deal.pk, stage_id=other.pk)
    deals.move_deal(actor=rep, deal_id=deal.pk, stage_id=other.pk)
    assert [change.stage for change in deal.stage_changes.all()] == [deal.stage, other]
    assert events(deal) == ["deal.created", "deal.moved"]


def test_won_is_closed(rep, deal):
    deals.win_deal(actor=rep, deal_id=deal.pk)
    deal.refresh_from_db()
    assert (deal.state, deal.closed_on is not None, deal.forecast_category) == ("won", True, "closed")
    with pytest.raises(Conflict):
        deals.move_deal(actor=rep, deal_id=deal.pk, stage_id=StageFactory().pk)
    with pytest.raises(Conflict):
        deals.lose_deal(actor=rep, deal_id=deal.pk, reason_id=ReasonFactory(kind="lost").pk)
    deals.reopen_deal(actor=rep, deal_id=deal.pk)
    deal.refresh_from_db()
    assert (deal.state, deal.closed_on) == ("open", None)


def test_lost_says_why_and_to_whom(rep, deal):
    with pytest.raises(Invalid):
        deals.lose_deal(actor=rep, deal_id=deal.pk, reason_id=ReasonFactory(kind="won").pk)
    reason = ReasonFactory(kind="lost")
    deals.lose_deal(actor=rep, deal_id=deal.pk, reason_id=reason.pk, competitor="Acme")
    deal.refresh_from_db()
    assert (deal.state, deal.reason, deal.competitor) == ("lost", reason, "Acme")


def test_lines_make_the_amount_each_rounded_by_itself(rep, deal):
    from tests.factories.leads import ProductFactory

    product = ProductFactory(price=Decimal("0.3333"), currency="EUR", margin_rate=Decimal("0.5"))
    lines = [{"product": product, "quantity": Decimal("0.5")}] * 3  # 0.16665 each, 0.17 rounded
    deals.set_lines(actor=rep, deal_id=deal.pk, lines=lines)
    deal.refresh_from_db()
    assert (deal.amount, deal.margin_rate) == (Decimal("0.51"), Decimal("0.5"))
    with pytest.raises(Conflict) as caught:
        deals.change_deal(actor=rep, deal_id=deal.pk, changes={"amount": Decimal(9)})
    assert caught.value.specific_code == "has_lines"


def test_a_bad_line_is_named_by_its_place(rep, deal):
    from tests.factories.leads import ProductFactory

    good = {"product": ProductFactory(), "unit_price": Decimal(1)}
    for bad, field in [({"product": ids.uuid7()}, "product"), (good | {"quantity": Decimal(0)}, "quantity"),
                       ({"product": good["product"]}, "unit_price")]:  # fmt: skip
        with pytest.raises(Invalid) as caught:
            deals.set_lines(actor=rep, deal_id=deal.pk, lines=[good, bad])
        assert caught.value.field == f"lines.1.{field}"
    assert deal.lines.count() == 0


def test_shares_add_up_to_one(rep, deal):
    mate = UserFactory(team=rep.team, capabilities=["visits"])
    half = Decimal("0.5")
    with pytest.raises(Invalid, match="100"):
        deals.set_splits(actor=rep, deal_id=deal.pk, splits=[{"user": rep, "share": half}])
    with pytest.raises(Invalid, match="once"):
        deals.set_splits(
            actor=rep, deal_id=deal.pk, splits=[{"user": rep, "share": half}, {"user": rep, "share": half}]
        )
    deals.set_splits(actor=rep, deal_id=deal.pk, splits=[{"user": rep, "share": half}, {"user": mate, "share": half}])
    assert sum(split.share for split in deal.splits.all()) == 1


def test_the_credit_follows_the_owner_while_nobody_shares_it(rep, deal):
    mate = UserFactory(team=rep.team, capabilities=["visits"])
    deals.change_deal(actor=rep, deal_id=deal.pk, changes={"owner": mate})
    assert deal.splits.get().user == mate
