"""Writes on campaigns, and on the links that customers pass on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import User
from crm.core import journal
from crm.core.errors import Conflict, Invalid
from crm.core.money import Money
from leads import normal
from leads.models import Campaign, Contact, ReferralLink
from leads.policies import MANAGE_CAMPAIGNS, WRITE_CONTACTS
from leads.services import writing

FIELDS = ("name", "kind", "starts_on", "ends_on", "cost", "currency", "is_active")
LINK_FIELDS = ("campaign", "reward", "is_active")


def create_campaign(*, actor: User | None, name: str, campaign_id: UUID | None = None, **fields: Any) -> Campaign:
    """Make a campaign from ``FIELDS``. A repeat with the same ``campaign_id`` returns the one made before.

    Raises ``Forbidden``, ``Invalid``, ``Conflict`` for a name that is taken.
    """
    writing.require(actor, MANAGE_CAMPAIGNS)
    with writing.writes():
        stored = writing.known(Campaign, actor, campaign_id)
        if stored is not None:
            return stored
        campaign = Campaign(**({"pk": campaign_id} if campaign_id else {}))
        writing.fill(campaign, {"name": name, **fields}, FIELDS, actor)
        _check(campaign)
        return writing.insert(campaign, actor=actor, event="campaign.created", fields=FIELDS)


def change_campaign(
    *, actor: User | None, campaign_id: UUID, changes: Mapping[str, Any], expected_version: int | None = None
) -> Campaign:
    """Change what is named of ``FIELDS``; one that is over is ``is_active=False``, its leads keep it.

    Raises ``Forbidden``, ``NotFound``, ``Invalid``, ``Conflict``, ``VersionConflict``.
    """
    writing.require(actor, MANAGE_CAMPAIGNS)
    with writing.writes():
        campaign = writing.locked(Campaign, actor, campaign_id)
        before = journal.snapshot(campaign, changes.keys() & set(FIELDS))
        writing.fill(campaign, changes, FIELDS, actor)
        _check(campaign)
        writing.store(
            campaign,
            actor=actor,
            event="campaign.changed",
            before=before,
            expected_version=expected_version,
            also=["name_key"],
        )
    return campaign


def create_referral_link(
    *, actor: User | None, contact_id: UUID, link_id: UUID | None = None, **fields: Any
) -> ReferralLink:
    """Make a link that ``contact_id`` passes on: enquiries through it are credited to them. ``fields``: ``LINK_FIELDS``.

    Raises ``Forbidden``, ``NotFound``, ``Invalid``, ``Conflict`` (``do_not_contact``: they wish to hear nothing more).
    """
    writing.require(actor, WRITE_CONTACTS)
    with writing.writes():
        stored = writing.known(ReferralLink, actor, link_id)
        if stored is not None:
            return stored
        contact = writing.locked(Contact, actor, contact_id)
        if contact.do_not_contact:
            raise Conflict(_("This person is not to be contacted."), code="do_not_contact")
        link = ReferralLink(**({"pk": link_id} if link_id else {}), contact=contact)
        writing.fill(link, fields, LINK_FIELDS, actor)
        writing.check(link)
        # The token is a secret that only its bearer needs: it stays out of the journal.
        return writing.insert(
            link, actor=actor, event="referral_link.created", fields=("contact", "campaign", "reward")
        )


def change_referral_link(
    *, actor: User | None, link_id: UUID, changes: Mapping[str, Any], expected_version: int | None = None
) -> ReferralLink:
    """Change the campaign or the reward, close the link or open it again.

    Raises ``Forbidden``, ``NotFound``, ``Invalid``, ``VersionConflict``.
    """
    writing.require(actor, WRITE_CONTACTS)
    with writing.writes():
        link = writing.locked(ReferralLink, actor, link_id)
        before = journal.snapshot(link, changes.keys() & set(LINK_FIELDS))
        writing.fill(link, changes, LINK_FIELDS, actor)
        writing.check(link)
        writing.store(
            link, actor=actor, event="referral_link.changed", before=before, expected_version=expected_version
        )
    return link


def reward_falls_due(*, actor: User | None, link: ReferralLink) -> None:
    """What was promised for a customer who became one is due now; in the caller's transaction."""
    if link.reward == ReferralLink.Reward.PROMISED:
        before = journal.snapshot(link, ("reward",))
        link.reward = ReferralLink.Reward.DUE
        writing.store(link, actor=actor, event="referral_link.changed", before=before)


def _check(campaign: Campaign) -> None:
    campaign.name_key = normal.product_key(campaign.name)[:120]
    if not campaign.name_key:
        raise Invalid(_("A name has letters or digits."), field="name", code="blank")
    writing.check(campaign)
    if campaign.cost is not None:
        if campaign.cost < 0:
            raise Invalid(_("A cost is not negative."), field="cost", code="min_value")
        Money(campaign.cost, campaign.currency).checked(field="cost")
