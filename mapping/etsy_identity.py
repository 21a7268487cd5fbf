"""What a product of an Etsy listing is known by, and which record carries its stock.

Etsy's product and offering ids are new after every update (open-api issues 432, 523),
and SKUs may be empty or shared. What stays is the listing and the property values that
tell a variation from its siblings. Pure; used by the mapping and by the connector.
"""

from __future__ import annotations

from collections.abc import Iterable

from .etsy_wire import WireInventory, WireProduct, WirePropertyValue

_SEPARATOR = ":"


def name_product(listing_id: int, values: Iterable[WirePropertyValue]) -> str:
    """Return what a product is known by: ``123``, or ``123:513.77:200.5``."""
    parts = sorted((one.property_id, _name_values(one)) for one in values)
    named = [f"{property_id}.{value}" for property_id, value in parts]
    return _SEPARATOR.join([str(listing_id), *named])


def name_stock(listing_id: int, product: WireProduct, inventory: WireInventory) -> str:
    """Return what carries a product's quantity: itself, or siblings together.

    Products that differ only in properties that are not in ``quantity_on_property``
    show the same quantity, and Etsy refuses to have them differ.
    """
    return _name_by(listing_id, product, inventory.quantity_on_property)


def name_price(listing_id: int, product: WireProduct, inventory: WireInventory) -> str:
    """Return what carries a product's price; as with stock, siblings may share it."""
    return _name_by(listing_id, product, inventory.price_on_property)


def find_listing(external_id: str) -> int | None:
    """Return the listing that such a name begins with; None where it is none."""
    text = external_id.partition(_SEPARATOR)[0]
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        return None
    return int(text) or None


def _name_by(listing_id: int, product: WireProduct, properties: list[int]) -> str:
    return name_product(
        listing_id,
        [one for one in product.property_values if one.property_id in properties],
    )


def _name_values(value: WirePropertyValue) -> str:
    if value.value_ids:
        return "+".join(str(each) for each in value.value_ids)
    return "+".join(value.values).replace(_SEPARATOR, "")
