"""Reads listings: a walk over all of them, or the ones asked for by SKU.

A walk goes by the day of creation, which never changes. Amazon ends long lists of
results early (its page tokens reach a thousand rows), so the question is put anew, from
the last creation read, before that. Nothing here is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal, Self

import orjson
from pydantic import NonNegativeInt, TypeAdapter

from ...canonical.clock import Clock
from ...canonical.errors import ContractBrokenError
from ...canonical.model import UtcTime
from ...canonical.pages import Page, Record
from ...mapping.amazon_listings import is_held_by_amazon
from ...mapping.amazon_wire import FBA_QUANTITY_KEY, WireListing
from ..calls import Answer
from ..pagination import require_progress
from .operations import Operation, SellingPartner
from .wire import (
    FbaAnswer,
    Json,
    ListingHead,
    ListingPage,
    encode,
    format_time,
    read_answer,
    read_shape,
)

PAGE_SIZE = 20
"""The most that Amazon gives, and the most SKUs that one question may name."""
LENGTH_MAX = 900
"""After this many rows a new question is put, from the last creation read."""
_FBA_SKUS_MAX = 50
_DATASETS = "summaries,fulfillmentAvailability,relationships"
_VERSION: Final = 1
_CURSOR = TypeAdapter(
    tuple[Literal[1], UtcTime | None, str | None, NonNegativeInt, UtcTime | None]
)


@dataclass(frozen=True, slots=True)
class Scan:
    """One walk over all listings, by when they were made."""

    since: datetime | None = None
    """From which creation on the present question asks; None: from the first."""
    token: str | None = None
    length: int = 0
    """How many rows the present question has brought."""
    reached: datetime | None = None
    """The latest creation among them."""

    def encode(self) -> str:
        """Return the cursor as text."""
        parts = [_VERSION, self.since, self.token, self.length, self.reached]
        return orjson.dumps(parts).decode()

    @classmethod
    def decode(cls, cursor: str | None) -> Self:
        """Return the scan that ``encode`` made a cursor of; a new one for None.

        Raises:
            ContractBrokenError: the text is not such a cursor.
        """
        if cursor is None:
            return cls()
        try:
            _, since, token, length, reached = _CURSOR.validate_json(cursor)
        except ValueError:
            raise ContractBrokenError(
                "a saved cursor cannot be read",
                next_step="Start the scan of the listings again.",
            ) from None
        return cls(since, token, length, reached)

    def follow(self, page: ListingPage, heads: Sequence[ListingHead]) -> Self | None:
        """Return the scan after a page; None at the end.

        Raises:
            ContractBrokenError: Amazon answered with the token that was asked with.
        """
        answered = page.pagination.next_token if page.pagination else None
        token = require_progress(self.token, answered)
        if token is None:
            return None
        created = [head.created_at for head in heads if head.created_at]
        reached = max(created + ([self.reached] if self.reached else []), default=None)
        length = self.length + len(heads)
        if length >= LENGTH_MAX and reached and reached != self.since:
            return type(self)(reached)
        return replace(self, token=token, length=length, reached=reached)


def pull_listings(seller: SellingPartner, clock: Clock, cursor: str | None) -> Page:
    """Return the next page of a full scan; the end's cursor starts a new one."""
    scan = Scan.decode(cursor)
    answer = _ask(seller, scan, accept_statuses=(400,) if scan.token else ())
    if answer.status == 400:
        # The token has ended; the rows after its question's start come once more.
        scan = Scan(scan.since)
        answer = _ask(seller, scan)
    page = read_answer(ListingPage, answer)
    items = add_fba_quantities(seller, page.items)
    heads = [read_shape(ListingHead, item) for item in items]
    following = scan.follow(page, heads)
    now = clock.now()
    records = tuple(
        Record(head.sku, head.updated_at or now, item)
        for head, item in zip(heads, items, strict=True)
    )
    return Page(records, (following or Scan()).encode(), following is None)


def fetch_listings(
    seller: SellingPartner, clock: Clock, skus: Sequence[str]
) -> tuple[Record, ...]:
    """Return the named listings as they are now; SKUs not found are left out."""
    now = clock.now()
    return tuple(
        Record(item["sku"], read_shape(ListingHead, item).updated_at or now, item)
        for item in add_fba_quantities(seller, list(look_up(seller, skus).values()))
    )


def look_up(seller: SellingPartner, skus: Sequence[str]) -> dict[str, Json]:
    """Return the listings items of these SKUs, twenty to a request; others are absent.

    A SKU with a comma cannot stand in a list, and is asked for by itself.
    """
    wanted = [sku for sku in dict.fromkeys(skus) if sku]
    listed = [sku for sku in wanted if "," not in sku]
    found: dict[str, Json] = {}
    for start in range(0, len(listed), PAGE_SIZE):
        params = {
            **_scope(seller),
            "identifiersType": "SKU",
            "identifiers": ",".join(listed[start : start + PAGE_SIZE]),
            "pageSize": str(PAGE_SIZE),
        }
        answer = _search(seller, params)
        for item in read_answer(ListingPage, answer).items:
            found[read_shape(ListingHead, item).sku] = item
    for sku in wanted:
        if "," in sku:
            found.update(_look_up_alone(seller, sku))
    return {sku: found[sku] for sku in wanted if sku in found}


def add_fba_quantities(seller: SellingPartner, items: Sequence[Json]) -> list[Json]:
    """Return listings items with what Amazon's warehouses can ship of each.

    A listings item does not tell it. Nothing is asked where all goods are ours; and an
    application without the role Amazon Fulfillment is told nothing.
    """
    shapes = [read_shape(WireListing, item) for item in items]
    held = [shape.sku for shape in shapes if is_held_by_amazon(shape)]
    found: dict[str, int | None] = {}
    for start in range(0, len(held), _FBA_SKUS_MAX):
        found.update(_sum_up_fba_stock(seller, held[start : start + _FBA_SKUS_MAX]))
    return [
        {**item, FBA_QUANTITY_KEY: found[item["sku"]]} if item["sku"] in found else item
        for item in items
    ]


def _sum_up_fba_stock(
    seller: SellingPartner, skus: Sequence[str]
) -> dict[str, int | None]:
    store = seller.settings.marketplace
    params = {
        "details": "true",
        "granularityType": "Marketplace",
        "granularityId": store,
        "marketplaceIds": store,
        "sellerSkus": ",".join(skus),
    }
    answer = seller.send(
        Operation.SUM_UP_FBA_STOCK, params=params, accept_statuses=(403,)
    )
    if answer.status == 403:
        return {}
    rows = read_answer(FbaAnswer, answer).payload.inventory_summaries
    return {
        row.seller_sku: row.inventory_details.fulfillable_quantity
        for row in rows
        if row.inventory_details
    }


def _look_up_alone(seller: SellingPartner, sku: str) -> dict[str, Json]:
    answer = seller.send(
        Operation.GET_LISTING,
        ids={"sellerId": seller.settings.seller_id, "sku": encode(sku)},
        params=_scope(seller),
        accept_statuses=(404,),
    )
    return {} if answer.status == 404 else {sku: answer.json()}


def _ask(
    seller: SellingPartner, scan: Scan, accept_statuses: tuple[int, ...] = ()
) -> Answer:
    params = {
        **_scope(seller),
        "sortBy": "createdDate",
        "sortOrder": "ASC",
        "pageSize": str(PAGE_SIZE),
    }
    if scan.since:
        params["createdAfter"] = format_time(scan.since)
    if scan.token:
        params["pageToken"] = scan.token
    return _search(seller, params, accept_statuses)


def _search(
    seller: SellingPartner,
    params: dict[str, str],
    accept_statuses: tuple[int, ...] = (),
) -> Answer:
    return seller.send(
        Operation.SEARCH_LISTINGS,
        ids={"sellerId": seller.settings.seller_id},
        params=params,
        accept_statuses=accept_statuses,
    )


def _scope(seller: SellingPartner) -> dict[str, str]:
    return {
        "marketplaceIds": seller.settings.marketplace,
        "includedData": _DATASETS,
    }
