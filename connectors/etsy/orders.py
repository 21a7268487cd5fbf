"""Reads receipts: what changed since a cursor, or the ones asked for by id.

A receipt comes with its lines, shipments and refunds. Changes nothing at Etsy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from ...canonical.clock import Clock
from ...canonical.errors import ContractBrokenError, MappingError
from ...canonical.model import require_utc
from ...canonical.pages import Page, Record
from ...mapping.etsy_wire import WireReceiptHead
from ...mapping.wire import read_wire
from ..calls import Answer, Call, Transport
from .cursor import PAGE_SIZE, Place
from .operations import APPLICATION
from .wire import Found, Json, read_answer, read_object

_NO_SUCH_RECEIPT = 404
_SPARE_PART = 10
"""One in so many requests of a day is kept back from reading receipts again."""


def pull_orders(
    shop: Transport, clock: Clock, shop_id: int, cursor: str | None, since: datetime
) -> Page:
    """Return the next page of receipts: fresh ones, and at the end some once more."""
    now = int(clock.now().timestamp())
    if cursor is None:
        place = Place.begin(int(require_utc(since).timestamp()), now)
    else:
        place = Place.decode(cursor).start()
    if place.turn:
        return _read_again(shop, shop_id, place)
    asked = {"min_last_modified": place.moment, "offset": place.offset}
    answer = shop.send(_list_receipts(shop_id, "updated", asked))
    heads, rows = _read_page(answer)
    following = place.advance(heads)
    if not following.pulling:
        affordable = has_requests_left(answer.headers)
        following = following.plan_reread(now, affordable=affordable)
    records = tuple(
        _as_record(head, row)
        for head, row in zip(heads, rows, strict=True)
        if not place.is_seen(head)
    )
    complete = not following.pulling and not following.turn
    return Page(records, following.encode(), complete)


def fetch_orders(
    shop: Transport, shop_id: int, ids: Sequence[str]
) -> tuple[Record, ...]:
    """Return the named receipts as they are now; ids that name none are left out."""
    found = (read_receipt(shop, shop_id, each) for each in dict.fromkeys(ids))
    return tuple(_as_record(read_head(row), row) for row in found if row is not None)


def read_receipt(shop: Transport, shop_id: int, receipt_id: str) -> Json | None:
    """Return one receipt; None where there is none."""
    if not is_receipt_id(receipt_id):
        return None
    path = f"{APPLICATION}/shops/{shop_id}/receipts/{receipt_id}"
    call = Call("GET", path, safe=True, accept_statuses=(_NO_SUCH_RECEIPT,))
    answer = shop.send(call)
    return None if answer.status == _NO_SUCH_RECEIPT else read_object(answer)


def read_head(row: Json) -> WireReceiptHead:
    """Return what paging and shipping need of a receipt.

    Raises:
        ContractBrokenError: it is none.
    """
    try:
        head = read_wire(WireReceiptHead, row)
        head.updated_at, head.created_at  # noqa: B018 - says whether both are there
    except MappingError as error:
        raise ContractBrokenError(f"unexpected receipt: {error.message}") from None
    return head


def is_receipt_id(text: str) -> bool:
    """Say whether a text can name a receipt."""
    return text.isascii() and text.isdigit() and len(text) <= 18 and int(text) > 0


def has_requests_left(headers: Mapping[str, str]) -> bool:
    """Say whether the application has requests to spare today, as far as Etsy tells.

    The limit is the application's and not the shop's; each answer states it.
    """
    limit = headers.get("x-limit-per-day", "")
    left = headers.get("x-remaining-today", "")
    if not (limit.isascii() and limit.isdigit() and left.isascii() and left.isdigit()):
        return True
    return int(left) * _SPARE_PART > int(limit)


def _read_again(shop: Transport, shop_id: int, place: Place) -> Page:
    asked = {"min_created": place.rereading or place.begun}
    answer = shop.send(_list_receipts(shop_id, "created", asked))
    heads, rows = _read_page(answer)
    following = place.advance_reread(heads)
    records = tuple(map(_as_record, heads, rows))
    return Page(records, following.encode(), complete=True)


def _list_receipts(shop_id: int, sort_on: str, asked: Mapping[str, int]) -> Call:
    params = {
        "sort_on": sort_on,
        "sort_order": "asc",
        "limit": str(PAGE_SIZE),
        **{name: str(value) for name, value in asked.items()},
    }
    path = f"{APPLICATION}/shops/{shop_id}/receipts"
    return Call("GET", path, params, safe=True)


def _read_page(answer: Answer) -> tuple[list[WireReceiptHead], list[Json]]:
    rows = read_answer(Found, answer).results
    return [read_head(row) for row in rows], rows


def _as_record(head: WireReceiptHead, row: Json) -> Record:
    return Record(str(head.receipt_id), head.changed_at, row)
