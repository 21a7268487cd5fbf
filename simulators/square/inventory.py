"""Inventory as a history: counts replace what occurred before them, sales follow.

What is in stock is worked out from the history in the order of ``occurred_at``,
whenever a change arrived. So a count that was sent before a sale, and arrives after it,
is a count of the shelf before the sale.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation

from ..faults import Fault
from ..wire import Request, Response, json_response
from .errors import ApiError, invalid
from .paging import page_of, read_body
from .state import Change, Json, State, Variation, format_time, read_time

CHANGES_MAX = 100
_OLD = timedelta(hours=24)
_AHEAD = timedelta(seconds=60)


def count(variation: Variation) -> int:
    """Return how many are in stock: the last count, and what happened after it."""
    units = 0
    for change in sorted(variation.history, key=lambda each: each.occurred_at):
        units = change.units if change.counted else units + change.units
    return units


def move(
    state: State,
    variation: Variation,
    units: int,
    *,
    states: tuple[str, str],
    occurred_at: datetime,
    refund_id: str = "",
    transaction_id: str = "",
) -> None:
    """Add units to the stock (or take them off), and tell the world's books."""
    variation.history.append(
        Change(
            change_id=state.take_id("CH"),
            occurred_at=occurred_at,
            created_at=state.now(),
            units=units,
            from_state=states[0],
            to_state=states[1],
            refund_id=refund_id,
            transaction_id=transaction_id,
        )
    )
    _show(state, variation, written=False)


def recount(
    state: State, variation: Variation, units: int, at: datetime, *, written: bool
) -> Change:
    """Replace the stock by a physical count."""
    change = Change(
        change_id=state.take_id("PC"),
        occurred_at=at,
        created_at=state.now(),
        units=units,
        counted=True,
    )
    variation.history.append(change)
    _show(state, variation, written=written)
    return change


def _show(state: State, variation: Variation, *, written: bool) -> None:
    if variation.tracked:
        simulator = state.simulator
        simulator.world.record_shown(
            simulator.channel, variation.variation_id, count(variation), written=written
        )


def post_changes(state: State, request: Request) -> Response:
    """Answer ``POST /v2/inventory/changes/batch-create``: all of it or nothing."""
    body = read_body(request)
    key = body.get("idempotency_key")
    if not isinstance(key, str) or not 1 <= len(key) <= 128:
        raise invalid("idempotency_key", "Field must be set.", "VALUE_EMPTY")
    known = state.answer_once("changes", key, request.body)
    if known is not None:
        return json_response(known)
    changes = body.get("changes") or []
    if len(changes) > CHANGES_MAX:
        raise invalid("changes", "Too many changes.", "ARRAY_LENGTH_TOO_LONG")
    counts = [
        _read_count(state, row, f"changes[{number}]")
        for number, row in enumerate(changes)
    ]
    ignored = state.simulator.faults.strikes(Fault.IGNORED_WRITE)
    unchanged_too = body.get("ignore_unchanged_counts") is False
    made = []
    for variation, units, moment in counts:
        if ignored or not (unchanged_too or _last_count(variation) != units):
            continue
        change = recount(state, variation, units, moment, written=True)
        made.append(_render_change(state, variation, change))
    touched = {variation.variation_id: variation for variation, _, _ in counts}
    answer = {
        "counts": [render_count(state, each) for each in touched.values()],
        "changes": made,
    }
    state.answered["changes", key] = (request.body, answer)
    return json_response(answer)


def post_counts_search(state: State, request: Request) -> Response:
    """Answer ``POST /v2/inventory/counts/batch-retrieve``, newest first."""
    body = read_body(request)
    ids = body.get("catalog_object_ids") or list(state.variations)
    places = body.get("location_ids") or [state.settings.location_id]
    wanted = body.get("states") or ["IN_STOCK"]
    rows = []
    if state.settings.location_id in places and "IN_STOCK" in wanted:
        found = (state.variations[id_] for id_ in ids if id_ in state.variations)
        rows = [render_count(state, each) for each in found if each.history]
    rows.sort(key=lambda row: str(row["calculated_at"]), reverse=True)
    return page_of(rows, body, "counts", limit_max=1000, default=100)


def post_changes_search(state: State, request: Request) -> Response:
    """Answer ``POST /v2/inventory/changes/batch-retrieve``, oldest first."""
    body = read_body(request)
    ids = body.get("catalog_object_ids") or list(state.variations)
    after = datetime.min.replace(tzinfo=state.now().tzinfo)
    if body.get("updated_after"):
        after = read_time(body["updated_after"], "updated_after")
    types = body.get("types") or ["PHYSICAL_COUNT", "ADJUSTMENT"]
    found = [
        (change.occurred_at, _render_change(state, state.variations[id_], change))
        for id_ in ids
        if id_ in state.variations
        for change in state.variations[id_].history
        if change.created_at > after
    ]
    found.sort(key=lambda pair: pair[0])
    rows = [row for _, row in found if row["type"] in types]
    return page_of(rows, body, "changes", limit_max=1000, default=100)


def render_count(state: State, variation: Variation) -> Json:
    """Return the count of a variation at our location."""
    latest = max(
        (change.created_at for change in variation.history), default=state.now()
    )
    return {
        "catalog_object_id": variation.variation_id,
        "catalog_object_type": "ITEM_VARIATION",
        "state": "IN_STOCK",
        "location_id": state.settings.location_id,
        "quantity": str(count(variation)),
        "calculated_at": format_time(latest),
    }


def _last_count(variation: Variation) -> int | None:
    counted = [change for change in variation.history if change.counted]
    if not counted:
        return None
    return max(counted, key=lambda change: change.occurred_at).units


def _read_count(state: State, row: Json, path: str) -> tuple[Variation, int, datetime]:
    """Return what a change of a request means.

    Raises:
        ApiError: it is none, or no whole number, or of another time or place.
    """
    told = row.get("physical_count")
    if row.get("type") != "PHYSICAL_COUNT" or not isinstance(told, dict):
        raise invalid(f"{path}.type", "Only physical counts are simulated.")
    path = f"{path}.physical_count"
    id_ = str(told.get("catalog_object_id"))
    if id_ not in state.variations:
        raise ApiError(
            404,
            "NOT_FOUND",
            f"Catalog object with ID `{id_}` not found.",
            field=f"{path}.catalog_object_id",
        )
    if told.get("location_id") != state.settings.location_id:
        raise invalid(f"{path}.location_id", "Location not found.", "NOT_FOUND")
    moment = read_time(str(told.get("occurred_at")), f"{path}.occurred_at")
    now = state.now()
    if moment > now + _AHEAD or moment < now - _OLD:
        raise invalid(f"{path}.occurred_at", "Timestamp out of range.", "INVALID_TIME")
    try:
        quantity = Decimal(str(told.get("quantity")))
    except InvalidOperation:
        raise invalid(f"{path}.quantity", "Not a decimal number.") from None
    return state.variations[id_], int(quantity), moment


def _render_change(state: State, variation: Variation, change: Change) -> Json:
    where = {
        "id": change.change_id,
        "catalog_object_id": variation.variation_id,
        "catalog_object_type": "ITEM_VARIATION",
        "location_id": state.settings.location_id,
        "quantity": str(abs(change.units)),
        "occurred_at": format_time(change.occurred_at),
        "created_at": format_time(change.created_at),
    }
    if change.counted:
        return {
            "type": "PHYSICAL_COUNT",
            "physical_count": {**where, "state": "IN_STOCK"},
        }
    moved = {**where, "from_state": change.from_state, "to_state": change.to_state}
    if change.refund_id:
        moved["refund_id"] = change.refund_id
    if change.transaction_id:
        moved["transaction_id"] = change.transaction_id
    return {"type": "ADJUSTMENT", "adjustment": moved}
