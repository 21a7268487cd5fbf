"""The warehouse's set-up: locations, who sells from them, and on what terms SKUs sell.

What a person changes here is written to the audit, and every SKU concerned is looked at
again. No unit moves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..canonical.errors import RefusedError
from ..canonical.stock import QUANTITY_MAX
from ..store import audit, channels, locations, stock
from ..store.audit import AuditRow
from ..store.engine import Connection
from ..store.locations import OWN, LocationRow
from ..store.stock import SkuTerms
from .hub import STOCK_LANE, Hub
from .places import load_places, require_location
from .remap import mark_skus
from .stocktaking import require_sku

RANK_MAX = 1_000_000
NAME_CHARACTERS_MAX = 100


def add_location(
    hub: Hub, name: str, *, title: str = "", rank: int, sells: bool, actor: str
) -> LocationRow:
    """Write down a location where goods can lie.

    Raises:
        RefusedError: it exists, or cannot be called so.
    """
    if not name.strip() or len(name) > NAME_CHARACTERS_MAX or "/" in name:
        raise RefusedError(
            f"A location is called by 1 to {NAME_CHARACTERS_MAX} characters without /."
        )
    with hub.store.transaction() as connection:
        if any(row.name == name for row in locations.load_all(connection)):
            raise RefusedError(
                f"There is a location {name} already.",
                next_step=f"crossdock locations change {name} changes it.",
            )
        row = LocationRow(name, title, OWN, _require_rank(rank), sells)
        _save_location(hub, connection, row, {}, actor)
    hub.wake([STOCK_LANE])
    return row


def change_location(
    hub: Hub,
    name: str,
    *,
    title: str | None = None,
    rank: int | None = None,
    sells: bool | None = None,
    actor: str,
) -> LocationRow:
    """Change a location; what is None stays. Allocations that it has it keeps.

    Raises:
        NotFoundError: there is no such location.
        RefusedError: it is the account of goods on their way.
    """
    with hub.store.transaction() as connection:
        require_location(hub, connection, name)
        rows = {row.name: row for row in load_places(hub, connection).rows}
        before = rows[name]
        after = before._replace(
            title=before.title if title is None else title,
            rank=before.rank if rank is None else _require_rank(rank),
            sells=before.sells if sells is None else sells,
        )
        _save_location(hub, connection, after, before._asdict(), actor)
    hub.wake([STOCK_LANE])
    return after


def _require_rank(rank: int) -> int:
    if not -RANK_MAX <= rank <= RANK_MAX:
        raise RefusedError(f"A rank lies between {-RANK_MAX} and {RANK_MAX}.")
    return rank


def _save_location(
    hub: Hub,
    connection: Connection,
    row: LocationRow,
    before: Mapping[str, Any],
    actor: str,
) -> None:
    locations.save(connection, row)
    subject = f"location/{row.name}"
    _note(hub, connection, actor, ("location", subject), (before, row._asdict()))
    _look_at_everything(hub, connection)


def limit_channel(
    hub: Hub, channel: str, names: Sequence[str], *, actor: str
) -> tuple[str, ...]:
    """Let a channel sell only what lies at the named locations; none: wherever sold.

    What its orders have allocated elsewhere they keep.

    Returns:
        The locations that it may use now, by rank.

    Raises:
        NotFoundError: there is no such channel or location.
        RefusedError: one of them sells nothing.
    """
    hub.load_channel(channel)
    with hub.store.transaction() as connection:
        places = load_places(hub, connection)
        for name in names:
            require_location(hub, connection, name)
            if name not in places.selling:
                raise RefusedError(
                    f"Nothing is sold from {name}.",
                    next_step=f"crossdock locations change {name} --sells",
                )
        before = sorted(places.limits.get(channel, ()))
        locations.limit_channel(connection, channel, names)
        change = ({"locations": before}, {"locations": sorted(set(names))})
        _note(hub, connection, actor, ("limit", f"channel/{channel}"), change)
        _look_at_everything(hub, connection)
        usable = load_places(hub, connection).usable(channel)
    hub.wake([STOCK_LANE])
    return usable


def rank_channel(hub: Hub, channel: str, rank: int, *, actor: str) -> None:
    """Say how important a channel is where not all can be served; lower is more.

    Raises:
        NotFoundError: there is no such channel.
        RefusedError: not a rank.
    """
    before = hub.load_channel(channel).rank
    with hub.store.transaction() as connection:
        channels.set_rank(connection, channel, _require_rank(rank))
        change = ({"rank": before}, {"rank": rank})
        _note(hub, connection, actor, ("rank", f"channel/{channel}"), change)
        _look_at_everything(hub, connection)
    hub.wake([STOCK_LANE])


def change_terms(
    hub: Hub, sku: str, changes: Mapping[str, Any], *, actor: str, reason: str = ""
) -> tuple[str, SkuTerms]:
    """Change on what terms a SKU is sold; return its name and its terms now.

    Args:
        hub: what to work with.
        sku: in any spelling.
        changes: new values by the names of ``SkuTerms``; the others stay.
        actor: who changes them.
        reason: why, for the audit.

    Raises:
        NotFoundError: the hub does not know the SKU.
        RefusedError: a number of units is negative or beyond all measure.
    """
    numbers = [value for value in changes.values() if isinstance(value, int)]
    if any(not 0 <= number <= QUANTITY_MAX for number in numbers):
        raise RefusedError(f"Units lie between 0 and {QUANTITY_MAX:,}.")
    with hub.store.transaction() as connection:
        name = require_sku(connection, sku)
        before = stock.load_terms(connection, [name])[name]
        after = before._replace(**changes)
        stock.save_terms(connection, name, after)
        change = (before._asdict(), after._asdict())
        _note(hub, connection, actor, ("terms", f"sku/{name}"), change, reason)
        mark_skus(hub, connection, [name])
    hub.wake([STOCK_LANE])
    return name, after


def _look_at_everything(hub: Hub, connection: Connection) -> None:
    mark_skus(hub, connection, [row.sku for row in stock.load_skus(connection)])


def _note(
    hub: Hub,
    connection: Connection,
    actor: str,
    deed: tuple[str, str],
    change: tuple[Mapping[str, Any], Mapping[str, Any]],
    reason: str = "",
) -> None:
    action, subject = deed
    before, after = dict(change[0]), dict(change[1])
    id_, now = hub.ids.take(), hub.clock.now()
    row = AuditRow(id_, now, actor, action, subject, reason, before, after)
    audit.write(connection, row)
