"""Writes on products: what is sold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import User
from crm.core import journal
from crm.core.errors import Invalid
from leads import normal
from leads.models import Product
from leads.policies import MANAGE_PRODUCTS
from leads.services import writing

FIELDS = (
    "name",
    "code",
    "family",
    "is_remote",
    "demo_need",
    "price",
    "currency",
    "margin_rate",
    "cycle_days",
    "is_active",
)


def create_product(*, actor: User | None, name: str, product_id: UUID | None = None, **fields: Any) -> Product:
    """Make a product from ``FIELDS``. A repeat with the same ``product_id`` returns the one made before.

    Raises ``Forbidden``, ``Invalid``, ``Conflict`` for a name that is taken ("GTX Pro" and "GTXPro" are one).
    """
    writing.require(actor, MANAGE_PRODUCTS)
    with writing.writes():
        stored = writing.known(Product, actor, product_id)
        if stored is not None:
            return stored
        product = Product(**({"pk": product_id} if product_id else {}))
        writing.fill(product, {"name": name, **fields}, FIELDS, actor)
        _check(product)
        return writing.insert(product, actor=actor, event="product.created", fields=FIELDS)


def change_product(
    *, actor: User | None, product_id: UUID, changes: Mapping[str, Any], expected_version: int | None = None
) -> Product:
    """Change what is named of ``FIELDS``; one no longer sold is ``is_active=False``, deals keep it.

    Raises ``Forbidden``, ``NotFound``, ``Invalid``, ``Conflict``, ``VersionConflict``.
    """
    writing.require(actor, MANAGE_PRODUCTS)
    with writing.writes():
        product = writing.locked(Product, actor, product_id)
        before = journal.snapshot(product, changes.keys() & set(FIELDS))
        writing.fill(product, changes, FIELDS, actor)
        _check(product)
        writing.store(
            product,
            actor=actor,
            event="product.changed",
            before=before,
            expected_version=expected_version,
            also=["name_key"],
        )
    return product


def _check(product: Product) -> None:
    product.name_key = normal.product_key(product.name)[:120]
    if not product.name_key:
        raise Invalid(_("A name has letters or digits."), field="name", code="blank")
    if product.price is not None and product.price < 0:
        raise Invalid(_("A price is not negative."), field="price", code="min_value")
    writing.check(product)
