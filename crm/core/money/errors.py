"""How money refuses. Malformed amounts and unknown currencies are a plain ``Invalid`` with a field and a code."""

from __future__ import annotations

from django.utils.translation import gettext as _

from crm.core.errors import Refusal


class CurrenciesDiffer(Refusal):
    """Two currencies met in one sum, comparison or conversion. They never mix without a rate and its date."""

    code = "currencies_differ"

    def __init__(self, expected: str, found: str, *, field: str | None = None) -> None:
        detail = _("This is in %(found)s, but %(expected)s is expected.")
        super().__init__(detail % {"expected": expected, "found": found}, field=field)


class FloatMoneyError(TypeError):
    """A binary float came near money. 0.1 is not a tenth there; amounts are ``Decimal`` from the first digit on."""
