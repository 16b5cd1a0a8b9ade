"""The pages under ``/settings/``."""

from __future__ import annotations

from django.urls import path

from accounts.views import absences, calendars, keys, notices, people, profile, sessions, teams

app_name = "settings"

own = [
    path("", profile.home, name="home"),
    path("profile/", profile.profile, name="profile"),
    path("sessions/", sessions.sessions, name="sessions"),
    path("sessions/end-others", sessions.end_others, name="end_other_sessions"),
    path("sessions/end-all", sessions.end_all, name="end_all_sessions"),
    path("sessions/<int:session_id>/end", sessions.end_one, name="end_session"),
    path("keys/", keys.keys, name="keys"),
    path("keys/new", keys.new, name="new_key"),
    path("keys/<uuid:key_id>/revoke", keys.revoke, name="revoke_key"),
    path("notices/", notices.all_notices, name="notices"),
    path("notices/news", notices.news, name="news"),
    path("notices/read", notices.read_all, name="read_all_notices"),
    path("notices/<uuid:notice_id>/read", notices.read, name="read_notice"),
    path("absences/", absences.absences, name="absences"),
    path("absences/add", absences.add, name="add_absence"),
    path("absences/<uuid:absence_id>/cancel", absences.cancel, name="cancel_absence"),
    path("absences/<uuid:absence_id>/restore", absences.restore, name="restore_absence"),
]
organisation = [
    path("people/", people.people, name="people"),
    path("people/invite", people.invite, name="invite"),
    path("people/<uuid:user_id>/", people.person, name="person"),
    path("people/<uuid:user_id>/deactivate", people.deactivate, name="deactivate"),
    path("people/<uuid:user_id>/reactivate", people.reactivate, name="reactivate"),
    path("people/<uuid:user_id>/invite-again", people.invite_again, name="invite_again"),
    path("teams/", teams.teams, name="teams"),
    path("teams/new", teams.new, name="new_team"),
    path("teams/<uuid:team_id>/", teams.team, name="team"),
    path("teams/<uuid:team_id>/delete", teams.delete, name="delete_team"),
    path("calendars/", calendars.calendars, name="calendars"),
    path("calendars/new", calendars.new, name="new_calendar"),
    path("calendars/preview", calendars.preview, name="preview_calendar"),
    path("calendars/<uuid:calendar_id>/", calendars.calendar, name="calendar"),
    path("calendars/<uuid:calendar_id>/delete", calendars.delete, name="delete_calendar"),
]
urlpatterns = [*own, *organisation]
