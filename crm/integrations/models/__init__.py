from crm.integrations.models.exports import ExportJob
from crm.integrations.models.imports import ImportedRecord, ImportJob, ImportMapping, ImportRow

__all__ = ["ExportJob", "ImportJob", "ImportMapping", "ImportRow", "ImportedRecord"]
