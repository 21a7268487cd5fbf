"""Checks of money: refunds that are paid once, prices that shoppers then see."""

from __future__ import annotations

from ...canonical.money import Money
from ...canonical.pushes import (
    Outcome,
    PriceWrite,
    PushResult,
    RefundedLine,
    RefundPush,
)
from .bench import Bench, demand
from .pushing import expect_unknown
from .touring import place, sample


def a_refund_is_paid_once(bench: Bench) -> None:
    """A push is accepted and paid once, whoever repeats it, and can be found."""
    push = _refund(bench, "conformance-refund-1", "2.50")
    connector = bench.connector
    demand(
        connector.find_refund(push) is None,
        "find_refund finds nothing before anything was paid",
    )
    result: PushResult = connector.push_refund(push)
    demand(
        result.outcome is Outcome.ACCEPTED and bool(result.external_id),
        f"a refund is accepted and has an external id: {result}",
    )
    bench.settle()
    found = bench.connect().find_refund(push)
    demand(
        found == result.external_id,
        f"find_refund finds {result.external_id}, and not {found}",
    )
    count = bench.channel.count_refunds(push.order_external_id)
    demand(count == 1, f"one push pays once, and not {count} times")


def a_refund_moves_no_stock(bench: Bench) -> None:
    """Money goes back; goods are another matter."""
    push = _refund(bench, "conformance-refund-2", "2.50")
    sku = bench.channel.skus[0]
    before = bench.channel.quantity_of(sku)
    bench.connector.push_refund(push)
    bench.settle()
    after = bench.channel.quantity_of(sku)
    demand(before == after, f"a refund leaves stock at {before}, and not {after}")


def too_large_a_refund_is_refused(bench: Bench) -> None:
    """More than was paid is refused with a reason, and nothing is paid."""
    push = _refund(bench, "conformance-refund-3", "90000.00")
    result: PushResult = bench.connector.push_refund(push)
    demand(
        result.outcome is Outcome.REFUSED and bool(result.reason),
        f"a refund of more than was paid is refused, and says why: {result}",
    )
    count = bench.channel.count_refunds(push.order_external_id)
    demand(count == 0, f"a refused refund pays nothing, and not {count} times")


def a_refund_whose_answer_was_lost_is_found(bench: Bench) -> None:
    """It is unknown, and then read back rather than paid again."""
    push = _refund(bench, "conformance-refund-4", "2.50")
    bench.wire.loses = bench.case.is_write
    expect_unknown(bench, lambda: bench.connector.push_refund(push))
    bench.wire.loses = lambda request: False
    bench.clock.pause(60)
    count = bench.channel.count_refunds(push.order_external_id)
    demand(count <= 1, f"a lost answer does not lead to {count} refunds")
    found = bench.connector.find_refund(push)
    demand(
        (found is not None) == (count == 1),
        f"find_refund tells what became of a lost push: {found} of {count}",
    )


def prices_are_shown(bench: Bench) -> None:
    """What was written is what shoppers see, also after a repetition."""
    first, second = bench.channel.skus[:2]
    writes = [_price(bench, first, "7.25"), _price(bench, second, "8.00")]
    for _ in range(2):
        results: tuple[PushResult, ...] = bench.connector.push_prices(writes)
        demand(
            [result.outcome for result in results] == [Outcome.ACCEPTED] * 2,
            f"prices are accepted, also for the second time: {results}",
        )
    bench.settle()
    shown = [_see_price(bench, sku) for sku in (first, second)]
    wanted = [write.price for write in writes]
    demand(shown == wanted, f"shoppers see the prices written: {shown}")


def each_price_has_its_own_result(bench: Bench) -> None:
    """One bad price among good ones is refused alone, and says why."""
    first, second = bench.channel.skus[:2]
    good = [_price(bench, first, "7.25"), _price(bench, second, "8.00")]
    nowhere = PriceWrite(
        good[0].listing_external_id + "99887766", good[0].price, "conformance-nowhere"
    )
    results: tuple[PushResult, ...] = bench.connector.push_prices(
        [good[0], nowhere, good[1]]
    )
    outcomes = [result.outcome for result in results]
    demand(
        outcomes == [Outcome.ACCEPTED, Outcome.REFUSED, Outcome.ACCEPTED],
        f"only the bad price of a batch is refused, in the order given: {outcomes}",
    )
    demand(bool(results[1].reason), "a refused price says why")
    demand(bench.connector.push_prices([]) == (), "writing no prices gives no results")


def _refund(bench: Bench, reference: str, amount: str) -> RefundPush:
    """Place an order of two and describe a refund of one of them."""
    order_id = place(bench, sample(bench, quantity=2))
    line_id, _ = bench.channel.list_order_lines(order_id)[0]
    currency = bench.case.currency
    return RefundPush(
        reference=reference,
        order_external_id=order_id,
        lines=(RefundedLine(line_id, 1, Money.of(amount, currency)),),
        shipping=Money.zero(currency),
        reason="arrived broken",
        idempotency_key=reference,
    )


def _price(bench: Bench, sku: str, amount: str) -> PriceWrite:
    listing = bench.channel.listing_id_of(sku)
    price = Money.of(amount, bench.case.currency)
    return PriceWrite(listing, price, f"conformance-price-{sku}")


def _see_price(bench: Bench, sku: str) -> Money:
    return Money.of(bench.channel.price_of(sku), bench.case.currency)
