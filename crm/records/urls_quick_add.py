"""The address of entering a lead by hand."""

from __future__ import annotations

from django.urls import path

from crm.records import views_quick_add

urlpatterns = [path("leads/new", views_quick_add.new_lead, name="lead-new")]
