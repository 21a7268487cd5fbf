"""The figures of the demonstration, by the shops' own books and not by the hub's word.

What was sold, shown, shipped and oversold is read off the simulators. The hub is asked
only for what it remembers, to be compared with them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from ...canonical.remembered import KnownOrder, LineState
from ...store import (
    conflicts,
    figures,
    fsck,
    listings,
    orders,
    publications,
    stock,
)
from ...store.engine import Connection
from ...sync.hub import Hub
from .measures import count_faults, read_latency
from .people import Street
from .stage import Stage
from .stalls import WATCHED


@dataclass(frozen=True, slots=True)
class Figures:
    """What the demonstration ends in; the names are those of the JSON object."""

    seed: int
    faults: str
    orders_placed: int
    """Orders in the shops' books."""
    orders_ingested: int
    """Of these, the ones that the hub has."""
    orders_lost: int
    """Of these, the ones that it has not."""
    orders_duplicated: int
    """Orders that the hub has beyond them."""
    lines_parked: int
    """Lines that wait until somebody says what their listing sells."""
    allocated_over_on_hand: int
    """Units that the hub allocated and does not have: the most ever seen."""
    oversold_units: int
    """Units that shoppers bought beyond what existed, by the shops' books. No hub can
    prevent these without holding stock back; they became shortfalls."""
    skus_differing: int
    """SKUs of which the hub counts other free units than the shops' books leave."""
    listings: int
    """Listings of all shops, less those that wait under an open conflict."""
    listings_in_step: int
    """Of these, the ones that show in the shop what the hub computed for them."""
    listings_waiting: int
    """Listings that the hub does not publish until a person says what they sell."""
    fulfillments_shipped: int
    """Parcels that staff shipped in the hub."""
    fulfillments_told: int
    """Of these, the ones that their shop's books hold exactly once."""
    conflicts_open: int
    conflicts: dict[str, int]
    """The open ones, by kind."""
    fsck_violations: int
    sale_to_update_ms: dict[str, float]
    """From a sale in one shop to the write that made the other one reflect it."""
    seconds: float
    faults_struck: dict[str, int] = field(default_factory=dict)
    orders_by_channel: dict[str, int] = field(default_factory=dict)
    watched: dict[str, Any] = field(default_factory=dict)
    """One SKU that every channel sells: what is free of it, and what each shows."""

    def as_json(self) -> dict[str, Any]:
        """Return the figures as the JSON object, with what they break in sentences."""
        return {**asdict(self), "broken": self.list_broken()}

    def list_broken(self) -> list[str]:
        """Return a sentence for each promise that the figures break; none is good."""
        promises = (
            (
                self.orders_lost,
                f"{self.orders_lost} of {self.orders_placed} orders are missing.",
            ),
            (
                self.orders_duplicated,
                f"The hub has {self.orders_duplicated} orders that nobody placed.",
            ),
            (
                self.allocated_over_on_hand,
                f"The hub allocated {self.allocated_over_on_hand} units too many.",
            ),
            (
                self.skus_differing,
                f"The hub counts {self.skus_differing} SKUs other than the shops do.",
            ),
            (
                self.listings - self.listings_in_step,
                f"{self.listings - self.listings_in_step} of {self.listings} listings "
                "do not show what the hub computed.",
            ),
            (
                self.fulfillments_shipped - self.fulfillments_told,
                f"{self.fulfillments_shipped} parcels left, and the shops hold "
                f"{self.fulfillments_told} of them once.",
            ),
            (self.fsck_violations, f"fsck found {self.fsck_violations} violations."),
        )
        return [sentence for broken, sentence in promises if broken]


@dataclass(frozen=True, slots=True)
class Terms:
    """What the figures are about."""

    seed: int
    faults: str


def judge(
    hub: Hub,
    stage: Stage,
    street: Street,
    terms: Terms,
    *,
    seconds: float,
    overdrawn_peak: int,
) -> Figures:
    """Compare what the shops' books say with what the hub remembers."""
    with hub.store.reading() as connection:
        known = {
            channel: _load_known(connection, stage, channel) for channel in stage.offers
        }
        stored = sum(figures.count_orders(connection, channel) for channel in known)
        step = _compare_listings(connection, stage)
        differing = find_differing_skus(connection, stage)
        open_conflicts = conflicts.load_many(connection)
        violations = fsck.check(connection)
        overdrawn = max(overdrawn_peak, count_overdrawn(connection))
    placed = len(stage.world.orders())
    ingested = sum(len(found) for found in known.values())
    return Figures(
        seed=terms.seed,
        faults=terms.faults,
        orders_placed=placed,
        orders_ingested=ingested,
        orders_lost=placed - ingested,
        orders_duplicated=stored - ingested,
        lines_parked=_count_parked(known.values()),
        allocated_over_on_hand=overdrawn,
        oversold_units=stage.world.oversold_units_peak(),
        skus_differing=len(differing),
        listings=step.published,
        listings_in_step=step.in_step,
        listings_waiting=step.waiting,
        fulfillments_shipped=len(street.parcels),
        fulfillments_told=count_told(stage, street),
        conflicts_open=len(open_conflicts),
        conflicts=dict(Counter(one.kind.value for one in open_conflicts)),
        fsck_violations=len(violations),
        sale_to_update_ms=read_latency(stage),
        seconds=round(seconds, 2),
        faults_struck=count_faults(stage),
        orders_by_channel={name: len(stage.world.orders(name)) for name in known},
        watched=watch(stage, WATCHED),
    )


def watch(stage: Stage, sku: str) -> dict[str, Any]:
    """Return what is really free of a SKU, and what each shop shows of it."""
    return {
        "sku": sku,
        "free": stage.world.physical_units(sku) - stage.world.sold_units(sku),
        "shown": {
            channel: stage.shop(channel).shown(listing)
            for channel, offers in stage.offers.items()
            for listing, sells in offers.items()
            if sells == {sku: 1}
        },
    }


def _load_known(
    connection: Connection, stage: Stage, channel: str
) -> dict[str, KnownOrder]:
    placed = {order.order_id for order in stage.world.orders(channel)}
    return orders.load_by_external_id(connection, channel, placed)


def _count_parked(known: Iterable[dict[str, KnownOrder]]) -> int:
    return sum(
        line.state is LineState.PARKED and line.wanted > 0
        for found in known
        for order in found.values()
        for line in order.lines.values()
    )


@dataclass(frozen=True, slots=True)
class Step:
    """How many listings show what they should."""

    published: int
    in_step: int
    waiting: int


def _compare_listings(connection: Connection, stage: Stage) -> Step:
    """Compare every listing that a shop offers with what the hub wants it to show.

    A listing that the hub never heard of, or does not publish for no open reason,
    counts as published and out of step.
    """
    published = in_step = waiting = 0
    for channel, offers in stage.offers.items():
        known = listings.load_listings(connection, channel, offers)
        records = {row.stock_external_id for row in known.values()}
        desired = publications.load(connection, channel, records)
        for listing in offers:
            row = known.get(listing)
            if row is not None and row.mapping == listings.WAITING:
                waiting += 1
                continue
            published += 1
            wanted = desired.get(row.stock_external_id) if row else None
            shown = stage.shop(channel).shown(listing)
            in_step += wanted is not None and wanted.desired == shown
    return Step(published, in_step, waiting)


def compare_listings(hub: Hub, stage: Stage) -> Step:
    """Say how many listings show what the hub computed for them."""
    with hub.store.reading() as connection:
        return _compare_listings(connection, stage)


def find_differing_skus(connection: Connection, stage: Stage) -> list[str]:
    """Return the SKUs of which the hub counts other free units than the books.

    Free is what is on hand, less what is allocated, less what lines still wait for; in
    the books, what exists less what was sold. It may be negative in both.
    """
    skus = [good.sku for good in stage.goods]
    free = dict.fromkeys(skus, 0)
    for key, counts in stock.load_positions(connection, skus).items():
        free[key.sku] += counts.on_hand - counts.allocated
    for claim in stock.load_claims(connection, skus, short_only=True):
        free[claim.holding.key.sku] -= claim.holding.short
    world = stage.world
    return [
        sku
        for sku in skus
        if free[sku] != world.physical_units(sku) - world.sold_units(sku)
    ]


def count_overdrawn(connection: Connection) -> int:
    """Return the units that are allocated and not on hand."""
    return sum(
        max(0, counts.allocated + counts.reserved - max(0, counts.on_hand))
        for counts in stock.load_positions(connection).values()
    )


def count_told(stage: Stage, street: Street) -> int:
    """Return how many parcels their shop's books hold exactly once."""
    numbers = {channel: stage.count_tracking(channel) for channel in stage.offers}
    return sum(
        numbers[channel][number] == 1 for number, channel in street.parcels.items()
    )
