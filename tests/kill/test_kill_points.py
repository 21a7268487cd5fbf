"""Killed at any named point and started again, the hub loses and doubles nothing.

The points are read from the source, so that a new one is killed at from the day it
appears. A day in the life of a shop leads through every one of them.
"""

from __future__ import annotations

import re
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from crossdock.simulators.woocommerce import NewProduct

REPOSITORY = Path(__file__).resolve().parents[2]
POINTS = sorted(
    {
        point
        for path in (REPOSITORY / "sync").rglob("*.py")
        for point in re.findall(r'\breach\(\s*"([^"]+)"', path.read_text("utf-8"))
    }
)
PAIRS = [
    ("ingest.before_commit", "ingest.committed"),
    ("push.stored", "push.sent"),
    ("push.sent", "push.settled"),
    ("tell.stored", "tell.looked"),
    ("tell.sent", "tell.before_commit"),
    ("reconcile.before_commit", "push.before_commit"),
]


class RecoveredError(Exception):
    """The hub died as often as it was meant to, and went on."""


class Keeper:
    """Whoever looks after the hub: starts it again when it died, and asks again."""

    def __init__(self, street: Any, *deaths: str) -> None:
        self.street = street
        self.deaths = list(deaths)
        self.killed: list[str] = []
        self.unreadable: frozenset[str] = frozenset()
        self.hub = self._give_birth()

    def _give_birth(self) -> Any:
        self.dies_at = self.deaths.pop(0) if self.deaths else ""
        return self.street.be_born(die_at=self.dies_at, unreadable=self.unreadable)

    def do(self, errand: str, *arguments: Any) -> None:
        """Let the hub do an errand, again if it dies in it.

        Raises:
            RecoveredError: it died for the last time, and has done the errand since.
        """
        died = False
        while True:
            try:
                self.hub.do(errand, *arguments)
            except RuntimeError:
                if self.hub.killed_by != signal.SIGKILL:
                    raise
                died = True
                self.killed.append(self.dies_at)
                self.hub = self._give_birth()
            else:
                if died and not self.dies_at:
                    raise RecoveredError
                return

    def install_version(self, *unreadable: str) -> None:
        """Stop the hub and start one whose mapping cannot read these orders."""
        self.hub.end()
        self.unreadable = frozenset(unreadable)
        if self.dies_at:
            self.deaths.insert(0, self.dies_at)
        self.hub = self._give_birth()

    def settle(self, *kinds: str) -> None:
        self.do("tick", *kinds)
        self.do("work")


@dataclass
class Day:
    """A day that leads the hub through everything that a shop can ask of it."""

    street: Any
    keeper: Keeper

    def __post_init__(self) -> None:
        street = self.street
        self.clock, self.lamp = street.stock("CLOCK", 20), street.stock("LAMP", 20)
        street.woo.set_stock(self.clock[1], 3)
        odd = NewProduct(name="Klok", price=Decimal(9), stock=20)
        self.odd = street.woo.add_product(odd)
        street.world.offer("woo", self.odd, {"CLOCK": 1})
        self.twin = ""

    def live(self) -> None:
        """Open, sell, settle what is open, and close.

        A day on which the hub recovered from its last death is closed at once.
        """
        with suppress(RecoveredError):
            self.keeper.do("connect_shops", self.street.enter_shops())
            self.sell_and_ship()
            self.settle_conflicts()
            self.lose_answers()
            self.share_out()
            self.move_goods()
        self.close()

    def sell_and_ship(self) -> None:
        street, keeper = self.street, self.keeper
        street.sell("woo", (self.lamp[1], 1), (self.odd, 2))
        street.sell("shopify", (self.clock[0], 2))
        # WooCommerce takes a repeated parcel for a second one; Shopify refuses it.
        first = street.sell("woo", (self.lamp[1], 1))
        for envelope in street.collect_webhooks():
            path = envelope.url.rpartition("/")[2]
            keeper.do("receive", path, dict(envelope.headers), envelope.body)
        unwanted = street.sell("woo", (self.clock[1], 1))
        keeper.settle("pull")
        keeper.do("ship", first, "JD0001")
        keeper.do("cancel", unwanted)
        keeper.do("work")
        keeper.do("refund_shipping", first, 100)
        keeper.do("set_price", self.lamp[1], 1750)
        keeper.do("set_word", "status", "picked", "processing")
        keeper.do("work")

    def settle_conflicts(self) -> None:
        street, keeper = self.street, self.keeper
        subject = f"woo/listing/{self.odd}"
        keeper.do("map_listing", subject, "CLOCK")
        keeper.do("undo", subject)
        keeper.do("map_listing", subject, "CLOCK")
        street.world.receive("VASE", 10)
        vase = street.shopify.add_variant(street.shopify.add_product("Vase"), "VASE")
        keeper.settle("scan")
        twin = NewProduct(name="Vase", price=Decimal(5), stock=10)
        self.twin = street.woo.add_product(twin)
        street.world.offer("woo", self.twin, {"VASE": 1})
        street.sell("woo", (self.twin, 1))
        keeper.settle("pull")
        street.woo.rename_sku(self.twin, "VASE")
        keeper.settle("scan")
        unread = street.sell("shopify", (vase.gid, 1))
        keeper.install_version(unread)
        keeper.settle("pull")
        keeper.install_version()
        keeper.do("replay")

    def lose_answers(self) -> None:
        """Lose the answers to a stock write and to a parcel on either channel."""
        street, keeper = self.street, self.keeper
        order = street.sell("shopify", (self.clock[0], 1))
        street.woo.faults.arm_once("dropped")
        keeper.settle("pull")
        keeper.do("ship", order, "JD0002")
        street.shopify.faults.arm_once("dropped")
        keeper.do("work")
        order = street.sell("woo", (self.lamp[1], 1))
        keeper.settle("pull")
        keeper.do("ship", order, "JD0003")
        street.woo.faults.arm_once("dropped")
        keeper.do("work")

    def share_out(self) -> None:
        """Give every channel units of its own, sell, and look at how it sold."""
        street, keeper = self.street, self.keeper
        keeper.do("set_policy", "LAMP", "escrow")
        keeper.do("work")
        street.sell("woo", (self.lamp[1], 1))
        keeper.settle("pull")
        keeper.do("measure")
        keeper.do("work")

    def move_goods(self) -> None:
        """Send goods to a second location, and have more delivered there."""
        street, keeper = self.street, self.keeper
        keeper.do("open_place", "attic")
        keeper.do("send", "LAMP", 3, "attic")
        keeper.do("take_in", "LAMP")
        street.world.receive("LAMP", 2)
        keeper.do("deliver", "LAMP", 2, "attic")
        keeper.do("work")

    def close(self) -> None:
        """Settle whatever the day left open; nothing more can go wrong."""
        street, keeper = self.street, self.keeper
        for shop in (street.shopify, street.woo):
            shop.faults.quiet()
        keeper.install_version()
        with suppress(RecoveredError):
            keeper.do("work")
        keeper.do("map_listing", f"woo/listing/{self.odd}", "CLOCK")
        if self.twin:
            street.woo.rename_sku(self.twin, "VASE")
        keeper.do("replay")
        keeper.do("set_policy", "LAMP", "pool")
        keeper.do("take_in", "LAMP")
        keeper.settle("pull", "scan", "read_back")


Survive = Callable[[str], None]


@pytest.fixture
def check_survival(open_street: Callable[[str], Any], sqlite_url: str) -> Survive:
    """Live a day on which the hub dies at a point, and check what is left of it."""

    def survive(point: str) -> None:
        street = open_street(sqlite_url)
        keeper = Keeper(street, point)
        Day(street, keeper).live()
        assert keeper.killed == [point], f"the day never led through {point}"
        street.check()

    return survive


def choose(*prefixes: str) -> list[str]:
    return [point for point in POINTS if point.startswith(prefixes)]


WEBHOOK = choose("webhook.")
INGEST = choose("ingest.", "pull.", "fetch.")
BEFORE_SENDING = choose("push.stored", "tell.stored", "refund.stored", "price.stored")
AFTER_SENDING = choose(
    "push.sent",
    "tell.sent",
    "cancel.sent",
    "refund.sent",
    "price.sent",
    "push.b",
    "tell.b",
)
AFTER_RECORDING = choose(
    "push.recorded", "push.finished", "tell.recorded", "reconcile."
)
NAMED = {*WEBHOOK, *INGEST, *BEFORE_SENDING, *AFTER_SENDING, *AFTER_RECORDING}


@pytest.mark.parametrize("point", WEBHOOK)
def test_a10_a_webhook_that_was_not_answered_is_not_needed(
    point: str, check_survival: Survive
) -> None:
    check_survival(point)


@pytest.mark.parametrize("point", INGEST)
def test_b11_a_cursor_never_runs_ahead_of_its_page(
    point: str, check_survival: Survive
) -> None:
    check_survival(point)


@pytest.mark.parametrize("point", BEFORE_SENDING)
def test_e07_a_write_that_was_stored_and_not_sent_is_made(
    point: str, check_survival: Survive
) -> None:
    check_survival(point)


@pytest.mark.parametrize("point", AFTER_SENDING)
def test_e08_a_write_that_was_sent_and_not_recorded_is_not_made_twice(
    point: str, check_survival: Survive
) -> None:
    check_survival(point)


@pytest.mark.parametrize("point", AFTER_RECORDING)
def test_e09_what_follows_from_a_step_is_not_forgotten(
    point: str, check_survival: Survive
) -> None:
    check_survival(point)


@pytest.mark.parametrize("point", [one for one in POINTS if one not in NAMED])
def test_f07_a_hub_killed_anywhere_else_loses_nothing_and_doubles_nothing(
    point: str, check_survival: Survive
) -> None:
    check_survival(point)


@pytest.mark.parametrize("pair", PAIRS, ids=" then ".join)
def test_f07_a_hub_killed_twice_loses_nothing_and_doubles_nothing(
    pair: tuple[str, str], open_street: Callable[[str], Any], sqlite_url: str
) -> None:
    street = open_street(sqlite_url)
    keeper = Keeper(street, *pair)
    Day(street, keeper).live()
    assert keeper.killed == list(pair)
    street.check()


@pytest.mark.postgres
@pytest.mark.parametrize(
    "point", ["ingest.before_commit", "push.sent", "tell.sent", "resolve.before_commit"]
)
def test_f07_a_hub_on_postgresql_killed_at_this_point_loses_nothing(
    point: str, open_street: Callable[[str], Any], postgres_database_url: str
) -> None:
    street = open_street(postgres_database_url)
    keeper = Keeper(street, point)
    Day(street, keeper).live()
    assert keeper.killed == [point]
    street.check()


def test_an_undisturbed_day_leads_through_every_named_point(
    open_street: Callable[[str], Any], sqlite_url: str
) -> None:
    street = open_street(sqlite_url)
    keeper = Keeper(street)
    Day(street, keeper).live()
    street.check()
