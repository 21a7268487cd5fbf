"""Staff of the merchant: they pack, and settle what the hub could not decide alone.

They work through the hub, with the same calls as the terminal's commands. Which orders
ship was drawn with the shoppers' plans.
"""

from __future__ import annotations

from contextlib import suppress

from ...canonical.conflicts import Action, ConflictKind
from ...canonical.errors import ChannelError, NotFoundError, RefusedError
from ...canonical.listings import Component
from ...canonical.remembered import ChannelState
from ...store import conflicts, orders
from ...store.conflicts import ConflictRow
from ...sync.accounts import check_channel
from ...sync.decisions_mapping import Decision
from ...sync.hub import Hub
from ...sync.resolve import resolve_conflict
from ...sync.ship import Tracking, ship_order
from .goods import MISSPELLED, MISSPELLED_AS, SETS
from .people import SHIPPING, Bought, Fate, Street
from .shoppers import find_order
from .stage import WOOCOMMERCE, Stage

ACTOR = "demo"
_ROUND_SECONDS = 0.25
_LINES_PARKED_MIN = 2
"""Staff look at a conflict when this many order lines wait for it."""


def map_sets(hub: Hub) -> int:
    """Say what the sets consist of, as a merchant does on day one; return how many."""
    settled = 0
    for conflict in load_open(hub, ConflictKind.UNMAPPED_SKU):
        known = SETS.get(str(conflict.facts.get("sku", "")))
        if known is not None and conflict.channel == WOOCOMMERCE:
            decision = Decision(Action.MAP, known[1])
            reason = "a set: nothing in its text could tell what is in it"
            resolve_conflict(hub, conflict.id, decision, actor=ACTOR, reason=reason)
            settled += 1
    return settled


def load_open(hub: Hub, kind: ConflictKind | None = None) -> list[ConflictRow]:
    """Return the conflicts that wait for somebody."""
    with hub.store.reading() as connection:
        return conflicts.load_many(connection, kind=kind)


class Staff:
    """What the merchant's people do while the shops sell."""

    def __init__(self, hub: Hub, stage: Stage, street: Street) -> None:
        self._hub = hub
        self._stage = stage
        self._street = street
        self._returned: set[str] = set()
        self._delivered = False

    def work(self) -> None:
        """Go through everything again and again until the street is closed."""
        while not self._street.closed.wait(_ROUND_SECONDS):
            self.sign_in_again()
            self._pack()
            with suppress(RefusedError):  # settled by itself in this very moment
                self._settle()
                self.overrule_drift()
            self._take_returns()

    def settle_rest(self) -> None:
        """Decide what was left undecided because too little had sold."""
        for conflict in load_open(self._hub, ConflictKind.UNMAPPED_SKU):
            if conflict.facts.get("sku") == MISSPELLED_AS:
                self._map_misspelled(conflict)

    def overrule_drift(self) -> None:
        """Let the hub's figure stand where a shop shows less for no reason.

        Shoppers are the only ones who move a shop's counters here; what no order
        explains was a lost write that an order in the same moment hid. Where that
        happens again and again the hub takes it for a fight, and asks as well.
        """
        for conflict in load_open(self._hub):
            if conflict.kind not in {ConflictKind.DRIFT, ConflictKind.FIGHT}:
                continue
            decision = Decision(Action.OVERWRITE)
            reason = "nobody else moves the shop's counters"
            resolve_conflict(
                self._hub, conflict.id, decision, actor=ACTOR, reason=reason
            )
            self._street.news.append(f"staff overruled drift: {conflict.summary}")

    def sign_in_again(self) -> None:
        """Prove the credentials of channels that the hub parked; they still work."""
        for channel in self._hub.load_channels():
            if channel.state is not ChannelState.NEEDS_REAUTH:
                continue
            try:
                check_channel(self._hub, channel.name)
            except ChannelError:
                continue  # the channel has its bad minute; the next round asks again
            self._street.news.append(f"staff signed in to {channel.name} again")

    def _pack(self) -> None:
        """Ship what is ready of the orders that are meant to ship."""
        for bought in list(self._street.bought):
            if bought.visit.fate not in SHIPPING or bought.packed:
                continue
            if bought.channel not in self._stage.stalls or self._is_whole(bought):
                self._ship(bought)

    def _is_whole(self, bought: Bought) -> bool:
        """Say whether nothing of an order waits: Etsy knows no parcel of a half."""
        ids = [bought.order_id]
        with self._hub.store.reading() as connection:
            known = orders.load_by_external_id(connection, bought.channel, ids)
        return not any(
            holding.short
            for order in known.values()
            for line in order.lines.values()
            for holding in line.holdings
        )

    def _ship(self, bought: Bought) -> None:
        number = f"HT{len(self._street.parcels) + 1:06d}"
        url = f"https://parcels.example/{number}"
        tracking = Tracking("Harbour Parcels", number, url)
        try:
            ship_order(self._hub, bought.order_id, tracking, channel=bought.channel)
        except (NotFoundError, RefusedError):
            return  # not in the hub yet, or nothing of it is ready
        bought.packed = True
        self._street.parcels[number] = bought.channel
        self._street.news.append(f"staff shipped {bought.title} under {number}")

    def _settle(self) -> None:
        """Decide the misspelled listing, and one shortfall that is found after all."""
        for conflict in load_open(self._hub):
            if conflict.facts.get("sku") == MISSPELLED_AS:
                if self._count_sold(MISSPELLED) >= _LINES_PARKED_MIN:
                    self._map_misspelled(conflict)
            elif conflict.kind is ConflictKind.SHORTFALL and not self._delivered:
                self._receive(conflict)

    def _count_sold(self, sku: str) -> int:
        return sum(
            bought.channel == WOOCOMMERCE and sku in bought.title
            for bought in self._street.bought
        )

    def _map_misspelled(self, conflict: ConflictRow) -> None:
        best = conflict.proposals[0]
        parts = (Component(sku=best.sku, units=best.units),)
        decision = Decision(Action.MAP, parts)
        done = resolve_conflict(
            self._hub, conflict.id, decision, actor=ACTOR, reason=best.reason
        )
        self._street.news.append(
            f"staff mapped {MISSPELLED_AS} to {best.sku}: "
            f"{done.lines_freed} waiting lines go on"
        )

    def _receive(self, conflict: ConflictRow) -> None:
        """The missing units turn up in a forgotten box."""
        sku, units = conflict.facts["sku"], conflict.facts["units_short"]
        decision = Decision(Action.RECEIVE, units=units)
        reason = "found in a forgotten box"
        resolve_conflict(self._hub, conflict.id, decision, actor=ACTOR, reason=reason)
        self._stage.world.receive(sku, units)
        self._delivered = True
        self._street.news.append(f"staff found {units} x {sku} in a forgotten box")

    def _take_returns(self) -> None:
        """Refund one unit of parcels that came back; every other one is broken."""
        for bought in list(self._street.bought):
            if (
                bought.visit.fate is not Fate.RETURN
                or bought.order_id in self._returned
            ):
                continue
            order = find_order(self._stage, bought)
            line = next((one for one in order.lines.values() if one.shipped), None)
            if line is None:
                continue
            sound = len(self._returned) % 2 == 0
            self._stage.world.refund(
                bought.channel, bought.order_id, {line.line_id: 1}, restock=sound
            )
            self._returned.add(bought.order_id)
            self._street.changes[Fate.RETURN] += 1
            state = "sound" if sound else "broken"
            self._street.news.append(f"one of {bought.title} came back, {state}")
