"""The routes of listings and their inventories.

An inventory update replaces everything: a variation that is not in it is gone, and all
product and offering ids are new (open-api issues 337, 432, 523). What Etsy itself told
is not taken back as it is (159), and neither is an inventory of which nothing is left
(395, 560).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

from ..faults import Fault
from ..wire import Request, Response, json_response
from .errors import ApiError
from .render import inventory_json, listing_json
from .routes_receipts import read_page
from .state import Json, Listing, Product, State, Values

QUANTITY_MAX = 999
_PRODUCT = frozenset({"sku", "property_values", "offerings"})
_OFFERING = frozenset({"price", "quantity", "is_enabled", "readiness_state_id"})
_VALUE = frozenset({"property_id", "value_ids", "scale_id", "property_name", "values"})


def list_listings(state: State, request: Request) -> Response:
    """Answer ``GET /shops/{shop_id}/listings``: those of one state."""
    limit, offset = read_page(request)
    wanted = request.argument("state", "active")
    rows = [one for one in state.listings.values() if one.state == wanted]
    found = rows[offset : offset + limit]
    return _list(state, request, found, len(rows))


def list_batch(state: State, request: Request) -> Response:
    """Answer ``GET /listings/batch``: those that are there, on sale or not."""
    ids = [int(each) for each in request.argument("listing_ids").split(",")]
    if len(ids) > 100:
        raise ApiError(400, "At most 100 listing_ids")
    found = [state.listings[each] for each in ids if each in state.listings]
    return _list(state, request, found, len(found))


def get_inventory(state: State, request: Request, listing_id: str) -> Response:
    """Answer ``GET /listings/{listing_id}/inventory``."""
    listing = _find(state, listing_id)
    content = inventory_json(state, listing)
    if request.argument("includes") == "Listing":
        content["listing"] = listing_json(state, listing)
    return json_response(content)


def put_inventory(state: State, request: Request, listing_id: str) -> Response:
    """Answer ``PUT /listings/{listing_id}/inventory``: all of it at once."""
    listing = _find(state, listing_id)
    try:
        body = request.json()
        rows = [_read_product(row) for row in body["products"]]
    except (ValueError, KeyError, TypeError, IndexError):
        raise ApiError(400, "Missing or invalid input parameter: products") from None
    _check_groups(rows, body)
    if not any(row["quantity"] for row in rows if row["enabled"]):
        raise ApiError(400, "One offering must have quantity greater than 0")
    if not state.simulator.faults.strikes(Fault.IGNORED_WRITE):
        _replace(state, listing, rows, body)
    return json_response(inventory_json(state, listing))


def patch_listing(state: State, request: Request, listing_id: str) -> Response:
    """Answer ``PATCH /shops/{shop_id}/listings/{listing_id}``: its state."""
    listing = _find(state, listing_id)
    form = dict(parse_qsl(request.body.decode("utf-8", "replace")))
    wanted = form.get("state", listing.state)
    if wanted not in {"active", "inactive"}:
        raise ApiError(400, "state must be active or inactive")
    if wanted == "active" and listing.state == "sold_out":
        # Renewing sets the quantity to one.
        listing.products[0].quantity = 1
        listing.renewals += 1
    listing.state = wanted
    state.tell_shown(listing, written=True)
    return json_response(listing_json(state, listing))


def _list(state: State, request: Request, found: list[Listing], count: int) -> Response:
    rows = []
    for one in found:
        row = listing_json(state, one)
        if "Inventory" in request.argument("includes").split(","):
            row["inventory"] = inventory_json(state, one)
        rows.append(row)
    return json_response({"count": count, "results": rows})


def _find(state: State, listing_id: str) -> Listing:
    listing = state.listings.get(int(listing_id))
    if listing is None:
        raise ApiError(404, f"Could not find a listing with id {listing_id}")
    return listing


def _read_product(row: Any) -> Json:
    """Return one product of an update.

    Raises:
        ApiError: it carries what only Etsy may say, or a number is wrong.
    """
    _require_names(row, _PRODUCT)
    (offering,) = row["offerings"]
    _require_names(offering, _OFFERING)
    for value in row.get("property_values") or []:
        _require_names(value, _VALUE)
    price, quantity = offering["price"], offering["quantity"]
    if isinstance(price, bool) or not isinstance(price, (int, float)) or price <= 0:
        raise ApiError(400, "price must be a number")
    if not isinstance(quantity, int) or not 0 <= quantity <= QUANTITY_MAX:
        raise ApiError(400, f"quantity cannot be greater than {QUANTITY_MAX}")
    if "readiness_state_id" not in offering:
        raise ApiError(400, "readiness_state_id is missing")
    return {
        "sku": row.get("sku") or "",
        "values": _read_values(row.get("property_values") or []),
        "price": Decimal(str(price)),
        "quantity": quantity,
        "enabled": offering["is_enabled"] is True,
    }


def _require_names(row: Any, allowed: frozenset[str]) -> None:
    strange = sorted(set(row) - allowed)
    if strange:
        raise ApiError(400, f"Invalid keys: {', '.join(strange)}")


def _read_values(rows: list[Json]) -> Values:
    return tuple(
        (
            row["property_id"],
            row.get("property_name") or "",
            row["value_ids"][0],
            row["values"][0],
        )
        for row in rows
    )


def _check_groups(rows: list[Json], body: Json) -> None:
    """Refuse differences that no ``*_on_property`` allows for."""
    for name in ("price", "quantity", "sku"):
        properties = body.get(f"{name}_on_property") or []
        seen: dict[tuple[int, ...], Any] = {}
        for row in rows:
            group = tuple(value[2] for value in row["values"] if value[0] in properties)
            if seen.setdefault(group, row[name]) != row[name]:
                raise ApiError(400, f"{name}_on_property does not allow for this")


def _replace(state: State, listing: Listing, rows: list[Json], body: Json) -> None:
    before = {one.key: one for one in listing.products}
    listing.products = [
        Product(
            listing_id=listing.listing_id,
            product_id=6_000_000_000 + state.number(),
            offering_id=7_000_000_000 + state.number(),
            **row,
        )
        for row in rows
    ]
    for name in ("price", "quantity", "sku"):
        setattr(listing, f"{name}_on", list(body.get(f"{name}_on_property") or []))
    simulator = state.simulator
    for key in before.keys() - {one.key for one in listing.products}:
        simulator.world.record_shown(simulator.channel, key, 0, written=True)
    state.tell_shown(listing, written=True)
