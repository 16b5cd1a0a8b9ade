"""An amount of one currency, exact, and the one place where money is rounded.

**Storage**: two columns, ``amount numeric(18, 4)`` and ``currency char(3)``, never a composite. Four decimals hold
every currency (they divide by 1 to 10,000) and the unit prices that are finer than a cent (0.4230 EUR per km); 14
digits before the point hold 99 trillion rupiah. Counting minor units in an integer would be as exact, but then no
sum, export or report outside Python could be read without knowing how each currency divides. Amounts that people are
owed or charged are rounded to the minor unit *before* they are stored, so the column never rounds for us (it would
do it the same way).

**Rounding**: half away from zero, per line, then sums of rounded lines; ``ROUND(x, n)`` of a Postgres ``numeric`` is
the same rule, so SQL and Python agree to the cent.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, DivisionByZero, Inexact, InvalidOperation, Overflow
from fractions import Fraction
from functools import total_ordering
from typing import Self

from django.utils.translation import gettext as _
from typing_extensions import override

from crm.core.errors import Invalid
from crm.core.money.currencies import check_currency, minor_units
from crm.core.money.errors import CurrenciesDiffer, FloatMoneyError

STORED_DIGITS = 18
STORED_PLACES = 4

# Far beyond what is stored, so that sums and products of stored amounts are always exact, and small enough that no
# input ("1e999999") can make arithmetic slow.
MOST_WHOLE_DIGITS = 30
MOST_DECIMALS = 30
MOST_WEIGHTS = 10_000
_DIGITS = 2 * (MOST_WHOLE_DIGITS + MOST_DECIMALS)
_EXACT = Context(prec=_DIGITS, traps=[Inexact, InvalidOperation, Overflow, DivisionByZero])
_ROUNDING = Context(prec=_DIGITS, rounding=ROUND_HALF_UP, traps=[InvalidOperation, Overflow, DivisionByZero])

_PLAIN_NUMBER = re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,30})?", re.ASCII)


def round_money(amount: Decimal, currency: str) -> Decimal:
    """The amount to the minor unit of its currency, half away from zero: 2.665 EUR is 2.67, -2.5 JPY is -3."""
    return round_half_away(amount, minor_units(currency))


def round_half_away(value: Decimal, places: int) -> Decimal:
    """The value to so many decimals, half away from zero; 0, not -0."""
    return _quantize(check_number(value), places)


def check_number(value: object, *, field: str | None = None) -> Decimal:
    """The value itself when it is an exact, finite number of reasonable size, as every factor of money must be."""
    if isinstance(value, float):
        raise FloatMoneyError(f"{value!r} is a float; money takes Decimal")
    if not isinstance(value, Decimal):
        raise TypeError(f"{value!r} is no Decimal")
    if not value.is_finite():
        raise _wrong(_("An amount is a number."), "amount_malformed", field)
    exponent = value.as_tuple().exponent
    if value.adjusted() >= MOST_WHOLE_DIGITS or not isinstance(exponent, int) or -exponent > MOST_DECIMALS:
        raise _wrong(_("This amount is too large or too finely divided."), "amount_out_of_range", field)
    return value


@total_ordering
@dataclass(frozen=True, slots=True)
class Money:
    """So much of one currency. Exact; equal when the numbers are (12.5 is 12.50); zero is false.

    Sums, differences and comparisons stay in one currency (``CurrenciesDiffer``); products are exact, so round a
    line with `rounded` once it is complete. ``Money(Decimal("12.50"), "EUR")`` takes Decimals only, `of` also takes
    whole numbers and plain text.
    """

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        check_currency(self.currency)
        if not check_number(self.amount):
            object.__setattr__(self, "amount", self.amount.copy_abs())  # no minus zero

    @classmethod
    def of(cls, amount: Decimal | int | str, currency: str, *, field: str = "amount") -> Self:
        """Money of a Decimal, a whole number or machine-written text (``"-1285000.50"``), as JSON and files have it."""
        if isinstance(amount, float):
            raise FloatMoneyError(f"{amount!r} is a float; send text or a whole number")
        if isinstance(amount, str) and not _PLAIN_NUMBER.fullmatch(amount):
            detail = _("“%(text)s” is no amount. Write it as 1285000.50, without spaces or separators.")
            raise _wrong(detail % {"text": amount[:40]}, "amount_malformed", field)
        return cls(check_number(Decimal(amount), field=field), currency)

    @classmethod
    def zero(cls, currency: str) -> Self:
        """Nothing, in a currency."""
        return cls(Decimal(0), currency)

    @classmethod
    def total(cls, amounts: Iterable[Money], currency: str) -> Money:
        """The sum of amounts that are all in ``currency``; zero of it when there are none."""
        return sum(amounts, start=Money.zero(currency))

    def __add__(self, other: Money) -> Money:
        """The sum of two amounts of one currency."""
        return Money(_EXACT.add(self.amount, self._same(other).amount), self.currency)

    def __sub__(self, other: Money) -> Money:
        """The difference of two amounts of one currency."""
        return Money(_EXACT.subtract(self.amount, self._same(other).amount), self.currency)

    def __mul__(self, factor: Decimal | int) -> Money:
        """The exact product with a number; not yet rounded."""
        number = Decimal(factor) if isinstance(factor, int) else factor
        return Money(_EXACT.multiply(self.amount, check_number(number)), self.currency)

    __rmul__ = __mul__

    def __neg__(self) -> Money:
        """The same amount with the other sign."""
        return Money(_EXACT.minus(self.amount), self.currency)

    def __abs__(self) -> Money:
        """The amount without its sign."""
        return Money(self.amount.copy_abs(), self.currency)

    def __bool__(self) -> bool:
        """Whether this is more or less than nothing."""
        return bool(self.amount)

    def __lt__(self, other: Money) -> bool:
        """Whether this is less than another amount of the same currency."""
        return self.amount < self._same(other).amount

    @override
    def __str__(self) -> str:
        """``12.50 EUR``, for logs and machines; people get `format_money`."""
        return f"{self.amount_text} {self.currency}"

    @property
    def amount_text(self) -> str:
        """The number as the API and exports write it: at least the decimals of the minor unit, more only if needed."""
        places = max(minor_units(self.currency), decimals_of(self.amount))
        return f"{self.amount:.{places}f}"

    def to_json(self) -> dict[str, str]:
        """``{"amount": "12.50", "currency": "EUR"}``; the amount is text because JSON numbers become floats."""
        return {"amount": self.amount_text, "currency": self.currency}

    @classmethod
    def parse_json(cls, raw: object, *, field: str = "money") -> Self:
        """Money from its JSON shape, in whole minor units and fit to be stored; ``Invalid`` names ``field.amount``."""
        if not isinstance(raw, dict) or raw.keys() != {"amount", "currency"}:
            detail = _('Money is written {"amount": "12.50", "currency": "EUR"}.')
            raise _wrong(detail, "amount_malformed", field)
        amount = raw["amount"]
        if isinstance(amount, bool) or not isinstance(amount, str | int):
            detail = _("Send the amount as text, such as “12.50”: a number with decimals is not exact.")
            raise _wrong(detail, "amount_malformed", f"{field}.amount")
        currency = check_currency(raw["currency"], field=f"{field}.currency")
        return cls.of(amount, currency, field=f"{field}.amount").checked(field=f"{field}.amount")

    def checked(self, *, field: str = "amount") -> Self:
        """This amount, when it is in whole minor units and fits its column; ``Invalid`` otherwise."""
        if decimals_of(self.amount) > minor_units(self.currency):
            raise too_precise(self.currency, field)
        if self.amount.adjusted() >= STORED_DIGITS - STORED_PLACES:
            raise _wrong(_("This amount is too large."), "amount_out_of_range", field)
        return self

    def rounded(self) -> Money:
        """The amount in whole minor units, half away from zero."""
        return Money(round_money(self.amount, self.currency), self.currency)

    def percentage(self, basis_points: int) -> Money:
        """So many hundredths of a percent, rounded: ``price.percentage(2000)`` is a fifth of the price."""
        if not isinstance(basis_points, int):
            raise FloatMoneyError(f"{basis_points!r} is no whole number of basis points")
        return (self * _EXACT.scaleb(Decimal(basis_points), -4)).rounded()

    def allocate(self, weights: Sequence[Decimal | int]) -> tuple[Money, ...]:
        """The amount split in proportion to the weights, in whole minor units that add up to all of it.

        Each share is its exact part cut off, and the units left over go to the largest parts cut off, the earlier
        share first among equals; a weight of zero gets nothing. A debt is split like the amount owed.
        """
        exact = [Fraction(_checked_weight(weight)) for weight in weights]
        if not sum(exact) or len(exact) > MOST_WEIGHTS:
            raise ValueError(f"{len(exact)} weights that add up to {sum(exact)}; some weight is needed")
        places = minor_units(self.currency)
        units = int(_EXACT.scaleb(self.checked().amount.copy_abs(), places))
        parts = [units * weight / sum(exact) for weight in exact]
        shares = [int(part) for part in parts]
        by_loss = sorted(range(len(parts)), key=lambda place: (shares[place] - parts[place], place))
        for place in by_loss[: units - sum(shares)]:
            shares[place] += 1
        sign = -1 if self.amount < 0 else 1
        return tuple(Money(_EXACT.scaleb(Decimal(sign * share), -places), self.currency) for share in shares)

    def _same(self, other: Money) -> Money:
        if not isinstance(other, Money):
            raise TypeError(f"{other!r} is not Money")
        if other.currency != self.currency:
            raise CurrenciesDiffer(self.currency, other.currency)
        return other


def totals_by_currency(amounts: Iterable[Money]) -> dict[str, Money]:
    """One sum per currency, in the order of their codes: how unlike amounts are shown together."""
    totals: dict[str, Money] = {}
    for amount in amounts:
        totals[amount.currency] = totals.get(amount.currency, Money.zero(amount.currency)) + amount
    return dict(sorted(totals.items()))


def divide_money(amount: Money, divisor: Decimal, currency: str) -> Money:
    """The quotient in another currency, rounded once.

    A quotient of such numbers is a tie or far from one at the precision of the division, so cutting it off there
    cannot tip the rounding.
    """
    quotient = _ROUNDING.divide(amount.amount, check_number(divisor))
    return Money(_quantize(quotient, minor_units(currency)), currency)


def decimals_of(number: Decimal) -> int:
    """How many decimals a number needs: 1 for 12.50, 0 for 1E+3."""
    exponent = number.normalize(_EXACT).as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def too_precise(currency: str, field: str) -> Invalid:
    """The refusal of decimals that a currency does not have."""
    detail = _("%(currency)s has at most %(places)s decimals.")
    texts = {"currency": currency, "places": minor_units(currency)}
    return Invalid(detail % texts, field=field, code="amount_too_precise")


def _quantize(value: Decimal, places: int) -> Decimal:
    rounded = value.quantize(Decimal((0, (1,), -places)), context=_ROUNDING)
    return rounded or rounded.copy_abs()


def _checked_weight(weight: Decimal | int) -> Decimal:
    number = check_number(Decimal(weight) if isinstance(weight, int) else weight)
    if number < 0:
        raise ValueError(f"{weight} is a negative weight")
    return number


def _wrong(detail: str, code: str, field: str | None = None) -> Invalid:
    return Invalid(detail, field=field, code=code)
