"""Money: exact amounts of one currency, rounded in one place, converted by dated rates, read and written per language.

``amounts`` says how money is stored and rounded, ``fields`` (imported by itself) holds what Django and the API need.
"""

from crm.core.money.amounts import Money, round_half_away, round_money, totals_by_currency
from crm.core.money.currencies import (
    check_currency,
    currency_name,
    currency_symbol,
    current_currencies,
    known_currencies,
    minor_units,
    shown_places,
)
from crm.core.money.errors import CurrenciesDiffer, FloatMoneyError
from crm.core.money.exchange import Conversion, ExchangeRate, convert
from crm.core.money.text import format_money, parse_money

__all__ = [
    "Conversion",
    "CurrenciesDiffer",
    "ExchangeRate",
    "FloatMoneyError",
    "Money",
    "check_currency",
    "convert",
    "currency_name",
    "currency_symbol",
    "current_currencies",
    "format_money",
    "known_currencies",
    "minor_units",
    "parse_money",
    "round_half_away",
    "round_money",
    "shown_places",
    "totals_by_currency",
]
