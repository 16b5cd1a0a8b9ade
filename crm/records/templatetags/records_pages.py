"""Small words of the record pages."""

from __future__ import annotations

from django import template

from leads import normal
from leads.models import Phone

register = template.Library()


@register.filter
def shown_phone(phone: Phone) -> str:
    """A stored number as a person reads it."""
    return normal.shown_phone(phone.number)
