"""Lists: narrow, sorted, walked by place, counted without scanning, as many queries for 50 rows as for 5."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.http import QueryDict
from django.urls import reverse

from crm.records.lists import counting
from crm.records.lists.offered import LEADS, LISTS
from crm.records.lists.paging import page_of
from crm.records.lists.state import State
from leads.models import Lead
from leads.services import custom
from tests.factories.leads import (
    CompanyFactory,
    ContactFactory,
    CustomFieldFactory,
    DealFactory,
    EmailFactory,
    LeadFactory,
    PhoneFactory,
    SiteFactory,
    StageFactory,
)

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def names(answer) -> list[str]:
    return [row["name"] for row in answer.context["rows"]]


def make(kind: str, number: int, owner) -> None:
    stage = StageFactory() if kind == "deals" else None
    for _ in range(number):
        match kind:
            case "leads":
                LeadFactory(owner=owner)
            case "companies":
                company = CompanyFactory(owner=owner)
                SiteFactory(company=company)
            case "contacts":
                contact = ContactFactory()
                PhoneFactory(contact=contact)
                EmailFactory(contact=contact)
            case "deals":
                DealFactory(owner=owner, stage=stage)


@pytest.mark.parametrize("kind", LISTS)
def test_fifty_rows_cost_as_many_queries_as_five(kind, sales, visit, count_queries):
    admin = sales.person("admin")
    client = visit(admin)
    url = reverse(f"records:{kind}")
    columns = "&".join(f"columns={key}" for key in LISTS[kind].all_columns())
    make(kind, 5, admin)
    client.get(f"{url}?{columns}")
    with count_queries() as few:
        client.get(f"{url}?{columns}")
    make(kind, 50, admin)
    with count_queries() as many:
        answer = client.get(f"{url}?{columns}")
    assert len(answer.context["rows"]) == 50
    assert many.number == few.number, many.statements
    rows = [
        sql
        for sql in many.statements
        if any(
            f'FROM "leads_{table}"' in sql for table in ("lead", "company", "contact", "deal", "site", "phone", "email")
        )
    ]
    assert len(rows) <= 6, "count, rows and what belongs to them"


def walk(rows, order: str, size: int, between=lambda: None) -> list:
    cursor, found = "", []
    while True:
        page = page_of(rows, order, cursor, size)
        found += page.rows
        between()
        if not page.following:
            return found
        cursor = page.following


@pytest.mark.parametrize("order", ["score__total", "-score__total", "arrived_at", "-arrived_at"])
def test_walking_shows_each_row_once_and_those_without_a_value_last(order, sales):
    admin = sales.person("admin")
    for at, score in enumerate([5, 5, 5, None, 90, None, 40, 5]):
        LeadFactory(score_total=score, owner=admin, arrived_at=LONG_AGO + timedelta(days=at // 2))
    rows = LEADS.rows(admin)
    found = walk(rows, order, 3)
    assert sorted(row.pk for row in found) == sorted(rows.values_list("pk", flat=True))
    scores = [row.score_total for row in found]
    if "score" in order:
        with_value = [score for score in scores if score is not None]
        assert scores == [*sorted(with_value, reverse=order.startswith("-")), *[None] * scores.count(None)]


def test_the_way_back_shows_the_same_pages(sales):
    admin = sales.person("admin")
    for score in [1, 2, 3, None, None, 4, 5]:
        LeadFactory(score_total=score, owner=admin)
    rows = LEADS.rows(admin)
    pages, cursor = [], ""
    while True:
        page = page_of(rows, "-score__total", cursor, 3)
        pages.append([row.pk for row in page.rows])
        if not page.following:
            break
        cursor = page.following
    assert page_of(rows, "-score__total", "", 3).previous == ""
    back = page
    for wanted in reversed(pages[:-1]):
        back = page_of(rows, "-score__total", back.previous, 3)
        assert [row.pk for row in back.rows] == wanted
        assert back.following
    assert back.previous == ""


def test_rows_that_come_meanwhile_move_nobody_and_double_nobody(sales):
    admin = sales.person("admin")
    there = {LeadFactory(owner=admin, arrived_at=LONG_AGO + timedelta(minutes=at)).pk for at in range(9)}
    found = walk(
        Lead.objects.filter(pk__in=there) | Lead.objects.filter(source="late"),
        "-arrived_at",
        2,
        between=lambda: LeadFactory(owner=admin, source="late", arrived_at=LONG_AGO + timedelta(days=1)),
    )
    keys = [row.pk for row in found]
    assert len(keys) == len(set(keys))
    assert there <= set(keys)


@pytest.mark.parametrize("cursor", ["x", "WyJhIl0:abc", "%00"])
def test_a_made_up_cursor_opens_the_first_page(cursor, sales, visit):
    client = visit(sales.person("admin"))
    assert names(client.get("/leads/", {"cursor": cursor})) == names(client.get("/leads/"))


def test_pages_by_the_links_on_the_page(sales, visit):
    admin = sales.person("admin")
    make("contacts", 60, admin)
    client = visit(admin)
    first = client.get("/contacts/")
    second = client.get(first.context["following"])
    assert len(first.context["rows"]) == 50
    assert not set(names(first)) & set(names(second))
    assert names(client.get(second.context["previous"])) == names(first)


# --- Filters -------------------------------------------------------------------------------------------------------------------


def test_filters_narrow_and_each_chip_takes_one_away(sales, visit):
    inside = sales.person("inside")
    LeadFactory(owner=inside, qualified=True, source="Website")
    LeadFactory(owner=inside, qualified=True, source="Fair")
    client = visit(inside)
    answer = client.get("/leads/?status=qualified&source=web&columns=status&order=-score")
    assert len(answer.context["rows"]) == 1
    assert [chip["value"] for chip in answer.context["state"].chips] == ["Qualified", "web…"]
    without_source = answer.context["state"].chips[1]["url"]
    assert len(client.get(without_source).context["rows"]) == 2
    kept = QueryDict(without_source.partition("?")[2])
    assert (kept.getlist("columns"), kept["order"], kept["status"]) == (["status"], "-score", "qualified")


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("owner=me", 1),
        ("owner=none", 1),
        ("score_from=50", 1),
        ("score_to=49", 0),
        ("arrived_from=2026-01-01&arrived_to=2026-01-01", 1),
        ("arrived_to=2025-12-31", 0),
        ("demo=yes", 1),
        ("channel=form&channel=call", 1),
    ],
)
def test_each_kind_of_filter(query, count, sales, visit):
    manager = sales.person("manager")
    Lead.objects.exclude(pk=sales.free.pk).delete()
    LeadFactory(owner=manager, score_total=70, arrived_at=LONG_AGO, needs_demo=True, channel="form")
    assert len(visit(manager).get(f"/leads/?{query}").context["rows"]) == count


def test_what_makes_no_sense_is_said_and_left_out(sales, visit):
    answer = visit(sales.person("inside")).get("/leads/?status=nonsense&score_from=many&product=7")
    assert answer.status_code == 200
    assert len(answer.context["rows"]) == 1
    assert len(answer.context["state"].errors) == 3
    assert "A filter was left out" in answer.content.decode()


def test_own_fields_are_columns_and_filters(sales, visit):
    inside = sales.person("inside")
    choice = CustomFieldFactory(key="plant", label="Plant", kind="choice", choices=["Dairy", "Brewery"], position=1)
    number = CustomFieldFactory(key="lines", label="Lines", kind="number", position=2)
    lead = LeadFactory(owner=inside, custom={"plant": "Dairy", "lines": "3"})
    custom.write_values("lead", lead.pk, lead.custom)
    client = visit(inside)
    page = client.get("/leads/?custom.plant=Dairy&custom.lines_from=2&columns=custom.plant&columns=custom.lines")
    cells = ['<td data-label="Plant">Dairy</td>', '<td data-label="Lines">3</td>']
    assert [row["cells"] for row in page.context["rows"]] == ["".join(cells)]
    assert [chip["label"] for chip in page.context["state"].chips] == [choice.label, number.label]
    assert not client.get("/leads/?custom.plant=Brewery").context["rows"]


def test_the_head_of_a_column_sorts_and_keeps_the_filters(sales, visit):
    page = visit(sales.person("admin")).get("/leads/?status=new").content.decode()
    assert "status=new&amp;order=score" in page
    assert 'aria-sort="descending"' in page, "the order that nobody chose is shown too"


@pytest.mark.parametrize("dialog", ["filters", "columns", "keep"])
def test_dialogs_carry_the_rest_of_the_address_along(dialog, sales, visit):
    page = visit(sales.person("inside")).get(f"/leads/{dialog}?status=new&columns=score&order=-score").content.decode()
    assert "-score" in page


def test_nothing_there_says_what_to_do(sales, visit):
    Lead.objects.all().delete()
    client = visit(sales.person("inside"))
    assert "No leads yet" in client.get("/leads/").content.decode()
    assert "Nothing fits these filters" in client.get("/leads/?status=new").content.decode()


# --- Counts --------------------------------------------------------------------------------------------------------------------


def test_counting_stops(sales, monkeypatch, count_queries):
    monkeypatch.setattr(counting, "COUNTED", 3)
    admin = sales.person("admin")
    make("leads", 5, admin)
    rows = State(LEADS, admin, QueryDict("")).rows()
    with count_queries() as queries:
        counted = counting.count(rows, whole_table=False)
    assert (counted.number, counted.more, str(counted)) == (3, True, "more than 3")
    assert "LIMIT 4" in queries.statements[0]


def test_a_whole_table_is_estimated(sales, monkeypatch):
    monkeypatch.setattr(counting, "COUNTED", 3)
    monkeypatch.setattr(counting, "_estimate", lambda _model: 1_000_000)
    admin, inside = sales.person("admin"), sales.person("inside")
    make("leads", 5, inside)
    whole = State(LEADS, admin, QueryDict(""))
    assert str(counting.count(whole.rows(), whole_table=whole.is_whole_table)) == "about 1,000,000"
    assert not State(LEADS, inside, QueryDict("")).is_whole_table
    assert not State(LEADS, admin, QueryDict("status=new")).is_whole_table
