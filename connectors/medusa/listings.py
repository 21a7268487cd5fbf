"""Reads products together with their variants and stock, as one record each.

A full scan by the time of creation, which never changes, so that a product deleted
meanwhile hides no other.
"""

from __future__ import annotations

from collections.abc import Sequence

import orjson
from pydantic import NonNegativeInt, TypeAdapter

from ...canonical.errors import ContractBrokenError
from ...canonical.model import UtcTime
from ...canonical.pages import Page, Record
from ...mapping.medusa import LOCATION_KEY
from ..calls import Call, Transport
from .cursor import BEGINNING, Walk
from .wire import Changed, Json, chunk, name_ids, read_rows, read_shape

PAGE_SIZE = 50
FIELDS = ",".join(
    (
        "id,title,status,created_at,updated_at,*variants",
        "variants.inventory_items.inventory_item_id",
        "variants.inventory_items.required_quantity",
        "*variants.inventory_items.inventory.location_levels",
    )
)
_CURSOR = TypeAdapter(tuple[UtcTime, NonNegativeInt])


def pull_listings(transport: Transport, location_id: str, cursor: str | None) -> Page:
    """Return the next page of a full scan; the cursor after the last starts anew."""
    walk = _decode(cursor)
    params = {**walk.params("created_at", PAGE_SIZE), "fields": FIELDS}
    rows = _list(transport, params)
    times = [read_shape(Changed, row).created_at or BEGINNING for row in rows]
    walk, done = walk.advance(times, PAGE_SIZE)
    following = _encode(Walk(BEGINNING) if done else walk)
    return Page(_as_records(rows, location_id), following, done)


def fetch_listings(
    transport: Transport, location_id: str, ids: Sequence[str]
) -> tuple[Record, ...]:
    """Return the named products; the id of a listing names its product."""
    rows = []
    for names in chunk(each.partition("/")[0] for each in ids):
        params = {**name_ids(names), "limit": str(len(names)), "fields": FIELDS}
        rows += _list(transport, params)
    return _as_records(rows, location_id)


def _list(transport: Transport, params: dict[str, str]) -> list[Json]:
    call = Call("GET", "/admin/products", params, safe=True)
    return read_rows(transport.send(call), "products")


def _as_records(rows: Sequence[Json], location_id: str) -> tuple[Record, ...]:
    heads = [read_shape(Changed, row) for row in rows]
    return tuple(
        Record(head.id, head.updated_at, {**row, LOCATION_KEY: location_id})
        for head, row in zip(heads, rows, strict=True)
    )


def _encode(walk: Walk) -> str:
    return orjson.dumps([walk.since, walk.doubled]).decode()


def _decode(cursor: str | None) -> Walk:
    if cursor is None:
        return Walk(BEGINNING)
    try:
        return Walk(*_CURSOR.validate_json(cursor))
    except ValueError:
        raise ContractBrokenError(
            "a saved cursor cannot be read",
            next_step="Start the scan of the listings again.",
        ) from None
