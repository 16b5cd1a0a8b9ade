"""Addresses of this app's resources, below ``/api/v1/``."""

from __future__ import annotations

from crm.core.api.routers import ResourceRouter
from leads.api import (
    companies,
    contacts,
    deals,
    document,  # noqa: F401 (fills the organisation's own fields into the document)
    duplicates,
    leads,
    offers,
    scoring,
    settings,
    views,
)

app_name = "leads-api"

router = ResourceRouter()
router.register("companies", companies.Companies, "company")
router.register("contacts", contacts.Contacts, "contact")
router.register("consents", contacts.ConsentHistory, "consent")
router.register("duplicates", duplicates.Duplicates, "duplicate")
router.register("leads", leads.Leads, "lead")
router.register("deals", deals.Deals, "deal")
router.register("products", offers.Products, "product")
router.register("campaigns", offers.Campaigns, "campaign")
router.register("referral-links", offers.ReferralLinks, "referral-link")
router.register("pipelines", settings.Pipelines, "pipeline")
router.register("stages", settings.Stages, "stage")
router.register("reasons", settings.Reasons, "reason")
router.register("custom-fields", settings.CustomFields, "custom-field")
router.register("score-rules", scoring.ScoreRules, "score-rule")
router.register("score-models", scoring.ScoreModels, "score-model")
router.register("saved-views", views.SavedViews, "saved-view")

urlpatterns = router.urls
