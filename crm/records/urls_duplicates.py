"""Addresses of the duplicates pages; included by ``crm.records.urls`` in the namespace ``records``."""

from __future__ import annotations

from django.urls import path

from crm.records import views_duplicates as views

urlpatterns = [
    path("duplicates/", views.review, name="duplicates"),
    path("duplicates/pairs/<uuid:pair_id>/dismiss", views.dismiss, name="dismiss_pair"),
    path("duplicates/pairs/<uuid:pair_id>/reopen", views.reopen, name="reopen_pair"),
    path("duplicates/merges/<uuid:merge_id>/undo", views.undo_merge, name="undo_merge"),
    path("duplicates/<str:kind>/<uuid:record_id>/", views.may_be_same, name="may_be_same"),
    path("duplicates/<str:kind>/<uuid:kept_id>/<uuid:gone_id>/", views.merge, name="merge"),
]
