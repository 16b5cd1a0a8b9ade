"""Who may do what with the records of sales: every operation as every role, written by hand from the design's words."""

from __future__ import annotations

from typing import Any

import pytest

from crm.core.api.docs import document
from crm.core.models import JournalEntry
from leads.models import Lead
from tests.api.callers import Caller, problem
from tests.api.records import make_records
from tests.api.world import World, make_world

pytestmark = pytest.mark.django_db

ROLES = ("inside", "field", "manager", "finance", "admin")
# What a refusal of the role's looks like per operation: "yes" is anything but 403.
EVERYBODY = (True,) * 5
SELLERS = (True, True, True, False, True)
MANAGERS = (False, False, True, False, True)

ACTS: dict[str, tuple[bool, ...]] = {
    "leads.view_companies": EVERYBODY,
    "leads.write_companies": SELLERS,
    "leads.view_contacts": SELLERS,
    "leads.write_contacts": SELLERS,
    "leads.view_leads": SELLERS,
    "leads.write_leads": SELLERS,
    "leads.assign_leads": MANAGERS,
    "leads.view_deals": EVERYBODY,
    "leads.write_deals": SELLERS,
    "leads.view_products": EVERYBODY,
    "leads.manage_products": MANAGERS,
    "leads.view_campaigns": EVERYBODY,
    "leads.manage_campaigns": MANAGERS,
    "leads.view_sales_settings": EVERYBODY,
    "leads.manage_sales_settings": MANAGERS,
    "leads.view_views": EVERYBODY,
    "leads.write_views": EVERYBODY,
}
# Operation -> act. Nothing is derived: a new operation that is not here fails.
READS = ("list", "retrieve")
OPERATIONS: dict[str, dict[str, str]] = {
    "companies": dict.fromkeys(READS, "view_companies")
    | dict.fromkeys(("create", "change", "assign", "merge", "unmerge"), "write_companies"),
    "contacts": dict.fromkeys(READS, "view_contacts")
    | dict.fromkeys(("create", "change", "forbid", "allow", "consents", "merge", "unmerge"), "write_contacts"),
    "consents": {"list": "view_contacts"},
    "leads": dict.fromkeys((*READS, "score"), "view_leads")
    | dict.fromkeys(
        ("create", "change", "upsert", "attempt", "connect", "qualify", "disqualify", "reopen", "outside_scores"),
        "write_leads",
    )
    | {"assign": "assign_leads"},
    "deals": dict.fromkeys(READS, "view_deals")
    | dict.fromkeys(("create", "change", "move", "win", "lose", "reopen", "lines", "splits", "assign"), "write_deals"),
    "products": dict.fromkeys(READS, "view_products")
    | dict.fromkeys(("create", "change", "put_away", "use_again"), "manage_products"),
    "campaigns": dict.fromkeys(READS, "view_campaigns")
    | dict.fromkeys(("create", "change", "put_away", "use_again"), "manage_campaigns"),
    "referral_links": dict.fromkeys(READS, "view_contacts")
    | dict.fromkeys(("create", "change", "put_away", "use_again"), "write_contacts"),
    "pipelines": dict.fromkeys(READS, "view_sales_settings")
    | dict.fromkeys(("create", "change", "put_away", "use_again", "move"), "manage_sales_settings"),
    "stages": dict.fromkeys(READS, "view_sales_settings")
    | dict.fromkeys(("create", "change", "remove", "move", "merge"), "manage_sales_settings"),
    "reasons": dict.fromkeys(READS, "view_sales_settings")
    | dict.fromkeys(("create", "change", "put_away", "use_again", "move"), "manage_sales_settings"),
    "custom_fields": dict.fromkeys(READS, "view_sales_settings")
    | dict.fromkeys(("create", "change", "put_away", "use_again", "move"), "manage_sales_settings"),
    "saved_views": dict.fromkeys(READS, "view_views") | dict.fromkeys(("create", "change", "remove"), "write_views"),
}
TABLE = {f"{noun}_{action}": f"leads.{act}" for noun, acts in OPERATIONS.items() for action, act in acts.items()}


@pytest.fixture
def world(db: None) -> World:
    return make_world()


def operations() -> dict[str, tuple[str, str, str]]:
    """Operation id -> (method, path, act), of the records of this table."""
    return {
        operation["operationId"]: (method.upper(), path, operation["x-act"])
        for path, methods in document()["paths"].items()
        for method, operation in methods.items()
        if operation["tags"][0].replace("-", "_") in OPERATIONS
    }


def test_the_table_knows_every_operation_and_its_act():
    assert {name: act for name, (_method, _path, act) in operations().items()} == TABLE


@pytest.mark.parametrize("role", ROLES)
def test_each_operation_as_each_role(world: World, role: str):
    """Refused by the act before anything is looked at, or let through (to a 200, a 404 out of sight, a 422 without a body)."""
    records, caller = make_records(world), Caller(world.people[role], session=True)
    before = JournalEntry.objects.count()
    for name, (method, path, act) in operations().items():
        address = path.replace("{id}", records.get(path.split("/")[3], "")).replace("{source}/{external_id}", "a/b")
        status = caller.send(method, address, None if method == "GET" else {"nonsense": 1}).status_code
        allowed = ACTS[act][ROLES.index(role)]
        assert (status != 403) == allowed, (name, status)
        assert status < 500, name
    if role == "finance":
        assert JournalEntry.objects.count() == before, "who only reads leaves no trace"


def test_nobody_gets_in(world: World):
    make_records(world)
    for method, path, _act in operations().values():
        answer = Caller().send(method, path.replace("{id}", str(Lead.objects.get().pk)), None)
        problem(answer, 401, "not_authenticated")


@pytest.mark.parametrize("path", ["leads", "deals"])
def test_a_list_is_the_policy_by_another_road(world: World, path: str):
    """One's own and the team's; a manager the tree's and nobody's; nothing of strangers."""
    from tests.factories.leads import DealFactory, LeadFactory

    make: Any = {"leads": LeadFactory, "deals": DealFactory}[path]
    rows = {name: str(make(owner=world.people[name]).pk) for name in ("inside", "mate", "field", "stranger")}
    rows["nobody"] = str(make().pk)
    seen = {
        "inside": {"inside", "mate"},
        "field": {"field"},
        "manager": {"inside", "mate", "field", "nobody"},
        "admin": set(rows),
    }
    for role, names in seen.items():
        found = {row["id"] for row in Caller(world.people[role], session=True).walk(path, limit=2)}
        assert found == {rows[name] for name in names}, role
