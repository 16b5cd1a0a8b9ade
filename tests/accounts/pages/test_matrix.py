"""Every page as every role: who gets it, who is refused, for whom it does not exist. A page that is not here fails."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from crm.core import doors
from tests.api.world import GONE, World, make_world

ROLES = ("inside", "field", "manager", "finance", "admin", "anonymous", "off")
OUTSIDERS = ("anonymous", "off")
YES, NO, ABSENT, AWAY = 200, 403, 404, 302


def for_all(status: int) -> dict[str, int]:
    return {role: status for role in ROLES if role not in OUTSIDERS} | dict.fromkeys(OUTSIDERS, AWAY)


def only(*roles: str, otherwise: int = NO) -> dict[str, int]:
    return for_all(otherwise) | dict.fromkeys(roles, YES)


def for_managers(status: int) -> dict[str, int]:
    """Managers and administrators get this, the others are refused."""
    return for_all(NO) | {"manager": status, "admin": status}


# The page's name, and after "|" the record in its address (tests/api/world.py).
PAGES: dict[str, dict[str, int]] = {
    "account_change_password": for_all(YES),
    "account_login": for_all(AWAY) | dict.fromkeys(OUTSIDERS, YES),
    "account_logout": for_all(YES),
    "account_reauthenticate": for_all(YES),
    "account_reset_password": dict.fromkeys(ROLES, YES),
    "account_reset_password_done": dict.fromkeys(ROLES, YES),
    "account_set_password": for_all(AWAY),  # who has a password changes it
    "design:news": for_all(YES),
    "design:page": for_all(YES),
    "design:search": for_all(YES),
    "doors:answers|gone": for_all(ABSENT) | {"finance": NO},
    "doors:mails": only("manager", "admin"),
    "doors:new_questionnaire": only("manager", "admin"),
    "doors:new_web_form": only("manager", "admin"),
    "doors:of_lead|gone": for_all(ABSENT) | {"finance": NO},
    "doors:questionnaire|gone": for_all(NO) | {"manager": ABSENT, "admin": ABSENT},
    "doors:questionnaires": for_all(YES),
    "doors:web_form|gone": for_all(NO) | {"manager": ABSENT, "admin": ABSENT},
    "doors:web_forms": for_all(YES),
    "field:day": only("field"),
    "healthz": dict.fromkeys(ROLES, YES),
    "home": for_all(AWAY),
    "inside:desk": only("inside"),
    "integrations:export-file|gone": for_all(ABSENT),
    "integrations:exports": for_all(YES),
    "integrations:import-progress|gone": for_all(ABSENT) | {"finance": NO},
    "integrations:import-result|gone": for_all(ABSENT) | {"finance": NO},
    "integrations:import|gone": for_all(ABSENT) | {"finance": NO},
    "integrations:imports": for_all(YES) | {"finance": NO},
    "managers:home": only("manager", "admin"),
    "mfa_activate_totp": for_all(AWAY),  # asks first whether it is you
    "mfa_add_webauthn": for_all(AWAY),
    "mfa_authenticate": for_all(AWAY),  # only between the two steps of signing in
    "mfa_deactivate_totp": for_all(ABSENT),
    "mfa_download_recovery_codes": for_all(ABSENT),
    "mfa_generate_recovery_codes": for_all(AWAY),
    "mfa_index": for_all(YES),
    "mfa_list_webauthn": for_all(AWAY),
    "mfa_login_webauthn": dict.fromkeys(ROLES, AWAY),
    "mfa_reauthenticate": for_all(AWAY),  # without a second factor, by password
    "mfa_reauthenticate_webauthn": for_all(AWAY),
    "mfa_view_recovery_codes": for_all(ABSENT),
    "records:duplicates": only("inside", "field", "manager", "admin"),
    "sales:campaigns": for_all(YES),
    "sales:campaign|gone": for_managers(ABSENT),
    "sales:edit_pipeline|gone": for_managers(ABSENT),
    "sales:fields": for_all(YES),
    "sales:field|gone": for_managers(ABSENT),
    "sales:new_campaign": only("manager", "admin"),
    "sales:new_field": only("manager", "admin"),
    "sales:new_pipeline": only("manager", "admin"),
    "sales:new_product": only("manager", "admin"),
    "sales:new_reason": only("manager", "admin"),
    "sales:new_stage|gone": for_managers(ABSENT),
    "sales:pipelines": for_all(YES),
    "sales:pipeline|gone": for_all(ABSENT),
    "sales:products": for_all(YES),
    "sales:product|gone": for_managers(ABSENT),
    "sales:reasons": for_all(YES),
    "sales:reason|gone": for_managers(ABSENT),
    "sales:stage|gone": for_managers(ABSENT),
    "records:companies": for_all(YES),
    "records:companies-columns": for_all(YES),
    "records:companies-filters": for_all(YES),
    "records:companies-keep": for_all(YES),
    "records:contacts": only("inside", "field", "manager", "admin"),
    "records:contacts-columns": only("inside", "field", "manager", "admin"),
    "records:contacts-filters": only("inside", "field", "manager", "admin"),
    "records:contacts-keep": for_all(YES),
    "records:deals": for_all(YES),
    "records:deals-columns": for_all(YES),
    "records:deals-filters": for_all(YES),
    "records:deals-keep": for_all(YES),
    "records:leads": only("inside", "field", "manager", "admin"),
    "records:leads-columns": only("inside", "field", "manager", "admin"),
    "records:leads-filters": only("inside", "field", "manager", "admin"),
    "records:leads-keep": for_all(YES),
    "records:company-new": only("inside", "field", "manager", "admin"),
    "records:contact-new": only("inside", "field", "manager", "admin"),
    "records:deal-new": only("inside", "field", "manager", "admin"),
    "records:pick-company": for_all(YES),
    "records:pick-contact": only("inside", "field", "manager", "admin"),
    "records:pick-deal": for_all(YES),
    "records:lead-new": only("inside", "field", "manager", "admin"),
    "records:pick-lead": only("inside", "field", "manager", "admin"),
    "scoring:model": for_all(YES),
    "scoring:new_rule": only("manager", "admin"),
    "scoring:progress": for_all(YES),
    "scoring:rule|gone": for_managers(ABSENT),
    "scoring:rules": for_all(YES),
    "search": for_all(YES),
    "settings:absences": for_all(YES),
    "settings:calendar|calendars.used": for_all(YES),
    "settings:calendar|gone": for_all(ABSENT),
    "settings:calendars": for_all(YES),
    "settings:home": for_all(AWAY),
    "settings:invite": only("admin"),
    "settings:keys": for_all(YES),
    "settings:new_calendar": only("admin"),
    "settings:new_key": for_all(AWAY),  # to the password first
    "settings:new_team": only("admin"),
    "settings:news": for_all(YES),
    "settings:notices": for_all(YES),
    "settings:people": for_all(YES),
    "settings:person|people.admin": only("finance", "admin", otherwise=ABSENT),
    "settings:person|people.field": only("field", "manager", "finance", "admin", otherwise=ABSENT),
    "settings:person|people.mate": only("inside", "manager", "finance", "admin", otherwise=ABSENT),
    "settings:person|people.stranger": only("finance", "admin", otherwise=ABSENT),
    "settings:person|gone": for_all(ABSENT),
    "settings:preview_calendar": only("admin"),
    "settings:profile": for_all(YES),
    "settings:sessions": for_all(YES),
    "settings:team|gone": for_all(ABSENT),
    "settings:team|teams.field": only("field", "manager", "finance", "admin", otherwise=ABSENT),
    "settings:team|teams.inside": only("inside", "manager", "finance", "admin", otherwise=ABSENT),
    "settings:team|teams.strangers": only("finance", "admin", otherwise=ABSENT),
    "settings:teams": for_all(YES),
}

NOT_FOR_REPS = {"inside": NO, "field": NO, "finance": NO}

# Doors that take a POST: who may not, and for whom the record does not exist. Who may is each page's own test.
POSTS: dict[str, dict[str, int]] = {
    "integrations:export-cancel|gone": for_all(ABSENT),
    "integrations:import-cancel|gone": for_all(ABSENT) | {"finance": NO},
    "integrations:import-delete|gone": for_all(ABSENT) | {"finance": NO},
    "integrations:import-undo|gone": for_all(ABSENT) | {"finance": NO},
    "settings:cancel_absence|absences.mate": {"inside": ABSENT, "field": ABSENT, "finance": ABSENT},
    "settings:cancel_absence|absences.stranger": {
        "inside": ABSENT,
        "field": ABSENT,
        "manager": ABSENT,
        "finance": ABSENT,
    },
    "settings:deactivate|people.mate": {"inside": NO, "field": NO, "manager": NO, "finance": NO},
    "settings:delete_calendar|calendars.spare": {"inside": NO, "field": NO, "manager": NO, "finance": NO},
    "settings:delete_team|teams.empty": {"inside": NO, "field": NO, "manager": NO, "finance": NO},
    "settings:invite": {"inside": NO, "field": NO, "manager": NO, "finance": NO},
    "settings:invite_again|people.mate": {"inside": NO, "field": NO, "manager": NO, "finance": NO},
    "settings:new_calendar": {"inside": NO, "field": NO, "manager": NO, "finance": NO},
    "settings:new_team": {"inside": NO, "field": NO, "manager": NO, "finance": NO},
    "settings:person|people.mate": {"inside": NO, "field": ABSENT, "manager": NO, "finance": NO},
    "settings:person|people.stranger": {"inside": ABSENT, "field": ABSENT, "manager": ABSENT, "finance": NO},
    "settings:calendar|calendars.used": {"inside": NO, "field": NO, "manager": NO, "finance": NO},
    "settings:reactivate|people.mate": {"inside": NO, "field": NO, "manager": NO, "finance": NO},
    "settings:read_notice|notices.mate": dict.fromkeys(ROLES[:5], ABSENT),
    "settings:restore_absence|absences.mate": dict.fromkeys(ROLES[:5], ABSENT),
    "settings:revoke_key|keys.mate": {"inside": ABSENT, "field": ABSENT, "manager": ABSENT, "finance": ABSENT},
    "sales:order_stages|gone": NOT_FOR_REPS,
    "sales:put_campaign_away|gone": NOT_FOR_REPS,
    "sales:put_field_away|gone": NOT_FOR_REPS,
    "sales:put_pipeline_away|gone": NOT_FOR_REPS,
    "sales:put_product_away|gone": NOT_FOR_REPS,
    "sales:put_reason_away|gone": NOT_FOR_REPS,
    "sales:remove_stage|gone": NOT_FOR_REPS,
    "sales:use_campaign_again|gone": NOT_FOR_REPS,
    "sales:use_field_again|gone": NOT_FOR_REPS,
    "sales:use_pipeline_again|gone": NOT_FOR_REPS,
    "sales:use_product_again|gone": NOT_FOR_REPS,
    "sales:use_reason_again|gone": NOT_FOR_REPS,
    "sales:order_pipelines": NOT_FOR_REPS,
    "doors:ask|gone": {"inside": ABSENT, "field": ABSENT, "manager": ABSENT, "finance": NO},
    "scoring:delete_rule|gone": NOT_FOR_REPS,
    "scoring:learn": NOT_FOR_REPS,
    "scoring:model": NOT_FOR_REPS,
    "scoring:publish|gone": NOT_FOR_REPS,
    "scoring:revert": NOT_FOR_REPS,
    "scoring:score_all": NOT_FOR_REPS,
    "settings:team|teams.inside": {"inside": NO, "field": ABSENT, "manager": NO, "finance": NO},
    "settings:end_session|number": dict.fromkeys(ROLES[:5], ABSENT),
}

ELSEWHERE = {
    "customer": "a token of its own: tests/leads/doors",
    "records:company": "a record of its own: tests/records",
    "records:company-fact": "a record of its own: tests/records",
    "records:company-act": "a record of its own: tests/records",
    "records:company-part": "a record of its own: tests/records",
    "records:company-timeline": "a record of its own: tests/records",
    "records:contact": "a record of its own: tests/records",
    "records:contact-fact": "a record of its own: tests/records",
    "records:contact-act": "a record of its own: tests/records",
    "records:contact-part": "a record of its own: tests/records",
    "records:contact-timeline": "a record of its own: tests/records",
    "records:referrals": "a record of its own: tests/records",
    "records:new-referral": "a record of its own: tests/records",
    "records:referral": "a record of its own: tests/records",
    "records:deal": "a record of its own: tests/records",
    "records:deal-fact": "a record of its own: tests/records",
    "records:deal-act": "a record of its own: tests/records",
    "records:deal-part": "a record of its own: tests/records",
    "records:deal-timeline": "a record of its own: tests/records",
    "records:lead": "a record of its own: tests/records",
    "records:lead-fact": "a record of its own: tests/records",
    "records:lead-act": "a record of its own: tests/records",
    "records:lead-part": "a record of its own: tests/records",
    "records:lead-timeline": "a record of its own: tests/records",
    "records:companies-bulk": "needs a verb and rows: tests/records/test_bulk",
    "records:contacts-bulk": "needs a verb and rows: tests/records/test_bulk",
    "records:deals-bulk": "needs a verb and rows: tests/records/test_bulk",
    "records:leads-bulk": "needs a verb and rows: tests/records/test_bulk",
    "records:contact-consent": "a record of its own: tests/records",
    "records:deal-move": "POST only: tests/records",
    "records:delete-view": "POST only: tests/records/test_views",
    "records:undo": "POST only: tests/records/test_bulk",
    "account_reset_password_from_key": "needs a mailed key: test_invitations",
    "api": "the API's own table: tests/api",
    "design:act": "a sample that answers to POST only",
    "design:order": "a sample that answers to POST only",
    "design:refused": "samples of refusals",
    "design:undo": "a sample that answers to POST only",
    "mfa_edit_webauthn": "needs a passkey: tests/browser/accounts",
    "mfa_remove_webauthn": "needs a passkey: tests/browser/accounts",
    "openid_connect_callback": "single sign-on: test_single_sign_on",
    "openid_connect_login": "single sign-on: test_single_sign_on",
    "readyz": "503 while parts are down: tests/run",
    "records:dismiss_pair": "a pair of its own: tests/leads/duplicates/test_doors",
    "records:may_be_same": "a pair of its own: tests/leads/duplicates/test_doors",
    "records:merge": "a pair of its own: tests/leads/duplicates/test_doors",
    "records:reopen_pair": "a pair of its own: tests/leads/duplicates/test_doors",
    "records:undo_merge": "a pair of its own: tests/leads/duplicates/test_doors",
    "sales:order_fields": "POST only: tests/leads/settings",
    "sales:order_reasons": "POST only: tests/leads/settings",
    "set_language": "POST only: test_language",
    "settings:add_absence": "POST only: test_absences",
    "settings:end_all_sessions": "POST only: test_sessions",
    "settings:end_other_sessions": "POST only: test_sessions",
    "settings:read_all_notices": "POST only: test_notices",
}


@pytest.fixture
def world(db: None) -> World:
    return make_world()


def client_of(world: World, role: str) -> Client:
    client = Client()
    if role in OUTSIDERS:
        if role == "off":
            mate = world.people["mate"]
            client.force_login(mate)
            type(mate).objects.filter(pk=mate.pk).update(is_active=False)
        return client
    client.force_login(world.people[role])
    return client


def address(world: World, cell: str) -> str:
    name, _bar, record = cell.partition("|")
    match record:
        case "":
            return reverse(name)
        case "gone":
            return reverse(name, args=[GONE])
        case "number":
            return reverse(name, args=[4_711])
        case _:
            return reverse(name, args=[world.path(f"{{{record}}}")])


@pytest.mark.parametrize("role", ROLES)
def test_each_page_as(role: str, world: World):
    client = client_of(world, role)
    found = {cell: client.get(address(world, cell)).status_code for cell in PAGES}
    assert found == {cell: statuses[role] for cell, statuses in PAGES.items()}


@pytest.mark.parametrize("role", [role for role in ROLES if role != "admin"])
def test_each_write_that_is_not(role: str, world: World):
    client = client_of(world, role)
    cells = {cell: statuses.get(role, AWAY) for cell, statuses in POSTS.items() if role in (*statuses, *OUTSIDERS)}
    found = {cell: client.post(address(world, cell)).status_code for cell in cells}
    assert found == cells


def test_a_stranger_is_sent_to_the_sign_in_page(world: World):
    client = Client()
    for cell, statuses in PAGES.items():
        if statuses["anonymous"] == AWAY and "webauthn/login" not in address(world, cell):
            answer = client.get(address(world, cell))
            assert answer.headers["Location"].startswith("/accounts/login/"), cell


def test_no_page_is_left_out():
    tested = {cell.partition("|")[0] for cell in (*PAGES, *POSTS)} | set(ELSEWHERE)
    missing = {
        door.name or door.route
        for door in doors.all_doors()
        if not door.route.startswith(("admin/", "api/", "static/")) and (door.name or door.route) not in tested
    }
    assert not missing, "give it a line in the table"


def test_absent_and_invisible_look_the_same(world: World):
    client = client_of(world, "inside")
    invisible, absent = (
        client.get(address(world, cell)) for cell in ("settings:person|people.stranger", "settings:person|gone")
    )
    identity = invisible.headers["X-Request-ID"], absent.headers["X-Request-ID"]
    pages = [
        answer.content.decode().replace(name, "") for answer, name in zip((invisible, absent), identity, strict=True)
    ]
    assert pages[0] == pages[1]
