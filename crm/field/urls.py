"""The pages under ``/field/``."""

from __future__ import annotations

from django.urls import path

from crm.field import views

app_name = "field"
urlpatterns = [path("", views.day, name="day")]
