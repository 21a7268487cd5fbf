"""Stock mutations: absolute and relative, compared first, all rows or none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLError, GraphQLResolveInfo

from ..faults import Fault
from .calls import Call
from .connections import PAGE_MAX, bad_request
from .fields_goods import InventoryItem
from .goods import Level, gid
from .shapes import moment

QUANTITY_MAX = 1_000_000_000

REASONS = frozenset(
    {
        "correction", "cycle_count_available", "damaged", "movement_created",
        "movement_updated", "movement_received", "movement_canceled", "other",
        "promotion", "quality_control", "received", "reservation_created",
        "reservation_deleted", "reservation_updated", "restock", "safety_stock",
        "shrinkage",
    }
)  # fmt: skip
"""The reasons that Shopify knows for a change."""

Payload = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Change:
    """One wanted change of a level's ``available``."""

    level: Level
    target: int


@dataclass(slots=True)
class _Plan:
    """What a mutation would do, and what keeps it from being done."""

    changes: list[_Change]
    errors: list[Payload]

    def refuse(self, code: str, message: str, *field: str) -> None:
        """Note why the mutation cannot be done."""
        self.errors.append(user_error(code, message, "input", *field))


def user_error(code: str, message: str, *field: str) -> Payload:
    """Return a user error; the field is the path to the offending input."""
    return {"code": code, "message": message, "field": list(field) or None}


def set_quantities(
    call: Call, info: GraphQLResolveInfo[Call], given: Payload
) -> Payload:
    """Perform ``inventorySetQuantities``."""
    return _perform(
        call,
        info,
        given,
        rows=given["quantities"],
        name_of_rows="quantities",
        name_of_type="InventoryQuantityInput",
        target=lambda row, current: int(row["quantity"]),
    )


def adjust_quantities(
    call: Call, info: GraphQLResolveInfo[Call], given: Payload
) -> Payload:
    """Perform ``inventoryAdjustQuantities``."""
    return _perform(
        call,
        info,
        given,
        rows=given["changes"],
        name_of_rows="changes",
        name_of_type="InventoryChangeInput",
        target=lambda row, current: current + int(row["delta"]),
    )


def _perform(
    call: Call,
    info: GraphQLResolveInfo[Call],
    given: Payload,
    *,
    rows: list[Payload],
    name_of_rows: str,
    name_of_type: str,
    target: Callable[[Payload, int], int],
) -> Payload:
    _check_input(rows, name_of_type)

    def plan() -> _Plan:
        return _plan(call, given, rows, name_of_rows, target)

    def perform() -> Payload:
        planned = plan()
        if planned.errors:
            return _refusal(planned.errors)
        return _write(call, given, planned.changes)

    def recheck() -> Payload | None:
        stale = [
            error
            for error in plan().errors
            if error["code"] == "CHANGE_FROM_QUANTITY_STALE"
        ]
        return _refusal(stale) if stale else None

    return call.keys.run(
        info,
        given,
        perform=perform,
        recheck=recheck,
        refuse=lambda code, message: _refusal([user_error(code, message)]),
    )


def _refusal(errors: list[Payload]) -> Payload:
    return {"inventoryAdjustmentGroup": None, "userErrors": errors}


def _check_input(rows: list[Payload], name_of_type: str) -> None:
    """Refuse what Shopify refuses before it looks at any row.

    Raises:
        GraphQLError: too many rows, or one without ``changeFromQuantity`` (an explicit
            null is allowed).
    """
    if len(rows) > PAGE_MAX:
        raise bad_request(
            f"The input array size of {len(rows)} is greater than the maximum allowed "
            f"of {PAGE_MAX}."
        )
    if any("changeFromQuantity" not in row for row in rows):
        raise GraphQLError(
            f"{name_of_type} must include the following argument: changeFromQuantity.",
            extensions={"code": "INVALID_FIELD_ARGUMENTS"},
        )


def _plan(
    call: Call,
    given: Payload,
    rows: list[Payload],
    name_of_rows: str,
    target: Callable[[Payload, int], int],
) -> _Plan:
    plan = _Plan([], [])
    if given["name"] not in {"available", "on_hand"}:
        known = name_of_rows == "quantities"
        code = "INVALID_NAME" if known else "INVALID_QUANTITY_NAME"
        plan.refuse(code, "The quantity name is not valid.", "name")
    if given["reason"] not in REASONS:
        plan.refuse("INVALID_REASON", "The specified reason is not valid.", "reason")
    seen: set[tuple[str, str]] = set()
    for position, row in enumerate(rows):
        path = (name_of_rows, str(position))
        pair = (row["inventoryItemId"], row["locationId"])
        if pair in seen and name_of_rows == "quantities":
            plan.refuse(
                "NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR",
                "The combination of inventoryItemId and locationId must be unique.",
                *path,
            )
        seen.add(pair)
        _plan_row(call, plan, row, path, on_hand=given["name"] == "on_hand", to=target)
    return plan


def _plan_row(
    call: Call,
    plan: _Plan,
    row: Payload,
    path: tuple[str, str],
    *,
    on_hand: bool,
    to: Callable[[Payload, int], int],
) -> None:
    level = _level(call, plan, row, path)
    if level is None:
        return
    current = level.on_hand if on_hand else level.available
    expected = row["changeFromQuantity"]
    if expected is not None and expected != current:
        plan.refuse(
            "CHANGE_FROM_QUANTITY_STALE",
            "The changeFromQuantity argument no longer matches the persisted quantity.",
            *path,
            "changeFromQuantity",
        )
        return
    wanted = to(row, current)
    if abs(wanted) > QUANTITY_MAX:
        high = wanted > 0
        plan.refuse(
            "INVALID_QUANTITY_TOO_HIGH" if high else "INVALID_QUANTITY_TOO_LOW",
            f"The quantity can't be {'higher' if high else 'lower'} than "
            f"{'' if high else '-'}{QUANTITY_MAX}.",
            *path,
            "quantity",
        )
        return
    plan.changes.append(_Change(level, level.available + wanted - current))


def _level(
    call: Call, plan: _Plan, row: Payload, path: tuple[str, str]
) -> Level | None:
    variant = call.books.find_as("InventoryItem", row["inventoryItemId"])
    location = call.books.find_as("Location", row["locationId"])
    if variant is None:
        plan.refuse(
            "INVALID_INVENTORY_ITEM",
            "The specified inventory item could not be found.",
            *path,
            "inventoryItemId",
        )
        return None
    if location is None:
        plan.refuse(
            "INVALID_LOCATION",
            "The specified location could not be found.",
            *path,
            "locationId",
        )
        return None
    if variant.requires_components:
        plan.refuse(
            "NON_MUTABLE_INVENTORY_ITEM",
            "The specified inventory item is not allowed to be adjusted via API.",
            *path,
            "inventoryItemId",
        )
        return None
    level: Level | None = variant.levels.get(location.number)
    if level is None or not location.active:
        plan.refuse(
            "ITEM_NOT_STOCKED_AT_LOCATION",
            "The specified inventory item is not stocked at the location.",
            *path,
            "locationId",
        )
        return None
    return level


def _write(call: Call, given: Mapping[str, Any], changes: list[_Change]) -> Payload:
    """Write all changes at once. An ignored write answers the same and does nothing."""
    call.announcer.begin_event()
    rows = [
        {
            "delta": change.target - change.level.available,
            "item": InventoryItem(change.level.variant),
            "ledgerDocumentUri": None,
            "location": change.level.location,
            "name": "available",
            "quantityAfterChange": None,
        }
        for change in changes
    ]
    if not call.faults.strikes(Fault.IGNORED_WRITE):
        for change in changes:
            call.ledger.stock.write(change.level, change.target, written=True)
    return {
        "inventoryAdjustmentGroup": {
            "__typename": "InventoryAdjustmentGroup",
            "id": gid("InventoryAdjustmentGroup", call.books.number()),
            "createdAt": moment(call.books.now()),
            "reason": given["reason"],
            "referenceDocumentUri": given.get("referenceDocumentUri"),
            "changes": rows,
        },
        "userErrors": [],
    }
