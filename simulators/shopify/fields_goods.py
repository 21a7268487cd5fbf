"""How GraphQL shows the catalogue, stock, places and the goods that leave."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .amounts import fixed_text
from .calls import Call, FieldReader, FieldResolver
from .connections import by_number, paginate
from .goods import Level, Location, Variant, gid
from .records import FulfillmentOrder
from .shapes import bag, count, moment


@dataclass(frozen=True, slots=True)
class InventoryItem:
    """A variant seen as an inventory item."""

    variant: Variant

    @property
    def number(self) -> int:
        """The item's number."""
        return self.variant.item_number


PRODUCT: Mapping[str, FieldReader] = {
    "createdAt": lambda x: moment(x.created_at),
    "handle": lambda x: x.title.lower().replace(" ", "-"),
    "hasOnlyDefaultVariant": lambda x: (
        [v.title for v in x.variants] == ["Default Title"]
    ),
    "id": lambda x: x.gid,
    "isGiftCard": lambda x: x.gift_card,
    "legacyResourceId": lambda x: str(x.number),
    "productType": lambda x: "",
    "publishedAt": lambda x: moment(x.created_at),
    "status": lambda x: x.status,
    "tags": lambda x: [],
    "title": lambda x: x.title,
    "totalInventory": lambda x: sum(v.available for v in x.variants if v.tracked),
    "tracksInventory": lambda x: any(v.tracked for v in x.variants),
    "updatedAt": lambda x: moment(x.updated_at),
    "variantsCount": lambda x: count(len(x.variants)),
    "vendor": lambda x: x.vendor,
}

PRODUCT_WITH_ARGUMENTS: Mapping[str, FieldResolver] = {
    "variants": lambda x, call, args: paginate(x.variants, args, by_number),
}

VARIANT: Mapping[str, FieldReader] = {
    "availableForSale": lambda x: not x.tracked or x.oversell or x.available > 0,
    "barcode": lambda x: x.barcode,
    "compareAtPrice": lambda x: None,
    "createdAt": lambda x: moment(x.created_at),
    "displayName": lambda x: f"{x.product.title} - {x.title}",
    "id": lambda x: x.gid,
    "inventoryItem": InventoryItem,
    "inventoryPolicy": lambda x: "CONTINUE" if x.oversell else "DENY",
    "inventoryQuantity": lambda x: x.available,
    "legacyResourceId": lambda x: str(x.number),
    "position": lambda x: x.product.variants.index(x) + 1,
    "product": lambda x: x.product,
    "requiresComponents": lambda x: x.requires_components,
    "selectedOptions": lambda x: [{"name": "Title", "value": x.title}],
    "sellableOnlineQuantity": lambda x: x.available,
    "sku": lambda x: x.sku,
    "taxable": lambda x: x.taxable,
    "title": lambda x: x.title,
    "updatedAt": lambda x: moment(x.updated_at),
}

VARIANT_WITH_ARGUMENTS: Mapping[str, FieldResolver] = {
    "price": lambda x, call, args: fixed_text(
        x.price_minor, call.books.settings.currency
    ),
}


def _levels(levels: list[Level], args: Mapping[str, Any]) -> dict[str, Any]:
    shown = [
        one for one in levels if one.location.active or args.get("includeInactive")
    ]
    return paginate(
        shown, args, lambda one: (one.location.number, one.variant.item_number)
    )


def _level_at(item: InventoryItem, call: Call, args: Mapping[str, Any]) -> Level | None:
    location = call.books.find_as("Location", args["locationId"])
    return item.variant.levels.get(location.number) if location else None


def _level_of(place: Location, call: Call, args: Mapping[str, Any]) -> Level | None:
    variant = call.books.find_as("InventoryItem", args["inventoryItemId"])
    return variant.levels.get(place.number) if variant else None


def _levels_of(place: Location, call: Call, args: Mapping[str, Any]) -> dict[str, Any]:
    held = [
        variant.levels[place.number]
        for variant in call.books.variants.values()
        if place.number in variant.levels
    ]
    return _levels(held, args)


INVENTORY_ITEM: Mapping[str, FieldReader] = {
    "createdAt": lambda x: moment(x.variant.created_at),
    "id": lambda x: x.variant.item_gid,
    "legacyResourceId": lambda x: str(x.number),
    "locationsCount": lambda x: count(len(x.variant.levels)),
    "requiresShipping": lambda x: x.variant.requires_shipping,
    "sku": lambda x: x.variant.sku,
    "tracked": lambda x: x.variant.tracked,
    "updatedAt": lambda x: moment(x.variant.updated_at),
    "variant": lambda x: x.variant,
}

INVENTORY_ITEM_WITH_ARGUMENTS: Mapping[str, FieldResolver] = {
    "duplicateSkuCount": lambda x, call, args: sum(
        1
        for one in call.books.variants.values()
        if one is not x.variant and one.sku and one.sku == x.variant.sku
    ),
    "inventoryLevel": _level_at,
    "inventoryLevels": lambda x, call, args: _levels(
        list(x.variant.levels.values()), args
    ),
    "variants": lambda x, call, args: paginate([x.variant], args, by_number),
}

_QUANTITIES: Mapping[str, Callable[[Level], int]] = {
    "available": lambda level: level.available,
    "committed": lambda level: level.committed,
    "on_hand": lambda level: level.on_hand,
    "damaged": lambda level: 0,
    "incoming": lambda level: 0,
    "quality_control": lambda level: 0,
    "reserved": lambda level: 0,
    "safety_stock": lambda level: 0,
}


def _quantities(level: Level, call: Call, args: Mapping[str, Any]) -> list[Any]:
    del call
    return [
        {
            "__typename": "InventoryQuantity",
            "id": f"{level.gid}&name={name}",
            "name": name,
            "quantity": _QUANTITIES[name](level),
            "updatedAt": moment(level.updated_at),
        }
        for name in args["names"]
        if name in _QUANTITIES
    ]


LEVEL: Mapping[str, FieldReader] = {
    "canDeactivate": lambda x: x.available == 0 and x.committed == 0,
    "createdAt": lambda x: moment(x.variant.created_at),
    "id": lambda x: x.gid,
    "isActive": lambda x: x.location.active,
    "item": lambda x: InventoryItem(x.variant),
    "location": lambda x: x.location,
    "updatedAt": lambda x: moment(x.updated_at),
}

LEVEL_WITH_ARGUMENTS: Mapping[str, FieldResolver] = {"quantities": _quantities}

LOCATION: Mapping[str, FieldReader] = {
    "address": lambda x: {"address1": "1 Warehouse Way", "city": "Springfield"},
    "createdAt": lambda x: moment(x.created_at),
    "fulfillsOnlineOrders": lambda x: x.active,
    "hasActiveInventory": lambda x: x.active,
    "id": lambda x: gid("Location", x.number),
    "isActive": lambda x: x.active,
    "isFulfillmentService": lambda x: False,
    "legacyResourceId": lambda x: str(x.number),
    "name": lambda x: x.name,
    "shipsInventory": lambda x: x.active,
    "updatedAt": lambda x: moment(x.created_at),
}

LOCATION_WITH_ARGUMENTS: Mapping[str, FieldResolver] = {
    "inventoryLevel": _level_of,
    "inventoryLevels": _levels_of,
}

FULFILLMENT: Mapping[str, FieldReader] = {
    "createdAt": lambda x: moment(x.created_at),
    "deliveredAt": lambda x: None,
    "displayStatus": lambda x: "FULFILLED",
    "estimatedDeliveryAt": lambda x: None,
    "id": lambda x: gid("Fulfillment", x.number),
    "inTransitAt": lambda x: None,
    "legacyResourceId": lambda x: str(x.number),
    "location": lambda x: x.fulfillment_orders[0].location,
    "name": lambda x: x.name,
    "order": lambda x: x.order,
    "requiresShipping": lambda x: True,
    "status": lambda x: "SUCCESS",
    "totalQuantity": lambda x: sum(part.quantity for part in x.parts),
    "updatedAt": lambda x: moment(x.updated_at),
}

FULFILLMENT_WITH_ARGUMENTS: Mapping[str, FieldResolver] = {
    "fulfillmentLineItems": lambda x, call, args: paginate(x.parts, args, by_number),
    "fulfillmentOrders": lambda x, call, args: paginate(
        x.fulfillment_orders, args, by_number
    ),
    "trackingInfo": lambda x, call, args: x.tracking[: args.get("first")],
}

FULFILLMENT_LINE_ITEM: Mapping[str, FieldReader] = {
    "discountedTotalSet": lambda x: bag(
        x.line.order.currencies, x.line.total.share(x.quantity, x.line.quantity)
    ),
    "id": lambda x: gid("FulfillmentLineItem", x.number),
    "lineItem": lambda x: x.line,
    "originalTotalSet": lambda x: bag(
        x.line.order.currencies, x.line.unit_price.times(x.quantity)
    ),
    "quantity": lambda x: x.quantity,
}

_ACTIONS = {
    "OPEN": ("CREATE_FULFILLMENT", "MOVE", "HOLD"),
    "IN_PROGRESS": ("CREATE_FULFILLMENT", "HOLD"),
    "ON_HOLD": ("RELEASE_HOLD",),
}


def _holds(work: FulfillmentOrder) -> list[dict[str, Any]]:
    if not work.held:
        return []
    return [
        {
            "__typename": "FulfillmentHold",
            "id": gid("FulfillmentHold", work.number),
            "displayReason": "Other",
            "handle": None,
            "reason": "OTHER",
            "reasonNotes": None,
        }
    ]


FULFILLMENT_ORDER: Mapping[str, FieldReader] = {
    "assignedLocation": lambda x: {
        "address1": "1 Warehouse Way",
        "city": "Springfield",
        "countryCode": "US",
        "location": x.location,
        "name": x.location.name,
    },
    "createdAt": lambda x: moment(x.created_at),
    "fulfillAt": lambda x: moment(x.created_at),
    "fulfillBy": lambda x: None,
    "fulfillmentHolds": _holds,
    "id": lambda x: gid("FulfillmentOrder", x.number),
    "order": lambda x: x.order,
    "orderId": lambda x: x.order.gid,
    "orderName": lambda x: x.order.name,
    "orderProcessedAt": lambda x: moment(x.order.created_at),
    "requestStatus": lambda x: "UNSUBMITTED",
    "status": lambda x: x.status,
    "supportedActions": lambda x: [
        {"action": action, "externalUrl": None} for action in _ACTIONS.get(x.status, ())
    ],
    "updatedAt": lambda x: moment(x.updated_at),
}

FULFILLMENT_ORDER_WITH_ARGUMENTS: Mapping[str, FieldResolver] = {
    "lineItems": lambda x, call, args: paginate(x.lines, args, by_number),
}

FULFILLMENT_ORDER_LINE_ITEM: Mapping[str, FieldReader] = {
    "id": lambda x: gid("FulfillmentOrderLineItem", x.number),
    "inventoryItemId": lambda x: x.line.variant.item_gid,
    "lineItem": lambda x: x.line,
    "productTitle": lambda x: x.line.title,
    "remainingQuantity": lambda x: x.remaining,
    "requiresShipping": lambda x: x.line.variant.requires_shipping,
    "sku": lambda x: x.line.sku,
    "totalQuantity": lambda x: x.total,
    "variant": lambda x: None if x.line.variant.deleted else x.line.variant,
    "variantTitle": lambda x: x.line.variant_title,
    "vendor": lambda x: x.line.vendor,
}
