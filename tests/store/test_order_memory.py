"""Orders as the hub remembers them: what a decision left is what the next one finds."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from crossdock.canonical.orders import FulfillmentState, Order
from crossdock.canonical.remembered import (
    Holding,
    KnownChannel,
    KnownLine,
    KnownOrder,
    LineState,
    Parcel,
)
from crossdock.canonical.stock import StockKey
from crossdock.store import orders
from crossdock.store.engine import Store
from crossdock.store.ids import IdSource
from crossdock.store.tables import orders as order_rows
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

MOMENT = datetime(2026, 3, 2, 9, tzinfo=UTC)
SKUS = ("LAMP", "MUG", "VASE")
TEXTS = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]))
COUNTS = st.integers(0, 10**12)
MOMENTS = st.datetimes(timezones=st.just(UTC))


@st.composite
def draw_holding(draw: st.DrawFn, sku: str) -> Holding:
    allocated, shipped, short = draw(COUNTS), draw(COUNTS), draw(COUNTS)
    wanted = allocated + shipped + short
    units = draw(st.integers(1, 12))
    return Holding(StockKey(sku, "main"), units, wanted, allocated, shipped)


@st.composite
def draw_line(draw: st.DrawFn, external_id: str) -> KnownLine:
    returned, kept, open_ = draw(COUNTS), draw(COUNTS), draw(COUNTS)
    skus = draw(st.lists(st.sampled_from(SKUS), unique=True))
    return KnownLine(
        0,
        external_id,
        draw(TEXTS),
        draw(TEXTS),
        draw(TEXTS),
        quantity=draw(COUNTS),
        wanted=returned + kept + open_,
        shipped=returned + kept,
        returned=returned,
        taken=draw(COUNTS),
        total_minor=draw(st.integers(-(2**63), 2**63 - 1)),
        state=draw(st.sampled_from(LineState)),
        holdings=[draw(draw_holding(sku)) for sku in sorted(skus)],
    )


@st.composite
def draw_parcel(draw: st.DrawFn, external_id: str) -> Parcel:
    return Parcel(
        0,
        draw(st.sampled_from(["hub", "channel"])),
        external_id,
        draw(TEXTS),
        draw(TEXTS),
        draw(TEXTS),
        draw(MOMENTS),
        {},
        draw(st.none() | MOMENTS),
        draw(st.booleans()),
    )


@st.composite
def draw_order(draw: st.DrawFn) -> KnownOrder:
    """An order with any parts that the database may hold; ids are given later."""
    lines = draw(st.lists(TEXTS, unique=True, max_size=4))
    parcels = draw(st.lists(TEXTS.filter(bool), unique=True, max_size=3))
    return KnownOrder(
        0,
        "shop",
        "",
        draw(st.booleans()),
        {external_id: draw(draw_line(external_id)) for external_id in lines},
        [draw(draw_parcel(external_id)) for external_id in parcels],
    )


def give_ids(known: KnownOrder, ids: IdSource, units: int) -> None:
    known.id = ids.take()
    known.external_id = str(known.id)
    for line in known.lines.values():
        line.id = ids.take()
    for parcel in known.parcels:
        parcel.id = ids.take()
        parcel.quantities = {line.id: units for line in known.lines.values()}


@pytest.fixture
def hub(
    store: Store,
    add_channel: Callable[..., KnownChannel],
    receive: Callable[[str, int], None],
) -> Store:
    add_channel("shop")
    for sku in SKUS:
        receive(sku, 10)
    return store


def save(store: Store, order: Order, known: KnownOrder, inbox_id: int = 1) -> None:
    with store.transaction() as connection:
        orders.save_orders(connection, [(order, known, inbox_id)], set())
        orders.save_memory(connection, [known], orders.Remembered())


def load(store: Store, known: KnownOrder) -> KnownOrder:
    with store.reading() as connection:
        return orders.load_by_id(connection, [known.id])[known.id]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(known=draw_order(), units=st.integers(1, 10**12))
def test_g11_an_order_is_remembered_with_everything_that_hangs_on_it(
    hub: Store,
    ids: IdSource,
    make_order: Callable[..., Order],
    known: KnownOrder,
    units: int,
) -> None:
    known = copy.deepcopy(known)
    give_ids(known, ids, units)
    save(hub, make_order(known.external_id), known)
    assert load(hub, known) == known
    with hub.reading() as connection:
        ours = [line.id for line in known.lines.values()]
        assert orders.load_by_line(connection, ours) == ([known] if ours else [])
        by_id = orders.load_by_external_id(connection, "shop", [known.external_id, "x"])
        assert by_id == {known.external_id: known}
        assert (
            orders.load_by_external_id(connection, "other", [known.external_id]) == {}
        )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(known=draw_order(), later=draw_order())
def test_every_change_of_an_order_is_remembered(
    hub: Store,
    ids: IdSource,
    make_order: Callable[..., Order],
    known: KnownOrder,
    later: KnownOrder,
) -> None:
    """What changes does so in place; what is new is added; nothing else moves."""
    known, later = copy.deepcopy((known, later))
    give_ids(known, ids, 1)
    save(hub, make_order(known.external_id), known)
    before = orders.Remembered([known])
    _grow_into(known, later, ids)
    with hub.transaction() as connection:
        orders.save_memory(connection, [known], before)
    again = load(hub, known)
    for line in (*known.lines.values(), *again.lines.values()):
        line.holdings.sort(key=lambda holding: holding.key)
    assert again == known


def _grow_into(known: KnownOrder, later: KnownOrder, ids: IdSource) -> None:
    for external_id, line in later.lines.items():
        ours = known.lines.get(external_id)
        if ours is None:
            line.id = ids.take()
            known.lines[external_id] = line
            continue
        for name in ("quantity", "wanted", "shipped", "returned", "taken", "state"):
            setattr(ours, name, getattr(line, name))
        ours.total_minor = line.total_minor
        held = {holding.key: holding for holding in ours.holdings}
        for holding in line.holdings:
            mine = held.get(holding.key)
            if mine is None:
                ours.holdings.append(holding)
            else:
                mine.wanted, mine.allocated = holding.wanted, holding.allocated
                mine.shipped = holding.shipped
    for parcel in known.parcels:
        parcel.cancelled = not parcel.cancelled
        parcel.told_at = MOMENT


def test_an_orders_row_follows_what_the_channel_says_now(
    hub: Store, make_order: Callable[..., Order], take_in: Callable[..., object]
) -> None:
    order = make_order("1", {"LAMP": 2, "🦆\x00": 1}, note="NUL \x00 and 💡")
    take_in("shop", order.model_copy(update={"lines": order.lines[:1]}))
    changed = make_order(
        "1", {"LAMP": 3}, fulfillment=FulfillmentState.ON_HOLD, held=True, note="a\x00b"
    )
    take_in("shop", changed)
    with hub.reading() as connection:
        row = connection.execute(select(order_rows)).one()
    assert (row.total_minor, row.residue_minor, row.currency) == (3000, 0, "EUR")
    assert (row.fulfillment, row.held, row.cancelled_at) == ("on_hold", True, None)


def test_one_order_of_a_channel_is_one_row(
    hub: Store, ids: IdSource, make_order: Callable[..., Order]
) -> None:
    def add() -> None:
        save(hub, make_order("1"), KnownOrder(ids.take(), "shop", "1", True))

    add()
    with pytest.raises(IntegrityError):
        add()


@pytest.mark.parametrize(
    ("wanted", "shipped", "returned", "taken"),
    [(1, 2, 0, 0), (3, 2, 3, 0), (0, 0, -1, 0), (0, 0, 0, -1)],
)
def test_the_database_refuses_lines_that_count_wrong(
    hub: Store,
    ids: IdSource,
    make_order: Callable[..., Order],
    wanted: int,
    shipped: int,
    returned: int,
    taken: int,
) -> None:
    line = KnownLine(ids.take(), "l", "", "", "", 1, wanted, shipped, returned, taken)
    known = KnownOrder(ids.take(), "shop", "1", True, {"l": line})
    with pytest.raises(IntegrityError):
        save(hub, make_order("1"), known)


@pytest.mark.parametrize(
    "holding",
    [
        Holding(StockKey("LAMP", "main"), 0),
        Holding(StockKey("LAMP", "main"), 1, 2, 2, 1),
        Holding(StockKey("LAMP", "main"), 1, 2, -1, 0),
        Holding(StockKey("GHOST", "main"), 1),
    ],
)
def test_the_database_refuses_claims_beyond_what_is_wanted(
    hub: Store, ids: IdSource, make_order: Callable[..., Order], holding: Holding
) -> None:
    line = KnownLine(ids.take(), "l", "", "", "", holdings=[holding])
    known = KnownOrder(ids.take(), "shop", "1", True, {"l": line})
    with pytest.raises(IntegrityError):
        save(hub, make_order("1"), known)


def test_g10_a_page_with_more_lines_than_a_statement_takes_parameters_is_loaded(
    hub: Store, ids: IdSource, make_order: Callable[..., Order]
) -> None:
    page = []
    for number in range(4):
        lines = {
            str(n): KnownLine(id_, str(n), "", "", "", holdings=[_claim()])
            for n, id_ in enumerate(ids.take_many(10_000))
        }
        page.append(KnownOrder(ids.take(), "shop", str(number), True, lines))
    taken_in = [(make_order(known.external_id), known, 1) for known in page]
    with hub.transaction() as connection:
        orders.save_orders(connection, taken_in, set())
        orders.save_memory(connection, page, orders.Remembered())
    with hub.reading() as connection:
        found = orders.load_by_external_id(connection, "shop", ["0", "1", "2", "3"])
    assert list(found.values()) == page


def _claim() -> Holding:
    return Holding(StockKey("LAMP", "main"), 1)


@pytest.fixture
def sold(
    hub: Store,
    make_order: Callable[..., Order],
    take_in: Callable[..., list[KnownOrder]],
) -> list[KnownOrder]:
    """Two orders: LAMP and an unknown SKU, and the unknown one again."""
    first = make_order("1001", {"LAMP": 2, "GHOST": 1}, number="#77")
    return take_in("shop", first, make_order("1002", {"GHOST": 1}))


def test_an_order_is_found_by_whatever_a_person_calls_it(
    hub: Store, sold: list[KnownOrder]
) -> None:
    with hub.reading() as connection:
        for name in ("#77", "1001", str(sold[0].id)):
            assert orders.find_by_reference(connection, name) == [sold[0]], name
        assert orders.find_by_reference(connection, "1001", "shop") == [sold[0]]
        for name in ("", "77", "1003", "9" * 30, "²", "٣"):
            assert orders.find_by_reference(connection, name) == [], name
        assert orders.find_by_reference(connection, "1001", "other") == []


def test_lines_that_wait_for_a_listing_are_found_until_they_are_mapped(
    hub: Store, sold: list[KnownOrder]
) -> None:
    ghosts = {order.lines["line-GHOST"].id for order in sold}
    with hub.transaction() as connection:
        find = orders.find_parked
        assert find(connection, "shop", "listing-GHOST") == ghosts
        assert find(connection, "other", "listing-GHOST") == set()
        assert find(connection, "shop", "listing-LAMP") == set()
        assert orders.find_parked_by_sku(connection, "shop", "GHOST") == set()
        orders.set_line_state(connection, ghosts, LineState.UNTRACKED)
        assert find(connection, "shop", "listing-GHOST") == set()


def test_claims_of_a_line_whose_mapping_was_undone_are_forgotten(
    hub: Store, sold: list[KnownOrder]
) -> None:
    lamp = sold[0].lines["line-LAMP"]
    with hub.transaction() as connection:
        held = orders.load_all_claiming(connection, "shop")
        assert held == [(lamp.id, lamp.holdings[0])]
        orders.drop_holdings(connection, [lamp.id])
        assert orders.load_all_claiming(connection, "shop") == []
    assert load(hub, sold[0]).lines["line-LAMP"].holdings == []


def test_a_parcel_that_a_channel_was_told_of_remembers_when_and_as_what(
    hub: Store, ids: IdSource, sold: list[KnownOrder]
) -> None:
    known = sold[0]
    before = orders.Remembered([known])
    parcel = Parcel(ids.take(), "hub", "", "DHL", "JJD1", "", MOMENT, {})
    parcel.quantities = {known.lines["line-LAMP"].id: 1}
    known.parcels.append(parcel)
    with hub.transaction() as connection:
        orders.save_memory(connection, [known], before)
        orders.mark_told(connection, parcel.id, "gid://9", MOMENT)
        found = orders.find_by_parcel(connection, parcel.id)
        assert orders.find_by_parcel(connection, 1) is None
    assert found is not None
    assert (found.id, found.parcels[0].told_at) == (known.id, MOMENT)
    assert found.parcels[0].external_id == "gid://9"
    assert found.parcels[0].quantities == parcel.quantities


def test_a_page_of_nothing_loads_and_saves_nothing(hub: Store) -> None:
    with hub.transaction() as connection:
        assert orders.load_by_external_id(connection, "shop", []) == {}
        orders.save_orders(connection, [], set())
        orders.save_memory(connection, [], orders.Remembered())
        assert orders.load_by_id(connection, []) == {}
