"""Parcels told to Shopify and looked for again: the calls around ``fulfillment``."""

from __future__ import annotations

from ...canonical.pushes import FulfillmentPush, Outcome, PushResult
from .documents import FULFILL, WORK_OF_ORDER
from .fulfillment import (
    Shipment,
    build_input,
    find_by_lines,
    find_by_tracking,
    plan_work,
)
from .graphql import Admin, read_shape, shorten
from .ids import to_gid
from .records import complete_work
from .wire import Fulfilled, OrderToShip


def read_work(admin: Admin, order_external_id: str) -> OrderToShip | None:
    """Return what was shipped of an order and what is still to be; None if unknown."""
    gid = to_gid("Order", order_external_id)
    order = gid and admin.ask(WORK_OF_ORDER, id=gid).data.get("order")
    if not isinstance(order, dict):
        return None
    return read_shape(OrderToShip, complete_work(admin, order), "order")


def tell_parcel(
    admin: Admin, push: FulfillmentPush, *, location: str, notify: bool
) -> PushResult:
    """Tell Shopify of a parcel, unless it knows it already.

    Work at several locations is several parcels to Shopify; if one of them is refused,
    what was told before it stands, and the next push tells the rest.

    Raises:
        OutcomeUnknownError: Shopify did not say what became of it.
        RejectedError: Shopify refused.
    """
    order = read_work(admin, push.order_external_id)
    if order is None:
        return PushResult(Outcome.REFUSED, "Shopify knows no such order")
    told, wanted = find_by_tracking(order, push)
    if told and not wanted:
        return PushResult(Outcome.ACCEPTED, external_id=told)
    shipments, missing = plan_work(order, wanted, location)
    if missing:
        same = find_by_lines(order, push)
        if same:
            return PushResult(Outcome.ACCEPTED, external_id=same)
        units = ", ".join(f"{count} of {line}" for line, count in missing.items())
        return PushResult(
            Outcome.REFUSED,
            f"no open work covers {units}: it is on hold, shipped, cancelled, or "
            "another service's",
        )
    for shipment in shipments:
        result = _ship(admin, shipment, push, notify=notify)
        if result.outcome is not Outcome.ACCEPTED:
            return result
        told = told or result.external_id
    return PushResult(Outcome.ACCEPTED, external_id=told)


def _ship(
    admin: Admin, shipment: Shipment, push: FulfillmentPush, *, notify: bool
) -> PushResult:
    answer = admin.change(
        FULFILL,
        Fulfilled,
        "fulfillmentCreate",
        fulfillment=build_input(shipment, push, notify=notify),
    )
    if answer.fulfillment:
        return PushResult(Outcome.ACCEPTED, external_id=answer.fulfillment.id)
    reasons = "; ".join(shorten(error.message) for error in answer.user_errors)
    return PushResult(Outcome.REFUSED, reasons or "Shopify made no fulfillment")
