"""The pages that every audience shares, at the top of the address."""

from __future__ import annotations

from django.urls import include, path

from crm.records import urls_duplicates, urls_quick_add, urls_records, views

records = [*urls_quick_add.urlpatterns, *urls_records.urlpatterns, *urls_duplicates.urlpatterns]
urlpatterns = [path("search", views.search, name="search"), path("", include((records, "records")))]
