"""Writes quantities and prices: one read and one update for each listing.

There is neither compare-and-set nor a batch. All writes to one listing go out in one
update, read just before; a sale between the two is written over, and found when the
quantity is read back. Etsy takes no inventory in which nothing is left (open-api issues
395, 501, 560): such a listing is taken off sale instead, and put back with its stock.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from ...canonical.errors import MappingError, OutcomeUnknownError, RejectedError
from ...canonical.pushes import Outcome, PriceWrite, PushResult, StockWrite
from ...mapping.etsy_identity import (
    find_listing,
    name_price,
    name_product,
    name_stock,
)
from ...mapping.etsy_listings import find_offering
from ...mapping.etsy_wire import WireInventory, WireListing, WireProduct
from ...mapping.wire import read_wire
from ..calls import Call, Transport
from .inventory import Change, build_update
from .kept import Kept
from .listings import WITH_PROFILES, Shelf
from .operations import APPLICATION
from .settings import EtsySettings
from .wire import Json, read_object

Write = TypeVar("Write", StockWrite, PriceWrite)
Results = dict[int, PushResult]
"""What became of writes, by their place among all."""

_WRITTEN = PushResult(Outcome.ACCEPTED)
_NO_LISTING = PushResult(Outcome.REFUSED, "the shop has no such listing")
_NO_PRODUCT = PushResult(Outcome.REFUSED, "the listing has no such variation any more")
_WITHDRAWN = PushResult(
    Outcome.REFUSED,
    "the listing is not on sale, and Etsy takes no quantity of zero for all of it",
)
_SOLD_OUT = PushResult(
    Outcome.REFUSED,
    "the listing is sold out, and Etsy charges its fee to renew it; allow it with the "
    "setting renew_sold_out, or renew it at Etsy",
)


@dataclass(frozen=True, slots=True)
class Opened:
    """A listing as it was read just before it is written."""

    listing_id: int
    state: str
    parked: bool
    raw: Json
    inventory: WireInventory

    @property
    def products(self) -> list[tuple[int, WireProduct]]:
        """The products that are there, with their places in the inventory."""
        rows = enumerate(self.inventory.products)
        return [(place, product) for place, product in rows if not product.is_deleted]


class StockRoom:
    """Writes to the listings of one shop."""

    def __init__(
        self, shop: Transport, shelf: Shelf, kept: Kept, settings: EtsySettings
    ) -> None:
        self._shop = shop
        self._shelf = shelf
        self._kept = kept
        self._settings = settings

    def push_stock(self, writes: Sequence[StockWrite]) -> tuple[PushResult, ...]:
        """Set quantities; the last of several for one record counts."""
        ids = [write.stock_external_id for write in writes]
        return self._push(writes, ids, self._write_stock)

    def push_prices(self, writes: Sequence[PriceWrite]) -> tuple[PushResult, ...]:
        """Set prices, in the currency that the listing has."""
        ids = [write.listing_external_id for write in writes]
        return self._push(writes, ids, self._write_prices)

    def _push(
        self,
        writes: Sequence[Write],
        ids: Sequence[str],
        write: Callable[[Opened, Mapping[int, Write]], Results],
    ) -> tuple[PushResult, ...]:
        by_listing: defaultdict[int | None, dict[int, Write]] = defaultdict(dict)
        for place, one in enumerate(writes):
            by_listing[find_listing(ids[place])][place] = one
        results: Results = {}
        for listing_id, mine in by_listing.items():
            try:
                opened = self._open(listing_id)
                told = write(opened, mine) if opened else {}
                missing = _NO_LISTING
            except OutcomeUnknownError as error:
                told, missing = {}, PushResult(Outcome.UNKNOWN, error.message)
            except (RejectedError, MappingError) as error:
                told, missing = {}, PushResult(Outcome.REFUSED, error.message)
            results |= {place: told.get(place, missing) for place in mine}
        return tuple(results[place] for place in range(len(writes)))

    def _open(self, listing_id: int | None) -> Opened | None:
        row = None if listing_id is None else self._shelf.read(listing_id)
        if listing_id is None or row is None:
            return None
        wire = read_wire(WireListing, row)
        parked = listing_id in self._kept.list_parked()
        if parked and wire.state != "inactive":
            # Somebody put it back on sale, at Etsy.
            self._kept.unpark(listing_id)
            parked = False
        inventory = wire.inventory or WireInventory(products=[])
        return Opened(listing_id, wire.state, parked, row["inventory"], inventory)

    def _write_stock(self, opened: Opened, writes: Mapping[int, StockWrite]) -> Results:
        wanted = {one.stock_external_id: one.quantity for one in writes.values()}
        names = {
            place: name_stock(opened.listing_id, product, opened.inventory)
            for place, product in opened.products
        }
        known = set(names.values())
        changes = {
            place: Change(quantity=wanted[name])
            for place, name in names.items()
            if name in wanted
        }
        if opened.parked:
            # What the record still says was not for sale any more.
            nothing = {place: Change(quantity=0) for place in names}
            changes = {**nothing, **changes}
        result = self._carry_out(opened, changes) if known & set(wanted) else _WRITTEN
        return {
            place: result if one.stock_external_id in known else _NO_PRODUCT
            for place, one in writes.items()
        }

    def _carry_out(self, opened: Opened, changes: Mapping[int, Change]) -> PushResult:
        if not _count_left(opened, changes):
            return self._take_off_sale(opened)
        if opened.state == "sold_out":
            if not self._settings.renew_sold_out:
                return _SOLD_OUT
            # Renewing sets the quantity to one: first that, and then ours.
            self._set_state(opened.listing_id, "active")
        self._update(opened, changes)
        if opened.parked:
            self._set_state(opened.listing_id, "active")
            self._kept.unpark(opened.listing_id)
        return _WRITTEN

    def _take_off_sale(self, opened: Opened) -> PushResult:
        if opened.state == "sold_out" or opened.parked:
            return _WRITTEN
        if opened.state != "active":
            return _WITHDRAWN
        # First the note: without it nobody would put the listing back on sale.
        self._kept.park(opened.listing_id)
        try:
            self._set_state(opened.listing_id, "inactive")
        except RejectedError:
            self._kept.unpark(opened.listing_id)
            raise
        return _WRITTEN

    def _write_prices(
        self, opened: Opened, writes: Mapping[int, PriceWrite]
    ) -> Results:
        products = dict(opened.products)
        places = {
            name_product(opened.listing_id, product.property_values): place
            for place, product in products.items()
        }
        groups = {
            place: name_price(opened.listing_id, product, opened.inventory)
            for place, product in products.items()
        }
        results: Results = {}
        wanted: dict[str, PriceWrite] = {}
        for number, write in writes.items():
            place = places.get(write.listing_external_id)
            if place is None:
                results[number] = _NO_PRODUCT
                continue
            rival = wanted.setdefault(groups[place], write)
            problem = _find_problem(products[place], write, rival)
            results[number] = (
                PushResult(Outcome.REFUSED, problem) if problem else _WRITTEN
            )
            if problem and rival is write:
                del wanted[groups[place]]
        changes = {
            place: Change(price=wanted[group].price)
            for place, group in groups.items()
            if group in wanted
        }
        if changes:
            self._update(opened, changes)
        return results

    def _update(self, opened: Opened, changes: Mapping[int, Change]) -> None:
        path = f"{APPLICATION}/listings/{opened.listing_id}/inventory"
        body = build_update(opened.raw, changes)
        read_object(self._shop.send(Call("PUT", path, WITH_PROFILES, json=body)))

    def _set_state(self, listing_id: int, state: str) -> None:
        path = f"{APPLICATION}/shops/{self._settings.shop_id}/listings/{listing_id}"
        read_object(self._shop.send(Call("PATCH", path, form={"state": state})))


def _count_left(opened: Opened, changes: Mapping[int, Change]) -> int:
    """Return how many units shoppers could buy of all variations together."""
    left = 0
    for place, product in opened.products:
        offering = find_offering(product)
        if offering is None or not offering.is_enabled:
            continue
        quantity = changes.get(place, Change()).quantity
        left += offering.quantity if quantity is None else quantity
    return left


def _find_problem(product: WireProduct, write: PriceWrite, rival: PriceWrite) -> str:
    offering = find_offering(product)
    if offering is None or offering.price is None:
        return "the variation has no price"
    currency = offering.price.currency_code
    if currency != write.price.currency:
        return f"it is sold in {currency}, and not {write.price.currency}"
    if rival.price != write.price:
        return "its variations share one price, and another one was asked for, too"
    return ""
