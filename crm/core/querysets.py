"""The queryset every business model starts from."""

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
