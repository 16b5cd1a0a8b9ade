"""Settings without a mouse, partial requests without a session, and what the scripts add."""

from __future__ import annotations

import re

import pytest
from django.contrib.sessions.models import Session

from accounts import notices
from accounts.models import ApiKey, Team, User, WorkingCalendar
from tests.factories.accounts import PASSWORD, CalendarFactory, TeamFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


def tab_to(page, name: str, *, most: int = 80, back: bool = False) -> None:
    """Press Tab until the element called ``name`` has the focus; each stop must be seen."""
    for _ in range(most):
        page.keyboard.press("Shift+Tab" if back else "Tab")
        here = page.evaluate(
            """() => { const e = document.activeElement;
              const label = e.labels?.[0]?.innerText ?? e.getAttribute("aria-label") ?? e.innerText ?? "";
              return {label: label.trim(), seen: e === document.body || e.checkVisibility()}; }"""
        )
        assert here["seen"], f"the focus vanished on the way to {name}"
        if here["label"].startswith(name):
            return
    raise AssertionError(f"no way to {name} by Tab")


def test_signing_in_by_keyboard_alone(open_page):
    user = UserFactory(name="Inès Delorme")
    page = open_page()
    page.goto("/accounts/login/")
    page.keyboard.type(user.email)  # the first field has the focus
    page.keyboard.press("Tab")
    page.keyboard.type("wrong")
    page.keyboard.press("Enter")
    page.get_by_text("do not belong together").wait_for()
    assert page.evaluate("document.activeElement.name") == "password"
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/inside/")


def test_inviting_editing_and_switching_off_by_keyboard_alone(open_page):
    TeamFactory(name="Inside Lyon")
    page = open_page(user=UserFactory(admin=True))
    page.goto("/settings/people/")
    tab_to(page, "Invite")
    page.keyboard.press("Enter")
    page.wait_for_url("**/invite")
    tab_to(page, "Who")
    page.keyboard.type("Sari Wulandari <sari@example.com>")
    tab_to(page, "Calls")
    page.keyboard.press("Space")
    tab_to(page, "Team")
    page.keyboard.type("Inside")
    tab_to(page, "Invite")
    page.keyboard.press("Enter")
    page.get_by_text("1 person invited.").wait_for()
    sari = User.objects.get(email="sari@example.com")
    assert (sari.team.name, sari.capabilities) == ("Inside Lyon", ["calls"])

    tab_to(page, "Sari Wulandari")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/{sari.pk}/")
    tab_to(page, "New leads a week")
    page.keyboard.type("15")
    tab_to(page, "Save")
    page.keyboard.press("Enter")
    page.get_by_text("Sari Wulandari saved.").wait_for()
    page.goto(f"/settings/people/{sari.pk}/")
    tab_to(page, "Switch off")
    page.keyboard.press("Enter")
    page.get_by_text("Sari Wulandari is switched off.").wait_for()
    assert not User.objects.get(pk=sari.pk).is_active
    page.keyboard.press("u")  # undoes, as its message says
    page.get_by_text("is switched on again").wait_for()
    sari.refresh_from_db()
    assert (sari.is_active, sari.weekly_capacity) == (True, 15)


def test_a_question_stands_before_what_cannot_be_undone(open_page):
    team = TeamFactory(name="Empty")
    page = open_page(user=UserFactory(admin=True))
    page.goto(f"/settings/teams/{team.pk}/")
    tab_to(page, "Delete")
    page.keyboard.press("Enter")
    question = page.get_by_role("dialog", name="Delete the team “Empty”?")
    question.wait_for()
    page.keyboard.press("Escape")
    question.wait_for(state="hidden")
    assert Team.objects.filter(pk=team.pk).exists()
    page.keyboard.press("Enter")
    question.get_by_role("button", name="Yes, go on").press("Enter")
    page.get_by_text("Team deleted.").wait_for()
    assert not Team.objects.filter(pk=team.pk).exists()


def test_a_session_that_ended_leads_to_the_whole_sign_in_page_and_back(open_page):
    user = UserFactory(admin=True)
    UserFactory(name="Zoé")
    page = open_page(user=user)
    page.goto("/settings/people/")
    Session.objects.all().delete()
    page.get_by_label("Name or e-mail").fill("zo")
    page.wait_for_url("**/accounts/login/?next=**")
    assert page.locator(".board").count() == 0, "the whole page, not a corner of the old one"
    page.get_by_label("E-mail").fill(user.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/settings/people/(\?.*)?$"))
    page.get_by_role("link", name="Zoé").wait_for()


def test_the_list_narrows_while_one_types_and_the_focus_stays(open_page):
    UserFactory(name="Inès Delorme")
    UserFactory(name="Karim Benali")
    page = open_page(user=UserFactory(admin=True))
    page.goto("/settings/people/")
    page.get_by_label("Name or e-mail").press_sequentially("ines", delay=20)
    page.get_by_role("link", name="Karim Benali").wait_for(state="detached")
    assert page.get_by_role("link", name="Inès Delorme").is_visible()
    assert page.evaluate("document.activeElement.name") == "q"
    assert page.url.endswith("q=ines&team=&capability=&state=")


def test_a_refused_partial_request_says_why(open_page):
    user = UserFactory()
    notices.tell(user, kind="rights.changed", occurrence="1", facts={"actor": "Benoît"})
    page = open_page(user=user)
    page.expected_errors.append("404")
    page.goto("/settings/notices/")
    user.notices.all().delete()
    page.get_by_role("button", name="Mark read", exact=True).click()
    page.get_by_text("This record no longer exists, or you may not see it.").wait_for()


def test_the_bell_counts_opens_and_forgets(open_page):
    user = UserFactory()
    for number in range(2):
        notices.tell(user, kind="rights.changed", occurrence=str(number), facts={"actor": "Benoît"})
    page = open_page(user=user)
    page.goto("/inside/")
    assert page.locator("#unread").inner_text() == "2"
    page.get_by_role("button", name="Notifications").press("Enter")
    page.locator("#news").get_by_text("Benoît changed what you may do").first.wait_for()
    page.get_by_role("link", name="All notifications").click()
    page.get_by_role("button", name="Mark all read").click()
    page.locator(".notices [data-new]").first.wait_for(state="detached")
    page.locator("#unread:empty").wait_for(state="attached")


def test_search_by_slash_arrows_and_enter(open_page):
    team = TeamFactory(name="Inside Lyon")
    UserFactory(name="Maëlle Kervarec", team=team)
    page = open_page(user=UserFactory(team=team))
    page.goto("/inside/")
    page.keyboard.press("/")
    page.keyboard.type("maelle")
    page.get_by_role("option").first.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Maëlle Kervarec").wait_for()


def test_a_key_is_shown_once_and_can_be_copied(open_page):
    user = UserFactory()
    page = open_page(user=user)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/settings/keys/new")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_label("Name").fill("Telephone")
    page.get_by_role("group", name="People").get_by_label("see").check(force=True)
    page.get_by_role("button", name="Make the key").click()
    secret = page.get_by_label("Telephone").input_value()
    page.get_by_role("button", name="Copy").click()
    page.get_by_text("Copied.").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == secret
    page.get_by_role("link", name="Done, I have it").click()
    assert secret not in page.content()
    page.get_by_role("button", name="Revoke").click()
    page.get_by_role("button", name="Yes, go on").click()
    page.get_by_text("It opens nothing any more.").wait_for()
    assert ApiKey.objects.get().revoked_at


def test_the_week_of_a_calendar_grows_shrinks_and_shows_what_it_says(open_page):
    page = open_page(user=UserFactory(admin=True))
    page.goto("/settings/calendars/new")
    page.get_by_label("Name").fill("Office")
    monday, saturday = page.get_by_role("group", name="Monday"), page.get_by_role("group", name="Saturday")
    monday.get_by_role("button", name="Take these hours away").nth(1).click()
    monday.get_by_label("closes").fill("17:00")
    page.get_by_role("button", name="hours for Tuesday to Friday too").click()
    saturday.get_by_role("button", name="Add hours on Saturday").press("Enter")
    saturday.get_by_label("opens").fill("10:00")
    saturday.get_by_label("closes").fill("12:00")
    page.get_by_label("Public holidays of").select_option("FR")
    page.locator("#preview").get_by_text(re.compile("Open now until|Closed until")).wait_for()
    page.get_by_label("Region").select_option("6AE")
    page.get_by_role("group", name="Own closed days").get_by_role("button", name="Add a day").click()
    page.get_by_role("group", name="Own closed days").get_by_label("day", exact=True).fill("2030-12-24")
    page.get_by_role("button", name="Make the calendar").click()
    page.get_by_text("Office made.").wait_for()
    row = WorkingCalendar.objects.get()
    assert row.hours == {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")} | {
        "sat": [["10:00", "12:00"]]
    }
    assert (row.country, row.region, [str(day) for day in row.closed_days]) == ("FR", "6AE", ["2030-12-24"])


def test_the_calendar_can_be_edited_without_scripts(open_page):
    row = CalendarFactory(name="Office")
    page = open_page(user=UserFactory(admin=True), scripts=False)
    page.goto(f"/settings/calendars/{row.pk}/")
    sunday = page.get_by_role("group", name="Sunday")
    sunday.get_by_label("opens").fill("10:00")
    sunday.get_by_label("closes").fill("11:00")
    page.get_by_role("button", name="Save").click()
    row.refresh_from_db()
    assert row.hours["sun"] == [["10:00", "11:00"]]


def test_the_month_turns_without_losing_the_place(open_page):
    manager = UserFactory(manager=True)
    UserFactory(team=TeamFactory(managers=[manager]))
    page = open_page(user=manager)
    page.goto("/settings/absences/?month=2026-11")
    page.get_by_role("link", name="Month after").press("Enter")
    page.get_by_role("heading", name="December 2026").wait_for()
    assert page.evaluate("document.activeElement.id") == "month-after"
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="January 2027").wait_for()


def test_the_language_switch_changes_everything_at_once(open_page):
    user = UserFactory(language="en")
    page = open_page(user=user)
    page.goto("/settings/profile/")
    page.get_by_role("button", name=re.compile("your menu")).click()
    page.locator("#person").get_by_role("button", name="Français").click()
    page.wait_for_selector("html[lang=fr]")
    assert User.objects.get(pk=user.pk).language == "fr"
