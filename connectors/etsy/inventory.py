"""The body of an inventory update: all that Etsy told, with some of it changed. Pure.

An update replaces the whole inventory, and a variation that is not in it is deleted
(open-api issue 337). Etsy does not take back what it gave: ids, marks of deletion and
names of scales have to go, and prices become plain numbers (issues 134, 159).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from ...canonical.money import Money
from ...mapping.etsy_wire import WireOffering
from ...mapping.wire import read_wire
from .wire import Json

_ON_PROPERTY = (
    "price_on_property",
    "quantity_on_property",
    "sku_on_property",
    "readiness_state_on_property",
)


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one product; None leaves it as it is."""

    quantity: int | None = None
    price: Money | None = None


def build_update(inventory: Json, changes: Mapping[int, Change]) -> Json:
    """Return the whole inventory as an update, with some products changed.

    Args:
        inventory: what Etsy told.
        changes: by the product's place in it.
    """
    body: Json = {
        "products": [
            _build_product(product, changes.get(place, Change()))
            for place, product in enumerate(inventory["products"])
            if not product.get("is_deleted")
        ]
    }
    for name in _ON_PROPERTY:
        if inventory.get(name) is not None:
            body[name] = inventory[name]
    return body


def _build_product(product: Json, change: Change) -> Json:
    offerings = [one for one in product["offerings"] if not one.get("is_deleted")]
    return {
        "sku": product.get("sku") or "",
        "property_values": [
            _build_value(value) for value in product.get("property_values") or []
        ],
        "offerings": [
            # The first one is what is read, and therefore what is written.
            _build_offering(one, Change() if place else change)
            for place, one in enumerate(offerings)
        ],
    }


def _build_value(value: Json) -> Json:
    kept = ("property_id", "value_ids", "scale_id", "property_name", "values")
    told = {name: value.get(name) for name in kept}
    if told["property_name"] is None:
        del told["property_name"]
    return told


def _build_offering(offering: Json, change: Change) -> Json:
    wire = read_wire(WireOffering, offering)
    price = change.price.amount if change.price else _price_of(wire)
    return {
        "price": float(price),
        "quantity": wire.quantity if change.quantity is None else change.quantity,
        "is_enabled": wire.is_enabled,
        "readiness_state_id": offering.get("readiness_state_id"),
    }


def _price_of(offering: WireOffering) -> Decimal:
    told = offering.price
    return Decimal(told.amount) / Decimal(told.divisor) if told else Decimal(0)
