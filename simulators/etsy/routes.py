"""Which request of a shop's API is answered by which function."""

from __future__ import annotations

from collections.abc import Callable

from ..wire import Response
from . import routes_listings, routes_receipts

Answer = Callable[..., Response]
"""Takes the state, the request and what the pattern found in the path."""

_APPLICATION = "/v3/application"
_INVENTORY = rf"{_APPLICATION}/listings/(\d+)/inventory"


def list_routes(shop_id: int) -> tuple[tuple[str, str, Answer], ...]:
    """Return method, pattern of the path and function of each route."""
    shop = f"{_APPLICATION}/shops/{shop_id}"
    receipt = rf"{shop}/receipts/(\d+)"
    listing = rf"{shop}/listings/(\d+)"
    return (
        ("GET", f"{shop}/receipts", routes_receipts.list_receipts),
        ("GET", receipt, routes_receipts.get_receipt),
        ("PUT", receipt, routes_receipts.put_receipt),
        ("POST", f"{receipt}/tracking", routes_receipts.post_tracking),
        ("GET", f"{shop}/listings", routes_listings.list_listings),
        ("PATCH", listing, routes_listings.patch_listing),
        ("GET", f"{_APPLICATION}/listings/batch", routes_listings.list_batch),
        ("GET", _INVENTORY, routes_listings.get_inventory),
        ("PUT", _INVENTORY, routes_listings.put_inventory),
    )
