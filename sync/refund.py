"""Refund: paying money of an order back through its channel.

A person asks; the write is stored with its key in the same transaction, so that it is
sent once however often the hub dies. One at a time for an order. Moves no stock: goods
that come back are another fact. What may be paid back is decided in ``decide/refunds``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from ..canonical.conflicts import Action, ConflictFacts, ConflictKind, Proposal
from ..canonical.errors import OutcomeUnknownError, RefusedError, RejectedError
from ..canonical.money import Money
from ..canonical.orders import Order
from ..canonical.pushes import Outcome, PushResult, RefundedLine, RefundPush
from ..canonical.remembered import KnownChannel, KnownOrder
from ..connectors.sdk import PushesRefund, capabilities_of
from ..store import audit, channels, conflicts, figures, inbox, marks, outbox
from ..store.audit import AuditRow
from ..store.engine import Connection
from ..store.leases import Lease
from ..store.marks import Mark, MarkKind, Priority
from ..store.outbox import OutboxRow
from .decide.refunds import RefundPlan, RefundWish, plan_refund
from .hub import Hub
from .pull import backoff
from .reading import load_reader
from .ship import find_order

BACKOFF_SECONDS_MAX = 300
SHOWN_AFTER = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Refund:
    """A refund of one order, planned or under way."""

    order_id: int
    channel: str
    order_external_id: str
    plan: RefundPlan


def preview_refund(
    hub: Hub,
    reference: str,
    wishes: Sequence[RefundWish],
    shipping: Money | None = None,
    *,
    channel: str | None = None,
) -> Refund:
    """Return what a refund would pay back. Changes nothing.

    Raises:
        NotFoundError: no order, or no line, is called so.
        RefusedError: it cannot be paid back, or not through this channel.
    """
    with hub.store.reading() as connection:
        order = find_order(connection, reference, channel)
        return _plan(hub, connection, order, wishes, shipping)


def request_refund(
    hub: Hub,
    reference: str,
    wishes: Sequence[RefundWish],
    shipping: Money | None = None,
    *,
    channel: str | None = None,
    reason: str,
    actor: str,
) -> Refund:
    """Store a refund and mark its channel to be told.

    Raises:
        NotFoundError: no order, or no line, is called so.
        RefusedError: it cannot be paid back, not through this channel, or another
            refund of the order is under way.
    """
    with hub.store.transaction() as connection:
        order = find_order(connection, reference, channel)
        refund = _plan(hub, connection, order, wishes, shipping)
        id_ = hub.ids.take()
        payload = _write_payload(refund.plan, reason)
        row = OutboxRow(
            id_,
            order.channel,
            outbox.REFUND,
            order.external_id,
            f"refund-{id_}",
            payload,
            attempts=0,
        )
        now = hub.clock.now()
        outbox.add(connection, [row], now)
        key = f"{order.channel}/{order.external_id}"
        wanted = Mark(MarkKind.REFUND, key, order.channel, Priority.PERSON, now)
        hub.mark(connection, [wanted])
        subject = f"order/{order.id}"
        entry = AuditRow(id_, now, actor, "refund", subject, reason, {}, payload)
        audit.write(connection, entry)
    hub.wake([order.channel])
    return refund


def _plan(
    hub: Hub,
    connection: Connection,
    order: KnownOrder,
    wishes: Sequence[RefundWish],
    shipping: Money | None,
) -> Refund:
    channel = channels.load(connection, hub.vault, order.channel)
    plugin = hub.find_plugin(channel.kind)
    if PushesRefund.__name__ not in capabilities_of(plugin):
        raise RefusedError(
            f"{plugin.title} does not let the hub pay money back.",
            next_step=f"Refund it in {order.channel} itself; the hub notices.",
        )
    if outbox.load_open(connection, order.channel, outbox.REFUND, [order.external_id]):
        raise RefusedError(
            f"Another refund of order {order.external_id} is under way.",
            next_step="Wait until the channel has answered it.",
        )
    told = _read_order(hub, connection, order, channel)
    under_way = _count_under_way(connection, order, told)
    plan = plan_refund(told, wishes, shipping, under_way=under_way)
    return Refund(order.id, order.channel, order.external_id, plan)


def _read_order(
    hub: Hub, connection: Connection, order: KnownOrder, channel: KnownChannel
) -> Order:
    """Return the order as its channel last told it, from the record that was kept."""
    inbox_id = figures.get_order(connection, order.id)["inbox_id"]
    (record,) = inbox.load_records(connection, [inbox_id])
    return load_reader(hub, connection, channel)(record.payload)


def _count_under_way(connection: Connection, order: KnownOrder, told: Order) -> Money:
    """Return what the channel accepted and does not show among the refunds yet."""
    shown = {refund.external_id for refund in told.refunds}
    minor = sum(
        int(write["payload"]["total"])
        for write in figures.list_writes(connection, order.channel, order.external_id)
        if write["kind"] == outbox.REFUND
        and write["outcome"] == Outcome.ACCEPTED
        and write["external_id"] not in shown
        and write["finished_at"] > told.updated_at
    )
    return Money(minor, told.currency)


def _write_payload(plan: RefundPlan, reason: str) -> dict[str, object]:
    return {
        "lines": [
            [line.line_external_id, line.quantity, line.amount.minor]
            for line in plan.lines
        ],
        "shipping": plan.shipping.minor,
        "total": plan.total.minor,
        "currency": plan.shipping.currency,
        "reason": reason,
    }


def _read_push(row: OutboxRow) -> RefundPush:
    currency = row.payload["currency"]
    return RefundPush(
        reference=f"crossdock-{row.id}",
        order_external_id=row.subject,
        lines=tuple(
            RefundedLine(line, units, Money(minor, currency))
            for line, units, minor in row.payload["lines"]
        ),
        shipping=Money(row.payload["shipping"], currency),
        reason=row.payload["reason"],
        idempotency_key=row.idempotency_key,
    )


def tell_refund(
    hub: Hub, channel: KnownChannel, mark: Mark, *, lease: Lease | None = None
) -> Outcome | None:
    """Send the refund of the order that a mark names; None if there is none any more.

    One that may have been sent before is looked for first.

    Raises:
        ChannelError: the channel cannot answer at present; the worker tries again.
    """
    subject = mark.key.partition("/")[2]
    connector = hub.connector(channel)
    with hub.store.transaction() as connection:
        hub.hold(connection, lease)
        row = outbox.load_open(connection, channel.name, outbox.REFUND, [subject]).get(
            subject
        )
        if row is None or not isinstance(connector, PushesRefund):
            marks.clear(connection, [mark])
            return None
        outbox.count_attempt(connection, row.id)
    hub.reach("refund.stored")
    push = _read_push(row)
    result = _send(connector, push, repeated=row.attempts > 0)
    hub.reach("refund.sent")
    _record(hub, channel, row, result, mark, lease)
    hub.reach("refund.recorded")
    return result.outcome


def _send(connector: PushesRefund, push: RefundPush, *, repeated: bool) -> PushResult:
    try:
        if repeated:
            found = connector.find_refund(push)
            if found is not None:
                return PushResult(Outcome.ACCEPTED, "read back", found)
        return connector.push_refund(push)
    except OutcomeUnknownError as error:
        return PushResult(Outcome.UNKNOWN, str(error))
    except RejectedError as error:
        return PushResult(Outcome.REFUSED, str(error))


def _record(
    hub: Hub,
    channel: KnownChannel,
    row: OutboxRow,
    result: PushResult,
    mark: Mark,
    lease: Lease | None,
) -> None:
    now, name = hub.clock.now(), channel.name
    with hub.store.transaction() as connection:
        hub.hold(connection, lease)
        finished = (row.id, result.outcome, result.reason, result.external_id)
        outbox.finish(connection, [finished], now)
        if result.outcome is Outcome.UNKNOWN:
            marks.delay(
                connection, mark, now + backoff(mark.attempts, BACKOFF_SECONDS_MAX)
            )
            return
        marks.clear(connection, [mark])
        key = f"{name}/{row.subject}"
        later = now + SHOWN_AFTER
        hub.mark(
            connection,
            [
                Mark(MarkKind.FETCH, key, name, Priority.LIVE, now),
                Mark(MarkKind.PULL, name, name, Priority.LIVE, later),
            ],
        )
        if result.outcome is not Outcome.ACCEPTED:
            facts = _describe_refusal(name, row, result)
            conflicts.report(connection, [facts], hub.ids, now)


def _describe_refusal(
    channel: str, row: OutboxRow, result: PushResult
) -> ConflictFacts:
    total = Money(row.payload["total"], row.payload["currency"])
    return ConflictFacts(
        kind=ConflictKind.REFUSED_PUSH,
        subject=f"{channel}/refund/{row.subject}",
        channel=channel,
        summary=f"{channel} refused to pay {total} of order {row.subject} back: "
        f"{result.reason}",
        facts={"refund": row.subject, "amount": str(total), "reason": result.reason},
        proposals=(
            Proposal(
                action=Action.DISCARD,
                reason="Nothing was paid. Ask again with crossdock refund.",
            ),
        ),
    )
