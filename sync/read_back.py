"""Read-back: comparing what a channel shows with what it should show.

Goes over the records of a channel and marks a push where something differs. What a
difference means and what the ledger says of it is in ``drifting``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from ..canonical.remembered import KnownChannel, Publication
from ..store import marks, outbox, publications
from ..store.leases import Lease
from ..store.marks import Mark, MarkKind, Priority
from .decide.publish import needs_write
from .drifting import compare_records
from .gate import is_braked
from .hub import Hub
from .pull import freshen_orders


def read_back(
    hub: Hub,
    channel: KnownChannel,
    *,
    everything: bool,
    lease: Lease | None = None,
    handled: Sequence[Mark] = (),
) -> int:
    """Compare what a channel shows with what it should show; mark what differs.

    Args:
        hub: what to work with.
        channel: the channel.
        everything: all records, not only those written since they were last seen.
        lease: proof that this lane is ours.
        handled: marks that this answers.

    Returns:
        How many records showed something else than expected.
    """
    freshen_orders(hub, channel, lease=lease)
    traits = hub.find_plugin(channel.kind).traits
    settled_at = hub.clock.now() - timedelta(seconds=traits.settle_seconds)
    size = hub.tuning.page_size
    differing = 0
    after: str | None = ""
    while after is not None:
        with hub.store.reading() as connection:
            if everything:
                page = publications.load_page(connection, channel.name, after, size)
            else:
                page = publications.load_unverified(
                    connection, channel.name, settled_at, size
                )
            open_rows = outbox.load_open(connection, channel.name, outbox.STOCK, page)
        quiet = [one for record, one in page.items() if record not in open_rows]
        differing += _count_differing(hub, channel, quiet, lease)
        after = max(page) if everything and len(page) == size else None
    now, name = hub.clock.now(), channel.name
    with hub.store.transaction() as connection:
        marks.clear(connection, handled)
        if differing or is_braked(connection, name):
            hub.mark(connection, [Mark(MarkKind.PUSH, name, name, Priority.LIVE, now)])
    return differing


def _count_differing(
    hub: Hub, channel: KnownChannel, quiet: Sequence[Publication], lease: Lease | None
) -> int:
    if not quiet:
        return 0
    plans = compare_records(hub, channel, quiet, lease=lease)
    return sum(
        plans[one.stock_external_id].surprise != 0 or needs_write(one) for one in quiet
    )
