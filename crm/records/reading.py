"""What one page reads of a record, each thing once: what belongs to it, and the names of what it links to."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from accounts.models import User
from crm.core import policy
from leads import selectors
from leads.models import Company, Contact, Deal, Lead
from leads.naming import Names
from leads.policies import VIEW_LEADS

MOST = 20  # of each kind on a page
NEAR = 10  # deals of a lead's company


class Reading:
    """One reader on one record's page. Sections and sources of the timeline take what they need from here."""

    def __init__(self, reader: User, record: Any) -> None:
        self.reader, self.record = reader, record
        self.names = Names(reader)

    @cached_property
    def _deals_of_lead(self) -> tuple[list[Deal], list[Deal]]:
        return selectors.deals_of_lead(self.reader, self.record, own=MOST, near=NEAR)

    @cached_property
    def deals(self) -> list[Deal]:
        """Deals with the record's company or person; of a lead those with its company."""
        match self.record:
            case Lead():
                return self._deals_of_lead[1]
            case Company() | Contact():
                return list(selectors.deals(self.reader).filter(**self._holder)[:MOST])
        return []

    @cached_property
    def leads(self) -> list[Lead] | None:
        """Leads on the record; None for who sees no leads."""
        if not isinstance(self.record, Company | Contact) or not policy.may(self.reader, VIEW_LEADS):
            return None
        return list(selectors.leads(self.reader).filter(**self._holder)[:MOST])

    @property
    def _holder(self) -> dict[str, Any]:
        return {self.record._meta.model_name: self.record.pk}

    @property
    def belonging(self) -> list[Any]:
        """Other records whose steps are steps of this one too."""
        match self.record:
            case Lead():
                return list(self._deals_of_lead[0])
            case Company():
                return [*self.deals, *(self.leads or ())]
        return []
