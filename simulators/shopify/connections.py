"""Relay connections: pages of rows behind cursors that name the last row seen.

A cursor is base64 of the last row's id and sort value, as Shopify's are: a keyset,
valid for ever, so a row that changes its sort value during a scan moves within it.
"""

from __future__ import annotations

import base64
import json
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from graphql import GraphQLError

PAGE_MAX = 250

Key = tuple[Any, int]
"""What rows are sorted by: the sort value, then the row's number."""


def paginate(
    rows: Sequence[Any], args: Mapping[str, Any], key: Callable[[Any], Key]
) -> dict[str, Any]:
    """Return a page of ``rows`` as a connection.

    Args:
        rows: all rows that fit, sorted ascending by ``key``.
        args: the field's arguments: first, after, last, before, reverse.

    Raises:
        GraphQLError: no page size or one above 250, or a cursor that is none.
    """
    size, backwards = _page_size(args)
    start, end = _bounds([_comparable(key(row)) for row in rows], args)
    window = list(rows[start:end])
    if args.get("reverse"):
        window.reverse()
    chosen = window[-size:] if backwards and size else window[:size]
    left_out = len(window) > len(chosen)
    skipped = start > 0 or end < len(rows)
    return {
        "nodes": chosen,
        "edges": lambda info: [
            {"cursor": _cursor(key(row)), "node": row} for row in chosen
        ],
        "pageInfo": {
            "hasNextPage": skipped if backwards else left_out,
            "hasPreviousPage": left_out if backwards else bool(args.get("after")),
            "startCursor": _cursor(key(chosen[0])) if chosen else None,
            "endCursor": _cursor(key(chosen[-1])) if chosen else None,
        },
    }


def _bounds(
    keys: list[tuple[str | int, int]], args: Mapping[str, Any]
) -> tuple[int, int]:
    """Return the part of the rows that lies between the cursors."""
    after, before = args.get("after"), args.get("before")
    low, high = (before, after) if args.get("reverse") else (after, before)
    start = bisect_right(keys, _read_cursor(low)) if low else 0
    end = bisect_left(keys, _read_cursor(high)) if high else len(keys)
    return start, end


def by_number(row: Any) -> Key:
    """Sort rows by their number."""
    return (row.number, row.number)


def _page_size(args: Mapping[str, Any]) -> tuple[int, bool]:
    first, last = args.get("first"), args.get("last")
    if first is None and last is None:
        raise bad_request("you must provide one of first or last")
    if first is not None and last is not None:
        raise bad_request("providing both first and last is not supported")
    name, size = ("first", first) if first is not None else ("last", last)
    if size is None or size < 0:
        raise bad_request(f"{name} must be non-negative")
    if size > PAGE_MAX:
        raise bad_request(
            f"{name} cannot exceed {PAGE_MAX}. To query larger amounts of data with "
            "fewer limits, bulk operations should be used instead."
        )
    return size, last is not None


def _comparable(key: Key) -> tuple[str | int, int]:
    value, number = key
    if isinstance(value, int):
        return value, number
    return str(value), number


def _cursor(key: Key) -> str:
    value, number = _comparable(key)
    text = json.dumps({"last_id": number, "last_value": value}, separators=(",", ":"))
    return base64.b64encode(text.encode()).decode()


def _read_cursor(cursor: str) -> tuple[str | int, int]:
    try:
        read = json.loads(base64.b64decode(cursor, validate=True))
        return read["last_value"], int(read["last_id"])
    except (ValueError, KeyError, TypeError):
        raise bad_request(
            f"Invalid cursor for current pagination sort: {cursor}"
        ) from None


def bad_request(message: str) -> GraphQLError:
    """Return an error as Shopify words those of the client's making."""
    return GraphQLError(message, extensions={"code": "BAD_REQUEST"})
