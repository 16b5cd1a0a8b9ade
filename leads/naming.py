"""What records are called, asked for in one query, whatever their kinds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from functools import cache
from typing import Any
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import FieldDoesNotExist
from django.db import connection
from django.db.models import CharField, F, Func, Model, Q, TextField, UUIDField, Value
from django.db.models.functions import Cast, Concat, NullIf, Trim
from django.utils.translation import gettext as _

from crm.core import policy
from crm.core.policy import Person
from crm.core.querysets import AnyOf
from leads.models import Contact, Lead, ReferralLink, Site


def _name_of(prefix: str = "") -> Any:
    whole = Concat(f"{prefix}first_name", Value(" "), f"{prefix}last_name", output_field=CharField())
    return NullIf(Trim(whole), Value(""))


def _joined(by: str, *parts: Any) -> Func:
    """The parts that are there, with ``by`` between."""
    return Func(Value(by), *parts, function="CONCAT_WS", output_field=CharField())


def _filled(name: str) -> NullIf:
    return NullIf(F(name), Value(""))


# What a record without a column "name" or "label" is called.
LABELS: dict[type[Model], Any] = {
    Contact: _joined("", _name_of()),
    Lead: _joined(" · ", _name_of("contact__"), F("company__name")),
    Site: _joined(
        ", ", _filled("street"), _filled("postal_code"), _filled("city"), _filled("country"), _filled("label")
    ),
    ReferralLink: "token",
}


def label_of(model: type[Model]) -> Any:
    """The column or expression by which records of ``model`` are called."""
    if model in LABELS:
        return LABELS[model]
    try:
        return model._meta.get_field("name").name
    except FieldDoesNotExist:
        return "label"


def names_of(reader: Person, wanted: Mapping[type[Model], Collection[Any]]) -> dict[type[Model], dict[Any, str]]:
    """The names of those of ``wanted`` that ``reader`` sees, by model and id; empty for somebody nameless. One query.

    Written out because every page and every list of the API asks it: built by the ORM it would cost a third of their time.
    """
    asked = [(model, [_as_id(key) for key in keys]) for model, keys in wanted.items() if keys]
    found: dict[type[Model], dict[Any, str]] = {model: {} for model in wanted}
    if not asked:
        return found
    selects, params = [], []
    for place, (model, ids) in enumerate(asked):
        sql, own = _select(model, reader)
        selects.append(f"SELECT {place}, named.* FROM ({sql}) AS named")  # noqa: S608 (made by the ORM)
        params += [ids if one == _IDS else one for one in own]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(selects), params)
        for place, pk, name in cursor.fetchall():
            found[asked[place][0]][pk] = name or ""
    return found


def _select(model: type[Model], reader: Person) -> tuple[str, tuple[Any, ...]]:
    """Id and name of rows by their ids, a parameter that is still open: ready-made where the reader sees all."""
    seen = policy.visibility(model, reader)
    return _select_all(model) if seen == policy.EVERYTHING else _select_seen(model, seen)


@cache
def _select_all(model: type[Model]) -> tuple[str, tuple[Any, ...]]:
    return _select_seen(model, policy.EVERYTHING)


def _select_seen(model: type[Model], seen: Q) -> tuple[str, tuple[Any, ...]]:
    label = label_of(model)
    shown = F(label) if isinstance(label, str) else label
    rows = model._default_manager.filter(seen, _THESE).order_by()
    sql, params = rows.values_list("pk", Cast(shown, TextField())).query.sql_with_params()
    return sql, tuple(params)


_IDS = "the ids"
_THESE = AnyOf(F("pk"), Cast(Value(_IDS), ArrayField(UUIDField())))


class Names:
    """Names for one page: said first what will be shown (``want``), asked for all at once when the first is read."""

    def __init__(self, reader: Person) -> None:
        self.reader = reader
        self._wanted: dict[type[Model], set[UUID]] = defaultdict(set)
        self._known: dict[str, str] = {}

    def want(self, model: type[Model], keys: Iterable[Any]) -> None:
        """Ids as they are or as text; what is no id is passed over."""
        for key in keys:
            if (identifier := _as_id(key)) is not None and str(identifier) not in self._known:
                self._wanted[model].add(identifier)

    def get(self, key: Any) -> str | None:
        """None for what the reader does not see."""
        if self._wanted:
            wanted, self._wanted = self._wanted, defaultdict(set)
            for by_id in names_of(self.reader, wanted).values():
                self._known |= {str(pk): name or _("Nameless") for pk, name in by_id.items()}
        return self._known.get(str(key))


def _as_id(key: Any) -> UUID | None:
    try:
        return key if isinstance(key, UUID) else UUID(str(key))
    except ValueError:
        return None
