"""Writes on scoring rules and on what the model may use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.models import User
from crm.core import clock, journal
from crm.core.errors import Invalid
from leads.models import Axis, ScoreRule, ScoreSettings
from leads.policies import MANAGE_SALES_SETTINGS
from leads.scoring.table import as_number
from leads.services import writing
from leads.services.scoring_facts import all_facts

FIELDS = (
    "axis",
    "fact",
    "test",
    "values",
    "points",
    "half_life_days",
    "group",
    "group_cap",
    "position",
    "is_active",
)
Test = ScoreRule.Test
WITHOUT_VALUE = (Test.KNOWN, Test.MISSING)
WITH_NUMBER = (Test.AT_LEAST, Test.AT_MOST)


def create_rule(*, actor: User | None, rule_id: UUID | None = None, **fields: Any) -> ScoreRule:
    """Make a rule from ``FIELDS``, last on its axis. A repeat with the same ``rule_id`` returns the one made before.

    Takes effect on all leads with the next ``scoring.score_all``. Raises ``Forbidden``, ``Invalid`` with the field.
    """
    writing.require(actor, MANAGE_SALES_SETTINGS)
    with writing.writes():
        if stored := writing.known(ScoreRule, actor, rule_id):
            return stored
        rule = ScoreRule(**({"pk": rule_id} if rule_id else {}))
        writing.fill(rule, fields, FIELDS, actor)
        if "position" not in fields:
            last = ScoreRule.objects.filter(axis=rule.axis).aggregate(last=Max("position"))["last"]
            rule.position = 0 if last is None else last + 1
        _check(rule)
        return writing.insert(rule, actor=actor, event="score_rule.created", fields=FIELDS)


def change_rule(
    *, actor: User | None, rule_id: UUID, changes: Mapping[str, Any], expected_version: int | None = None
) -> ScoreRule:
    """Raises ``Forbidden``, ``NotFound``, ``Invalid``, ``VersionConflict``."""
    writing.require(actor, MANAGE_SALES_SETTINGS)
    with writing.writes():
        rule = writing.locked(ScoreRule, actor, rule_id)
        before = journal.snapshot(rule, changes.keys() & set(FIELDS))
        writing.fill(rule, changes, FIELDS, actor)
        _check(rule)
        writing.store(rule, actor=actor, event="score_rule.changed", before=before, expected_version=expected_version)
    return rule


def delete_rule(*, actor: User | None, rule_id: UUID, expected_version: int | None = None) -> None:
    writing.require(actor, MANAGE_SALES_SETTINGS)
    with transaction.atomic():
        rule = writing.locked(ScoreRule, actor, rule_id)
        rule.require_version(expected_version)
        gone = {name: (getattr(rule, name), None) for name in FIELDS}
        journal.record(actor=actor, event="score_rule.deleted", instance=rule, changes=gone)
        rule.delete()


def _check(rule: ScoreRule) -> None:
    """What a person may get wrong, with the field it stands in."""
    rule.values = [] if rule.test in WITHOUT_VALUE else [text for text in rule.values if str(text).strip()]
    writing.check(rule)
    if rule.fact not in all_facts():
        raise Invalid(_("There is no such fact."), field="fact", code="not_found")
    if rule.test not in WITHOUT_VALUE and not rule.values:
        raise Invalid(_("Say what it is compared with."), field="values", code="required")
    if rule.test in WITH_NUMBER and as_number(rule.values[0]) is None:
        raise Invalid(_("Compare with a number."), field="values", code="not_a_number")
    if rule.points == 0:
        raise Invalid(_("No points change nothing."), field="points", code="zero")
    if rule.half_life_days and rule.axis != Axis.ENGAGEMENT:
        raise Invalid(_("Only engagement fades: who they are stays."), field="half_life_days", code="not_on_fit")
    if rule.group_cap and not rule.group:
        raise Invalid(_("A cap holds for a group: name it."), field="group", code="required")


# --- What the model may use -------------------------------------------------------------------------------------------


def settings() -> ScoreSettings:
    """The one row; its defaults where nobody changed anything."""
    return ScoreSettings.objects.first() or ScoreSettings()


def change_settings(
    *, actor: User | None, excluded: Sequence[str], window_months: int, retrain: str | None = None
) -> ScoreSettings:
    """Which facts the next model may not use, how far back it learns, and how often by itself (None: as it is).

    Raises ``Forbidden``, ``Invalid``.
    """
    writing.require(actor, MANAGE_SALES_SETTINGS)
    with writing.writes():
        row = ScoreSettings.objects.select_for_update().first() or ScoreSettings()
        before = journal.snapshot(row, ["excluded", "window_months", "retrain"])
        is_new = row._state.adding
        if unknown := set(excluded) - all_facts().keys():
            raise Invalid(_("There is no fact “%(key)s”.") % {"key": min(unknown)}, field="excluded", code="not_found")
        row.excluded, row.window_months, row.updated_at = sorted(set(excluded)), window_months, clock.now()
        row.retrain = retrain or row.retrain
        writing.check(row)
        row.save()
        changes = journal.differences(before, row)
        if changes or is_new:
            journal.record(actor=actor, event="score_settings.changed", instance=row, changes=changes)
    return row


# --- What a new organisation finds ------------------------------------------------------------------------------------

Default = tuple[str, str, str, tuple[str, ...], int, int | None, str, int | None]
_DEFAULTS: tuple[Default, ...] = (
    (Axis.FIT, "company.employees", Test.AT_LEAST, ("10",), 15, None, "size", 35),
    (Axis.FIT, "company.employees", Test.AT_LEAST, ("50",), 15, None, "size", 35),
    (Axis.FIT, "company.employees", Test.AT_LEAST, ("250",), 10, None, "size", 35),
    (Axis.FIT, "contact.level", Test.ONE_OF, ("decision_maker", "signer"), 20, None, "", None),
    (Axis.FIT, "contact.level", Test.IS, ("influencer",), 10, None, "", None),
    (Axis.FIT, "company.tier", Test.IS, ("A",), 15, None, "", None),
    (Axis.FIT, "company.sector", Test.KNOWN, (), 5, None, "", None),
    (Axis.FIT, "lead.product", Test.KNOWN, (), 10, None, "", None),
    (Axis.FIT, "lead.expected_value", Test.KNOWN, (), 10, None, "", None),
    (Axis.FIT, "lead.referred", Test.IS, ("yes",), 10, None, "", None),
    (Axis.FIT, "reach.phone", Test.IS, ("no",), -15, None, "reach", 25),
    (Axis.FIT, "reach.email", Test.IS, ("no",), -15, None, "reach", 25),
    (Axis.ENGAGEMENT, "lead.channel", Test.ONE_OF, ("call", "chat", "walk_in"), 45, 14, "door", 45),
    (Axis.ENGAGEMENT, "lead.channel", Test.ONE_OF, ("form", "questionnaire", "email", "message"), 30, 14, "door", 45),
    (Axis.ENGAGEMENT, "lead.channel", Test.IS, ("event",), 20, 21, "door", 45),
    (Axis.ENGAGEMENT, "lead.direction", Test.IS, ("inbound",), 10, 30, "", None),
    (Axis.ENGAGEMENT, "lead.needs_demo", Test.IS, ("yes",), 20, 30, "", None),
    (Axis.ENGAGEMENT, "lead.answered", Test.IS, ("yes",), 25, 21, "", None),
)


def ensure_default_rules() -> None:
    """A sensible set where there is no rule yet. Safe to run at every start."""
    if ScoreRule.objects.exists():
        return
    with transaction.atomic():
        for axis, fact, test, values, points, half_life, group, cap in _DEFAULTS:
            create_rule(
                actor=None,
                axis=axis,
                fact=fact,
                test=test,
                values=list(values),
                points=points,
                half_life_days=half_life,
                group=group,
                group_cap=cap,
            )
