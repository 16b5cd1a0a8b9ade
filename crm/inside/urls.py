"""The pages under ``/inside/``."""

from __future__ import annotations

from django.urls import path

from crm.inside import views

app_name = "inside"
urlpatterns = [path("", views.desk, name="desk")]
