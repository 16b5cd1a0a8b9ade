"""The search as people type it: typing errors, no accents, a part of a number, other scripts, words that many share."""

from __future__ import annotations

from functools import partial
from urllib.parse import quote

from crm.core.text import fold
from crm.records.search import suggest
from leads.duplicates import stored
from leads.models import Contact, Phone
from tests.bench.measure import Missing, Row, measure
from tests.bench.world import World

TITLE = "Search and duplicates"
BUDGET = 150


def rows(world: World) -> list[Row | Missing]:
    return [*_searches(world), *_candidates()]


def _searches(world: World) -> list[Row | Missing]:
    made: list[Row | Missing] = []
    for work, typed in _queries().items():
        if not typed:
            made.append(Missing(work, "no example in this data"))
            continue
        for who in ("inside", "admin"):
            asked = partial(suggest, world.people[who], typed)
            made.append(Row(f"{work}: `{typed}`, {who}", measure(asked), budget=BUDGET))
    page = partial(world.page, f"/search?q={quote('dupond emballage')}", "inside")
    return [
        *made,
        Row("the page of results: `dupond emballage`, inside", measure(page), budget=BUDGET),
    ]


def _queries() -> dict[str, str]:
    french = _somebody(language="fr")
    german = _somebody(language="de", last_name__contains="ü")
    japanese = _somebody(language="ja")
    arabic = _somebody(language="ar")
    phone = Phone.objects.order_by("-pk").first()
    return {
        "whole name": french and french.name,
        "two letters swapped": french and f"{_swapped(french.last_name)} {french.first_name}",
        "a letter missing": french and f"{french.last_name[:3]}{french.last_name[4:]}",
        "no accents": german and fold(german.last_name),
        "the middle of a number": phone.number[4:10] if phone else "",
        "beginning of a word": "emball",
        "Han": japanese.last_name if japanese else "",
        "Arabic": arabic.last_name if arabic else "",
        "a word of very many": "sas",
        "two words of many": "pt surabaya",
        "nothing like it": "zzyxqqv",
    }  # type: ignore[dict-item,return-value]


def _somebody(**filters: str) -> Contact | None:
    """Somebody from the middle of the table, the same each time."""
    rows = Contact.objects.filter(**filters).exclude(last_name="").order_by("pk")
    found = list(rows[:500])
    return found[len(found) // 2] if found else None


def _swapped(word: str) -> str:
    return word[:-3] + word[-2] + word[-3] + word[-1]


def _candidates() -> list[Row]:
    """Who may be the same as somebody: asked for a different one each time."""
    made = []
    for name, side in (("companies", stored.COMPANIES), ("contacts", stored.CONTACTS)):
        ids = list(side.model._default_manager.order_by("name_key").values_list("pk", flat=True)[:4_000:80])
        records = iter(list(side.load(ids).values()) * 40)
        made.append(
            Row(
                f"duplicate candidates among {name}",
                measure(lambda side=side, records=records: stored.candidates(side, next(records))),
                budget=100,
            )
        )
    return made
