"""Tell: letting channels know what shipped, and which orders to cancel.

One write at a time, its key stored before the first attempt. A write whose answer was
lost is looked for on the channel before anything is sent again. What may ship is
decided in ``ship``.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from ..canonical.conflicts import Action, ConflictFacts, ConflictKind, Proposal
from ..canonical.errors import OutcomeUnknownError, RejectedError
from ..canonical.orders import FulfilledLine
from ..canonical.pushes import (
    CancellationPush,
    FulfillmentPush,
    Outcome,
    PushResult,
)
from ..canonical.remembered import KnownChannel, KnownOrder, Parcel
from ..connectors.sdk import PushesCancellation, PushesFulfillment
from ..mapping.words import name_carrier
from ..store import conflicts, marks, orders, outbox, words
from ..store.leases import Lease
from ..store.marks import Mark, MarkKind, Priority
from ..store.outbox import OutboxRow
from .hub import Hub
from .pull import backoff

CANCELLATION_LASTING = timedelta(seconds=10)


def tell_fulfillment(
    hub: Hub, channel: KnownChannel, mark: Mark, *, lease: Lease | None = None
) -> Outcome:
    """Tell a channel about the parcel that a mark names, and return what became of it.

    Raises:
        ChannelError: the channel cannot answer at present; the worker tries again.
    """
    connector = hub.connector(channel)
    parcel_id = int(mark.key.partition("/")[2])
    with hub.store.reading() as connection:
        order = orders.find_by_parcel(connection, parcel_id)
        names = words.load_words(connection, channel.name)
    parcel = None if order is None else _find_parcel(order, parcel_id)
    told = parcel is None or parcel.told_at is not None or parcel.cancelled
    if order is None or parcel is None or told:
        return _nothing_to_tell(hub, mark)
    if not isinstance(connector, PushesFulfillment):
        return _nothing_to_tell(hub, mark)
    push = _describe(order, parcel, name_carrier(parcel.carrier, names))
    row, repeated = _store_first(
        hub, channel.name, outbox.FULFILLMENT, str(parcel_id), {}, lease
    )
    if repeated:
        found = connector.find_fulfillment(push)
        hub.reach("tell.looked")
        if found is not None:
            result = PushResult(Outcome.ACCEPTED, "read back", found)
            return _record_told(hub, channel, row, result, parcel, mark, lease)
    result = _call(lambda: connector.push_fulfillment(push))
    hub.reach("tell.sent")
    return _record_told(hub, channel, row, result, parcel, mark, lease)


def _find_parcel(order: KnownOrder, parcel_id: int) -> Parcel | None:
    return next((one for one in order.parcels if one.id == parcel_id), None)


def _nothing_to_tell(hub: Hub, mark: Mark) -> Outcome:
    with hub.store.transaction() as connection:
        marks.clear(connection, [mark])
    return Outcome.ACCEPTED


def _describe(order: KnownOrder, parcel: Parcel, carrier: str) -> FulfillmentPush:
    names = {line.id: line.external_id for line in order.lines.values()}
    return FulfillmentPush(
        reference=f"crossdock-{parcel.id}",
        order_external_id=order.external_id,
        lines=tuple(
            FulfilledLine(line_external_id=names[line_id], quantity=quantity)
            for line_id, quantity in parcel.quantities.items()
        ),
        carrier=carrier,
        tracking_number=parcel.tracking_number,
        tracking_url=parcel.tracking_url,
        shipped_at=parcel.shipped_at,
        completes_order=all(
            line.shipped >= line.wanted for line in order.lines.values()
        ),
        idempotency_key=f"parcel-{parcel.id}",
    )


def _store_first(
    hub: Hub,
    channel: str,
    kind: str,
    subject: str,
    payload: dict[str, Any],
    lease: Lease | None,
) -> tuple[OutboxRow, bool]:
    """Return the write's row, and whether it may have been sent before."""
    with hub.store.transaction() as connection:
        hub.hold(connection, lease)
        kept = outbox.load_open(connection, channel, kind, [subject]).get(subject)
        if kept is not None:
            outbox.count_attempt(connection, kept.id)
            return kept, True
        id_ = hub.ids.take()
        row = OutboxRow(id_, channel, kind, subject, f"{kind}-{id_}", payload)
        outbox.add(connection, [row], hub.clock.now())
    hub.reach("tell.stored")
    return row, False


def _call(send: Callable[[], PushResult]) -> PushResult:
    try:
        return send()
    except OutcomeUnknownError as error:
        return PushResult(Outcome.UNKNOWN, str(error))
    except RejectedError as error:
        return PushResult(Outcome.REFUSED, str(error))


def _record_told(
    hub: Hub,
    channel: KnownChannel,
    row: OutboxRow,
    result: PushResult,
    parcel: Parcel,
    mark: Mark,
    lease: Lease | None,
) -> Outcome:
    now = hub.clock.now()
    with hub.store.transaction() as connection:
        hub.hold(connection, lease)
        finished = (row.id, result.outcome, result.reason, result.external_id)
        outbox.finish(connection, [finished], now)
        if result.outcome is Outcome.ACCEPTED:
            orders.mark_told(connection, parcel.id, result.external_id, now)
        if result.outcome is Outcome.UNKNOWN:
            marks.delay(connection, mark, now + backoff(mark.attempts, 300))
        else:
            marks.clear(connection, [mark])
        if result.outcome is Outcome.REFUSED:
            facts = _describe_refusal(channel.name, "parcel", str(parcel.id), result)
            conflicts.report(connection, [facts], hub.ids, now)
        hub.reach("tell.before_commit")
    hub.reach("tell.recorded")
    return result.outcome


def tell_cancellation(
    hub: Hub, channel: KnownChannel, mark: Mark, *, lease: Lease | None = None
) -> Outcome:
    """Ask a channel to cancel the order that a mark names. Safe to repeat.

    What the cancellation does to stock follows from the channel's own answer, when
    the order is read again.
    """
    connector = hub.connector(channel)
    order_external_id = mark.key.partition("/")[2]
    if not isinstance(connector, PushesCancellation):
        return _nothing_to_tell(hub, mark)
    row, _ = _store_first(
        hub, channel.name, outbox.CANCELLATION, order_external_id, {}, lease
    )
    push = CancellationPush(
        order_external_id, "requested in the hub", True, row.idempotency_key
    )
    result = _call(lambda: connector.push_cancellation(push))
    hub.reach("cancel.sent")
    now = hub.clock.now()
    with hub.store.transaction() as connection:
        hub.hold(connection, lease)
        finished = (row.id, result.outcome, result.reason, result.external_id)
        outbox.finish(connection, [finished], now)
        if result.outcome is Outcome.UNKNOWN:
            marks.delay(connection, mark, now + backoff(mark.attempts, 300))
        else:
            marks.clear(connection, [mark])
            fetch = f"{channel.name}/{order_external_id}"
            name, later = channel.name, now + CANCELLATION_LASTING
            # Some channels cancel in a job of their own: look at once and once more.
            again = Mark(MarkKind.FETCH, fetch, name, Priority.LIVE, now)
            then = Mark(MarkKind.PULL, name, name, Priority.LIVE, later)
            hub.mark(connection, [again, then])
        if result.outcome is Outcome.REFUSED:
            facts = _describe_refusal(
                channel.name, "cancellation", order_external_id, result
            )
            conflicts.report(connection, [facts], hub.ids, now)
    return result.outcome


def _describe_refusal(
    channel: str, thing: str, subject: str, result: PushResult
) -> ConflictFacts:
    return ConflictFacts(
        kind=ConflictKind.REFUSED_PUSH,
        subject=f"{channel}/{thing}/{subject}",
        channel=channel,
        summary=f"{channel} refused a {thing}: {result.reason}",
        facts={thing: subject, "reason": result.reason},
        proposals=(
            Proposal(action=Action.RETRY, reason="Send it again, after mending it."),
        ),
    )
