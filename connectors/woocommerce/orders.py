"""Reads orders: what changed since a cursor, or the ones asked for by id.

Two lists are read side by side, because ``status=any`` leaves out the trash and
``any,trash`` means ``any``. Refunds and native fulfillments are stored inside the
order's payload (``details`` fetches them). Changes nothing at the shop.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pydantic import TypeAdapter, ValidationError

from ...canonical.clock import Clock
from ...canonical.model import require_utc
from ...canonical.pages import Page, Record
from ..calls import Answer, Call, Transport
from .details import OrderDetails
from .paging import Lane, format_after, refuse_cursor
from .wire import as_record, is_id, join_ids, read_rows, read_time, read_total

PAGE_SIZE = 100
"""The most that the shop gives; 101 is a 400."""

_CURSOR = TypeAdapter(tuple[Lane, Lane])


def pull_orders(
    transport: Transport,
    clock: Clock,
    details: OrderDetails,
    cursor: str | None,
    since: datetime,
) -> Page:
    """Return the next page of orders changed since the cursor, the trash included."""
    alive, trash = _read_cursor(cursor, since)
    records, alive, complete = _pull_lane(transport, clock, "any", alive)
    if complete:
        trashed, trash, complete = _pull_lane(transport, clock, "trash", trash)
        records += trashed
    enriched = tuple(details.complete(record) for record in records)
    text = _CURSOR.dump_json((alive, trash), exclude_defaults=True).decode()
    return Page(enriched, text, complete)


def fetch_orders(
    transport: Transport, details: OrderDetails, ids: Sequence[str]
) -> tuple[Record, ...]:
    """Return the named orders as they are now, whatever their status."""
    wanted = [each for each in dict.fromkeys(ids) if is_id(each)]
    records = fetch_records(transport, "orders", wanted)
    return tuple(details.complete(record) for record in records)


def fetch_records(
    transport: Transport, collection: str, ids: Sequence[str]
) -> list[Record]:
    """Return records by id: in one request, then one by one what a list hides.

    Lists leave out the trash and carts at the checkout; asked for by id, the shop shows
    both. Records that are gone for good are left out.
    """
    records = []
    if ids:
        parameters = {
            "include": join_ids(ids),
            "per_page": str(PAGE_SIZE),
            "status": "any",
        }
        listed = transport.send(Call("GET", f"/{collection}", parameters, safe=True))
        records = [as_record(row) for row in read_rows(listed)]
    found = {record.external_id for record in records}
    for each in ids:
        if each in found:
            continue
        call = Call("GET", f"/{collection}/{each}", safe=True, accept_statuses=(404,))
        answer = transport.send(call)
        if answer.status != 404:
            records.append(as_record(answer.json()))
    return records


def _read_cursor(cursor: str | None, since: datetime) -> tuple[Lane, Lane]:
    if cursor is None:
        start = Lane(require_utc(since))
        return start, start
    try:
        return _CURSOR.validate_json(cursor)
    except ValidationError:
        raise refuse_cursor() from None


def _pull_lane(
    transport: Transport, clock: Clock, status: str, lane: Lane
) -> tuple[list[Record], Lane, bool]:
    answer, lane = _ask_sorted(transport, status, lane)
    records = [as_record(row) for row in read_rows(answer)]
    following, complete = lane.advance(
        records,
        page_size=PAGE_SIZE,
        total=read_total(answer),
        asked_at=read_time(answer, clock),
    )
    return records, following, complete


def _ask_sorted(transport: Transport, status: str, lane: Lane) -> tuple[Answer, Lane]:
    """Ask for a page sorted by time, or by id where the shop refuses that.

    The documentation does not list ``orderby=modified``; versions from 5.8 on take it.
    """
    if not lane.by_id:
        call = _list_orders(status, lane, "modified", accept_statuses=(400,))
        answer = transport.send(call)
        if answer.status != 400:
            return answer, lane
        lane = Lane(lane.since, lane.seen, lane.bound, by_id=True)
    return transport.send(_list_orders(status, lane, "id")), lane


def _list_orders(
    status: str, lane: Lane, orderby: str, accept_statuses: tuple[int, ...] = ()
) -> Call:
    parameters = {
        "status": status,
        "modified_after": format_after(lane.since),
        "dates_are_gmt": "true",
        "orderby": orderby,
        "order": "asc",
        "per_page": str(PAGE_SIZE),
    }
    if lane.walk.offset:
        parameters["offset"] = str(lane.walk.offset)
    return Call(
        "GET", "/orders", parameters, safe=True, accept_statuses=accept_statuses
    )
