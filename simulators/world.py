"""The physical truth of a simulated merchant: what exists, was sold and was shown.

Channels report every fact here the moment it happens; nothing is taken from the hub. So
this, and not the hub, says what was oversold and how long an update took. It decides
nothing: whether a shopper can buy is for the channel's own counter to say.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Mapping, Sequence
from random import Random

from .books import BasketLine, Fact, Shop, SoldLine, SoldOrder, SoldOutError
from .clock import Clock
from .latency import UpdateWatch


class World:
    """The books over all channels of one merchant.

    Thread-safe; no channel is called while its lock is held.

    Args:
        clock: shared with all channels.
        seed: for ``randomness``, from which shoppers and demos draw.
    """

    def __init__(self, clock: Clock, seed: int = 0) -> None:
        self.clock = clock
        self.randomness = Random(seed)  # noqa: S311 - to be repeatable
        self._lock = threading.RLock()
        self._physical: dict[str, int] = defaultdict(int)
        self._sold: dict[str, int] = defaultdict(int)
        self._oversold_peak: dict[str, int] = defaultdict(int)
        self._components: dict[tuple[str, str], dict[str, int]] = {}
        self._orders: dict[tuple[str, str], SoldOrder] = {}
        self._shops: dict[str, Shop] = {}
        self._facts: list[Fact] = []
        self._watch = UpdateWatch()
        self.turned_away = 0
        """Shoppers who found too little shown and bought nothing."""

    # What exists and where it is for sale

    def receive(self, sku: str, units: int) -> None:
        """Put units into the warehouse; negative units are a loss found at a count."""
        with self._lock:
            self._physical[sku] += units
            self._note("received" if units >= 0 else "lost", sku, abs(units))

    def open_shop(self, channel: str, shop: Shop) -> None:
        """Let shoppers in."""
        self._shops[channel] = shop

    def offer(self, channel: str, listing: str, components: Mapping[str, int]) -> None:
        """Say what one unit of a listing really takes from the warehouse."""
        with self._lock:
            self._components[channel, listing] = dict(components)

    def listings(self, channel: str) -> tuple[str, ...]:
        """Return what a channel sells, in the order in which it was offered."""
        with self._lock:
            return tuple(
                listing for name, listing in self._components if name == channel
            )

    def sells(self, channel: str, listing: str) -> dict[str, int]:
        """Return what one unit of a listing really takes from the warehouse."""
        with self._lock:
            return dict(self._components.get((channel, listing), {}))

    # Shoppers

    def buy(self, channel: str, listing: str, quantity: int, buyer: str) -> str | None:
        """Let a shopper buy one listing; see ``buy_basket``."""
        return self.buy_basket(channel, [BasketLine(listing, quantity)], buyer)

    def buy_basket(
        self, channel: str, basket: Sequence[BasketLine], buyer: str
    ) -> str | None:
        """Let a shopper buy; return the order id, or None where too little is shown."""
        try:
            return self._shops[channel].sell(basket, buyer)
        except SoldOutError:
            with self._lock:
                self.turned_away += 1
            return None

    def cancel(self, channel: str, order_id: str) -> None:
        """Let a shopper or the shop's staff cancel an order."""
        self._shops[channel].cancel_order(order_id)

    def edit(self, channel: str, order_id: str, line_id: str, quantity: int) -> None:
        """Let the shop's staff change a line's quantity; 0 removes the line."""
        self._shops[channel].edit_line(order_id, line_id, quantity)

    def refund(
        self,
        channel: str,
        order_id: str,
        quantities: Mapping[str, int] | None = None,
        *,
        restock: bool,
    ) -> None:
        """Let the shop's staff refund line quantities; None refunds what is left."""
        self._shops[channel].refund_order(order_id, quantities, restock=restock)

    # What channels report

    def record_shown(
        self, channel: str, listing: str, quantity: int, *, written: bool
    ) -> None:
        """Note the quantity that a listing shows from now on.

        Args:
            written: it was written from outside (the API), not changed by the channel's
                own sale, cancellation or staff.
        """
        with self._lock:
            self._watch.show(
                (channel, listing),
                quantity,
                at=self.clock.now(),
                written=written,
                available=self._available(channel, listing),
            )

    def record_sale(
        self, channel: str, order_id: str, line_id: str, listing: str, quantity: int
    ) -> None:
        """Note units sold: a new line, or more of a line that exists."""
        with self._lock:
            now = self.clock.now()
            order = self._orders.setdefault(
                (channel, order_id), SoldOrder(channel, order_id, now)
            )
            line = order.lines.setdefault(line_id, SoldLine(line_id, listing))
            line.sold += quantity
            self._move("sold", order, line, quantity)
            touched = self._components.get((channel, listing), {}).keys()
            self._watch.sold(
                now,
                [
                    (key, self._available(*key))
                    for key, components in self._components.items()
                    if key[0] != channel and touched & components.keys()
                ],
            )

    def record_cancellation(
        self, channel: str, order_id: str, line_id: str, quantity: int
    ) -> None:
        """Note units that will not be shipped after all; they stay in the warehouse."""
        with self._lock:
            order, line = self._line(channel, order_id, line_id)
            line.cancelled += quantity
            self._move("cancelled", order, line, quantity)

    def record_return(
        self,
        channel: str,
        order_id: str,
        line_id: str,
        quantity: int,
        *,
        restocked: bool,
    ) -> None:
        """Note units that were refunded; ``restocked`` ones can be sold again."""
        with self._lock:
            order, line = self._line(channel, order_id, line_id)
            line.returned += quantity
            if restocked:
                self._move("returned", order, line, quantity)

    def record_shipment(
        self, channel: str, order_id: str, line_id: str, quantity: int
    ) -> None:
        """Note units that the channel was told have left."""
        with self._lock:
            order, line = self._line(channel, order_id, line_id)
            line.shipped += quantity
            self._move("shipped", order, line, quantity)

    # The judgement

    def physical_units(self, sku: str) -> int:
        """Return the units that were ever put in, less losses."""
        return self._physical[sku]

    def sold_units(self, sku: str | None = None) -> int:
        """Return units sold and not cancelled nor restocked, of one SKU or of all."""
        with self._lock:
            return self._sold[sku] if sku is not None else sum(self._sold.values())

    def oversold_units(self) -> int:
        """Return the units that are sold at present and do not exist."""
        with self._lock:
            return sum(
                max(0, sold - self._physical[sku])
                for sku, sold in list(self._sold.items())
            )

    def oversold_units_peak(self) -> int:
        """Return the sum over SKUs of the most units ever sold beyond what existed.

        A cancellation cannot make these good: the shopper had bought.
        """
        with self._lock:
            return sum(self._oversold_peak.values())

    def orders(self, channel: str | None = None) -> tuple[SoldOrder, ...]:
        """Return the orders in the books, oldest first; they are live rows."""
        with self._lock:
            return tuple(
                order
                for order in self._orders.values()
                if channel is None or order.channel == channel
            )

    def facts(self) -> tuple[Fact, ...]:
        """Return everything that happened to units, in order."""
        with self._lock:
            return tuple(self._facts)

    def sale_to_update_ms(self) -> tuple[float, ...]:
        """Return how long each sale took to show elsewhere, shortest first."""
        with self._lock:
            return self._watch.latencies_ms()

    def updates_outstanding(self) -> int:
        """Return how many listings show more than exists after a sale elsewhere."""
        with self._lock:
            return self._watch.outstanding(lambda key: self._available(*key))

    def _available(self, channel: str, listing: str) -> int:
        """Return how many of a listing could really be sold now."""
        components = self._components.get((channel, listing), {})
        return max(
            0,
            min(
                (
                    (self._physical[sku] - self._sold[sku]) // units
                    for sku, units in components.items()
                ),
                default=0,
            ),
        )

    def _line(
        self, channel: str, order_id: str, line_id: str
    ) -> tuple[SoldOrder, SoldLine]:
        order = self._orders[channel, order_id]
        return order, order.lines[line_id]

    def _move(self, kind: str, order: SoldOrder, line: SoldLine, quantity: int) -> None:
        """Write a fact per SKU of the line's listing, and its effect on units sold."""
        sign = {"sold": 1, "cancelled": -1, "returned": -1, "shipped": 0}[kind]
        components = self._components.get((order.channel, line.listing), {})
        for sku, units_each in components.items():
            units = units_each * quantity
            self._sold[sku] += sign * units
            excess = self._sold[sku] - self._physical[sku]
            self._oversold_peak[sku] = max(self._oversold_peak[sku], excess)
            self._note(kind, sku, units, order)

    def _note(
        self, kind: str, sku: str, units: int, order: SoldOrder | None = None
    ) -> None:
        channel, order_id = (order.channel, order.order_id) if order else ("", "")
        self._facts.append(Fact(self.clock.now(), kind, sku, units, channel, order_id))
