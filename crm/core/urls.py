"""The page of the design system, and what its examples ask for. Mounted at ``/settings/design/``."""

from __future__ import annotations

from django.urls import path

from crm.core.views import design

app_name = "design"
urlpatterns = [
    path("", design.page, name="page"),
    path("act", design.act, name="act"),
    path("news", design.news, name="news"),
    path("order", design.order, name="order"),
    path("refused/<int:status>", design.refused, name="refused"),
    path("search", design.search, name="search"),
    path("undo", design.undo, name="undo"),
]
