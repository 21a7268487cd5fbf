"""The routes of Sell Inventory: items, offers, and the bulk write of both."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

from ..faults import Fault
from ..wire import Request, Response, json_response
from . import orders, render
from .errors import ApiError, inventory_error
from .state import Item, Json, State

BULK_MAX = 25
_URL = "https://api.ebay.com/sell/inventory/v1/inventory_item"


def list_items(state: State, request: Request) -> Response:
    """Answer ``GET /inventory_item``; ``offset`` is the number of a page."""
    limit = int(request.argument("limit", "25"))
    page = int(request.argument("offset", "0"))
    if not 0 < limit <= 200 or page < 0:
        raise inventory_error(25706, "You have provided invalid pagination values")
    items = list(state.items.values())
    content: Json = {
        "href": f"{_URL}?limit={limit}&offset={page}",
        "size": math.ceil(len(items) / limit),
        "total": len(items),
        "limit": limit,
        "inventoryItems": [
            render.item_json(item) for item in items[page * limit : (page + 1) * limit]
        ],
    }
    if (page + 1) * limit < len(items):
        content["next"] = f"{_URL}?limit={limit}&offset={page + 1}"
    return json_response(content)


def bulk_get_items(state: State, request: Request) -> Response:
    """Answer ``POST /bulk_get_inventory_item``."""
    rows = [_get_item(state, str(one.get("sku"))) for one in _read_requests(request)]
    return json_response({"responses": rows}, status=_status_of(rows))


def list_offers(state: State, request: Request) -> Response:
    """Answer ``GET /offer``; there is no list over all SKUs."""
    sku = request.argument("sku")
    item = state.items.get(sku)
    if item is None:
        raise inventory_error(25713, "This Offer is not available.", 404)
    url = f"https://api.ebay.com/sell/inventory/v1/offer?sku={sku}"
    return json_response(
        {
            "href": url,
            "limit": 100,
            "size": 1,
            "total": 1,
            "offers": [render.offer_json(state, item)],
        }
    )


def bulk_update(state: State, request: Request) -> Response:
    """Answer ``POST /bulk_update_price_quantity``: each entry by itself."""
    rows: list[Json] = []
    for entry in _read_requests(request):
        rows += _update(state, entry)
    return json_response({"responses": rows}, status=_status_of(rows))


def _get_item(state: State, sku: str) -> Json:
    item = state.items.get(sku)
    if item is None:
        error = inventory_error(25702, f"SKU {sku} is not available in the system", 404)
        return _refused(error, sku)
    return {"sku": sku, "statusCode": 200, "inventoryItem": render.item_json(item)}


def _update(state: State, entry: Json) -> list[Json]:
    sku = str(entry.get("sku"))
    try:
        item = state.items.get(sku)
        if item is None:
            message = f"SKU {sku} is not available in the system"
            raise inventory_error(25702, message)
        _spend_revision(state, item)
    except ApiError as error:
        return [_refused(error, sku)]
    before = (item.quantity, item.offer_quantity)
    rows: list[Json] = []
    total = (entry.get("shipToLocationAvailability") or {}).get("quantity")
    if total is not None:
        item.quantity = int(total)
        rows.append({"sku": sku, "statusCode": 200})
    rows += [_update_offer(item, offer) for offer in entry.get("offers") or []]
    if state.simulator.faults.strikes(Fault.IGNORED_WRITE):
        item.quantity, item.offer_quantity = before
    orders.tell_shown(state, item, written=True)
    return rows


def _update_offer(item: Item, told: Json) -> Json:
    offer_id = str(told.get("offerId"))
    if offer_id != item.offer_id or not item.published:
        error = inventory_error(25713, "This Offer is not available.", 404)
        return {**_refused(error, item.sku), "offerId": offer_id}
    if "availableQuantity" in told:
        item.offer_quantity = int(told["availableQuantity"])
    if "price" in told:
        item.price = Decimal(told["price"]["value"])
    return {"sku": item.sku, "offerId": offer_id, "statusCode": 200}


def _spend_revision(state: State, item: Item) -> None:
    today = state.now().date()
    if item.revisions[today] >= state.settings.revisions_per_day_max:
        raise inventory_error(
            25002, "You have exceeded the number of revisions allowed for this day."
        )
    item.revisions[today] += 1


def _refused(error: ApiError, sku: str) -> Json:
    return {"sku": sku, "statusCode": error.status, "errors": [error.content()]}


def _status_of(rows: list[Json]) -> int:
    return 200 if all(row["statusCode"] == 200 for row in rows) else 207


def _read_requests(request: Request) -> list[Any]:
    try:
        entries = request.json()["requests"]
    except (ValueError, KeyError, TypeError):
        raise inventory_error(25709, "Invalid value for requests") from None
    if not 0 < len(entries) <= BULK_MAX:
        raise inventory_error(25002, f"At most {BULK_MAX} SKUs in one request")
    return list(entries)
