"""Small words of the record pages."""

from __future__ import annotations

from django import template

from accounts.forms.fields import language_name
from leads import normal
from leads.models import Phone

register = template.Library()


register.filter("language_name", language_name)


@register.filter
def shown_phone(phone: Phone) -> str:
    """A stored number as a person reads it."""
    return normal.shown_phone(phone.number)
