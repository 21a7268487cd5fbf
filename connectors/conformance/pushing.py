"""Checks of what the hub asks a channel to change: one effect, honestly reported."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ...canonical.errors import RetryLaterError
from ...canonical.orders import FulfilledLine
from ...canonical.pushes import (
    CancellationPush,
    FulfillmentPush,
    Outcome,
    PushResult,
    StockWrite,
)
from ..sdk import StockWriteMode
from .bench import Bench, NonconformityError, demand
from .touring import place, sample, stock_write


def stock_is_written_once_per_key(bench: Bench) -> None:
    """The same write twice leaves the quantity that it names."""
    sku = bench.channel.skus[0]
    write = stock_write(bench, sku, 7, "conformance-once")
    results = [*_push(bench, [write]), *_push(bench, [write])]
    demand(
        results[0].outcome is Outcome.ACCEPTED,
        f"a plain stock write is accepted, and not {results[0]}",
    )
    demand(
        results[1].outcome in {Outcome.ACCEPTED, Outcome.STALE},
        f"a repeated write is accepted again or stale, and not {results[1]}",
    )
    shown = bench.channel.quantity_of(sku)
    demand(shown == 7, f"two identical writes of 7 leave 7, and not {shown}")


def zero_can_be_written(bench: Bench) -> None:
    """Zero is a quantity: it is what stops a sale."""
    sku = bench.channel.skus[0]
    (result,) = _push(bench, [stock_write(bench, sku, 0, "conformance-zero")])
    shown = bench.channel.quantity_of(sku)
    demand(
        result.outcome is Outcome.ACCEPTED and shown == 0,
        f"a write of zero leaves zero: {result}, shown {shown}",
    )


def each_write_has_its_own_result(bench: Bench) -> None:
    """One bad write among good ones is refused alone, and says why."""
    first, second = bench.channel.skus[:2]
    good = [
        stock_write(bench, first, 3, "conformance-a"),
        stock_write(bench, second, 4, "conformance-c"),
    ]
    bad_id = good[0].stock_external_id + "99887766"
    bad = StockWrite(bad_id, 9, 1, "conformance-b")
    results = _push(bench, [good[0], bad, good[1]])
    outcomes = [result.outcome for result in results]
    demand(
        outcomes == [Outcome.ACCEPTED, Outcome.REFUSED, Outcome.ACCEPTED],
        f"only the bad write of a batch is refused, in the order given: {outcomes}",
    )
    demand(bool(results[1].reason), "a refused write says why")
    shown = [bench.channel.quantity_of(sku) for sku in (first, second)]
    demand(shown == [3, 4], f"the good writes of a batch take effect: {shown}")
    demand(_push(bench, []) == (), "writing nothing gives no results")


def a_full_batch_is_written(bench: Bench) -> None:
    """As many writes as the traits allow go through, each with its result."""
    count = min(bench.plugin.traits.stock_batch_max, len(bench.channel.skus))
    skus = list(bench.channel.skus)[:count]
    writes = [stock_write(bench, sku, 6, f"conformance-full-{sku}") for sku in skus]
    results = _push(bench, writes)
    accepted = [result.outcome is Outcome.ACCEPTED for result in results]
    demand(all(accepted), f"every write of a full batch is accepted: {results}")
    shown = {bench.channel.quantity_of(sku) for sku in skus}
    demand(shown == {6}, f"every write of a full batch takes effect: {shown}")


def a_stale_write_changes_nothing(bench: Bench) -> None:
    """Compare-and-set: what the channel does not show any more is not written over."""
    sku = bench.channel.skus[0]
    if bench.plugin.traits.stock_write is not StockWriteMode.COMPARE_AND_SET:
        return
    shown = bench.channel.quantity_of(sku)
    stock_id = bench.channel.stock_id_of(sku)
    write = StockWrite(stock_id, shown + 5, shown + 1, "conformance-stale")
    (result,) = _push(bench, [write])
    demand(result.outcome is Outcome.STALE, f"a stale write says so, and not {result}")
    demand(bench.channel.quantity_of(sku) == shown, "a stale write changes nothing")


def a_lost_answer_is_unknown(bench: Bench) -> None:
    """A write whose answer never came is unknown: neither accepted nor refused."""
    sku = bench.channel.skus[0]
    write = stock_write(bench, sku, 2, "conformance-lost")
    bench.wire.loses = bench.case.is_write
    before = _count_writes(bench)
    try:
        outcomes = [result.outcome for result in _push(bench, [write])]
    except RetryLaterError as error:
        # Right only for a write that the channel itself recognises when repeated.
        demand(
            _count_writes(bench) - before > 1,
            f"a lost answer is unknown, and no reason to try again: {error}",
        )
    else:
        demand(
            outcomes == [Outcome.UNKNOWN],
            f"a lost answer is unknown, and not {outcomes}",
        )
    shown = bench.channel.quantity_of(sku)
    demand(shown == 2, f"whatever was repeated, the quantity is the one asked: {shown}")


def fulfillments_are_told_and_found_again(bench: Bench) -> None:
    """A push is accepted, makes one fulfillment, and can be found by its reference."""
    push = _fulfillment(bench, "conformance-parcel-1")
    connector = bench.connector
    order_id = push.order_external_id
    demand(
        connector.find_fulfillment(push) is None,
        "find_fulfillment finds nothing before anything was pushed",
    )
    result: PushResult = connector.push_fulfillment(push)
    demand(
        result.outcome is Outcome.ACCEPTED and bool(result.external_id),
        f"a fulfillment is accepted and has an external id: {result}",
    )
    found = bench.connect().find_fulfillment(push)
    demand(
        found == result.external_id,
        f"find_fulfillment finds {result.external_id}, and not {found}",
    )
    count = bench.channel.count_fulfillments(order_id)
    demand(count == 1, f"one push makes one fulfillment, and not {count}")


def a_fulfillment_whose_answer_was_lost_is_found(bench: Bench) -> None:
    """It is unknown, and then read back rather than pushed again."""
    push = _fulfillment(bench, "conformance-parcel-2")
    bench.wire.loses = bench.case.is_write
    expect_unknown(bench, lambda: bench.connector.push_fulfillment(push))
    bench.wire.loses = lambda request: False
    bench.clock.pause(60)
    count = bench.channel.count_fulfillments(push.order_external_id)
    demand(count <= 1, f"a lost answer does not lead to {count} fulfillments")
    found = bench.connector.find_fulfillment(push)
    demand(
        (found is not None) == (count == 1),
        f"find_fulfillment tells what became of a lost push: {found} of {count}",
    )


def orders_are_cancelled_once(bench: Bench) -> None:
    """A cancellation takes effect, and asking again does no harm."""
    order_id = place(bench)
    push = CancellationPush(
        order_id, reason="out of stock", restock=True, idempotency_key="conformance-end"
    )
    for _ in range(2):
        result: PushResult = bench.connector.push_cancellation(push)
        demand(
            result.outcome is Outcome.ACCEPTED,
            f"a cancellation is accepted, also for the second time: {result}",
        )
        bench.settle()
    demand(bench.channel.is_cancelled(order_id), "a cancelled order is cancelled")


def _fulfillment(bench: Bench, reference: str) -> FulfillmentPush:
    order_id = place(bench, sample(bench, quantity=2))
    lines = tuple(
        FulfilledLine(line_external_id=line_id, quantity=quantity)
        for line_id, quantity in bench.channel.list_order_lines(order_id)
    )
    return FulfillmentPush(
        reference=reference,
        order_external_id=order_id,
        lines=lines,
        carrier="UPS",
        tracking_number="1Z999AA10123456784",
        tracking_url="https://track.example/1Z999AA10123456784",
        shipped_at=bench.clock.now(),
        completes_order=True,
        idempotency_key=reference,
    )


def _push(bench: Bench, writes: Sequence[StockWrite]) -> tuple[PushResult, ...]:
    results: tuple[PushResult, ...] = bench.connector.push_stock(writes)
    demand(
        len(results) == len(writes),
        f"push_stock gives one result for each write, and not {len(results)} for "
        f"{len(writes)}",
    )
    return results


def _count_writes(bench: Bench) -> int:
    return sum(map(bench.case.is_write, bench.wire.requests))


def expect_unknown(bench: Bench, act: Callable[[], PushResult]) -> None:
    """Return if a push whose answers are lost says so.

    Raises:
        NonconformityError: it claims to know, or says that nothing was sent.
    """
    before = _count_writes(bench)
    try:
        result = act()
    except RetryLaterError as error:
        if _count_writes(bench) - before == 1:
            raise NonconformityError(
                f"a lost answer is unknown, and no reason to try again: {error}"
            ) from error
    else:
        demand(
            result.outcome is Outcome.UNKNOWN,
            f"a lost answer is unknown, and not {result}",
        )
