"""What each channel should show, was told, confirmed and was seen to show.

One row per stock record of a channel. The figures explain every quantity; what they
ought to be is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, bindparam, exists, or_, select

from ..canonical.drifts import DriftCause
from ..canonical.remembered import Publication
from .marks import MarkKind
from .rows import update_rows
from .tables import components, drifts, listings, marks, publications
from .upsert import upsert

_SEEN = ("expected", "believed", "observed", "observed_at", "drifting_since")


class Belief(NamedTuple):
    """What to believe of a stock record after it was read."""

    stock_external_id: str
    expected: int | None
    observed: int | None
    drifting_since: datetime | None


class Written(NamedTuple):
    """What to believe of a stock record after a write to it was confirmed."""

    quantity: int
    expected: int
    replaced: int | None
    drifting_since: datetime | None = None


class Sent(NamedTuple):
    """A write that is about to leave; the brake counts it by its direction."""

    stock_external_id: str
    quantity: int
    direction: str = ""


def load(
    connection: Connection, channel: str, stock_external_ids: Iterable[str]
) -> dict[str, Publication]:
    """Return the publications of these stock records of a channel."""
    condition = publications.c.stock_external_id.in_(list(stock_external_ids))
    return load_where(connection, channel, condition)


def load_out_of_step(
    connection: Connection, channel: str, limit: int
) -> dict[str, Publication]:
    """Return publications that should show something else than they do, or may do.

    Those that were seen to show something unexpected are among them: a write that was
    confirmed and lost is believed to be in step. Left out are raises of a SKU that is
    marked to be reconciled: what it should show is out of date, and after a sale that
    was just read it would undo that sale. A reduction is none too many then, and a
    SKU that sells all the time is always marked. While a person is asked about a drift
    only reductions are among them, and nothing where two programs fight.
    """
    parameters = {"channel": channel, "limit": limit}
    found = connection.execute(_find_out_of_step(), parameters)
    return {row[0]: Publication(*row) for row in found}


@cache
def _find_out_of_step() -> Select[Any]:
    """Return the query; it is asked at each push, and built once."""
    reconciled_soon = exists().where(
        listings.c.channel == publications.c.channel,
        listings.c.stock_external_id == publications.c.stock_external_id,
        components.c.listing_id == listings.c.id,
        marks.c.kind == MarkKind.RECONCILE,
        marks.c.key == components.c.sku,
    )
    differs = or_(
        publications.c.expected.is_(None),
        publications.c.expected != publications.c.desired,
        publications.c.drifting_since.is_not(None),
    )
    raises = or_(
        publications.c.expected.is_(None),
        publications.c.expected < publications.c.desired,
    )
    fought = exists().where(
        drifts.c.channel == publications.c.channel,
        drifts.c.stock_external_id == publications.c.stock_external_id,
        drifts.c.settled_at.is_(None),
        drifts.c.cause == DriftCause.FIGHT,
    )
    lowers = publications.c.desired < publications.c.observed
    asked = publications.c.drifting_since.is_not(None) & lowers & ~fought
    condition = (
        publications.c.desired.is_not(None)
        & or_(publications.c.stopped.is_(False), asked)
        & differs
        & ~(raises & reconciled_soon)
    )
    channel = publications.c.channel == bindparam("channel")
    return _select(condition).where(channel).limit(bindparam("limit"))


def load_page(
    connection: Connection, channel: str, after: str, limit: int
) -> dict[str, Publication]:
    """Return publications in the order of their ids, from behind ``after`` on."""
    condition = (publications.c.stock_external_id > after) & (
        publications.c.desired.is_not(None)
    )
    return load_where(connection, channel, condition, limit)


def load_unverified(
    connection: Connection, channel: str, acknowledged_before: datetime, limit: int
) -> dict[str, Publication]:
    """Return publications whose last write has not been seen on the channel yet."""
    condition = (publications.c.acknowledged_at <= acknowledged_before) & or_(
        publications.c.observed_at.is_(None),
        publications.c.observed_at <= publications.c.acknowledged_at,
    )
    return load_where(connection, channel, condition, limit)


def load_where(
    connection: Connection, channel: str, condition: Any, limit: int | None = None
) -> dict[str, Publication]:
    """Return the publications of a channel that meet a condition, by record."""
    query = _select(condition).where(publications.c.channel == channel).limit(limit)
    return {row[0]: Publication(*row) for row in connection.execute(query)}


def _select(condition: Any) -> Select[Any]:
    return (
        select(
            publications.c.stock_external_id,
            publications.c.desired,
            publications.c.expected,
            publications.c.drifting_since,
            publications.c.version,
            publications.c.replaced,
            publications.c.believed,
            publications.c.passed,
            publications.c.sent_at,
        )
        .where(condition)
        .order_by(publications.c.stock_external_id)
    )


def set_desired(
    connection: Connection,
    desired: Mapping[tuple[str, str], int | None],
    decided_at: datetime,
) -> None:
    """Set what stock records, by (channel, record), should show; None withdraws."""
    rows = [
        {
            "channel": channel,
            "stock_external_id": record,
            "desired": quantity,
            "desired_at": decided_at,
            "stopped": False,
            "version": 1,
        }
        for (channel, record), quantity in desired.items()
    ]
    if rows:
        upsert(
            connection,
            publications,
            rows,
            key=("channel", "stock_external_id"),
            change={
                "desired": "excluded.desired",
                "desired_at": "excluded.desired_at",
                "version": "publications.version + 1",
            },
        )


def observe(
    connection: Connection, channel: str, beliefs: Sequence[Belief], seen_at: datetime
) -> None:
    """Note what stock records showed, and what to expect of them from now on.

    A record that shows what was expected has not lost its last write.
    """
    rows = [
        {
            "channel": channel,
            "stock_external_id": belief.stock_external_id,
            "expected": belief.expected,
            "believed": belief.expected,
            "observed": belief.observed,
            "observed_at": seen_at,
            "drifting_since": belief.drifting_since,
            "stopped": False,
            "version": 0,
        }
        for belief in beliefs
    ]
    if rows:
        upsert(
            connection,
            publications,
            rows,
            key=("channel", "stock_external_id"),
            change={
                **{name: f"excluded.{name}" for name in _SEEN},
                "replaced": "CASE WHEN excluded.observed = excluded.expected"
                " THEN NULL ELSE publications.replaced END",
            },
        )


def take_away(connection: Connection, channel: str, taken: Mapping[str, int]) -> None:
    """Lower what is expected of stock records by what the channel itself gave up."""
    rows = [
        (units, units, channel, record)
        for record, units in sorted(taken.items())
        if units
    ]
    if rows:
        sign = "?" if connection.dialect.name == "sqlite" else "%s"
        connection.exec_driver_sql(
            f"UPDATE publications SET expected = expected - {sign},"
            f" replaced = replaced - {sign}"
            f" WHERE channel = {sign} AND stock_external_id = {sign}",
            rows,
        )


def note_sent(
    connection: Connection, channel: str, sent: Sequence[Sent], sent_at: datetime
) -> None:
    """Note the quantities that are about to be written."""
    update_rows(
        connection,
        publications,
        change=("sent", "direction", "sent_at"),
        where=("channel", "stock_external_id"),
        rows=[
            (one.quantity, one.direction, sent_at, channel, one.stock_external_id)
            for one in sent
        ],
    )


def note_acknowledged(
    connection: Connection,
    channel: str,
    written: Mapping[str, Written],
    acknowledged_at: datetime,
) -> None:
    """Note writes that the channel confirmed, by stock record.

    What a person let through the brake was let through once.
    """
    update_rows(
        connection,
        publications,
        change=(
            "acknowledged",
            "expected",
            "believed",
            "replaced",
            "drifting_since",
            "acknowledged_at",
            "passed",
        ),
        where=("channel", "stock_external_id"),
        rows=[
            (
                one.quantity,
                one.expected,
                one.expected,
                one.replaced,
                one.drifting_since,
                acknowledged_at,
                None,
                channel,
                record,
            )
            for record, one in written.items()
        ],
    )


def note_drifting(
    connection: Connection, channel: str, records: Iterable[str], since: datetime
) -> None:
    """Note that records no longer showed what was expected when they were written."""
    wanted = list(records)
    if wanted:
        connection.execute(
            publications.update()
            .where(
                publications.c.channel == channel,
                publications.c.stock_external_id.in_(wanted),
                publications.c.drifting_since.is_(None),
            )
            .values(drifting_since=since)
        )


def set_stopped(
    connection: Connection, channel: str, record: str, *, stopped: bool
) -> None:
    """Stop writing a record (after a refusal), or start again."""
    update_rows(
        connection,
        publications,
        change=("stopped",),
        where=("channel", "stock_external_id"),
        rows=[(stopped, channel, record)],
    )


def count_in_step(
    connection: Connection, channel: str | None = None
) -> tuple[int, int]:
    """Return (records showing what they should, records that should show anything)."""
    query = select(publications.c.desired, publications.c.expected).where(
        publications.c.desired.is_not(None)
    )
    if channel is not None:
        query = query.where(publications.c.channel == channel)
    found = connection.execute(query).all()
    return sum(row.desired == row.expected for row in found), len(found)


def forget_beliefs(connection: Connection, channel: str) -> None:
    """Expect nothing of a channel's records: the next reading is believed."""
    connection.execute(
        publications.update()
        .where(publications.c.channel == channel)
        .values(
            expected=None,
            believed=None,
            replaced=None,
            drifting_since=None,
            passed=None,
            stopped=False,
        )
    )
