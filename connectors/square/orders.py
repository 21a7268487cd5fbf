"""Reads orders: what changed since a cursor, or the ones asked for by id.

Keyset over ``updated_at``: the time range is inclusive at its start, so a full page is
followed from its last moment, without those already seen. Square's own page tokens are
not kept, because a saved cursor has to be good for ever. Offline orders reach Square up
to 72 hours late; once an hour a pull reaches back that far.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from ...canonical.clock import Clock
from ...canonical.errors import ContractBrokenError
from ...canonical.model import UtcTime, require_utc
from ...canonical.pages import Page, Record
from ..calls import Call, Transport
from ..pagination import Watermark
from .returns import OrderReturns
from .wire import (
    Json,
    OrderHead,
    chunks,
    format_time,
    is_id,
    read_cursor,
    read_rows,
    read_shape,
)

PAGE_SIZE = 100
"""Orders are large; Square's own default is 500."""
PAGE_SIZE_WIDE = 1000
"""The most that Square gives, for a moment that more than a page of orders share."""
FETCH_MAX = 100
"""The most that one ``BatchRetrieveOrders`` may name."""
OVERLAP_SECONDS = 120
"""How far every pull reaches back: searches show an order seconds after it is there."""
DEEP_SECONDS = 72 * 3600
"""How late an order that was taken offline may reach Square."""
DEEP_EVERY_SECONDS = 3600
STATES = ("OPEN", "COMPLETED", "CANCELED")
"""All but drafts, which are carts."""


@dataclass(frozen=True, slots=True)
class Place:
    """How far orders have been read.

    ``moment`` and ``seen`` are where the next page starts; ``reached`` is the newest
    moment ever read, to which a pull that reached back returns at its end. ``walking``
    says that pages of a pull are still to come; ``wide`` that the next page must be
    larger; ``deepened_at`` is when a pull last reached back for offline orders.
    """

    version: Literal[1]
    moment: UtcTime
    reached: UtcTime
    seen: tuple[str, ...] = ()
    walking: bool = False
    wide: bool = False
    deepened_at: UtcTime | None = None


_CURSOR = TypeAdapter(Place)


def pull_orders(
    transport: Transport,
    clock: Clock,
    returns: OrderReturns,
    *,
    location_id: str,
    cursor: str | None,
    since: datetime,
) -> Page:
    """Return the next page of orders changed since the cursor."""
    place = _start(cursor, since, clock.now())
    mark = Watermark(place.moment, frozenset(place.seen))
    limit = PAGE_SIZE_WIDE if place.wide else PAGE_SIZE
    body = _describe_search(location_id, place.moment, limit)
    answer = transport.send(Call("POST", "/v2/orders/search", json=body, safe=True))
    rows = read_rows(answer, "orders")
    heads = [_as_head(row) for row in rows]
    if [head.updated_at for head in heads] != sorted(head.updated_at for head in heads):
        raise ContractBrokenError(
            "Square's list of orders is not sorted by its changes"
        )
    complete = not read_cursor(answer)
    following = _advance(place, mark.advance(heads), heads, complete=complete)
    fresh = mark.leave_out_seen(heads)
    records = returns.complete([dict(head.payload) for head in fresh])
    return Page(records, _CURSOR.dump_json(following).decode(), complete)


def fetch_orders(
    transport: Transport, returns: OrderReturns, ids: Sequence[str]
) -> tuple[Record, ...]:
    """Return the named orders as they are now, whatever their state.

    A named order that only brings goods back comes along with the sale that they are
    of: what it means is in there.
    """
    wanted = [each for each in dict.fromkeys(ids) if is_id(each)]
    rows = retrieve_orders(transport, wanted)
    return returns.complete(rows, thorough=True, keep_returns=True)


def retrieve_orders(transport: Transport, ids: Sequence[str]) -> list[Json]:
    """Return orders by id; those that Square does not know are left out."""
    rows: list[Json] = []
    for chunk in chunks(ids, FETCH_MAX):
        call = Call(
            "POST",
            "/v2/orders/batch-retrieve",
            json={"order_ids": list(chunk)},
            safe=True,
        )
        rows += read_rows(transport.send(call), "orders")
    return rows


def _start(cursor: str | None, since: datetime, now: datetime) -> Place:
    """Return where this request starts: the first of a later pull reaches back."""
    if cursor is None:
        first = require_utc(since)
        return Place(1, first, first, walking=True, deepened_at=now)
    place = _read_cursor(cursor)
    if place.walking:
        return place
    last = place.deepened_at
    deep = last is None or now - last >= timedelta(seconds=DEEP_EVERY_SECONDS)
    back = timedelta(seconds=DEEP_SECONDS if deep else OVERLAP_SECONDS)
    return Place(
        1,
        place.reached - back,
        place.reached,
        walking=True,
        deepened_at=now if deep else last,
    )


def _read_cursor(cursor: str) -> Place:
    try:
        return _CURSOR.validate_json(cursor)
    except ValidationError:
        raise ContractBrokenError(
            "a saved cursor cannot be read",
            next_step="Reset the cursor; what was pulled before is recognised.",
        ) from None


def _advance(
    place: Place, mark: Watermark, rows: Sequence[Record], *, complete: bool
) -> Place:
    """Return where the next page starts, or the next pull where this was the last.

    Raises:
        ContractBrokenError: the list does not get on, however many are asked for.
    """
    reached = max(place.reached, mark.moment)
    if complete:
        return Place(1, reached, reached, deepened_at=place.deepened_at)
    stuck = mark == Watermark(place.moment, frozenset(place.seen)) or all(
        row.updated_at == mark.moment for row in rows
    )
    if stuck and place.wide:
        raise ContractBrokenError(
            f"Square's list of orders does not get on: {len(rows)} orders of one "
            "moment, and more to come"
        )
    return Place(
        1,
        mark.moment,
        reached,
        tuple(sorted(mark.seen)),
        walking=True,
        wide=stuck,
        deepened_at=place.deepened_at,
    )


def _describe_search(location_id: str, start: datetime, limit: int) -> Json:
    """Return a search by change; Square wants it sorted by what it is filtered by."""
    return {
        "location_ids": [location_id],
        "limit": limit,
        "return_entries": False,
        "query": {
            "filter": {
                "state_filter": {"states": list(STATES)},
                "date_time_filter": {"updated_at": {"start_at": format_time(start)}},
            },
            "sort": {"sort_field": "UPDATED_AT", "sort_order": "ASC"},
        },
    }


def _as_head(row: Json) -> Record:
    head = read_shape(OrderHead, row)
    return Record(head.id, head.changed_at, row)
