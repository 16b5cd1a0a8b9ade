"""From one currency to another: a dated rate, and a result that remembers where it came from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from crm.core.errors import Invalid
from crm.core.money.amounts import Money, check_number, divide_money
from crm.core.money.currencies import check_currency
from crm.core.money.errors import CurrenciesDiffer


@dataclass(frozen=True, slots=True)
class ExchangeRate:
    """On a day, one unit of ``base`` was worth ``rate`` units of ``quote``: ``ExchangeRate("EUR", "IDR", 18234.5, …)``."""

    base: str
    quote: str
    rate: Decimal
    on: date

    def __post_init__(self) -> None:
        check_currency(self.base, field="base")
        if check_currency(self.quote, field="quote") == self.base:
            raise Invalid(_("A rate stands between two different currencies."), field="quote", code="rate_malformed")
        if check_number(self.rate) <= 0:
            raise Invalid(_("A rate is more than zero."), field="rate", code="rate_malformed")


@dataclass(frozen=True, slots=True)
class Conversion:
    """An amount in another currency, with the original amount and the dated rate that led to it; store all three."""

    original: Money
    converted: Money
    rate: ExchangeRate


def convert(money: Money, rate: ExchangeRate) -> Conversion:
    """The amount in the rate's other currency, rounded once. The rate serves both ways, from base and from quote.

    ``CurrenciesDiffer`` when the amount is in neither.
    """
    if money.currency == rate.base:
        return Conversion(money, Money((money * rate.rate).amount, rate.quote).rounded(), rate)
    if money.currency == rate.quote:
        return Conversion(money, divide_money(money, rate.rate, rate.base), rate)
    raise CurrenciesDiffer(rate.base, money.currency)
