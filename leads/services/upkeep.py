"""What is derived from records and kept beside them. One call after each write, in its transaction."""

from __future__ import annotations

from leads.models import Company, Contact, Record
from leads.services import duplicates, finding, scoring_due


def after_write(*records: Record) -> None:
    """Search words of all at once; companies and contacts are looked at for duplicates; scores become due."""
    unindexed = [record for record in records if not (record.version == 1 and record.search_words)]
    if unindexed:
        finding.index_words(*unindexed)
    for record in records:
        if isinstance(record, Company | Contact):
            duplicates.write_keys(record)
        scoring_due.after_write(record)
