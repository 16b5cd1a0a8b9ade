"""A year of selling, told through the services: each write happened at its moment, by its person, with its journal row."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import UUID

from accounts.models import User
from config.demo import cast, market
from crm.core import clock
from crm.core.text import fold
from leads.models import Campaign, Deal, Lead, Pipeline, Product, Reason
from leads.services import campaigns, contacts, deals, defaults, intake, products
from leads.services import leads as verbs

DAYS = 330
# Hours of the day in UTC at which both Lyon and Surabaya may be at work.
OPENS, CLOSES = 7, 16
# Enquiries of the small demo; the larger ones are made by `config.demo.bulk` on top.
ENQUIRIES = 90


@dataclass(frozen=True, slots=True)
class Firm:
    """A made-up company and where it is."""

    name: str
    place: tuple[str, str, str, str, str, str]
    sector: str
    domain: str

    @property
    def country(self) -> str:
        return self.place[3]


class Selling:
    """The history as a queue of moments: what happens at one may plan others later."""

    def __init__(self, dice: random.Random, new_id: Callable[[], UUID]) -> None:
        self.dice, self.new_id = dice, new_id
        self.now = clock.now()
        self.number = count()
        self.plan: list[tuple[datetime, int, Callable[[], Any]]] = []

    def run(self) -> None:
        """Tell it. People and teams are there already."""
        with clock.telling(self.now - timedelta(days=DAYS + 30)):
            defaults.ensure_defaults()
            self.products = [self._product(part) for part in market.PRODUCTS]
        self.campaigns = [self._campaign(*row) for row in market.CAMPAIGNS]
        self.firms = list(self._firms())
        self.sellers = self._sellers()
        self.reasons = {kind: list(Reason.objects.filter(kind=kind)) for kind in Reason.Kind.values}
        self.stages = {pipeline.motion: list(pipeline.stages.all()) for pipeline in Pipeline.objects.all()}
        for serial in range(ENQUIRIES):
            # More of late than a year ago; the last ones this morning.
            ago = DAYS * (1 - (serial + 1) / ENQUIRIES) ** 2.2
            self._at(self.now - timedelta(days=ago, minutes=self.dice.randint(5, 240)), self._enquiry)
        while self.plan:
            moment, _, happen = heapq.heappop(self.plan)
            with clock.telling(moment):
                happen()

    def _at(self, moment: datetime, happen: Callable[[], Any]) -> None:
        if moment < self.now:
            heapq.heappush(self.plan, (moment, next(self.number), happen))

    def _later(self, happen: Callable[[], Any], least_days: float, most_days: float) -> None:
        moment = clock.now() + timedelta(days=self.dice.uniform(least_days, most_days))
        self._at(self._at_work(moment), happen)

    def _at_work(self, moment: datetime) -> datetime:
        """The same moment if people work then, else some time on their next morning or working day."""
        if moment.weekday() < 5 and OPENS <= moment.hour < CLOSES:
            return moment
        days = 1 if moment.hour >= CLOSES else 0
        while (moment + timedelta(days=days)).weekday() >= 5:
            days += 1
        morning = (moment + timedelta(days=days)).replace(hour=OPENS, minute=0, second=0, microsecond=0)
        return morning + timedelta(minutes=self.dice.randint(5, 180))

    # -- what there is --

    def _product(self, part: market.ProductPart) -> Product:
        return products.create_product(
            actor=None, product_id=self.new_id(), name=part.name, family=part.family, price=Decimal(part.price),
            currency=part.currency, margin_rate=Decimal(part.margin), cycle_days=part.days, demo_need=part.demo,
            is_remote=part.is_remote,
        )  # fmt: skip

    def _campaign(self, name: str, kind: str, ago: int, days: int, cost: str) -> Campaign:
        start = self.now - timedelta(days=ago)
        with clock.telling(start - timedelta(days=20)):
            return campaigns.create_campaign(
                actor=None, campaign_id=self.new_id(), name=name, kind=kind, starts_on=start.date(),
                ends_on=(start + timedelta(days=days)).date(), cost=Decimal(cost), currency="EUR",
            )  # fmt: skip

    def _firms(self) -> Iterator[Firm]:
        for names, country in ((market.FRENCH_FIRMS, "FR"), (market.INDONESIAN_FIRMS, "ID")):
            places = [place for place in market.PLACES if place[3] == country]
            for name in names:
                word = "".join(char for char in name.lower() if char.isascii() and char.isalnum())
                yield Firm(name, self.dice.choice(places), self.dice.choice(market.SECTORS), f"{word}.example")

    def _sellers(self) -> dict[tuple[str, str], list[User]]:
        """Who sells in a country by a motion."""
        found: dict[tuple[str, str], list[User]] = {}
        for user in User.objects.active().select_related("team__calendar"):
            if user.motion is None or user.team is None or user.team.calendar is None:
                continue
            country = user.team.calendar.country
            for motion in ("inside", "outside") if user.motion == "hybrid" else (user.motion.value,):
                found.setdefault((country, motion), []).append(user)
        for people in found.values():
            # The people to sign in as come first, and more often.
            people.sort(key=lambda user: (user.email not in {role.email for role in cast.CAST}, user.email))
        return found

    # -- what happens --

    def _enquiry(self) -> None:
        firm = self.dice.choice(self.firms)
        fits = [product for product in self.products if (product.currency == "IDR") <= (firm.country == "ID")]
        product = self.dice.choice(fits)
        motion = next(part.motion for part in market.PRODUCTS if part.name == product.name)
        seller = self._seller(firm.country, motion)
        city, postal_code, region, country, latitude, longitude = firm.place
        first, last = self._name(country)
        campaign = self.dice.choice([*self.campaigns, None, None, None])
        channel = self.dice.choice(["form", "form", "email", "call", "event", "rep"])
        lead = intake.receive_enquiry(
            actor=None, lead_id=self.new_id(), first_name=first, last_name=last, company_name=firm.name,
            email=f"{_plain(first)}.{_plain(last)}@{firm.domain}", phone=self._phone(country),
            job_title=self.dice.choice(market.FRENCH_TITLES if country == "FR" else market.INDONESIAN_TITLES),
            language="fr" if country == "FR" else "id", website=f"https://www.{firm.domain}",
            street=f"{self.dice.randint(1, 180)} {'rue' if country == 'FR' else 'Jl.'} {self._name(country)[1]}",
            city=city, postal_code=postal_code, region=region, country=country, latitude=Decimal(latitude),
            longitude=Decimal(longitude), product=product, campaign=campaign if self._runs(campaign) else None,
            source=self.dice.choice(market.SOURCES[channel]), motion=motion, channel=channel,
            notes=self.dice.choice(market.ENQUIRIES[country]),
            expected_value=product.price, currency=product.currency,
            needs_demo=product.demo_need == Product.DemoNeed.PHYSICAL or None,
        )  # fmt: skip
        if lead.contact is not None and not lead.contact.level:
            level = self.dice.choice(market.LEVELS)
            contacts.change_contact(actor=None, contact_id=lead.contact.pk, changes={"level": level})
        if self.dice.random() < 0.95:
            self._later(lambda: self._assign(lead, seller), 0.0005, 0.01)

    def _assign(self, lead: Lead, seller: User) -> None:
        verbs.assign_lead(actor=None, lead_id=lead.pk, owner_id=seller.pk)
        self._later(lambda: self._attempt(lead, seller, 1), 0.01, 1.5)

    def _attempt(self, lead: Lead, seller: User, number: int) -> None:
        verbs.attempt_lead(actor=seller, lead_id=lead.pk)
        luck = self.dice.random()
        if luck < 0.45:
            self._later(lambda: self._connect(lead, seller), 0.01, 1)
        elif number < 4:
            self._later(lambda: self._attempt(lead, seller, number + 1), 2, 9)
        else:
            self._later(lambda: self._disqualify(lead, seller), 1, 8)

    def _connect(self, lead: Lead, seller: User) -> None:
        verbs.connect_lead(actor=seller, lead_id=lead.pk)
        if lead.contact is not None and self.dice.random() < 0.5:
            contacts.record_consent(
                actor=seller, contact_id=lead.contact.pk, channel="email", state="given", proof="Said so on the phone"
            )
        step = self._qualify if self.dice.random() < 0.6 else self._disqualify
        self._later(lambda: step(lead, seller), 0.05, 9)

    def _disqualify(self, lead: Lead, seller: User) -> None:
        reason = self.dice.choice(self.reasons[Reason.Kind.DISQUALIFIED])
        verbs.disqualify_lead(actor=seller, lead_id=lead.pk, reason_id=reason.pk)

    def _qualify(self, lead: Lead, seller: User) -> None:
        price = lead.expected_value or Decimal(1000)
        motion = "outside" if lead.motion == "outside" else "inside"
        days = 110 if motion == "outside" else 35
        amount = (price * Decimal(self.dice.choice(["0.9", "1", "1", "1.2", "2"]))).quantize(Decimal(1))
        closes = (clock.now() + timedelta(days=self.dice.randint(days // 2, days * 2))).date()
        deal_id = self.new_id()
        deal = {
            "deal_id": deal_id,
            "motion": motion,
            "amount": amount,
            "currency": lead.currency,
            "close_on": closes,
        }
        verbs.qualify_lead(actor=seller, lead_id=lead.pk, deal=deal)
        made = Deal.objects.get(pk=deal_id)
        if lead.product is not None and amount == price:
            deals.set_lines(actor=seller, deal_id=made.pk, lines=[{"product": lead.product}])
        self._later(lambda: self._step(made, seller, 1, days), days / 8, days / 2)

    def _step(self, deal: Deal, seller: User, number: int, days: int) -> None:
        """On to the next stage, lost on the way, or won at the end."""
        stages = self.stages[deal.motion]
        chance = self.dice.random()
        if chance < 0.11:
            reason = self.dice.choice(self.reasons[Reason.Kind.LOST])
            rival = self.dice.choice(market.COMPETITORS) if reason.label != "No decision" else ""
            deals.lose_deal(actor=seller, deal_id=deal.pk, reason_id=reason.pk, competitor=rival)
        elif number < len(stages):
            deals.move_deal(actor=seller, deal_id=deal.pk, stage_id=stages[number].pk)
            self._later(lambda: self._step(deal, seller, number + 1, days), days / 8, days / 2)
        else:
            reason = self.dice.choice(self.reasons[Reason.Kind.WON])
            deals.win_deal(actor=seller, deal_id=deal.pk, reason_id=reason.pk)

    # -- dice --

    def _seller(self, country: str, motion: str) -> User:
        way = self.dice.choice(["inside", "outside"]) if motion == "hybrid" else motion
        people = self.sellers[(country, way)]
        return people[min(int(self.dice.expovariate(0.6)), len(people) - 1)]

    def _name(self, country: str) -> tuple[str, str]:
        firsts, lasts = (
            (cast.FRENCH_FIRST, cast.FRENCH_LAST) if country == "FR" else (cast.INDONESIAN_FIRST, cast.INDONESIAN_LAST)
        )
        return self.dice.choice(firsts), self.dice.choice(lasts)

    def _phone(self, country: str) -> str:
        digits = f"{self.dice.randrange(10**6):06d}"
        return f"+33 4 72 {digits[:2]} {digits[2:4]} {digits[4:]}" if country == "FR" else f"+62 31 5{digits}"

    def _runs(self, campaign: Campaign | None) -> bool:
        today = clock.now().date()
        return campaign is not None and bool(
            campaign.starts_on and campaign.ends_on and campaign.starts_on <= today <= campaign.ends_on
        )


def _plain(name: str) -> str:
    return "".join(char for char in fold(name) if char.isalnum())
