"""Reads products together with their variations, as one record each.

A full scan by id, in pages that overlap by one row so that a product deleted meanwhile
cannot hide another. Stock alone is read faster by ``stock``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pydantic import TypeAdapter, ValidationError

from ...canonical.pages import Page, Record
from ..calls import Call, Transport
from .orders import fetch_records
from .paging import Walk, has_more, refuse_cursor
from .wire import Json, as_record, is_id, join_ids, read_rows, read_total

PAGE_SIZE = 25
"""Small, because every variable product of a page costs a request of its own."""
VARIATIONS_MAX = 100

_CURSOR = TypeAdapter(Walk)


def pull_listings(transport: Transport, cursor: str | None) -> Page:
    """Return the next page of a full scan; the cursor after the last starts anew."""
    walk = _read_cursor(cursor)
    parameters = {
        "status": "any",
        "orderby": "id",
        "order": "asc",
        "per_page": str(PAGE_SIZE),
    }
    if walk.offset:
        parameters["offset"] = str(walk.offset)
    answer = transport.send(Call("GET", "/products", parameters, safe=True))
    rows = read_rows(answer)
    ids = [as_record(row).external_id for row in rows]
    slipped = walk.has_slipped(ids, PAGE_SIZE)
    complete = not slipped and not has_more(
        walk, len(rows), PAGE_SIZE, read_total(answer)
    )
    following = Walk() if slipped or complete else walk.advance(ids, PAGE_SIZE)
    records = tuple(_add_variations(transport, row) for row in rows)
    return Page(records, _CURSOR.dump_json(following).decode(), complete)


def fetch_listings(transport: Transport, ids: Sequence[str]) -> tuple[Record, ...]:
    """Return the named products; the id of a variation names its product."""
    products = dict.fromkeys(each.partition("/")[0] for each in ids)
    wanted = [each for each in products if is_id(each)]
    found = fetch_records(transport, "products", wanted)
    return tuple(_add_variations(transport, dict(each.payload)) for each in found)


def _read_cursor(cursor: str | None) -> Walk:
    if cursor is None:
        return Walk()
    try:
        return _CURSOR.validate_json(cursor)
    except ValidationError:
        raise refuse_cursor() from None


def _add_variations(transport: Transport, product: Json) -> Record:
    """Return a product's record; its version is that of its newest part."""
    head = as_record(product)
    ids = [str(each) for each in product.get("variations") or ()]
    variations: list[Json] = []
    for chunk in chunks(ids, VARIATIONS_MAX):
        parameters = {"include": join_ids(chunk), "per_page": str(VARIATIONS_MAX)}
        path = f"/products/{head.external_id}/variations"
        # A product deleted since it was listed has no variations any more.
        call = Call("GET", path, parameters, safe=True, accept_statuses=(404,))
        answer = transport.send(call)
        variations += [] if answer.status == 404 else read_rows(answer)
    times = [head.updated_at, *(as_record(each).updated_at for each in variations)]
    payload = {"product": product, "variations": variations}
    return Record(head.external_id, max(times), payload)


def chunks(ids: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    """Yield ``ids`` in groups of at most ``size``."""
    for start in range(0, len(ids), size):
        yield ids[start : start + size]
