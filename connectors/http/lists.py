"""Lists of a described API: pages, the cursor of changed orders, records by id.

Two kinds of lists of orders are understood. A feed has a cursor that is good for ever.
Any other is asked for what changed since a moment: by tokens to the end of a walk, or,
where pages are counted, sorted by change and followed from the last moment seen, so
that records that move between pages are not lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, Self
from urllib.parse import parse_qsl, quote, urlsplit

from pydantic import BaseModel, ValidationError

from ...canonical.clock import Clock
from ...canonical.errors import ContractBrokenError, MappingError
from ...canonical.pages import Page, Record
from ...mapping.http_orders import read_time
from ...mapping.http_paths import look_up
from ..calls import Answer, Call, Transport
from ..pagination import Watermark, require_progress
from .description import (
    FetchPart,
    ListingsPart,
    ListPart,
    OrdersPart,
    PageStyle,
    SincePart,
    TimeFormat,
)

COUNTED = (PageStyle.PAGE, PageStyle.OFFSET)


class Place(BaseModel):
    """How far the orders have been pulled."""

    v: Literal[1] = 1
    since: datetime
    """What the list is asked for."""
    seen: tuple[str, ...] = ()
    high: datetime | None = None
    """The newest change seen; the next walk begins before it."""
    token: str = ""
    page: int = 0

    def encode(self) -> str:
        """Return the place as a cursor."""
        return self.model_dump_json(exclude_defaults=True)

    @classmethod
    def decode(cls, text: str) -> Self:
        """Return the place that a cursor names.

        Raises:
            ContractBrokenError: it is none of ours.
        """
        try:
            return cls.model_validate_json(text)
        except ValidationError:
            raise ContractBrokenError(
                "a saved cursor cannot be read",
                next_step="Reset the cursor; what was pulled before is recognised.",
            ) from None


@dataclass(frozen=True, slots=True)
class Rows:
    """One page of a list: its records, and the token of the next page."""

    records: list[Any]
    token: str
    more: bool


def pull_orders(
    transport: Transport,
    part: OrdersPart,
    cursor: str | None,
    since: datetime,
    overlap: timedelta,
) -> Page:
    """Return the next page of changed orders."""
    place = Place.decode(cursor) if cursor else Place(since=since.astimezone(UTC))
    params = {part.since.parameter: write_time(place.since, part.since)}
    if part.pages.feed and place.token:
        params = {}
    rows = ask(transport, part, place.token, place.page, params)
    records = tuple(as_order(part, row) for row in rows.records)
    if part.pages.style in COUNTED:
        return _go_on_by_time(part, place, records, rows)
    token = require_progress(place.token or None, rows.token) if rows.more else None
    if part.pages.feed:
        last = rows.token or place.token
        following = place.model_copy(update={"token": last})
        if rows.more and records:
            require_progress(place.token or None, rows.token)
        return Page(records, following.encode(), complete=not rows.more)
    high = max([place.high or place.since, *(one.updated_at for one in records)])
    if token:
        following = place.model_copy(update={"token": token, "high": high})
    else:
        following = Place(since=max(place.since, high - overlap), high=high)
    return Page(records, following.encode(), complete=token is None)


def _go_on_by_time(
    part: OrdersPart, place: Place, records: tuple[Record, ...], rows: Rows
) -> Page:
    """Follow a sorted list from the last moment on, by pages inside one moment only."""
    mark = Watermark(place.since, frozenset(place.seen))
    fresh = mark.leave_out_seen(records)
    moved = mark.advance(fresh)
    stuck = rows.more and moved.moment == place.since
    following = Place(
        since=moved.moment,
        seen=tuple(sorted(moved.seen)),
        page=place.page + 1 if stuck else 0,
    )
    if stuck and place.page and not fresh:
        raise ContractBrokenError(
            "the list gives the same orders on every page; it would never end"
        )
    return Page(fresh, following.encode(), complete=not rows.more)


def ask(
    transport: Transport,
    part: ListPart,
    token: str,
    page: int,
    params: dict[str, str],
) -> Rows:
    """Return one page of a list."""
    pages = part.pages
    asked = {**part.params, **params}
    if pages.size_parameter:
        asked[pages.size_parameter] = str(pages.size)
    if pages.style is PageStyle.PAGE:
        asked[pages.parameter] = str(page + 1)
    elif pages.style is PageStyle.OFFSET:
        asked[pages.parameter] = str(page * pages.size)
    elif token and pages.style is PageStyle.CURSOR:
        asked[pages.parameter] = token
    elif token:
        # Of the next address only its query is taken: never another host or path.
        asked = dict(parse_qsl(token, keep_blank_values=True))
    answer = transport.send(Call("GET", part.path, asked, safe=True))
    document = answer.json()
    records = read_rows(document, part.records)
    following = _read_token(part, answer, document)
    if pages.style in COUNTED:
        return Rows(records, "", len(records) >= pages.size)
    more = bool(look_up(document, pages.more)) if pages.more else bool(following)
    return Rows(records, following, more)


def _read_token(part: ListPart, answer: Answer, document: Any) -> str:
    style = part.pages.style
    if style is PageStyle.LINK:
        for link in answer.headers.get("link", "").split(","):
            target, _, relation = link.partition(";")
            if 'rel="next"' in relation.replace(" ", ""):
                return urlsplit(target.strip(" <>")).query
        return ""
    value = look_up(document, part.pages.next) if part.pages.next else None
    if not isinstance(value, str | int) or value == "":
        return ""
    return urlsplit(str(value)).query if style is PageStyle.NEXT_URL else str(value)


def read_rows(document: Any, path: str) -> list[Any]:
    """Return the list at a path.

    Raises:
        ContractBrokenError: there is none, or something in it is no object.
    """
    found = look_up(document, path)
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise ContractBrokenError(
            f"the answer has no list of records at {path or 'its top'!r}"
        )
    return found


def as_order(part: OrdersPart, row: dict[str, Any]) -> Record:
    """Return an order as it came, with what orders its versions.

    Raises:
        ContractBrokenError: it has no id or no time of change.
    """
    identity = look_up(row, part.fields.id)
    if not isinstance(identity, str | int) or identity == "":
        raise ContractBrokenError(f"an order has no id at {part.fields.id!r}")
    where = part.fields.updated_at
    try:
        return Record(str(identity), read_time(look_up(row, where), where), row)
    except MappingError as error:
        raise ContractBrokenError(f"{where}: {error.message}") from None


def fetch(transport: Transport, part: FetchPart, ids: Sequence[str]) -> list[Any]:
    """Return the records of these ids; those not found are left out."""
    if not ids:
        return []
    if part.ids:
        answer = transport.send(
            Call("GET", part.path, {part.ids: ",".join(ids)}, safe=True)
        )
        return read_rows(answer.json(), part.records)
    found = []
    for each in ids:
        path = part.path.replace("{id}", quote(each, safe=""))
        answer = transport.send(Call("GET", path, safe=True, accept_statuses=(404,)))
        if answer.status != 404:
            found.append(look_up(answer.json(), part.records))
    return found


def pull_listings(
    transport: Transport, part: ListingsPart, clock: Clock, cursor: str | None
) -> Page:
    """Return the next page of a full scan."""
    counted = part.pages.style in COUNTED
    page = int(cursor) if cursor and counted and cursor.isdigit() else 0
    token = "" if counted else cursor or ""
    rows = ask(transport, part, token, page, {})
    if counted:
        following = str(page + 1) if rows.more else ""
    else:
        following = (
            require_progress(token or None, rows.token) or "" if rows.more else ""
        )
    records = as_products(part, clock, rows.records)
    return Page(records, following or "0", complete=not following)


def as_products(
    part: ListingsPart, clock: Clock, rows: Sequence[Any]
) -> tuple[Record, ...]:
    """Return products as they came, with the time at which they were read."""
    now = clock.now()
    return tuple(
        Record(str(look_up(row, part.fields.id) or ""), now, row) for row in rows
    )


def write_time(moment: datetime, part: SincePart) -> str:
    """Return a moment as the API wants it, rounded down to a second."""
    if part.format is TimeFormat.ISO:
        return moment.replace(microsecond=0).isoformat().replace("+00:00", "Z")
    seconds = int(moment.timestamp())
    return str(seconds * 1000 if part.format is TimeFormat.UNIX_MS else seconds)
