"""Searching orders by when they changed, in the order of their changes.

What a search can see may lag behind what is there (the fault ``visibility_lag``).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from ..faults import Fault
from ..wire import Request, Response, json_response
from .errors import invalid
from .paging import decode_token, encode_token, read_body, read_limit
from .render import render_order
from .state import Json, Order, State, format_time, read_time

SEARCH_MAX = 1000
SEARCH_DEFAULT = 500
LOCATIONS_MAX = 10
_SORTED_BY = {
    "CREATED_AT": "created_at",
    "UPDATED_AT": "updated_at",
    "CLOSED_AT": "closed_at",
}


def post_search(state: State, request: Request) -> Response:
    """Answer ``POST /v2/orders/search``."""
    body = read_body(request)
    limit = read_limit(body, limit_max=SEARCH_MAX, default=SEARCH_DEFAULT)
    places = body.get("location_ids") or []
    if not 1 <= len(places) <= LOCATIONS_MAX:
        raise invalid("location_ids", "From 1 to 10 locations.", "ARRAY_EMPTY")
    query = body.get("query") or {}
    name, rows = _select(state, query)
    if state.settings.location_id not in places:
        rows = []
    descending = (query.get("sort") or {}).get("sort_order", "DESC") == "DESC"
    rows.sort(key=lambda each: _key(each, name), reverse=descending)
    if body.get("cursor"):
        after = decode_token(body["cursor"])
        past = [_key(each, name) for each in rows]
        place_of = past.index(after) if after in past else -1
        rows = rows[place_of + 1 :]
    answer: Json = {"orders": [render_order(state, each) for each in rows[:limit]]}
    if len(rows) > limit:
        answer["cursor"] = encode_token(_key(rows[limit - 1], name))
    return json_response(answer)


def _select(state: State, query: Json) -> tuple[str, list[Order]]:
    """Return the field that a search sorts by, and the orders that it finds.

    Raises:
        ApiError: it is filtered by another field than it is sorted by.
    """
    chosen = query.get("filter") or {}
    sort_field = (query.get("sort") or {}).get("sort_field", "CREATED_AT")
    if sort_field not in _SORTED_BY:
        raise invalid("query.sort.sort_field", "Unknown.", "INVALID_ENUM_VALUE")
    name = _SORTED_BY[sort_field]
    ranges = chosen.get("date_time_filter") or {}
    if ranges and list(ranges) != [name]:
        detail = "The sort field must match the time that is filtered by."
        raise invalid("query.sort.sort_field", detail, "CONFLICTING_PARAMETERS")
    window = ranges.get(name) or {}
    states = (chosen.get("state_filter") or {}).get("states")
    rows = [
        order
        for order in _visible(state)
        if (not states or order.state in states)
        and _inside(getattr(order, name), window)
    ]
    return name, rows


def _inside(moment: datetime | None, window: Json) -> bool:
    """Say whether a moment is in a time range, both ends of which are inside."""
    if moment is None:
        return False
    start, end = window.get("start_at"), window.get("end_at")
    return not (
        (start and moment < read_time(start, "start_at"))
        or (end and moment > read_time(end, "end_at"))
    )


def _visible(state: State) -> list[Order]:
    """Return the orders that a search can see at this moment."""
    rows = list(state.orders.values())
    faults = state.simulator.faults
    if not faults.strikes(Fault.VISIBILITY_LAG):
        return rows
    latest = state.now() - timedelta(seconds=faults.options.visibility_lag_seconds)
    return [order for order in rows if order.changed_at <= latest]


def _key(order: Order, name: str) -> str:
    return f"{format_time(getattr(order, name))} {order.order_id}"
