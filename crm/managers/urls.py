"""The pages under ``/managers/``."""

from __future__ import annotations

from django.urls import path

from crm.managers import views

app_name = "managers"
urlpatterns = [path("", views.home, name="home")]
