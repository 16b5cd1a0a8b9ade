"""Saved views: kept, shared, opened first; whose they are."""

from __future__ import annotations

import pytest
from django.contrib.messages import get_messages

from crm.core.errors import Conflict, Forbidden, Invalid, NotFound, VersionConflict
from crm.core.models import JournalEntry
from crm.core.toasts import undo_address
from leads.models import SavedView
from leads.services import views
from tests.factories.leads import LeadFactory, SavedViewFactory

pytestmark = pytest.mark.django_db


def test_kept_from_the_page_and_opened_again(sales, visit, htmx):
    inside = sales.person("inside")
    LeadFactory(owner=inside, qualified=True)
    client = visit(inside)
    kept = client.post(
        "/leads/keep?status=qualified&columns=score&columns=owner&order=-score",
        {"name": "Won over", "is_first": "on"},
        **htmx,
    )
    view = SavedView.objects.get()
    assert (view.filters, view.columns, view.order) == ({"status": ["qualified"]}, ["score", "owner"], "-score")
    opened = client.get(kept.headers["HX-Redirect"])
    assert len(opened.context["rows"]) == 1
    assert not opened.context["view_changed"]
    first = client.get("/leads/", follow=True)
    assert first.context["view"] == view
    assert client.get("/leads/?order=-arrived").context["view"] is None, "All stays reachable"


def test_changes_to_a_view_are_seen_and_kept_in_it(sales, visit, htmx):
    inside = sales.person("inside")
    view = views.create_view(actor=inside, of="leads", name="Mine", filters={"owner": ["me"]})
    client = visit(inside)
    address = f"/leads/?view={view.pk}&owner=me&status=new&order=-arrived"
    assert client.get(address).context["view_changed"]
    client.post(f"/leads/keep?{address.partition('?')[2]}", {"name": "Mine", "where": "here"}, **htmx)
    view.refresh_from_db()
    assert view.filters == {"owner": ["me"], "status": ["new"]}
    client.post(f"/leads/keep?{address.partition('?')[2]}", {"name": "Copy", "where": "another"}, **htmx)
    assert SavedView.objects.filter(owner=inside).count() == 2


def test_a_shared_view_opens_for_others_and_stays_its_owners(sales, visit, htmx):
    inside, mate = sales.person("inside"), sales.person("mate")
    shared = views.create_view(actor=inside, of="leads", name="Team", filters={"owner": ["me"]}, is_shared=True)
    private = views.create_view(actor=inside, of="leads", name="Private")
    LeadFactory(owner=mate, source="His")
    client = visit(mate)
    opened = client.get(f"/leads/?view={shared.pk}", follow=True)
    assert [row["name"] for row in opened.context["rows"]] == [
        str(LeadFactory._meta.model.objects.get(source="His").contact)
    ]
    assert "Team" in opened.content.decode()
    assert "Private" not in opened.content.decode()
    assert client.get(f"/leads/?view={private.pk}", follow=True).context["view"] is None
    with pytest.raises(Forbidden):
        views.change_view(actor=mate, view_id=shared.pk, changes={"name": "Taken"})
    with pytest.raises(NotFound):
        views.delete_view(actor=mate, view_id=private.pk)
    assert client.post(f"/views/{private.pk}/delete", **htmx).status_code == 404


def test_taken_away_and_had_back(sales, visit, htmx):
    inside = sales.person("inside")
    view = views.create_view(actor=inside, of="deals", name="Mine", filters={"state": ["open"]}, is_first=True)
    client = visit(inside)
    answer = client.post(f"/views/{view.pk}/delete", **htmx)
    assert not SavedView.objects.exists()
    (undo,) = [undo_address(message.extra_tags) for message in get_messages(answer.wsgi_request)]
    client.post(undo, **htmx)
    back = SavedView.objects.get()
    assert (back.pk, back.filters, back.is_first) == (view.pk, {"state": ["open"]}, True)


def test_one_opens_first_one_per_name_and_repeats_return_the_same(sales):
    inside = sales.person("inside")
    one = views.create_view(actor=inside, of="leads", name="One", is_first=True)
    two = views.create_view(actor=inside, of="leads", name="Two", is_first=True)
    one.refresh_from_db()
    assert (one.is_first, two.is_first) == (False, True)
    assert views.create_view(actor=inside, of="leads", name="Two", view_id=two.pk) == two
    with pytest.raises(Conflict):
        views.create_view(actor=inside, of="leads", name="One")
    with pytest.raises(Conflict):
        views.change_view(actor=inside, view_id=one.pk, changes={"name": "Two"})
    with pytest.raises(VersionConflict):
        views.change_view(actor=inside, view_id=two.pk, changes={"name": "Three"}, expected_version=99)


@pytest.mark.parametrize("facts", [{"name": " "}, {"name": "x" * 81}, {"of": "people"}])
def test_refused(facts, sales):
    with pytest.raises(Invalid):
        views.create_view(actor=sales.person("inside"), **{"of": "leads", "name": "Fine", **facts})


def test_a_view_that_is_full_takes_no_more(sales, monkeypatch):
    monkeypatch.setattr(views, "MOST_MEMBERS", 1)
    inside = sales.person("inside")
    view = SavedViewFactory(owner=inside)
    assert views.put_in_view(actor=inside, view_id=view.pk, ids=[sales.own.pk]) == [sales.own.pk]
    assert views.put_in_view(actor=inside, view_id=view.pk, ids=[sales.own.pk]) == []
    with pytest.raises(Invalid):
        views.put_in_view(actor=inside, view_id=view.pk, ids=[sales.free.pk])


@pytest.mark.parametrize(
    "filters",
    [
        {"members": "x"},
        {"members": ["x", None, {}]},
        {"status": {"a": 1}},
        {"status": [["new"]]},
        {"nothing": 1},
        {"score_from": [None]},
    ],
)
def test_a_view_that_a_client_made_of_nonsense_opens_all_the_same(filters, sales, visit, htmx):
    inside = sales.person("inside")
    view = views.create_view(actor=inside, of="leads", name="Odd", filters=filters, columns=["no"], order="-arrived_at")
    client = visit(inside)
    opened = client.get(f"/leads/?view={view.pk}", follow=True)
    assert (opened.status_code, opened.context["state"].order) == (200, "-arrived")
    views.put_in_view(actor=inside, view_id=view.pk, ids=[sales.own.pk])
    view.refresh_from_db()
    assert views.members_of(view) == [sales.own.pk]


def test_the_journal_knows(sales):
    inside = sales.person("inside")
    view = views.create_view(actor=inside, of="leads", name="One")
    views.change_view(actor=inside, view_id=view.pk, changes={"name": "Uno"})
    views.delete_view(actor=inside, view_id=view.pk)
    assert list(
        JournalEntry.objects.filter(object_id=view.pk).order_by("position").values_list("event", flat=True)
    ) == [
        "view.created",
        "view.changed",
        "view.deleted",
    ]
