"""Many records at once, by the rules by which one is made: what an import, a migration or a feed brings in.

``take_in`` works through a chunk of items in order, with one look-up per kind for the whole chunk and one COPY per table at
the end; ``take_out`` is the way back. Dry runs do the same without the writing, see ``memory``.
"""

from leads.services.bulk.choices import Choices, choices_of
from leads.services.bulk.companies import CompanyTaker
from leads.services.bulk.contacts import ContactTaker
from leads.services.bulk.deals import DealTaker
from leads.services.bulk.items import Item, Options, Result, Taker, Touched
from leads.services.bulk.leads import LeadTaker
from leads.services.bulk.memory import Memory
from leads.services.bulk.products import ProductTaker
from leads.services.bulk.taking import TAKERS, take_in
from leads.services.bulk.undoing import take_out

__all__ = [
    "TAKERS",
    "Choices",
    "CompanyTaker",
    "ContactTaker",
    "DealTaker",
    "Item",
    "LeadTaker",
    "Memory",
    "Options",
    "ProductTaker",
    "Result",
    "Taker",
    "Touched",
    "choices_of",
    "take_in",
    "take_out",
]
