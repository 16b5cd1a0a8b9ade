"""The pages of imports and exports."""

from __future__ import annotations

from django.urls import path

from crm.integrations.views import exports, imports

app_name = "integrations"

urlpatterns = [
    path("imports/", imports.imports, name="imports"),
    path("imports/<uuid:import_id>/", imports.import_, name="import"),
    path("imports/<uuid:import_id>/progress", imports.progress, name="import-progress"),
    path("imports/<uuid:import_id>/cancel", imports.cancel, name="import-cancel"),
    path("imports/<uuid:import_id>/undo", imports.undo, name="import-undo"),
    path("imports/<uuid:import_id>/delete", imports.delete, name="import-delete"),
    path("imports/<uuid:import_id>/result", imports.result, name="import-result"),
    path("exports/", exports.exports, name="exports"),
    path("exports/<uuid:export_id>/cancel", exports.cancel, name="export-cancel"),
    path("exports/<uuid:export_id>/file", exports.fetch, name="export-file"),
]
