"""A connector that hangs, lies, leaks and raises: it fails alone, the hub goes on."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest
from crossdock.canonical.errors import (
    ChannelError,
    ContractBrokenError,
    OutcomeUnknownError,
    RejectedError,
)
from crossdock.canonical.listings import Listing
from crossdock.canonical.pages import Page, Record
from crossdock.canonical.pushes import Account, Outcome, PushResult, StockWrite
from crossdock.connectors.netguard import NetworkPolicy
from crossdock.connectors.registry import Source, find_plugin
from crossdock.connectors.sdk import (
    ConnectorSettings,
    Plugin,
    StockWriteMode,
    Traits,
    capabilities_of,
)
from crossdock.connectors.transport import HttpTransports
from crossdock.simulators.clock import VirtualClock
from crossdock.simulators.switchboard import Switchboard
from crossdock.simulators.woocommerce import NewProduct, WooCommerceShop
from crossdock.simulators.world import World
from crossdock.store import conflicts, figures, fsck, leases, schema
from crossdock.store.engine import Store
from crossdock.store.ids import IdSource
from crossdock.store.marks import MarkKind
from crossdock.store.vault import Vault
from crossdock.sync.accounts import NewChannel, add_channel
from crossdock.sync.hub import LEASE_LASTING, Hub, Tuning
from crossdock.sync.schedule import tick
from crossdock.sync.worker import run_due, run_lane
from pydantic import Field, SecretStr

SECRET = "canary-of-the-hostile-4711"
BUYER = "Ada Lovelace of 12 St James's Square"
WRITE = StockWrite("p1", 3, None, "key-1")


class HostileSettings(ConnectorSettings):
    token: SecretStr = Field(title="Token", description="Anything.")


class Hostile:
    """Does as it is told by ``deed``, a function that every call goes through."""

    deed: Callable[[str, tuple[Any, ...]], Any] = staticmethod(lambda name, given: None)

    def __init__(self, settings: HostileSettings, context: Any) -> None:
        del settings, context

    def check(self) -> Any:
        return Account("hostile-1", "Hostile", "EUR")

    def pull_orders(self, cursor: str | None, *, since: Any) -> Any:
        return type(self).deed("pull_orders", (cursor, since))

    def fetch_orders(self, external_ids: Sequence[str]) -> Any:
        return type(self).deed("fetch_orders", (external_ids,))

    def pull_listings(self, cursor: str | None) -> Any:
        return type(self).deed("pull_listings", (cursor,))

    def fetch_listings(self, external_ids: Sequence[str]) -> Any:
        return type(self).deed("fetch_listings", (external_ids,))

    def read_stock(self, stock_external_ids: Sequence[str]) -> Any:
        return type(self).deed("read_stock", (stock_external_ids,))

    def push_stock(self, writes: Sequence[StockWrite]) -> Any:
        return type(self).deed("push_stock", (writes,))


class HostileTranslator:
    """Raises with what it read."""

    def read_order(self, payload: Any) -> Any:
        raise RuntimeError(f"cannot read the order of {payload['buyer']}")

    def read_listings(self, payload: Any) -> Any:
        return [Listing(external_id="p1", stock_external_id="p1", sku="", title="")]


PLUGIN = Plugin(
    kind="hostile",
    title="Hostile",
    api_version="1",
    settings=HostileSettings,
    traits=Traits(
        stock_write=StockWriteMode.ABSOLUTE,
        stock_batch_max=10,
        fetch_batch_max=10,
        requests_per_second=5,
        burst=5,
        overlap_seconds=0,
        visibility_lag_seconds=0,
        settle_seconds=0,
    ),
    translator=HostileTranslator(),
    connector=Hostile,
    connect=Hostile,
)
SOURCE = Source("hostile", "crossdock-hostile 6.6.6", lambda: PLUGIN, foreign=True)


def find(kind: str) -> Plugin:
    return find_plugin(kind, [SOURCE]) if kind == "hostile" else find_plugin(kind)


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Connect to the hostile connector as the hub does, and say what it shall do."""

    def make(deed: Callable[[str, tuple[Any, ...]], Any]) -> Any:
        monkeypatch.setattr(Hostile, "deed", staticmethod(deed))
        settings = HostileSettings(token=SecretStr(SECRET))
        context: Any = None  # it looks at nothing of it
        return find("hostile").connect(settings, context)

    return make


def do_raise(error: BaseException) -> Callable[[str, tuple[Any, ...]], Any]:
    def deed(name: str, given: tuple[Any, ...]) -> Any:
        raise error

    return deed


# What the shield keeps in


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError(f"token={SECRET}"),
        KeyError(SECRET),
        SystemExit(SECRET),
        RecursionError(BUYER),
    ],
    ids=repr,
)
def test_whatever_it_raises_is_told_without_the_words_that_it_brought(
    connect: Callable[..., Any], error: BaseException
) -> None:
    with pytest.raises(ContractBrokenError) as caught:
        connect(do_raise(error)).pull_listings(None)
    assert type(error).__name__ in str(caught.value)
    assert "test_hostile_connector.py" in str(caught.value)
    assert SECRET not in str(caught.value)
    assert BUYER not in str(caught.value)
    assert caught.value.__context__ is caught.value.__cause__ is None


def test_an_error_of_the_hubs_own_kind_keeps_its_kind_and_loses_the_secret(
    connect: Callable[..., Any],
) -> None:
    with pytest.raises(RejectedError) as caught:
        connect(do_raise(RejectedError(f"no, {SECRET}"))).pull_listings(None)
    assert str(caught.value) == "no, ***"


def test_a_write_that_failed_in_its_own_code_may_have_happened(
    connect: Callable[..., Any],
) -> None:
    with pytest.raises(OutcomeUnknownError):
        connect(do_raise(RuntimeError("no"))).push_stock([WRITE])


@pytest.mark.parametrize(
    ("name", "given", "answer", "words"),
    [
        ("pull_listings", (None,), None, "NoneType"),
        ("pull_listings", (None,), Page([], "1", True), "records or cursor"),  # type: ignore[arg-type] # a lie
        ("pull_listings", (None,), Page(("x",), "1", True), "no Record"),  # type: ignore[arg-type] # a lie
        ("fetch_orders", (["a"],), [], "not a tuple"),
        ("fetch_orders", (["a"],), (None,), "no Record"),
        ("read_stock", (["a", "b"],), (), "0 times to 2"),
        ("push_stock", ([WRITE],), (PushResult(Outcome.ACCEPTED),) * 2, "2 times to 1"),
        ("push_stock", ([WRITE],), (True,), "no PushResult"),
    ],
)
def test_an_answer_that_is_not_what_was_promised_is_no_answer(
    connect: Callable[..., Any],
    name: str,
    given: tuple[Any, ...],
    answer: object,
    words: str,
) -> None:
    with pytest.raises(ChannelError, match=words):
        getattr(connect(lambda *_: answer), name)(*given)


def test_more_records_than_were_asked_for_and_endless_pages_are_refused(
    connect: Callable[..., Any],
) -> None:
    record = Record("o1", VirtualClock().now(), {})
    with pytest.raises(ContractBrokenError, match="2 records where 1"):
        connect(lambda *_: (record, record)).fetch_orders(["o1"])
    giant = Page((record,) * 10_001, "1", complete=True)
    with pytest.raises(ContractBrokenError, match="10001 records on one page"):
        connect(lambda *_: giant).pull_listings(None)


def test_a_reason_with_a_secret_in_it_reaches_nobody(
    connect: Callable[..., Any],
) -> None:
    told = (PushResult(Outcome.REFUSED, f"the token {SECRET} may not"),)
    (result,) = connect(lambda *_: told).push_stock([WRITE])
    assert result.outcome is Outcome.REFUSED
    assert SECRET not in result.reason


def test_what_it_is_handed_cannot_be_changed_for_others(
    connect: Callable[..., Any],
) -> None:
    def deed(name: str, given: tuple[Any, ...]) -> Any:
        given[0].clear()

    ids = ["a", "b"]
    with pytest.raises(ContractBrokenError, match="AttributeError"):
        connect(deed).fetch_orders(ids)
    assert ids == ["a", "b"]


def test_a_translator_that_raises_or_lies_quotes_nobodys_name() -> None:
    translator = find("hostile").translator
    with pytest.raises(ContractBrokenError) as caught:
        translator.read_order({"buyer": BUYER})
    assert BUYER not in str(caught.value)
    with pytest.raises(ContractBrokenError, match="no Listing"):
        translator.read_listings({})


def test_the_shield_adds_no_capability_and_takes_none_away(
    connect: Callable[..., Any],
) -> None:
    shielded = replace(PLUGIN, connector=type(connect(lambda *_: None)))
    assert capabilities_of(shielded) == capabilities_of(PLUGIN)


# What the hub does meanwhile


class Town:
    """A hub with an honest shop and the hostile channel, both connected."""

    def __init__(self, folder: Path) -> None:
        self.clock = VirtualClock()
        self.world = World(self.clock, seed=7)
        board = Switchboard(lambda passage: None)
        store = Store(f"sqlite:///{folder / 'crossdock.sqlite3'}")
        schema.upgrade(store)
        self.hub = Hub(
            store,
            Vault(Vault.generate_key()),
            self.clock,
            IdSource(self.clock, Random(7)),
            HttpTransports(
                clock=self.clock,
                randomness=Random(7),
                network=NetworkPolicy(),
                wire=lambda: board,
            ),
            cache(find),
            iter(["hook-1", "hook-2"]).__next__,
            Tuning(),
        )
        self.woo = WooCommerceShop("woo", world=self.world)
        board.plug_in("woo.example", self.woo)
        self.world.receive("CLOCK", 10)
        new = NewProduct(name="Clock", price=Decimal(20), sku="CLOCK", stock=10)
        self.listing = self.woo.add_product(new)
        entered = {
            "shop_url": "https://woo.example",
            "consumer_key": "ck_simulated",
            "consumer_secret": "cs_simulated",
        }
        add_channel(self.hub, NewChannel("woo", "woocommerce", entered))
        add_channel(self.hub, NewChannel("hostile", "hostile", {"token": SECRET}))

    def work(self) -> None:
        for _ in range(8):
            tick(self.hub, MarkKind.PULL, 0.001)
            run_due(self.hub, "test")
            self.clock.advance(20)

    def count_orders(self) -> int:
        with self.hub.store.reading() as connection:
            return figures.count_orders(connection, "woo")

    def read_everything(self) -> str:
        with self.hub.store.reading() as connection:
            assert fsck.check(connection) == []
            return repr(conflicts.load_many(connection))


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    town = Town(tmp_path)
    yield town
    town.hub.store.close()


@pytest.mark.parametrize(
    "deed",
    [
        do_raise(RuntimeError(f"{SECRET} of {BUYER}")),
        do_raise(SystemExit(SECRET)),
        do_raise(RejectedError(f"refused {SECRET}")),
        lambda name, given: None,
        lambda name, given: Page(("lie",), "1", complete=False),  # type: ignore[arg-type] # a lie
    ],
    ids=["raises", "exits", "leaks", "nothing", "lies"],
)
def test_its_lane_fails_alone_and_nothing_of_it_is_written_down(
    town: Town,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    deed: Callable[[str, tuple[Any, ...]], Any],
) -> None:
    monkeypatch.setattr(Hostile, "deed", staticmethod(deed))
    with caplog.at_level(logging.DEBUG, "crossdock"):
        town.world.buy("woo", town.listing, 2, "Ada Ahlers")
        town.work()
    assert town.count_orders() == 1
    told = town.read_everything() + caplog.text
    assert "hostile" in caplog.text
    assert SECRET not in told
    assert BUYER not in told


def test_where_it_hangs_others_go_on_and_what_it_brings_late_is_dropped(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    hanging, let_go = threading.Event(), threading.Event()

    def hang(name: str, given: tuple[Any, ...]) -> Any:
        hanging.set()
        assert let_go.wait(20)
        return Page((), "late", complete=True)

    town.work()
    monkeypatch.setattr(Hostile, "deed", staticmethod(hang))
    tick(town.hub, MarkKind.PULL, 0.001)
    reports: list[Any] = []
    lane = threading.Thread(
        target=lambda: reports.append(run_lane(town.hub, "hostile", "stuck"))
    )
    lane.start()
    assert hanging.wait(10)
    town.world.buy("woo", town.listing, 1, "Ada Ahlers")
    assert run_lane(town.hub, "hostile", "other").busy
    run_lane(town.hub, "woo", "other")
    assert town.count_orders() == 1

    town.clock.advance((LEASE_LASTING + timedelta(seconds=1)).total_seconds())
    now = town.hub.clock.now()
    with town.hub.store.transaction() as connection:
        taken = leases.acquire(connection, "hostile", "other", now, LEASE_LASTING)
    assert taken is not None
    let_go.set()
    lane.join(20)
    assert reports[0].busy, "the one that hung finds that its lane is another's"
    assert "late" not in town.read_everything()
