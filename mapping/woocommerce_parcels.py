"""Refunds and native fulfillments of a WooCommerce order: what went back, what left.

Neither is in the order itself beyond an id and an amount; the connector fetches the
rest and stores it beside the order. An order without the rest still maps.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..canonical.errors import MappingError
from ..canonical.orders import FulfilledLine, Fulfillment, Refund, RefundLine
from .wire import read_wire
from .woocommerce_status import count_restocked
from .woocommerce_wire import (
    WireFulfillment,
    WireOrder,
    WireRefundDetails,
    count_units,
    find_meta,
    to_money,
)

REFUNDED_LINE_KEY = "_refunded_item_id"
"""Meta of a refund's line: the id of the order's line."""
FULFILLED_LINES_KEY = "_items"
TRACKING_NUMBER_KEY = "_tracking_number"
TRACKING_URL_KEY = "_tracking_url"
CARRIER_KEYS = ("_shipment_provider", "_shipping_provider")
"""The code reads the first, the documentation writes the second."""


def read_refunds(order: WireOrder, details: Any) -> tuple[Refund, ...]:
    """Return the refunds of an order, oldest first, with lines where they are known.

    The shop says only in sum how many units of a line were restocked; they are
    credited to the oldest refunds. What was refunded before the order was completed
    had not left, as far as the shop knows.

    Raises:
        MappingError: an amount or a line cannot be understood.
    """
    if not order.refunds:
        return ()
    by_id = {each.id: each for each in _read_details(details)}
    restocked = {line.id: count_restocked(line.meta_data) for line in order.line_items}
    refunds = []
    for wire in sorted(order.refunds, key=lambda each: each.id):
        detail = by_id.get(wire.id)
        refunds.append(
            Refund(
                external_id=str(wire.id),
                amount=to_money(wire.total.lstrip("-"), order.currency),
                refunded_at=detail.date_created_gmt if detail else None,
                lines=_read_refund_lines(order, detail, restocked) if detail else (),
            )
        )
    return tuple(refunds)


def count_refunded(
    refunds: tuple[Refund, ...], *, unsent_only: bool = False
) -> dict[str, int]:
    """Return how many units of each line were refunded, or only what never left."""
    units: dict[str, int] = {}
    for refund in refunds:
        for line in refund.lines:
            if line.never_left or not unsent_only:
                counted = units.get(line.line_external_id, 0)
                units[line.line_external_id] = counted + line.quantity
    return units


def read_fulfillments(details: Any) -> tuple[Fulfillment, ...]:
    """Return the native fulfillments that have left; drafts are left out.

    No time of shipping: the shop keeps it in its own local time only.

    Raises:
        MappingError: an entry cannot be understood.
    """
    if not details:
        return ()
    wires = [
        read_wire(WireFulfillment, each, path=f"_fulfillments.{index}")
        for index, each in enumerate(_require_list(details, "_fulfillments"))
    ]
    return tuple(_read_fulfillment(wire) for wire in wires if wire.is_fulfilled)


def _read_details(details: Any) -> list[WireRefundDetails]:
    if not details:
        return []
    return [
        read_wire(WireRefundDetails, each, path=f"_refunds.{index}")
        for index, each in enumerate(_require_list(details, "_refunds"))
    ]


def _require_list(details: Any, path: str) -> list[Mapping[str, Any]]:
    if not isinstance(details, list):
        raise MappingError(f"{path}: Input should be a list", path=path)
    return details


def _read_refund_lines(
    order: WireOrder, detail: WireRefundDetails, restocked: dict[int, int]
) -> tuple[RefundLine, ...]:
    """Return the lines of one refund; takes what it restocked out of ``restocked``."""
    completed, refunded = order.date_completed_gmt, detail.date_created_gmt
    early = completed is not None and refunded is not None and refunded < completed
    lines = []
    for wire in detail.line_items:
        line_id = count_units(find_meta(wire.meta_data, REFUNDED_LINE_KEY))
        units = abs(wire.quantity)
        if line_id is None or not units:
            continue
        covered = restocked.get(line_id, 0) >= units
        if covered:
            restocked[line_id] -= units
        lines.append(
            RefundLine(
                line_external_id=str(line_id),
                quantity=units,
                restocked=covered,
                never_left=early,
            )
        )
    return tuple(lines)


def _read_fulfillment(wire: WireFulfillment) -> Fulfillment:
    meta = wire.meta_data
    carriers = (find_meta(meta, key) for key in CARRIER_KEYS)
    return Fulfillment(
        external_id=str(wire.id),
        lines=_read_fulfilled_lines(find_meta(meta, FULFILLED_LINES_KEY)),
        carrier=next((str(each) for each in carriers if each), ""),
        tracking_number=str(find_meta(meta, TRACKING_NUMBER_KEY) or ""),
        tracking_url=str(find_meta(meta, TRACKING_URL_KEY) or ""),
        cancelled=bool(wire.date_deleted),
    )


def _read_fulfilled_lines(entries: Any) -> tuple[FulfilledLine, ...]:
    lines = []
    for entry in entries if isinstance(entries, list) else ():
        if not isinstance(entry, dict):
            continue
        line_id = count_units(entry.get("item_id"))
        units = count_units(entry.get("qty"))
        if line_id is not None and units:
            lines.append(FulfilledLine(line_external_id=str(line_id), quantity=units))
    return tuple(lines)
