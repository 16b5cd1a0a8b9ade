"""How working time refuses: what a person can cause is a ``Refusal``, what only code can is a ``ValueError``.

Malformed input (hours, holidays, durations, zones) is a plain ``Invalid`` whose ``field`` names the spot.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from crm.core.errors import Invalid, Refusal


class NaiveTimeError(ValueError):
    """A datetime without an offset reached the library, or an aware one where a wall time was meant."""


class NeverOpens(Refusal):
    """The calendar has no opening within the horizon: no hours at all, or absent for ever."""

    code = "calendar_never_opens"
    detail = _("This calendar has no open hours in the next 20 years. Give it hours or end the absence.")


class NeverCloses(Refusal):
    """The calendar is open around the clock, so there is no closing time to name."""

    code = "calendar_never_closes"
    detail = _("This calendar never closes.")


class TooFar(Invalid):
    """A time outside the years the library serves, or a duration that does not fit in its horizon."""

    code = "time_too_far"
    detail = _("This lies too far away: clocks run between 1970 and 2100, and for 20 years at most.")
