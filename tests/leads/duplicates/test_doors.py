"""Pages and API of duplicates: what each shows, what a click does, who is refused."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from crm.records import views_duplicates
from leads.models import Company, Contact, DuplicatePair, Lead, MergeRecord
from tests.api.callers import Caller, body
from tests.factories.accounts import UserFactory
from tests.factories.leads import CompanyFactory, ContactFactory, LeadFactory, PhoneFactory

pytestmark = pytest.mark.django_db
REASONS = [{"field": "name", "similarity": 1.0, "weight": 5.4}, {"field": "city", "similarity": 0.3, "weight": -2.1}]


@pytest.fixture
def rep(db: None) -> Any:
    return UserFactory(capabilities=["calls"])


@pytest.fixture
def browser(rep: Any) -> Client:
    client = Client()
    client.force_login(rep)
    return client


def make_pair(score: float = 0.97) -> DuplicatePair:
    one, other = CompanyFactory(name="Acme SA", sector="Steel"), CompanyFactory(name="ACME", sector="Metal")
    return DuplicatePair.objects.create(company=one, other_company=other, score=score, reasons=REASONS)


def address(pair: DuplicatePair) -> str:
    return f"/duplicates/company/{pair.one_id}/{pair.other_id}/"


# --- Pages -----------------------------------------------------------------------------------------------------------


def test_the_list_shows_the_most_probable_first(browser):
    make_pair(0.6), make_pair(0.99)
    page = browser.get("/duplicates/")
    assert page.status_code == 200
    assert [line.pair.score for line in page.context["lines"]] == [0.99, 0.6]
    assert "Company name: the same" in page.content.decode()


def test_an_empty_list_says_what_will_stand_here(browser):
    assert "Nothing to decide" in browser.get("/duplicates/?kind=contact").content.decode()


def test_the_lists_lead_there_with_the_number(browser, monkeypatch):
    page = browser.get("/companies/").content.decode()
    assert 'href="/duplicates/?kind=company"' in page
    assert "/duplicates/" not in browser.get("/leads/").content.decode()
    assert browser.get("/duplicates/?kind=company&number").content == b""
    make_pair(), make_pair()
    assert browser.get("/duplicates/?kind=company&number").content == b"2"
    assert browser.get("/duplicates/?kind=contact&number").content == b""
    monkeypatch.setattr(views_duplicates, "BADGE", 1)
    assert browser.get("/duplicates/?kind=company&number").content == b"1+"


def test_a_pair_with_a_merged_record_is_not_listed(browser):
    pair = make_pair()
    Company.objects.filter(pk=pair.one_id).update(merged_into=CompanyFactory())
    assert browser.get("/duplicates/").context["lines"] == []


def test_the_pair_stands_side_by_side_with_its_differences(browser):
    pair = make_pair()
    PhoneFactory(contact=None, company=pair.other_company)
    page = browser.get(address(pair)).content.decode()
    assert 'name="choice:sector" value="gone"' in page
    assert page.count('class="differs"') == 2  # name and sector
    for key in "mns":
        assert f'aria-keyshortcuts="{key}"' in page
    assert "Phone numbers <b" in page


def test_merging_takes_the_choices_and_leads_on(browser):
    pair, following = make_pair(0.9), make_pair(0.8)
    lead = LeadFactory(contact=None, company=pair.other_company)
    answer = browser.post(address(pair), {"choice:sector": "gone", "choice:name": "kept"})
    assert answer.status_code == 302
    assert str(following.one_id) in answer["Location"]
    assert Company.objects.get(pk=pair.one_id).sector == "Metal"
    assert Lead.objects.get(pk=lead.pk).company_id == pair.one_id


def test_the_undo_of_the_message_makes_two_again(browser):
    pair = make_pair()
    browser.post(address(pair))
    merge = MergeRecord.objects.get()
    answer = browser.post(f"/duplicates/merges/{merge.pk}/undo", follow=True)
    assert "Two again." in answer.content.decode()
    assert Company.objects.get(pk=pair.other_id).merged_into_id is None


def test_not_the_same_and_back(browser):
    pair = make_pair()
    browser.post(f"/duplicates/pairs/{pair.pk}/dismiss")
    assert DuplicatePair.objects.get().state == "dismissed"
    browser.post(f"/duplicates/pairs/{pair.pk}/reopen")
    assert DuplicatePair.objects.get().state == "open"


def test_a_contact_page_works_too(browser):
    one, other = ContactFactory(first_name="Ann"), ContactFactory(first_name="Anna")
    assert browser.get(f"/duplicates/contact/{one.pk}/{other.pk}/").status_code == 200
    browser.post(f"/duplicates/contact/{one.pk}/{other.pk}/", {"choice:first_name": "gone"})
    assert Contact.objects.get(pk=one.pk).first_name == "Anna"


def test_the_fragment_names_candidates_and_merges(browser):
    pair = make_pair()
    from leads.services import duplicates, merging

    third = CompanyFactory(name="Acme SA")
    for record in (pair.company, third):
        duplicates.write_keys(record, at_once=True)
    merging.merge_companies(actor=None, kept_id=pair.one_id, gone_id=pair.other_id)
    shown = browser.get(f"/duplicates/company/{pair.one_id}/").content.decode()
    assert "May be the same as" in shown
    assert str(third.pk) in shown
    assert "Merged into this one" in shown
    assert browser.get(f"/duplicates/company/{CompanyFactory(name='Zzz').pk}/").content.strip() == b""


def test_who_may_not_is_refused():
    pair = make_pair()
    finance = Client()
    finance.force_login(UserFactory(finance=True))
    assert finance.get("/duplicates/").status_code == 403
    assert finance.post(address(pair)).status_code == 403
    assert Client().get("/duplicates/").status_code == 302
    assert not MergeRecord.objects.exists()


@pytest.mark.parametrize(
    "wrong", ["/duplicates/deal/{0}/{1}/", "/duplicates/company/{0}/{0}x/", "/duplicates/?kind=deal"]
)
def test_what_is_not_there_is_not_found(browser, wrong):
    pair = make_pair()
    assert browser.get(wrong.format(pair.one_id, pair.other_id)).status_code == 404


# --- API -------------------------------------------------------------------------------------------------------------


def test_merge_and_unmerge_by_key(rep):
    pair, caller = make_pair(), Caller(rep, "companies:read", "companies:write")
    merged = caller.post(f"companies/{pair.one_id}/merge", {"gone": str(pair.other_id), "choices": {"sector": "gone"}})
    assert merged.status_code == 200
    assert (body(merged)["kept"], body(merged)["unmerged_at"]) == (str(pair.one_id), None)
    again = caller.post(f"companies/{pair.one_id}/merge", {"gone": str(pair.other_id)})
    assert body(again)["id"] == body(merged)["id"]
    Company.objects.filter(pk=pair.one_id).update(sector="Gold")
    undone = body(caller.post(f"companies/{pair.one_id}/unmerge", {"gone": str(pair.other_id)}))
    assert undone["left"] == [
        {"model": "leads.Company", "id": str(pair.one_id), "fields": {"sector": ["Steel", "Metal"]}}
    ]


@pytest.mark.parametrize(
    ("given", "status", "code"),
    [
        ({}, 400, "required"),
        ({"gone": "x"}, 400, "invalid"),
        ({"gone": "SAME"}, 400, "same_record"),
        ({"gone": "0192f0a0-5c8e-7000-8000-00000000aaaa"}, 404, "not_found"),
        ({"gone": "OTHER", "choices": {"sector": "both"}}, 400, "invalid_choice"),
        ({"gone": "OTHER", "choices": {"nonsense": "kept"}}, 400, "unknown_field"),
    ],
)
def test_bad_merges_get_a_clear_answer(rep, given, status, code):
    pair, caller = make_pair(), Caller(rep, "companies:write", "companies:read")
    known = {"SAME": str(pair.one_id), "OTHER": str(pair.other_id)}
    given = {name: known.get(value, value) if isinstance(value, str) else value for name, value in given.items()}
    answer = caller.post(f"companies/{pair.one_id}/merge", given)
    assert answer.status_code in {status, 422}, answer.content
    assert code in answer.content.decode()
    assert not MergeRecord.objects.exists()


def test_undoing_what_was_not_merged_here_is_a_conflict(rep):
    pair, caller = make_pair(), Caller(rep, "companies:write", "companies:read")
    answer = caller.post(f"companies/{pair.one_id}/unmerge", {"gone": str(pair.other_id)})
    assert (answer.status_code, body(answer)["code"]) == (409, "not_merged")


def test_pairs_are_listed_and_decided(rep):
    pair, caller = make_pair(), Caller(rep, "contacts:read", "contacts:write")
    (listed,) = caller.walk("duplicates", state="open", kind="company")
    assert (listed["kind"], listed["one"], listed["other"]) == ("company", str(pair.one_id), str(pair.other_id))
    assert listed["reasons"] == REASONS
    assert caller.walk("duplicates", kind="contact") == []
    assert body(caller.post(f"duplicates/{pair.pk}/dismiss"))["state"] == "dismissed"
    assert body(caller.post(f"duplicates/{pair.pk}/reopen"))["state"] == "open"


def test_a_key_without_the_scope_merges_nothing(rep):
    pair = make_pair()
    answer = Caller(rep, "companies:read").post(f"companies/{pair.one_id}/merge", {"gone": str(pair.other_id)})
    assert answer.status_code == 403
    assert not MergeRecord.objects.exists()


def test_contacts_merge_by_key_too_and_the_old_id_says_where_it_went(rep):
    kept, gone = ContactFactory(), ContactFactory()
    caller = Caller(rep, "contacts:read", "contacts:write")
    assert caller.post(f"contacts/{kept.pk}/merge", {"gone": str(gone.pk)}).status_code == 200
    assert body(caller.get(f"contacts/{gone.pk}"))["merged_into"]["id"] == str(kept.pk)
