"""What a new organisation finds in place: pipelines with stages, reasons. Its own to change afterwards."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Motion
from leads.models import ForecastCategory, Pipeline, Reason
from leads.services import pipelines
from leads.services.scoring_rules import ensure_default_rules

Stop = tuple[str, int, ForecastCategory, int]


def ensure_defaults() -> None:
    """Make pipelines and scoring rules where there are none, and the reasons of each kind that has none.

    Safe to run at every start.
    """
    with transaction.atomic():
        ensure_default_rules()
        if not Pipeline.objects.exists():
            _pipelines()
        there = set(Reason.objects.order_by().values_list("kind", flat=True).distinct())
        for kind, labels in _reasons().items():
            if kind not in there:
                for label in labels:
                    pipelines.add_reason(actor=None, kind=kind, label=label)


def _pipelines() -> None:
    """A light one for the phone, a longer one with the stops of a visit."""
    early, likely, sure = ForecastCategory.PIPELINE, ForecastCategory.BEST_CASE, ForecastCategory.COMMIT
    inside: list[Stop] = [
        (_("New"), 10, early, 7),
        (_("Demo"), 30, early, 10),
        (_("Offer"), 60, likely, 10),
        (_("Decision"), 80, sure, 7),
    ]
    outside: list[Stop] = [
        (_("First visit"), 10, early, 21),
        (_("Needs understood"), 25, early, 21),
        (_("Shown on site"), 40, early, 30),
        (_("Offer"), 60, likely, 21),
        (_("Negotiation"), 75, likely, 21),
        (_("Decision"), 90, sure, 14),
    ]
    for name, motion, stops in ((_("Inside"), Motion.INSIDE, inside), (_("Outside"), Motion.OUTSIDE, outside)):
        stages = [
            {"name": stop, "probability": chance, "forecast": forecast, "stale_days": days}
            for stop, chance, forecast, days in stops
        ]
        pipelines.create_pipeline(actor=None, name=name, motion=motion, stages=stages)


def _reasons() -> dict[str, list[str]]:
    return {
        Reason.Kind.DISQUALIFIED: [
            _("No need"),
            _("No budget"),
            _("Outside what we sell"),
            _("Cannot be reached"),
            _("Wrong contact details"),
            _("Duplicate"),
            _("Does not want to be contacted"),
        ],
        Reason.Kind.LOST: [
            _("Price"),
            _("A competitor"),
            _("No decision"),
            _("Timing"),
            _("Missing feature"),
            _("Lost contact"),
        ],
        Reason.Kind.WON: [_("Best fit"), _("Price"), _("Relationship"), _("Service"), _("Recommended")],
    }
