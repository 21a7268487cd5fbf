"""Reads orders: what changed since a cursor, or the ones asked for by id.

``searchOrders`` leaves out the newest two minutes, promises no order of its rows, and
gives page tokens that live for a day. So a cursor is a window: all pages of one
question are read, and the next window starts where Amazon said that this one ended,
less an overlap. A long past is asked for week by week. Nothing here is written.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal, Self

import orjson
from pydantic import TypeAdapter

from ...canonical.clock import Clock
from ...canonical.errors import ContractBrokenError
from ...canonical.model import UtcTime, require_utc
from ...canonical.pages import Page, Record
from ...mapping.amazon_words import FULFILLED_BY_AMAZON
from ..calls import Answer
from ..pagination import require_progress
from .operations import Operation, SellingPartner
from .wire import (
    Json,
    OrderAnswer,
    OrderHead,
    OrderPage,
    format_time,
    read_answer,
    read_shape,
)

VISIBILITY_LAG = timedelta(seconds=120)
"""Amazon shows an order in lists two minutes after its change."""
OVERLAP = timedelta(seconds=300)
SLICE = timedelta(days=7)
"""How much of a long past is asked for at once.

At the default pace a page token sees five hundred pages before it ends after a day.
"""
PAGE_SIZE = 100
"""The most that Amazon gives."""

DATASETS = (
    "PROCEEDS",
    "PROMOTION",
    "CANCELLATION",
    "FULFILLMENT",
    "PACKAGES",
    "PAYMENT",
)
"""What is told of an order beside its lines; none of it is about persons."""
RESTRICTED_DATASETS = ("BUYER", "RECIPIENT")
"""Names and addresses: only for applications with the role for it."""

_ID = re.compile(r"[A-Z0-9]{3}-\d{7}-\d{7}", re.ASCII)
_VERSION: Final = 1
_CURSOR = TypeAdapter(
    tuple[Literal[1], UtcTime, UtcTime | None, str | None, UtcTime | None]
)


@dataclass(frozen=True, slots=True)
class Window:
    """One question about orders, and how far its pages were read."""

    since: datetime
    before: datetime | None = None
    """Where the question itself ends; None: where Amazon ends it."""
    token: str | None = None
    until: datetime | None = None
    """Where Amazon said that the window ends, on its first page."""

    @classmethod
    def open(cls, since: datetime, now: datetime) -> Self:
        """Return the window that begins at ``since``, a slice where that is long ago.

        Amazon refuses one that begins in the minutes that it does not show.
        """
        newest = now - VISIBILITY_LAG - OVERLAP
        end = since + SLICE
        return cls(min(since, newest), end if end < newest else None)

    def encode(self) -> str:
        """Return the cursor as text."""
        parts = [_VERSION, self.since, self.before, self.token, self.until]
        return orjson.dumps(parts).decode()

    @classmethod
    def decode(cls, cursor: str) -> Self:
        """Return the window that ``encode`` made a cursor of.

        Raises:
            ContractBrokenError: the text is not such a cursor.
        """
        try:
            _, since, before, token, until = _CURSOR.validate_json(cursor)
        except ValueError:
            raise ContractBrokenError(
                "a saved cursor cannot be read",
                next_step="Reset the cursor; what was pulled before is recognised.",
            ) from None
        return cls(since, before, token, until)

    def follow(self, page: OrderPage, now: datetime) -> tuple[Self, bool]:
        """Return the window after one of its pages, and whether nothing is left.

        Raises:
            ContractBrokenError: Amazon answered with the token that was asked with.
        """
        until = self.until or page.last_updated_before or now - VISIBILITY_LAG
        answered = page.pagination.next_token if page.pagination else None
        token = require_progress(self.token, answered)
        if token:
            return replace(self, token=token, until=until), False
        if self.before:
            return type(self)(self.before), False
        return type(self)(max(self.since, until - OVERLAP)), True


def pull_orders(
    seller: SellingPartner, clock: Clock, cursor: str | None, since: datetime
) -> Page:
    """Return the next page of orders changed since the cursor."""
    now = clock.now()
    window = Window.decode(cursor) if cursor else Window(require_utc(since))
    if window.token is None:
        window = Window.open(window.since, now)
    answer, window = _ask(seller, window)
    page = read_answer(OrderPage, answer)
    following, complete = window.follow(page, now)
    records = tuple(as_record(order) for order in page.orders)
    return Page(records, following.encode(), complete)


def fetch_orders(seller: SellingPartner, ids: Sequence[str]) -> tuple[Record, ...]:
    """Return the named orders as they are now; what is no id of an order is left out.

    One request each: there is none for several.
    """
    found = (read_order(seller, each) for each in dict.fromkeys(ids))
    return tuple(as_record(order) for order in found if order is not None)


def read_order(seller: SellingPartner, order_id: str) -> Json | None:
    """Return one order as Amazon has it now; None where there is no such order."""
    if not is_order_id(order_id):
        return None
    answer = seller.send(
        Operation.GET_ORDER,
        ids={"orderId": order_id},
        params={"includedData": ",".join(_datasets(seller))},
        accept_statuses=(404,),
    )
    if answer.status == 404:
        return None
    return read_answer(OrderAnswer, answer).order


def is_order_id(text: str) -> bool:
    """Say whether a text can be an id of an order at Amazon: in 3-7-7 format."""
    return _ID.fullmatch(text) is not None


def ask_for_orders(seller: SellingPartner, window: Window, page_size: int) -> Answer:
    """Send one search. A refused page token is an answer; all else is an error.

    Raises:
        RejectedError: the application may not read orders, or the window is wrong.
    """
    params = {
        "lastUpdatedAfter": format_time(window.since),
        "marketplaceIds": seller.settings.marketplace,
        "maxResultsPerPage": str(page_size),
        "includedData": ",".join(_datasets(seller)),
    }
    if window.before:
        params["lastUpdatedBefore"] = format_time(window.before)
    if window.token:
        # Amazon wants the question repeated along with the token.
        params["paginationToken"] = window.token
    refusals = (400,) if window.token else ()
    return seller.send(Operation.SEARCH_ORDERS, params=params, accept_statuses=refusals)


def as_record(order: Json) -> Record:
    """Return an order as a record of the hub.

    What Amazon tells about buyers of goods that Amazon itself ships is not kept:
    nobody here sends them anything.
    """
    head = read_shape(OrderHead, order)
    fulfillment = order.get("fulfillment")
    by = fulfillment.get("fulfilledBy") if isinstance(fulfillment, dict) else None
    if by == FULFILLED_BY_AMAZON:
        restricted = {"buyer", "recipient"}
        order = {name: part for name, part in order.items() if name not in restricted}
    return Record(head.order_id, head.last_updated_time, order)


def _ask(seller: SellingPartner, window: Window) -> tuple[Answer, Window]:
    """Ask for a page; from the window's start again where its token has ended."""
    answer = ask_for_orders(seller, window, PAGE_SIZE)
    if answer.status != 400:
        return answer, window
    window = Window(window.since, window.before)
    return ask_for_orders(seller, window, PAGE_SIZE), window


def _datasets(seller: SellingPartner) -> tuple[str, ...]:
    if seller.settings.buyer_details:
        return DATASETS + RESTRICTED_DATASETS
    return DATASETS
