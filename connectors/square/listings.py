"""Reads the catalogue: items with their variations, and how many of each are counted.

A full scan in Square's own pages. Counts are asked for beside each page, at the
channel's location. Stock alone is read faster by ``stock``.
"""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from ...canonical.errors import ContractBrokenError
from ...canonical.pages import Page, Record
from ..calls import Call, Transport
from ..pagination import require_progress
from .stock import read_counts
from .wire import Json, ObjectHead, chunks, is_id, read_cursor, read_rows, read_shape

RETRIEVE_MAX = 1000
"""The most objects that one request may name."""


def pull_listings(transport: Transport, location_id: str, cursor: str | None) -> Page:
    """Return the next page of a full scan; the cursor after the last starts anew."""
    token = _read_cursor(cursor)
    parameters = {"types": "ITEM"}
    if token:
        parameters["cursor"] = token
    answer = transport.send(Call("GET", "/v2/catalog/list", parameters, safe=True))
    following = require_progress(token, read_cursor(answer)) or ""
    items = read_rows(answer, "objects")
    records = _add_counts(transport, location_id, items)
    return Page(records, orjson.dumps([1, following]).decode(), not following)


def fetch_listings(
    transport: Transport, location_id: str, ids: Sequence[str]
) -> tuple[Record, ...]:
    """Return the named items; the id of a variation names its item."""
    wanted = [each for each in dict.fromkeys(ids) if is_id(each)]
    found = retrieve_objects(transport, wanted)
    items = {row["id"]: row for row in found if row.get("type") == "ITEM"}
    above = dict.fromkeys(
        item_id for row in found if (item_id := _find_item(row)) not in {"", *items}
    )
    items |= {row["id"]: row for row in retrieve_objects(transport, list(above))}
    return _add_counts(transport, location_id, list(items.values()))


def retrieve_objects(transport: Transport, ids: Sequence[str]) -> list[Json]:
    """Return objects of the catalogue by id; those that are gone are left out."""
    rows: list[Json] = []
    for chunk in chunks(ids, RETRIEVE_MAX):
        body = {"object_ids": list(chunk)}
        call = Call("POST", "/v2/catalog/batch-retrieve", json=body, safe=True)
        rows += read_rows(transport.send(call), "objects")
    return rows


def _read_cursor(cursor: str | None) -> str:
    if cursor is None:
        return ""
    try:
        version, token = orjson.loads(cursor)
    except (orjson.JSONDecodeError, TypeError, ValueError):
        version, token = 0, None
    if version != 1 or not isinstance(token, str):
        raise ContractBrokenError(
            "a saved cursor cannot be read",
            next_step="Start the scan again; it reads everything.",
        )
    return token


def _add_counts(
    transport: Transport, location_id: str, items: Sequence[Json]
) -> tuple[Record, ...]:
    ids = [id_ for item in items for id_ in _list_variations(item)]
    counts = read_counts(transport, location_id, ids)
    records = []
    for item in items:
        head = read_shape(ObjectHead, item)
        own = {id_: str(counts[id_]) for id_ in _list_variations(item) if id_ in counts}
        payload = {"item": item, "location_id": location_id, "counts": own}
        records.append(Record(head.id, head.updated_at, payload))
    return tuple(records)


def _list_variations(item: Json) -> list[str]:
    variations = (item.get("item_data") or {}).get("variations") or ()
    return [str(each.get("id")) for each in variations]


def _find_item(row: Json) -> str:
    return str((row.get("item_variation_data") or {}).get("item_id") or "")
