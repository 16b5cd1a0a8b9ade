"""A made-up history of selling in several countries, as lines for COPY: one batch of leads, without the database.

A batch is told by itself from its seed and number, so batches can be told in several processes and come out the same.
Everything follows the rules of the models: a lead has a seller once somebody worked on it, ends once its time has come,
its deals walk their stages in order, credits add up to one. What a service derives is derived by the same functions:
names as compared, search words, duplicate keys.

Touches (calls, visits, e-mails) belong between the moments of ``_Telling._effort``: their tables go into ``COLUMNS``.
"""

from __future__ import annotations

import random
from bisect import bisect
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache, cached_property, lru_cache
from itertools import accumulate

from typing_extensions import override

from config.demo import market, words_lands
from config.demo.words_lands import LANDS, City, Land
from crm.core.text import fold
from leads import normal
from leads.duplicates.records import Record
from leads.duplicates.stored import COMPANIES, CONTACTS, stored_keys
from leads.finding.words import Words
from leads.services.finding import CompanyTexts, PersonTexts, company_words, contact_words, deal_words, lead_words

YEARS = 5
DAYS = 365 * YEARS
NOTHING = r"\N"
DAY = 86_400
# Of a year's enquiries by month: the summer and the turn of the year are quiet.
SEASON = (0.9, 1.0, 1.15, 1.1, 1.05, 1.05, 0.8, 0.55, 1.2, 1.25, 1.15, 0.7)
WEEK = (1.1, 1.15, 1.1, 1.05, 0.9, 0.12, 0.08)

_BASE = ("id", "created_at", "updated_at")
_KNOWN = ("external_source", "external_id", "search_words")
COLUMNS: dict[str, tuple[str, ...]] = {
    "leads.company": (*_BASE, *_KNOWN, "name", "name_key", "website", "domain", "sector", "employees", "annual_revenue", "currency",
                      "founded_year", "tier", "parent_id", "owner_id"),
    "leads.site": (*_BASE, "company_id", "is_primary", "street", "city", "region", "postal_code", "country", "latitude", "longitude",
                   "point_source"),
    "leads.contact": (*_BASE, *_KNOWN, "company_id", "first_name", "last_name", "name_key", "job_title", "level", "language",
                      "time_zone", "do_not_contact", "do_not_contact_at"),
    "leads.phone": (*_BASE, "company_id", "contact_id", "number", "kind", "is_primary"),
    "leads.email": (*_BASE, "company_id", "contact_id", "address", "key", "is_primary"),
    "leads.consent": (*_BASE, "contact_id", "channel", "state", "proof", "at"),
    "leads.lead": (*_BASE, *_KNOWN, "contact_id", "company_id", "site_id", "source", "channel", "direction", "motion", "status",
                   "reason_id", "owner_id", "product_id", "campaign_id", "expected_value", "currency", "needs_demo", "notes",
                   "arrived_at", "connected_at", "closed_at"),
    "leads.deal": (*_BASE, *_KNOWN, "name", "lead_id", "company_id", "contact_id", "owner_id", "motion", "stage_id", "stage_since",
                   "state", "amount", "currency", "margin_rate", "opened_on", "close_on", "closed_on", "reason_id", "competitor"),
    "leads.stagechange": ("deal_id", "stage_id", "state", "at", "by_id"),
    "leads.dealline": (*_BASE, "deal_id", "product_id", "position", "quantity", "unit_price", "discount_rate", "margin_rate"),
    "leads.dealsplit": (*_BASE, "deal_id", "user_id", "role", "share"),
    "leads.companykey": ("company_id", "key"),
    "leads.contactkey": ("contact_id", "key"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Offer:
    """A product as far as a history needs it."""

    id: str
    name: str
    price: Decimal
    currency: str
    margin: str
    days: int
    motion: str
    needs_demo: bool


@dataclass(frozen=True)
class Setting:
    """What is there before the history begins; plain values that travel to other processes.

    ``until`` is when it ends, in seconds since 1970; ``sellers`` by (country of the team, motion), those who own most first;
    ``campaigns`` are (id, from, until); ``reasons`` by kind; ``stages`` by motion in order.
    """

    seed: int
    until: int
    sellers: Mapping[tuple[str, str], Sequence[str]]
    offers: Sequence[Offer]
    campaigns: Sequence[tuple[str, int, int]]
    reasons: Mapping[str, Sequence[str]]
    stages: Mapping[str, Sequence[str]]

    @cached_property
    def days(self) -> list[float]:
        """How many enquiries came until each day, added up: growing by half a year, by season and weekday."""
        first = datetime.fromtimestamp(self.until, UTC).date() - timedelta(days=DAYS)
        weights = []
        for number in range(DAYS):
            day = first + timedelta(days=number)
            weights.append((1 + 2 * number / DAYS) * SEASON[day.month - 1] * WEEK[day.weekday()])
        return list(accumulate(weights))


@dataclass(frozen=True, slots=True)
class Told:
    """A batch: the text of each table for COPY, and the words for the vocabulary."""

    lines: dict[str, str]
    spoken: frozenset[str]


def tell(setting: Setting, number: int, leads: int) -> Told:
    """Batch ``number``, of exactly ``leads`` leads. The same arguments give the same batch."""
    return _Telling(setting, number).run(leads)


# --- Names -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Word:
    """A word as written, and in Latin letters for addresses."""

    text: str
    latin: str


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The words of a land, ready to be drawn."""

    given: list[Word]
    surnames: list[Word]
    trades: list[Word]
    words: list[Word]
    cities: list[Word]
    forms: list[str]
    streets: list[str]


def _word(text: str) -> Word:
    written, _, latin = text.partition("=")
    return Word(written, latin or _plain(written))


def _plain(text: str) -> str:
    return "".join(char for char in fold(text) if char.isascii() and char.isalnum())


@cache
def _lexicon(code: str) -> Lexicon:
    land = next(land for land in LANDS if land.code == code)
    made = [
        Word(stem.text + ending.text, stem.latin + ending.latin)
        for stem in map(_word, land.stems.split())
        for ending in map(_word, land.endings.split())
    ]
    return Lexicon(
        given=[_word(text) for text in land.given.split()],
        surnames=[_word(text) for text in land.surnames.split()] + made,
        trades=[_word(text) for text in land.trades.split()],
        words=[_word(text) for text in land.words.split()],
        cities=[_word(city.name) for city in land.cities],
        forms=[form.partition("=")[0] for form in land.forms],
        streets=land.streets.split("|"),
    )


@cache
def _shares(length: int, steepness: float) -> list[float]:
    """Added-up weights of places 1, 2, 3 …: few have much, most have little (Zipf)."""
    return list(accumulate(1 / (place + 1) ** steepness for place in range(length)))


class _KnownCompany(CompanyTexts):
    """Its words are worked out once for all records that carry them."""

    @cached_property
    @override
    def words(self) -> Words:
        return CompanyTexts.words.fget(self)  # type: ignore[attr-defined,no-any-return]

    @cached_property
    @override
    def where(self) -> Words:
        return CompanyTexts.where.fget(self)  # type: ignore[attr-defined,no-any-return]


class _KnownPerson(PersonTexts):
    @cached_property
    @override
    def words(self) -> Words:
        return PersonTexts.words.fget(self)  # type: ignore[attr-defined,no-any-return]


NOBODY = PersonTexts(None, None, None, [], [])


@dataclass(slots=True)
class Firm:
    """A company while its history is told."""

    id: str
    land: Land
    name: str
    domain: str
    site: str
    city: City
    city_name: str
    postal_code: str
    texts: _KnownCompany
    people: list[Human] = field(default_factory=list)
    sellers: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Human:
    """A contact while its history is told."""

    id: str
    texts: _KnownPerson


@dataclass(slots=True)
class Effort:
    """How a lead went: moments in seconds; None for what has not happened."""

    status: str
    connected: int | None = None
    closed: int | None = None
    last: int = 0


# --- The telling -----------------------------------------------------------------------------------------------------


class _Telling:
    def __init__(self, setting: Setting, number: int) -> None:
        self.setting = setting
        self.number = number
        self.dice = random.Random(f"{setting.seed}/{number}")  # noqa: S311 (dice, not secrets)
        self.lines: dict[str, list[str]] = defaultdict(list)
        self.spoken: set[str] = set()
        self.parents: list[str] = []

    def run(self, leads: int) -> Told:
        while leads:
            leads -= self._company(leads)
        return Told({label: "\n".join(lines) + "\n" for label, lines in self.lines.items()}, frozenset(self.spoken))

    # -- companies --

    def _company(self, most: int) -> int:
        """A company with its people and leads; answers how many leads. Most come once, a few come all the time."""
        dice = self.dice
        land = dice.choices(LANDS, cum_weights=_LAND_SHARES)[0]
        count = min(int(dice.paretovariate(1.5)), 60, most)
        moments = sorted(self._moment(land) for _ in range(count))
        firm = self._firm(land, moments[0])
        for moment in moments:
            self._lead(firm, moment)
        return count

    def _firm(self, land: Land, moment: int) -> Firm:
        dice, lexicon = self.dice, _lexicon(land.code)
        at = int(len(land.cities) * dice.random() ** 1.5)
        city, city_word = land.cities[at], lexicon.cities[at]
        name, slug = self._firm_name(land, lexicon, city_word)
        key, created = self._id(moment), _text(moment)
        domain = f"{slug}.example"
        phones = [self._digits(city.landline)] if dice.random() < 0.6 else []
        emails = [f"{dice.choice(_MAILBOXES)}@{domain}"] if dice.random() < 0.5 else []
        source, external = (
            ("erp", f"C{self.number:04d}{len(self.lines['leads.company']):05d}") if dice.random() < 0.15 else ("", "")
        )
        cities = [city_word.text]
        second = lexicon.cities[dice.randrange(len(land.cities))] if dice.random() < 0.12 else None
        if second:
            cities.append(second.text)
        texts = _KnownCompany(name, domain, external, cities, phones, emails)
        words = company_words(texts)
        self.spoken |= words.spoken
        employees = min(int(dice.lognormvariate(3.4, 1.4)) + 1, 90_000)
        revenue = (
            f"{employees * dice.randint(60, 240) * 1000 * _WORTH[land.currency]}.00" if dice.random() < 0.5 else None
        )
        parent = dice.choice(self.parents) if self.parents and dice.random() < 0.02 else None
        motion = "outside" if dice.random() < 0.4 else "inside"
        firm = Firm(key, land, name, domain, self._id(moment), city, city_word.text, self._digits(city.postal), texts)
        owner = self._seller(firm, motion) if dice.random() < 0.6 else None
        self._write(
            "leads.company", key, created, created, source, external, words.vector, name, normal.company_key(name)[:200],
            f"https://www.{domain}", domain, dice.choices(words_lands.SECTORS, cum_weights=_shares(10, 0.7))[0], str(employees),
            revenue, land.currency if revenue else "", str(2024 - int(dice.expovariate(1 / 25))) if dice.random() < 0.7 else None,
            "A" if employees > 400 else "B" if employees > 80 else "C" if dice.random() < 0.8 else "", parent, owner,
        )  # fmt: skip
        if employees > 200 and parent is None:
            self.parents.append(key)
        street = self._site(firm, firm.site, city, firm.city_name, firm.postal_code, moment, first=True)
        if second:
            branch = land.cities[lexicon.cities.index(second)]
            self._site(firm, self._id(moment), branch, second.text, self._digits(branch.postal), moment, first=False)
        self._reach(key, None, phones, emails, moment)
        record = Record(
            key, name=name, street=street, city=firm.city_name, region=city.region, postal_code=firm.postal_code,
            country=land.code, phones=tuple(phones), emails=tuple(emails), domains=(domain,),
            external=(f"{source}:{external}",) if external else (),
        )  # fmt: skip
        for hashed in sorted(stored_keys(COMPANIES, record)):
            self._write("leads.companykey", key, str(hashed))
        return firm

    def _firm_name(self, land: Land, lexicon: Lexicon, city: Word) -> tuple[str, str]:
        """Its name, and what its domain is called."""
        dice = self.dice
        pattern = dice.choice(land.firms)
        drawn = {
            "trade": dice.choice(lexicon.trades),
            "surname": dice.choice(lexicon.surnames),
            "word": dice.choice(lexicon.words),
            "city": city,
        }
        name = pattern.format_map({slot: word.text for slot, word in drawn.items()})
        form = dice.choice(lexicon.forms)
        if form:
            name = f"{form}{name}" if land.family_first else f"{name} {form}"
        slug = "-".join(word.latin for slot, word in drawn.items() if f"{{{slot}}}" in pattern)
        return name, f"{slug}-{land.code.lower()}"[:60]

    def _site(self, firm: Firm, key: str, city: City, name: str, postal: str, moment: int, *, first: bool) -> str:
        dice, lexicon = self.dice, _lexicon(firm.land.code)
        street = firm.land.roads.format(number=dice.randint(1, 240), street=dice.choice(lexicon.streets))
        placed = dice.random() < 0.8
        created = _text(moment)
        self._write(
            "leads.site", key, created, created, firm.id, "t" if first else "f", street, name, city.region, postal, firm.land.code,
            f"{city.latitude + dice.gauss(0, 0.04):.6f}" if placed else None,
            f"{city.longitude + dice.gauss(0, 0.05):.6f}" if placed else None,
            "geocoder" if placed else "",
        )  # fmt: skip
        return street

    def _reach(
        self, company: str | None, contact: str | None, phones: list[str], emails: list[str], moment: int
    ) -> None:
        """The first of each kind is the first choice."""
        created = _text(moment)
        for place, number in enumerate(phones):
            kind = "work" if company or place == 0 else "mobile"
            self._write(
                "leads.phone", self._id(moment), created, created, company, contact, number, kind, "f" if place else "t"
            )
        for place, address in enumerate(emails):
            self._write(
                "leads.email", self._id(moment), created, created, company, contact, address, normal.email_key(address),
                "f" if place else "t",
            )  # fmt: skip

    # -- people --

    def _human(self, firm: Firm, moment: int) -> Human:
        dice, lexicon = self.dice, _lexicon(firm.land.code)
        given, surname = dice.choice(lexicon.given), dice.choice(lexicon.surnames)
        first, last = given.text, surname.text
        if firm.land.code in {"FR", "GB"} and dice.random() < 0.06:
            last = f"{last}-{dice.choice(lexicon.surnames).text}"
        emails = [self._address(given, surname, firm.domain)] if dice.random() < 0.85 else []
        phones = (
            [self._digits(firm.city.landline if dice.random() < 0.6 else firm.land.mobile)]
            if dice.random() < 0.8
            else []
        )
        if phones and dice.random() < 0.25:
            phones.append(self._digits(firm.land.mobile))
        if not (phones or emails):
            phones = [self._digits(firm.land.mobile)]
        phones = list(dict.fromkeys(phones))
        key, created = self._id(moment), _text(moment)
        human = Human(key, _KnownPerson(first, last, "", phones, emails))
        words = contact_words(human.texts, firm.texts)
        self.spoken |= words.spoken
        level = dice.randrange(4)
        silent = _text(min(moment + DAY * 30, self.setting.until)) if dice.random() < 0.01 else None
        self._write(
            "leads.contact", key, created, silent or created, "", "", words.vector, firm.id, first, last,
            normal.name_key(f"{first} {last}")[:220], firm.land.titles[level],
            words_lands.LEVELS[level] if dice.random() < 0.7 else "", firm.land.language, firm.land.zone,
            "t" if silent else "f", silent,
        )  # fmt: skip
        self._reach(None, key, phones, emails, moment)
        if dice.random() < 0.25:
            allowed = "given" if dice.random() < 0.85 else "refused"
            self._write("leads.consent", self._id(moment), created, created, key, "email", allowed, "Web form", created)
        record = Record(
            key, name=firm.name, given_name=first, family_name=last, city=firm.city_name, postal_code=firm.postal_code,
            phones=tuple(phones), emails=tuple(emails),
        )  # fmt: skip
        for hashed in sorted(stored_keys(CONTACTS, record)):
            self._write("leads.contactkey", key, str(hashed))
        firm.people.append(human)
        return human

    def _address(self, given: Word, surname: Word, domain: str) -> str:
        draw = self.dice.random()
        if draw < 0.6:
            return f"{given.latin}.{surname.latin}@{domain}"
        if draw < 0.85:
            return f"{given.latin[:1]}{surname.latin}@{domain}"
        # A private mailbox: says nothing about where somebody works.
        return f"{given.latin}.{surname.latin}{self.dice.randrange(1000)}@example.com"

    # -- leads --

    def _lead(self, firm: Firm, moment: int) -> None:
        dice = self.dice
        human = self._whom(firm, moment)
        offer = self._offer(firm.land)
        motion = dice.choice(("inside", "outside")) if offer.motion == "hybrid" else offer.motion
        effort = self._effort(moment)
        owner = self._seller(firm, motion) if dice.random() < _OWNED.get(effort.status, 1) else None
        campaign = self._campaign(moment)
        channel = dice.choices(_CHANNELS, cum_weights=_CHANNEL_SHARES)[0]
        key, arrived = self._id(moment), _text(moment)
        source, external = (
            ("shop", f"L{self.number:04d}{len(self.lines['leads.lead']):05d}") if dice.random() < 0.1 else ("", "")
        )
        value = offer.price * dice.choice((1, 1, 1, 2, 3)) if dice.random() < 0.7 else None
        words = lead_words(human.texts if human else NOBODY, firm.texts, external)
        closed = effort.status == "disqualified"
        self._write(
            "leads.lead", key, arrived, _text(effort.last), source, external, words.vector, human.id if human else None, firm.id,
            firm.site, dice.choices(words_lands.SOURCES, cum_weights=_shares(9, 0.6))[0], channel,
            "outbound" if channel == "rep" else "inbound", motion, effort.status,
            self._drawn(self.setting.reasons["disqualified"]) if closed else None, owner, offer.id, campaign,
            str(value) if value is not None else None, offer.currency if value is not None else "",
            "t" if offer.needs_demo else None, dice.choice(_asked(firm.land)) if dice.random() < 0.6 else "", arrived,
            _text(effort.connected), _text(effort.closed),
        )  # fmt: skip
        if effort.status == "qualified" and effort.closed and dice.random() < 0.8:
            self._deal(firm, human, key, owner, offer, motion, effort.closed)

    def _whom(self, firm: Firm, moment: int) -> Human | None:
        """Somebody known, somebody new, or the company alone."""
        draw = self.dice.random()
        if firm.people and draw < 0.4:
            return self.dice.choice(firm.people)
        return self._human(firm, moment) if draw < 0.97 else None

    def _effort(self, moment: int) -> Effort:
        """From arrival to the answer. Nothing happens after the end of the history; a few leads are forgotten."""
        dice, until = self.dice, self.setting.until
        attempted = moment + int(dice.expovariate(1 / (0.6 * DAY))) + 300
        if attempted > until or dice.random() < 0.006:
            return Effort("new", last=moment)
        connected = attempted + int(dice.expovariate(1 / (3 * DAY))) if dice.random() < 0.62 else None
        if connected is not None and connected > until:
            return Effort("attempting", last=attempted)
        stands = connected or attempted
        closed = stands + int(dice.lognormvariate(2.2, 0.9) * DAY)
        if closed > until or dice.random() < 0.015:
            return Effort("connected" if connected else "attempting", connected, last=stands)
        status = "qualified" if connected and dice.random() < 0.48 else "disqualified"
        return Effort(status, connected, closed, last=closed)

    def _deal(
        self, firm: Firm, human: Human | None, lead: str, owner: str | None, offer: Offer, motion: str, moment: int
    ) -> None:
        """A walk through the stages: lost on the way, won at the end, or still under way."""
        dice, setting = self.dice, self.setting
        key, stages = self._id(moment), setting.stages[motion]
        dwell = offer.days * DAY / len(stages)
        state, place, since = "open", 0, moment
        walked = [(stages[0], "open", moment)]
        while state == "open":
            following = since + int(dice.gammavariate(2, dwell / 2)) + 3_600
            if following > setting.until:
                break
            since = following
            if dice.random() < 0.11 or (place + 1 == len(stages) and dice.random() < 0.2):
                state = "lost"
            elif place + 1 == len(stages):
                state = "won"
            else:
                place += 1
            walked.append((stages[place], state, since))
        name = f"{firm.name} · {offer.name}"
        lines = dice.random() < 0.6
        quantity, off = dice.choice((1, 1, 1, 2, 4)), dice.choice((0, 0, 5, 10)) if lines else 0
        amount = (offer.price * quantity * (100 - off) / 100).quantize(Decimal("0.01"))
        words = deal_words(human.texts if human else NOBODY, firm.texts, name, "")
        self.spoken |= words.spoken
        created, closed = _text(moment), state != "open"
        competitor = dice.choice(market.COMPETITORS) if state == "lost" and dice.random() < 0.4 else ""
        self._write(
            "leads.deal", key, created, _text(since), "", "", words.vector, name[:200], lead, firm.id, human.id if human else None,
            owner, motion, stages[place], _text(since), state, str(amount), offer.currency, offer.margin, _day(moment),
            _day(moment + int(offer.days * dice.uniform(0.5, 2) * DAY)), _day(since) if closed else None,
            self._drawn(setting.reasons[state]) if closed else None, competitor,
        )  # fmt: skip
        for stage, stood, at in walked:
            self._write("leads.stagechange", key, stage, stood, _text(at), owner)
        if lines:
            self._write(
                "leads.dealline", self._id(moment), created, created, key, offer.id, "0", str(quantity), str(offer.price),
                f"0.{off:02d}", offer.margin,
            )  # fmt: skip
        self._credit(firm, key, owner, motion, moment)

    def _credit(self, firm: Firm, deal: str, owner: str | None, motion: str, moment: int) -> None:
        """The owner's, or shared with a colleague of the other motion."""
        if owner is None:
            return
        created = _text(moment)
        colleague = self._seller(firm, "inside" if motion == "outside" else "outside")
        shared = colleague != owner and self.dice.random() < 0.12
        parts = [(owner, "owner", "0.7" if shared else "1")] + ([(colleague, "partner", "0.3")] if shared else [])
        for person, role, share in parts:
            self._write("leads.dealsplit", self._id(moment), created, created, deal, person, role, share)

    # -- dice --

    def _moment(self, land: Land) -> int:
        """When an enquiry comes: by day of the history, then within the hours of the land; never after the end."""
        days = self.setting.days
        day = bisect(days, self.dice.random() * days[-1])
        start = self.setting.until - (DAYS - day) * DAY
        return min(
            int(start + self.dice.triangular(7.5, 20, 10.5) * 3_600) - land.hours * 3_600, self.setting.until - 60
        )

    def _seller(self, firm: Firm, motion: str) -> str:
        """A company keeps its seller of a motion for the most part."""
        known = firm.sellers.get(motion)
        if known is not None and self.dice.random() < 0.85:
            return known
        people = self.setting.sellers[(firm.land.served_by, motion)]
        firm.sellers[motion] = chosen = self.dice.choices(people, cum_weights=_shares(len(people), 0.8))[0]
        return chosen

    def _offer(self, land: Land) -> Offer:
        while True:
            offer = self.dice.choice(self.setting.offers)
            if (offer.currency == "IDR") <= (land.code == "ID"):
                return offer

    def _campaign(self, moment: int) -> str | None:
        running = [key for key, begins, ends in self.setting.campaigns if begins <= moment < ends]
        return self.dice.choice(running) if running and self.dice.random() < 0.4 else None

    def _drawn(self, choices: Sequence[str]) -> str:
        return self.dice.choices(choices, cum_weights=_shares(len(choices), 0.7))[0]

    def _digits(self, pattern: str) -> str:
        """A pattern with a digit for each ``#``."""
        count = pattern.count("#")
        digits = f"{self.dice.randrange(10**count):0{count}d}" if count else ""
        if pattern.endswith("#" * count):
            return pattern[: len(pattern) - count] + digits
        pieces = iter(digits)
        return "".join(next(pieces) if char == "#" else char for char in pattern)

    def _id(self, moment: int) -> str:
        """A UUIDv7 of the moment."""
        bits = self.dice.getrandbits(84)  # milliseconds within the second take ten of them
        milliseconds = moment * 1_000 + (bits & 0x3FF) % 1_000
        return f"{milliseconds:012x}7{bits >> 10 & 0xFFF:03x}{0x8000 | bits >> 22 & 0x3FFF:04x}{bits >> 36:012x}"

    def _write(self, label: str, *values: str | None) -> None:
        self.lines[label].append("\t".join([NOTHING if value is None else value for value in values]))


@lru_cache(64)
def _asked(land: Land) -> Sequence[str]:
    """What enquiries say there."""
    return market.ENQUIRIES.get(land.code, market.ENQUIRIES[""])


def _text(moment: int | None) -> str | None:
    return None if moment is None else str(datetime.fromtimestamp(moment, UTC))


def _day(moment: int) -> str:
    return str(datetime.fromtimestamp(moment, UTC).date())


# What nobody took up yet, and lists that nobody worked through.
_OWNED = {"new": 0.4, "disqualified": 0.97}
_LAND_SHARES = list(accumulate(land.share for land in LANDS))
_MAILBOXES = ("contact", "info", "office", "sales", "hello")
_CHANNELS = ("form", "email", "call", "import", "event", "rep", "api", "chat", "message", "walk_in")
_CHANNEL_SHARES = list(accumulate((34, 16, 14, 10, 8, 8, 5, 2, 2, 1)))
# How many of a currency make a euro, roughly.
_WORTH = {"EUR": 1, "GBP": 1, "USD": 1, "IDR": 17_000, "JPY": 160, "AED": 4}
