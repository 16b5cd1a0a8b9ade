"""The score on a lead's page: the two axes apart, and on each what adds and what takes away."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from leads.models import Lead
from leads.services import scoring

TEMPLATE = "records/parts/score.html"
# The strongest of each axis; the rest is one line, so that the bars still add up.
SHOWN = 5


def load(reader: User, lead: Lead) -> dict[str, Any]:
    """What ``scoring.explain`` answers, with the reasons as ``{% why %}`` takes them."""
    said = scoring.explain(lead, past=False)
    axes = [
        {"name": name, "reasons": _reasons(said[key])}
        for key, name in (("fit", _("Fit")), ("engagement", _("Engagement")))
    ]
    return {**said, "axes": axes, "has_reasons": any(axis["reasons"] for axis in axes)}


def _reasons(axis: dict[str, Any]) -> list[tuple[str, int]]:
    """Words and whole points: where the axis begins, what moves it most, and all the rest in one."""
    told = [(_words(reason), reason["points"]) for reason in axis["reasons"]]
    if not told:
        return []
    shown, rest = told[:SHOWN], told[SHOWN:]
    lines = [(_("Begins at"), axis["base"])] if round(axis["base"]) else []
    lines += shown
    if rest:
        lines.append((_("%(count)d smaller reasons") % {"count": len(rest)}, sum(points for _text, points in rest)))
    return [(text, round(points)) for text, points in lines]


def _words(reason: dict[str, Any]) -> str:
    return f"{reason['label']}: {reason['said']}" if reason["said"] else str(reason["label"])
