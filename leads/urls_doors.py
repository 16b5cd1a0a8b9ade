"""Addresses of the doors: the customers' own at the top, the settings behind the wall."""

from __future__ import annotations

from django.urls import include, path, re_path

from leads import views_door_settings as inside
from leads.views_doors import customer

# One pattern for both, so that the list of doors without a sign-in stays short.
CUSTOMER = r"^(?P<door>[fq])/(?P<token>[A-Za-z0-9_-]{8,24})$"

settings = [
    path("settings/web-forms/", inside.all_web_forms, name="web_forms"),
    path("settings/web-forms/new", inside.new_web_form, name="new_web_form"),
    path("settings/web-forms/<uuid:form_id>/", inside.web_form, name="web_form"),
    path("settings/questionnaires/", inside.all_questionnaires, name="questionnaires"),
    path("settings/questionnaires/new", inside.new_questionnaire, name="new_questionnaire"),
    path("settings/questionnaires/<uuid:questionnaire_id>/", inside.questionnaire, name="questionnaire"),
    path("settings/lead-mail/", inside.mails, name="mails"),
    path("leads/<uuid:lead_id>/questionnaires", inside.of_lead, name="of_lead"),
    path("leads/<uuid:lead_id>/questionnaires/ask", inside.ask, name="ask"),
    path("questionnaires/<uuid:answers_id>", inside.answers, name="answers"),
]
urlpatterns = [re_path(CUSTOMER, customer, name="customer"), path("", include((settings, "doors")))]
