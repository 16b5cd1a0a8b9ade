"""The addresses of Tandem, and a small resource that mixes in ``Merges``."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.urls import include, path

from config.urls import handler400, handler403, handler404, handler500  # noqa: F401 (Django reads them)
from config.urls import urlpatterns as real
from crm.core.api.resources import Retrieves
from crm.core.api.routers import ResourceRouter
from crm.core.api.serializers import ReadSerializer
from leads.api.duplicates import MERGE_GIVES, MERGE_TAKES, Duplicates, Merges
from leads.models import Company
from leads.policies import VIEW_COMPANIES, WRITE_COMPANIES


class Shown(ReadSerializer):
    class Meta:
        model = Company
        fields = ("id", "name", "version")


class Firms(Retrieves, Merges):
    acts = {"retrieve": VIEW_COMPANIES, "merge": WRITE_COMPANIES, "unmerge": WRITE_COMPANIES}
    reader = Shown
    takes, gives = MERGE_TAKES, MERGE_GIVES
    merged_model = Company

    def rows(self) -> QuerySet[Any]:
        return Company.objects.visible_to(self.person)


router = ResourceRouter()
router.register("firms", Firms, "firm")
router.register("pairs", Duplicates, "pair")
urlpatterns = [
    path("api/v1/", include((router.urls, "firms-api"))),
    *real,
]
