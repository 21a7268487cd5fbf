"""Shopify's records made whole: the rest of lists that did not fit into one answer.

A record that is not as documented is left as it is: its translation says what is wrong,
and the page goes on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from ...canonical.errors import ContractBrokenError
from ...canonical.pages import Record
from ..pagination import TokenTrail, require_progress
from .documents import REST_OF_PRODUCT, REST_OF_RECORD, REST_OF_SHIPPING, REST_OF_WORK
from .graphql import Admin, Reply
from .wire import Connection, Nodes

Json = dict[str, Any]


def complete_order(admin: Admin, order: Json) -> Json:
    """Fetch the lines of an order, its refunds and its parcels that are missing."""
    complete_list(admin, order, "lineItems", REST_OF_RECORD)
    complete_list(admin, order, "shippingLines", REST_OF_SHIPPING)
    for refund in _list_parts(order, "refunds"):
        complete_list(admin, refund, "refundLineItems", REST_OF_RECORD)
    complete_parcels(admin, order)
    return order


def complete_parcels(admin: Admin, order: Json) -> None:
    """Fetch the lines of an order's parcels that are missing."""
    for parcel in _list_parts(order, "fulfillments"):
        complete_list(admin, parcel, "fulfillmentLineItems", REST_OF_RECORD)


def complete_work(admin: Admin, order: Json) -> Json:
    """Fetch what is missing of an order's parcels and of its work still to do."""
    complete_parcels(admin, order)
    complete_list(admin, order, "fulfillmentOrders", REST_OF_WORK)
    for work in _list_parts(order.get("fulfillmentOrders") or {}, "nodes"):
        complete_list(admin, work, "lineItems", REST_OF_RECORD)
    return order


def complete_product(admin: Admin, product: Json, location: str) -> Json:
    """Fetch the variants of a product that are missing."""
    complete_list(admin, product, "variants", REST_OF_PRODUCT, location=location)
    return product


def complete_list(
    admin: Admin, owner: Json, name: str, document: str, **variables: str
) -> None:
    """Append to ``owner[name]`` what its first page left out.

    Raises:
        ContractBrokenError: the list never ends, or the rest is not as documented.
    """
    found = owner.get(name)
    page = found.get("pageInfo") if isinstance(found, dict) else None
    trail = TokenTrail()
    while isinstance(page, dict) and page.get("hasNextPage"):
        after = trail.follow(str(page.get("endCursor")))
        reply = admin.ask(document, id=owner["id"], after=after, **variables)
        rest = reply.read(Connection, "node", name)
        owner[name]["nodes"].extend(rest.nodes)
        page = rest.page_info.model_dump(by_alias=True)
        owner[name]["pageInfo"] = page


def read_token(asked_with: str | None, page: Connection) -> str:
    """Return the token of the next page.

    Raises:
        ContractBrokenError: there is none, or it is the one that was asked with.
    """
    token = require_progress(asked_with, page.page_info.end_cursor)
    if token is None:
        raise ContractBrokenError("Shopify has more pages and no token for the next")
    return token


def list_found(replies: Sequence[Reply]) -> list[Json]:
    """Return the named records that exist; those of another kind came back empty."""
    return [node for reply in replies for node in reply.read(Nodes).nodes if node]


def make_records(payloads: Iterable[Json], otherwise: datetime) -> tuple[Record, ...]:
    """Return records for payloads that have an id.

    Args:
        payloads: orders or products.
        otherwise: the time of a record whose own time cannot be read.

    Raises:
        ContractBrokenError: one has no id, so that it could not even be quarantined.
    """
    return tuple(
        Record(_read_id(payload), read_change(payload) or otherwise, payload)
        for payload in payloads
    )


def read_change(payload: Json) -> datetime | None:
    """Return when a record last changed, if it says so."""
    try:
        moment = datetime.fromisoformat(payload["updatedAt"])
    except (KeyError, TypeError, ValueError):
        return None
    return moment if moment.tzinfo else None


def _read_id(payload: Json) -> str:
    found = payload.get("id")
    if not isinstance(found, str) or not found:
        raise ContractBrokenError("Shopify sent a record without an id")
    return found


def _list_parts(order: Json, name: str) -> Iterator[Json]:
    parts = order.get(name)
    if isinstance(parts, list):
        yield from (part for part in parts if isinstance(part, dict))
