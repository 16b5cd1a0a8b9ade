"""The pages under ``/settings/scoring/``."""

from __future__ import annotations

from django.urls import path

from leads import views_scoring as views

app_name = "scoring"

urlpatterns = [
    path("", views.rules, name="rules"),
    path("rules/new", views.new_rule, name="new_rule"),
    path("rules/<uuid:rule_id>/", views.rule, name="rule"),
    path("rules/<uuid:rule_id>/delete", views.delete_rule, name="delete_rule"),
    path("score-all", views.score_all, name="score_all"),
    path("progress", views.progress, name="progress"),
    path("model/", views.model, name="model"),
    path("model/learn", views.learn, name="learn"),
    path("model/<uuid:model_id>/publish", views.publish, name="publish"),
    path("model/revert", views.revert, name="revert"),
]
