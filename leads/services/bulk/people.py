"""Whose a row is: a colleague by e-mail address or name."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from uuid import UUID

from accounts.models import User
from crm.core.text import fold


class Colleagues:
    """The people who sign in, by address and by name; a name that two have is nobody's."""

    def find(self, written: str) -> UUID | None:
        found = self._known.get(fold(written.strip()), set())
        return next(iter(found)) if len(found) == 1 else None

    @cached_property
    def _known(self) -> dict[str, set[UUID]]:
        known: dict[str, set[UUID]] = defaultdict(set)
        for key, email, name in User.objects.filter(is_active=True).values_list("pk", "email", "name"):
            known[fold(email)].add(key)
            known[fold(name)].add(key)
        return known
