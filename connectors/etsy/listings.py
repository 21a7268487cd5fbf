"""Reads listings with their inventories, and the quantities that they show.

There is no list of what changed (open-api issue 301): a scan goes through the states
one after the other, in the order in which a listing moves through them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from pydantic import NonNegativeInt, TypeAdapter, ValidationError

from ...canonical.clock import Clock
from ...canonical.errors import ContractBrokenError
from ...canonical.pages import Page, Record
from ...canonical.stock import StockReading
from ...mapping.etsy import translator
from ...mapping.etsy_identity import find_listing
from ...mapping.etsy_listings import PARKED_KEY
from ..calls import Call, Transport
from .kept import Kept
from .operations import APPLICATION
from .wire import Found, Json, ListingHead, read_answer, read_object, read_shape, split

STATES = ("active", "sold_out", "inactive", "expired")
"""All but drafts, which were never on sale."""
PAGE_SIZE = 50
"""Of at most 100: each comes with all of its variations."""
STEP_BACK = 5
"""How far a page begins in the one before: listings that sell out leave the list."""
BATCH_MAX = 100
"""The most that one batch may name."""
WITH_PROFILES = {"legacy": "false"}
"""Without it processing profiles are left out, and a write would lose them."""
_NO_SUCH_LISTING = 404


@dataclass(frozen=True, slots=True)
class Scan:
    """How far a scan has come: the state, by its place, and the offset in its list."""

    version: Literal[1]
    state: NonNegativeInt
    offset: NonNegativeInt


_CURSOR = TypeAdapter(Scan)


class Shelf:
    """The listings of one shop."""

    def __init__(self, shop: Transport, clock: Clock, kept: Kept, shop_id: int) -> None:
        self._shop = shop
        self._clock = clock
        self._kept = kept
        self._shop_id = shop_id

    def pull(self, cursor: str | None) -> Page:
        """Return the next page of a scan."""
        scan = _read_cursor(cursor) if cursor else Scan(1, 0, 0)
        params = {
            "state": STATES[scan.state],
            "limit": str(PAGE_SIZE),
            "offset": str(scan.offset),
            "includes": "Inventory",
            **WITH_PROFILES,
        }
        path = f"{APPLICATION}/shops/{self._shop_id}/listings"
        page = read_answer(Found, self._shop.send(Call("GET", path, params, safe=True)))
        records = self._complete(page.results)
        if page.results and scan.offset + len(page.results) < page.count:
            step = max(1, len(page.results) - STEP_BACK)
            following = Scan(1, scan.state, scan.offset + step)
            return Page(records, _write_cursor(following), complete=False)
        last = scan.state + 1 == len(STATES)
        following = Scan(1, 0 if last else scan.state + 1, 0)
        return Page(records, _write_cursor(following), complete=last)

    def fetch(self, external_ids: Sequence[str]) -> tuple[Record, ...]:
        """Return the named listings; ids that name none of this shop are left out."""
        asked = dict.fromkeys(find_listing(each) for each in external_ids)
        wanted = [each for each in asked if each is not None]
        rows: dict[int, Json] = {}
        for chunk in split(wanted, BATCH_MAX):
            for row in self._fetch_batch(chunk):
                rows[read_shape(ListingHead, row).listing_id] = row
        for listing_id in wanted:
            # What the batch leaves out may yet be there, on no sale.
            found = rows.get(listing_id) or self.read(listing_id)
            if found is not None:
                rows[listing_id] = found
        return self._complete([rows[each] for each in wanted if each in rows])

    def read(self, listing_id: int) -> Json | None:
        """Return a listing with its inventory as it is now; None where there is none.

        One request: the inventory brings its listing along.
        """
        path = f"{APPLICATION}/listings/{listing_id}/inventory"
        params = {"includes": "Listing", **WITH_PROFILES}
        call = Call("GET", path, params, safe=True, accept_statuses=(_NO_SUCH_LISTING,))
        answer = self._shop.send(call)
        if answer.status == _NO_SUCH_LISTING:
            return None
        inventory = read_object(answer)
        listing = inventory.pop("listing", None)
        row: Json = listing if isinstance(listing, dict) else {"listing_id": listing_id}
        row = {**row, "inventory": inventory}
        return row if self._is_ours(row) else None

    def read_stock(self, stock_external_ids: Sequence[str]) -> tuple[StockReading, ...]:
        """Return one reading for each id, in the same order."""
        shown: dict[str, int | None] = {}
        for record in self.fetch(stock_external_ids):
            for listing in translator.read_listings(record.payload):
                shown[listing.stock_external_id] = listing.quantity
        now = self._clock.now()
        return tuple(
            StockReading(stock_external_id=each, quantity=shown.get(each), read_at=now)
            for each in stock_external_ids
        )

    def _fetch_batch(self, listing_ids: Sequence[int]) -> list[Json]:
        params = {
            "listing_ids": ",".join(map(str, listing_ids)),
            "includes": "Inventory",
            **WITH_PROFILES,
        }
        path = f"{APPLICATION}/listings/batch"
        call = Call("GET", path, params, safe=True, accept_statuses=(_NO_SUCH_LISTING,))
        answer = self._shop.send(call)
        if answer.status == _NO_SUCH_LISTING:
            return []
        rows = read_answer(Found, answer).results
        return [row for row in rows if row.get("inventory") and self._is_ours(row)]

    def _is_ours(self, row: Json) -> bool:
        """Say whether a listing is of this shop: Etsy shows those of others, too."""
        shop_id = read_shape(ListingHead, row).shop_id
        return shop_id is None or shop_id == self._shop_id

    def _complete(self, rows: Sequence[Json]) -> tuple[Record, ...]:
        parked = self._kept.list_parked()
        records = []
        for row in rows:
            head = read_shape(ListingHead, row)
            mark = head.listing_id in parked and row.get("state") == "inactive"
            payload = {**row, PARKED_KEY: True} if mark else row
            stamp = head.updated_timestamp
            moment = datetime.fromtimestamp(stamp, UTC) if stamp else self._clock.now()
            records.append(Record(str(head.listing_id), moment, payload))
        return tuple(records)


def _read_cursor(cursor: str) -> Scan:
    try:
        scan = _CURSOR.validate_json(cursor)
    except ValidationError:
        scan = None
    if scan is None or scan.state >= len(STATES):
        raise ContractBrokenError(
            "a saved cursor cannot be read", next_step="Scan the listings anew."
        )
    return scan


def _write_cursor(scan: Scan) -> str:
    return _CURSOR.dump_json(scan).decode()
