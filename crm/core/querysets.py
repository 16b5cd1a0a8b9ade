"""The queryset every business model starts from, and an expression that several reads need."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Self, TypeVar

from django.db import models

from crm.core import policy

if TYPE_CHECKING:
    from crm.core.policy import Person

ModelT = TypeVar("ModelT", bound=models.Model)


class ScopedQuerySet(models.QuerySet[ModelT]):
    """Adds the one door for reads on behalf of somebody: ``visible_to``."""

    def visible_to(self, person: Person) -> Self:
        """Only the rows ``person`` may see, by the model's policy. Raises ``policy.NoPolicy`` when none is registered."""
        return policy.scope(self, person)

    def updated_since(self, moment: datetime) -> Self:
        return self.filter(updated_at__gte=moment)


class AnyOf(models.Func):
    """``AnyOf(F("pk"), array)`` in ``filter``: ``pk = ANY (array)``, where ``array`` is an expression.

    One parameter, where ``IN`` has one for each value. A subquery as an array is worked out first and the index asked for
    its members; as ``IN (SELECT …)`` Postgres may join all that the reader sees before it asks (1.5 s among 230,000 deals).
    """

    template, arg_joiner = "(%(expressions)s))", " = ANY ("
    output_field = models.BooleanField()
