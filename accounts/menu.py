"""This app's entries in the settings menu, and what its scopes are called."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from accounts import policies as acts
from crm.core import nav, scopes

YOURS = _("Yours")
ORGANISATION = _("Organisation")


def register() -> None:
    nav.register("settings", "settings:profile", _("Profile"), act=acts.VIEW_ME, icon="person", order=10, group=YOURS)
    nav.register(
        "settings", "mfa_index", _("Password and second factor"), act=acts.VIEW_ME, icon="lock", order=20, group=YOURS
    )
    nav.register(
        "settings",
        "settings:sessions",
        _("Where you are signed in"),
        act=acts.VIEW_ME,
        icon="system",
        order=30,
        group=YOURS,
    )
    nav.register(
        "settings", "settings:absences", _("Absences"), act=acts.VIEW_ABSENCES, icon="calendar", order=40, group=YOURS
    )
    nav.register(
        "settings", "settings:notices", _("Notifications"), act=acts.VIEW_NOTICES, icon="bell", order=50, group=YOURS
    )
    nav.register("settings", "settings:keys", _("API keys"), act=acts.VIEW_KEYS, icon="key", order=60, group=YOURS)
    nav.register(
        "settings", "settings:people", _("People"), act=acts.VIEW_USERS, icon="people", order=110, group=ORGANISATION
    )
    nav.register(
        "settings", "settings:teams", _("Teams"), act=acts.VIEW_TEAMS, icon="company", order=120, group=ORGANISATION
    )
    nav.register(
        "settings",
        "settings:calendars",
        _("Working calendars"),
        act=acts.VIEW_CALENDARS,
        icon="clock",
        order=130,
        group=ORGANISATION,
    )
    for noun, words in {
        "absences": _("Absences"),
        "calendars": _("Working calendars"),
        "keys": _("API keys"),
        "me": _("Your own profile"),
        "notices": _("Notifications"),
        "teams": _("Teams"),
        "users": _("People"),
    }.items():
        scopes.call(noun, words)
