"""Search over everything the reader sees."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from accounts.models import User
from crm.core.doors import page
from crm.records import search as finder
from crm.records.policies import VIEW_SEARCH

LONGEST = 200


@page(act=VIEW_SEARCH)
@require_GET
def search(request: HttpRequest) -> HttpResponse:
    """The page of all results; for the field on the board its few best."""
    reader: User = request.user  # type: ignore[assignment]
    query = request.GET.get("q", "")[:LONGEST]
    if request.headers.get("HX-Target") == "found":
        return _suggestions(request, reader, query)
    facts = {"query": query, "found": finder.search(reader, query), "too_short": finder.too_short(query)}
    return render(request, "records/search.html", facts)


def _suggestions(request: HttpRequest, reader: User, query: str) -> HttpResponse:
    if finder.too_short(query):
        return HttpResponse()
    facts = {"results": finder.suggest(reader, query), "more": f"{reverse('search')}?{urlencode({'q': query})}"}
    return render(request, "components/search_results.html", facts)
