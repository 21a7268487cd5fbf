"""Parcels and cancellations told to Vendure.

A parcel is two steps there: a fulfillment is made (stock leaves at that moment), then
moved to *Shipped*. A repeated push finds the fulfillment of a first one that got stuck
in between by its tracking code, or by its lines where it has none, and takes the second
step.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from ...canonical.errors import OutcomeUnknownError, RejectedError
from ...canonical.pushes import (
    CancellationPush,
    FulfillmentPush,
    Outcome,
    PushResult,
)
from .admin import Admin, NotThereError, shorten
from .documents import CANCEL, FULFILL, SEND_OFF
from .orders import read_order
from .wire import OrderHead, Parcel, Verdict

HANDLER = "manual-fulfillment"
"""The handler that Vendure brings along: it keeps a method and a tracking code."""
_SENT = {"Shipped", "Delivered"}


def push_fulfillment(admin: Admin, push: FulfillmentPush) -> PushResult:
    """Tell of a parcel; one that Vendure knows is not told again."""
    return settle(lambda: _tell(admin, push))


def find_fulfillment(admin: Admin, push: FulfillmentPush) -> str | None:
    """Return the id of an earlier push's fulfillment, if it got as far as *Shipped*."""
    try:
        found = _find(read_order(admin, push.order_external_id), push)
    except NotThereError:
        return None
    return found.id if found and found.state in _SENT else None


def push_cancellation(admin: Admin, push: CancellationPush) -> PushResult:
    """Cancel an order of which nothing has left."""
    return settle(lambda: _cancel(admin, push))


def settle(act: Callable[[], PushResult]) -> PushResult:
    """Return what became of a write, where Vendure refused or went silent too."""
    try:
        return act()
    except OutcomeUnknownError as error:
        return PushResult(Outcome.UNKNOWN, error.message)
    except RejectedError as error:
        return PushResult(Outcome.REFUSED, error.message)


def refuse(verdict: Verdict) -> PushResult:
    """Return the result of a write that Vendure refused, with its reason."""
    code = verdict.error_code or verdict.typename
    return PushResult(Outcome.REFUSED, shorten(f"{code}: {verdict.message}"))


def _tell(admin: Admin, push: FulfillmentPush) -> PushResult:
    order = read_order(admin, push.order_external_id)
    known = _find(order, push)
    if known is None:
        made = admin.change(FULFILL, "addFulfillmentToOrder", input=_describe(push))
        if not made.is_a("Fulfillment"):
            return refuse(made)
        parcel_id, state = made.id, made.state
    else:
        parcel_id, state = known.id, known.state
    if state not in _SENT:
        sent = admin.change(
            SEND_OFF, "transitionFulfillmentToState", id=parcel_id, state="Shipped"
        )
        if not sent.is_a("Fulfillment"):
            return refuse(sent)
    return PushResult(Outcome.ACCEPTED, external_id=parcel_id)


def _describe(push: FulfillmentPush) -> dict[str, object]:
    arguments = {"method": push.carrier, "trackingCode": push.tracking_number}
    return {
        "lines": [
            {"orderLineId": line.line_external_id, "quantity": line.quantity}
            for line in push.lines
        ],
        "handler": {
            "code": HANDLER,
            "arguments": [
                {"name": name, "value": value} for name, value in arguments.items()
            ],
        },
    }


def _find(order: OrderHead, push: FulfillmentPush) -> Parcel | None:
    """Return the fulfillment that is this parcel: same tracking code, or same lines."""
    wanted: Counter[str] = Counter()
    for line in push.lines:
        wanted[line.line_external_id] += line.quantity
    for parcel in order.fulfillments or ():
        if parcel.state == "Cancelled":
            continue
        if (parcel.tracking_code or "") == push.tracking_number and (
            push.tracking_number or _count(parcel) == wanted
        ):
            return parcel
    return None


def _count(parcel: Parcel) -> Counter[str]:
    units: Counter[str] = Counter()
    for line in parcel.lines:
        units[line.order_line_id] += line.quantity
    return units


def _cancel(admin: Admin, push: CancellationPush) -> PushResult:
    order = read_order(admin, push.order_external_id)
    if order.state == "Cancelled":
        return PushResult(Outcome.ACCEPTED, "it was cancelled already")
    if any(parcel.state in _SENT for parcel in order.fulfillments or ()):
        return PushResult(Outcome.REFUSED, "goods of it have left; it is a return now")
    told = {"orderId": order.id, "reason": push.reason, "cancelShipping": True}
    verdict = admin.change(CANCEL, "cancelOrder", input=told)
    if verdict.is_a("Order"):
        return PushResult(Outcome.ACCEPTED)
    return refuse(verdict)
