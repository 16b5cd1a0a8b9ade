"""Addresses of this app's resources, below ``/api/v1/``."""

from __future__ import annotations

from crm.core.api.routers import ResourceRouter
from crm.integrations.api import resources

app_name = "integrations-api"

router = ResourceRouter()
router.register("imports", resources.Imports, "import")
router.register("exports", resources.Exports, "export")

urlpatterns = router.urls
