"""The pages that every audience shares, at the top of the address."""

from __future__ import annotations

from django.urls import path

from crm.records import views

urlpatterns = [path("search", views.search, name="search")]
