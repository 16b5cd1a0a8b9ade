"""The verbs on a deal: opened, moved, won, lost; what is in it and who shares it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import User
from crm.core import clock, journal
from crm.core.errors import Conflict, Invalid
from crm.core.money import round_money
from leads import normal
from leads.models import Deal, DealLine, DealSplit, Pipeline, Product, Reason, ReferralLink, Stage, StageChange
from leads.policies import WRITE_DEALS
from leads.services import campaigns, custom, scoring_due, writing

FIELDS = (
    "name",
    "lead",
    "company",
    "contact",
    "owner",
    "motion",
    "forecast",
    "amount",
    "currency",
    "margin_rate",
    "opened_on",
    "close_on",
    "competitor",
    "notes",
    "external_source",
    "external_id",
)
MOVES = ("stage", "stage_since", "state", "closed_on", "reason")
MOST_LINES = 200
WHOLE = Decimal(1)


def create_deal(
    *,
    actor: User | None,
    name: str,
    deal_id: UUID | None = None,
    stage: Stage | UUID | None = None,
    custom: Mapping[str, Any] | None = None,
    **fields: Any,
) -> Deal:
    """Open a deal, by default at the first stage of the first pipeline of its motion and with its maker as owner.

    A repeat with the same ``deal_id`` returns the one made before.
    Raises ``Forbidden``, ``Invalid``, ``Conflict`` (an id or external id that is taken).
    """
    writing.require(actor, WRITE_DEALS)
    with writing.writes():
        stored = writing.known(Deal, actor, deal_id)
        if stored is not None:
            return stored
        deal = Deal(**({"pk": deal_id} if deal_id else {}))
        if "owner" not in fields and actor is not None and actor.motion is not None:
            fields["owner"] = actor
        writing.fill(deal, {"name": name, **fields}, FIELDS, actor)
        deal.stage = _stage(stage) if stage is not None else first_stage(deal.motion)
        writing.give_custom(deal, custom, actor, motion=deal.motion)
        _check(deal)
        writing.insert(deal, actor=actor, event="deal.created", fields=(*FIELDS, "stage"))
        _note_move(deal, actor)
        if deal.owner_id is not None:
            DealSplit.objects.create(deal=deal, user_id=deal.owner_id, role=DealSplit.Role.OWNER, share=WHOLE)
        writing.keep_up(deal)
    return deal


def change_deal(
    *, actor: User | None, deal_id: UUID, changes: Mapping[str, Any], expected_version: int | None = None
) -> Deal:
    """Change what is named; of ``custom`` only the keys that change. The stage moves by ``move_deal``.

    Raises ``Forbidden``, ``NotFound``, ``Invalid``, ``Conflict``, ``VersionConflict``.
    """
    writing.require(actor, WRITE_DEALS)
    plain = {name: value for name, value in changes.items() if name != "custom"}
    with writing.writes():
        deal = writing.locked(Deal, actor, deal_id)
        deal.require_version(expected_version)
        before = journal.snapshot(deal, [*plain, "custom"]) | {"custom": dict(deal.custom)}
        writing.fill(deal, plain, FIELDS, actor)
        if "custom" in changes:
            writing.give_custom(deal, changes["custom"], actor, motion=deal.motion)
        if "amount" in plain and plain["amount"] != before["amount"] and deal.lines.exists():
            raise Conflict(_("The amount follows from the products in the deal."), field="amount", code="has_lines")
        _check(deal)
        if writing.store(deal, actor=actor, event="deal.changed", before=before):
            if "owner" in plain and before["owner"] != deal.owner_id:
                _pass_on(deal, before["owner"])
            writing.keep_up(deal, custom_changed="custom" in changes)
    return deal


def move_deal(*, actor: User | None, deal_id: UUID, stage_id: UUID, expected_version: int | None = None) -> Deal:
    """Bring an open deal to another stage, of its own pipeline or another. To where it stands, nothing changes."""
    writing.require(actor, WRITE_DEALS)
    with writing.writes():
        deal = _open(actor, deal_id, expected_version)
        stage = _stage(stage_id)
        if deal.stage_id == stage.pk:
            return deal
        before = journal.snapshot(deal, MOVES)
        deal.stage, deal.stage_since = stage, clock.now()
        writing.store(deal, actor=actor, event="deal.moved", before=before)
        _note_move(deal, actor)
    return deal


def win_deal(
    *,
    actor: User | None,
    deal_id: UUID,
    reason_id: UUID | None = None,
    closed_on: date | None = None,
    expected_version: int | None = None,
) -> Deal:
    """It is sold. Raises ``Conflict`` for one that is closed, ``Invalid`` for no such reason or a day to come."""
    reason = _reason(reason_id, Reason.Kind.WON) if reason_id else None
    return _close(actor, deal_id, Deal.State.WON, reason, closed_on, expected_version)


def lose_deal(
    *,
    actor: User | None,
    deal_id: UUID,
    reason_id: UUID,
    competitor: str = "",
    closed_on: date | None = None,
    expected_version: int | None = None,
) -> Deal:
    """It is not sold: why, and to whom it went. Raises ``Conflict``, ``Invalid``."""
    reason = _reason(reason_id, Reason.Kind.LOST)
    return _close(actor, deal_id, Deal.State.LOST, reason, closed_on, expected_version, competitor=competitor)


def reopen_deal(*, actor: User | None, deal_id: UUID, expected_version: int | None = None) -> Deal:
    """Take it up again at the stage where it stood. Raises ``Conflict`` for an open one."""
    writing.require(actor, WRITE_DEALS)
    with writing.writes():
        deal = writing.locked(Deal, actor, deal_id)
        deal.require_version(expected_version)
        if deal.is_open:
            raise Conflict(_("This deal is open."), code="no_such_move")
        before = journal.snapshot(deal, MOVES)
        deal.state, deal.closed_on, deal.reason, deal.stage_since = Deal.State.OPEN, None, None, clock.now()
        writing.store(deal, actor=actor, event="deal.reopened", before=before)
        _note_move(deal, actor)
    return deal


def set_lines(
    *, actor: User | None, deal_id: UUID, lines: Iterable[Mapping[str, Any]], expected_version: int | None = None
) -> Deal:
    """The products in a deal, as a whole list of ``{"product", "quantity", "unit_price", "discount_rate", "margin_rate"}``.

    The amount follows: each line rounded by itself, then added; so does the margin where every line says its own.
    Raises ``Conflict`` for a closed deal, ``Invalid`` (field ``lines``).
    """
    writing.require(actor, WRITE_DEALS)
    with writing.writes():
        deal = _open(actor, deal_id, expected_version)
        was = [line_text(line) for line in deal.lines.select_related("product")]
        rows = [_line(deal, position, given) for position, given in enumerate(lines)]
        if len(rows) > MOST_LINES:
            raise Invalid(_("%(count)d at most.") % {"count": MOST_LINES}, field="lines")
        before = journal.snapshot(deal, ["amount", "currency", "margin_rate"])
        if rows:
            _sum_up(deal, rows)
        deal.lines.all().delete()
        DealLine.objects.bulk_create(rows)
        extra = {"lines": (was, [line_text(row) for row in rows])}
        writing.store(deal, actor=actor, event="deal.lines_set", before=before, extra=extra)
    return deal


def set_splits(
    *, actor: User | None, deal_id: UUID, splits: Iterable[Mapping[str, Any]], expected_version: int | None = None
) -> Deal:
    """Who shares the credit, as a whole list of ``{"user", "share", "role"}``; the shares add up to one.

    Raises ``Invalid`` (field ``splits``).
    """
    writing.require(actor, WRITE_DEALS)
    with writing.writes():
        deal = writing.locked(Deal, actor, deal_id)
        deal.require_version(expected_version)
        was = [_split_text(split) for split in deal.splits.select_related("user")]
        rows = [_split(deal, given, actor) for given in splits]
        if len({row.user_id for row in rows}) < len(rows):
            raise Invalid(_("Each person once."), field="splits", code="twice")
        if rows and sum(row.share for row in rows) != WHOLE:
            raise Invalid(_("The shares add up to 100 %."), field="splits", code="not_whole")
        deal.splits.all().delete()
        DealSplit.objects.bulk_create(rows)
        extra = {"splits": (was, [_split_text(row) for row in rows])}
        writing.store(deal, actor=actor, event="deal.splits_set", before={}, extra=extra)
    return deal


# --- inside ----------------------------------------------------------------------------------------------------------


def first_stage(motion: str) -> Stage:
    """Where deals of a motion begin. Raises ``Conflict`` while there is no pipeline."""
    pipelines = Pipeline.objects.filter(is_active=True)
    pipeline = pipelines.filter(motion=motion).first() or pipelines.first()
    stage = pipeline.stages.first() if pipeline is not None else None
    if stage is None:
        raise Conflict(_("There is no pipeline yet. Make one in the settings."), code="no_pipeline")
    return stage


def line_total(line: DealLine, currency: str) -> Decimal:
    """Quantity by price less discount, rounded to the currency's minor unit, half away from zero."""
    return round_money(line.quantity * line.unit_price * (WHOLE - line.discount_rate), currency)


def line_text(line: DealLine) -> str:
    """As the journal keeps it: in no language, without zeros that say nothing."""
    price = f"{custom.plain(line.unit_price)} {line.deal.currency}"
    text = f"{custom.plain(line.quantity)} × {line.product.name}, {price}"  # noqa: RUF001 (times, not an x)
    return f"{text}, -{custom.plain(line.discount_rate * 100)} %" if line.discount_rate else text


def _stage(stage: Stage | UUID) -> Stage:
    pk = stage.pk if isinstance(stage, Stage) else stage
    found = Stage.objects.select_related("pipeline").filter(pk=pk).first()
    if found is None:
        raise Invalid(_("There is no such stage."), field="stage", code="not_found")
    return found


def _reason(pk: UUID, kind: Reason.Kind) -> Reason:
    reason = Reason.objects.filter(pk=pk, kind=kind).first()
    if reason is None:
        raise Invalid(_("Choose a reason."), field="reason", code="not_found")
    return reason


def _open(actor: User | None, deal_id: UUID, expected_version: int | None) -> Deal:
    deal = writing.locked(Deal, actor, deal_id)
    deal.require_version(expected_version)
    if not deal.is_open:
        raise Conflict(_("This deal is closed. Reopen it first."), code="no_such_move")
    return deal


def _close(
    actor: User | None,
    deal_id: UUID,
    state: Deal.State,
    reason: Reason | None,
    closed_on: date | None,
    expected_version: int | None,
    competitor: str = "",
) -> Deal:
    writing.require(actor, WRITE_DEALS)
    with writing.writes():
        deal = writing.locked(Deal, actor, deal_id)
        deal.require_version(expected_version)
        if deal.state == state:
            return deal
        if not deal.is_open:
            raise Conflict(_("This deal is closed. Reopen it first."), code="no_such_move")
        before = journal.snapshot(deal, (*MOVES, "competitor"))
        deal.state, deal.reason, deal.stage_since = state, reason, clock.now()
        deal.closed_on = closed_on or _today(actor)
        if deal.closed_on > _today(actor):
            raise Invalid(_("This is in the future."), field="closed_on", code="in_the_future")
        deal.competitor = normal.clean(competitor)[:120] or deal.competitor
        writing.store(deal, actor=actor, event=f"deal.{state.value}", before=before)
        _note_move(deal, actor)
        if deal.lead_id is not None:
            scoring_due.mark(deal.lead_id)
        if state == Deal.State.WON:
            _reward_the_referrer(deal, actor)
    return deal


def _reward_the_referrer(deal: Deal, actor: User | None) -> None:
    link = ReferralLink.objects.select_for_update().filter(leads__deals=deal.pk).first()
    if link is not None:
        campaigns.reward_falls_due(actor=actor, link=link)


def _today(actor: User | None) -> date:
    return clock.today(actor.time_zone if actor is not None else "UTC")


def _note_move(deal: Deal, actor: User | None) -> None:
    StageChange.objects.create(deal=deal, stage_id=deal.stage_id, state=deal.state, at=deal.stage_since, by=actor)


def _pass_on(deal: Deal, was: UUID | None) -> None:
    """The whole credit follows the owner as long as nobody shared it."""
    splits = list(deal.splits.all())
    alone = not splits or (len(splits) == 1 and splits[0].user_id == was)
    if alone:
        deal.splits.all().delete()
        if deal.owner_id is not None:
            DealSplit.objects.create(deal=deal, user_id=deal.owner_id, role=DealSplit.Role.OWNER, share=WHOLE)


def _check(deal: Deal) -> None:
    if not deal.name:
        raise Invalid(_("A deal needs a name."), field="name", code="required")
    writing.require_seller(deal.owner)
    writing.check(deal)


def _line(deal: Deal, position: int, given: Mapping[str, Any]) -> DealLine:
    """One line, read; its price and margin are the product's unless they are said."""
    line = DealLine(deal=deal, position=position)
    try:
        writing.fill(line, given, ("product", "quantity", "unit_price", "discount_rate", "margin_rate"), None)
        product = _product_of(line)
        if given.get("unit_price") is None:
            line.unit_price = _list_price(product, deal.currency)
        if line.margin_rate is None:
            line.margin_rate = product.margin_rate
        writing.check(line)
    except Invalid as error:
        raise Invalid(error.detail, field=f"lines.{position}.{error.field}", code=error.specific_code) from error
    return line


def _product_of(line: DealLine) -> Product:
    product = Product.objects.filter(pk=line.product_id).first()
    if product is None:
        raise Invalid(_("Choose a product."), field="product", code="required")
    line.product = product
    return product


def _list_price(product: Product, currency: str) -> Decimal:
    if product.price is None or product.currency != (currency or product.currency):
        raise Invalid(_("Say the price."), field="unit_price", code="required")
    return product.price


def _sum_up(deal: Deal, rows: list[DealLine]) -> None:
    deal.currency = deal.currency or next((row.product.currency for row in rows if row.product.currency), "")
    if not deal.currency:
        raise Invalid(_("Say the currency."), field="currency", code="required")
    totals = [line_total(row, deal.currency) for row in rows]
    deal.amount = sum(totals, Decimal(0))
    margins = [row.margin_rate for row in rows]
    if deal.amount and all(margin is not None for margin in margins):
        weighted = sum((total * (margin or 0) for total, margin in zip(totals, margins, strict=True)), Decimal(0))
        deal.margin_rate = round(weighted / deal.amount, 4)
    writing.check(deal)


def _split(deal: Deal, given: Mapping[str, Any], actor: User | None) -> DealSplit:
    if not given.get("user") or given.get("share") is None:
        raise Invalid(_("A share names a person and a part."), field="splits", code="required")
    split = DealSplit(deal=deal)
    try:
        writing.fill(split, given, ("user", "share", "role"), actor)
        writing.check(split)
    except Invalid as error:
        raise Invalid(error.detail, field="splits", code=error.specific_code) from error
    return split


def _split_text(split: DealSplit) -> str:
    return f"{split.user.name}: {split.share * 100:f} % ({split.role})"
