"""Products taken in, and found by name for the rows that mention one."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from typing_extensions import override

from crm.core import ids, policy
from crm.core.errors import Invalid
from leads import normal
from leads.models import Campaign, Product
from leads.policies import MANAGE_CAMPAIGNS, MANAGE_PRODUCTS
from leads.services.bulk import parts
from leads.services.bulk.directory import among
from leads.services.bulk.items import Desk, Outcome, Taker
from leads.services.bulk.rows import make


@dataclass(slots=True)
class ProductItem:
    name: str
    values: dict[str, Any] = field(default_factory=dict)


class Offers:
    """Products and campaigns by name: ``GTXPro`` and ``GTX Pro`` are one. Made only by those who may."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def load(self, products: Iterable[str], campaigns: Iterable[str] = ()) -> None:
        def query(model: Any) -> Any:
            def by_name(keys: list[Any]) -> Iterable[tuple[Hashable, Any]]:
                return ((row.name_key, row) for row in model.objects.filter(among("name_key", keys)))

            return by_name

        self.desk.directory.load("product", filter(None, map(normal.product_key, products)), query(Product))
        self.desk.directory.load("campaign", filter(None, map(normal.product_key, campaigns)), query(Campaign))

    def refuse_unknown(self, shelf: str, written: str, act: str) -> None:
        """Raise ``Invalid`` for one that is not there and may not be made by who acts."""
        if self.desk.directory.find(shelf, normal.product_key(written)):
            return
        if not (self.desk.options.make_products and policy.may(self.desk.actor, act)):
            detail = _("There is nothing called “%(name)s” here, and you may not add it.")
            raise Invalid(detail % {"name": written[:60]}, field=shelf, code=f"unknown_{shelf}")

    def check(self, product: str, campaign: str = "") -> None:
        if product:
            self.refuse_unknown("product", product, MANAGE_PRODUCTS)
        if campaign:
            self.refuse_unknown("campaign", campaign, MANAGE_CAMPAIGNS)

    def product(self, written: str) -> Product | None:
        found: Product | None = self._get("product", Product, written)
        return found

    def campaign(self, written: str) -> Campaign | None:
        found: Campaign | None = self._get("campaign", Campaign, written)
        return found

    def _get(self, shelf: str, model: Any, written: str) -> Any:
        if not written:
            return None
        key = normal.product_key(written)
        if found := self.desk.directory.find(shelf, key):
            return found[0]
        record = make(
            model, id=ids.uuid7(), name=written, name_key=key, created_at=self.desk.now, updated_at=self.desk.now
        )
        self.desk.writing.add(record)
        self.desk.directory.add(shelf, key, record)
        return record


class ProductTaker(Taker):
    """Rows of a price list."""

    model = Product

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.offers = Offers(desk)

    @override
    def prepare(self, values: dict[str, Any]) -> ProductItem:
        name = parts.text(values, "name", 120)
        if not normal.product_key(name):
            raise Invalid(_("A product needs a name."), field="name", code="required")
        price, currency = parts.amount(values, "price", self.desk.options.currency)
        return ProductItem(
            name,
            {
                "code": parts.text(values, "code", 60),
                "family": parts.text(values, "family", 80),
                "price": price,
                "currency": currency,
            },
        )

    @override
    def load(self, prepared: list[ProductItem]) -> None:
        self.offers.load({item.name for item in prepared})

    @override
    def take(self, prepared: ProductItem) -> tuple[Outcome, Product]:
        self.offers.check(prepared.name)
        found = self.desk.directory.find("product", normal.product_key(prepared.name))
        if found and self.desk.options.duplicates == "skip":
            return "skipped", found[0]
        product = self.offers.product(prepared.name)
        assert product is not None
        before = self.desk.writing.fill(product, prepared.values)
        if before:
            self.desk.directory.touch(product)
        return ("created" if not found else "updated" if before else "unchanged"), product
