"""Reads products together with their variants, as one record each.

A full scan by id: each page starts after the last id of the one before, so that a
product deleted meanwhile hides no other. Stock at a location is read by ``stock``.
"""

from __future__ import annotations

from collections.abc import Sequence

from ...canonical.errors import ContractBrokenError
from ...canonical.pages import Page, Record
from ..calls import Call, Transport
from .wire import Json, Listed, ProductHead, is_id, read_one, read_shape

PAGE_SIZE = 50
"""The API's own default: a product brings up to 600 variants along."""

_WITH_VARIANTS = {"include": "variants", "exclude_fields": "description"}


def pull_listings(transport: Transport, cursor: str | None) -> Page:
    """Return the next page of a full scan; the cursor after the last starts anew."""
    after = _read_cursor(cursor)
    records = _list(
        transport,
        {
            "id:greater": str(after),
            "sort": "id",
            "direction": "asc",
            "limit": str(PAGE_SIZE),
        },
    )
    if len(records) < PAGE_SIZE:
        return Page(records, "0", complete=True)
    reached = max(int(record.external_id) for record in records)
    if reached <= after:
        raise ContractBrokenError(
            "the store gave the same page of products twice; it would never end"
        )
    return Page(records, str(reached), complete=False)


def fetch_listings(transport: Transport, ids: Sequence[str]) -> tuple[Record, ...]:
    """Return the named products; the id of a variant names its product."""
    products = dict.fromkeys(each.partition("/")[0] for each in ids)
    wanted = [each for each in products if is_id(each)]
    if not wanted:
        return ()
    return _list(transport, {"id:in": ",".join(wanted), "limit": str(PAGE_SIZE)})


def _list(transport: Transport, params: dict[str, str]) -> tuple[Record, ...]:
    call = Call("GET", "/v3/catalog/products", {**params, **_WITH_VARIANTS}, safe=True)
    rows = read_one(Listed, transport.send(call)).data
    return tuple(_as_record(row) for row in rows)


def _as_record(row: Json) -> Record:
    head = read_shape(ProductHead, row)
    return Record(str(head.id), head.date_modified, row)


def _read_cursor(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not is_id(cursor):
        raise ContractBrokenError(
            "a saved cursor cannot be read",
            next_step="Reset the cursor; what was pulled before is recognised.",
        )
    return int(cursor)
