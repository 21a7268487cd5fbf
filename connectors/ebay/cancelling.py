"""Orders cancelled at eBay, over the Post-Order API; Sell Fulfillment cannot.

A buyer's own request is approved, anything else is a cancellation by the seller, which
eBay carries out at once, paying the buyer back. Nothing can be said about stock.
"""

from __future__ import annotations

from datetime import datetime

import orjson

from ...canonical.errors import OutcomeUnknownError, RejectedError
from ...canonical.pushes import CancellationPush, Outcome, PushResult
from ...mapping.ebay_words import choose_cancel_reason
from ..calls import Answer, Call
from .doors import POST_ORDER, Doors
from .orders import read_order
from .settings import EbaySettings
from .signing import sign_write
from .wire import Cancellation, Json, OrderHead, read_answer, read_shape

_BY_BUYER = "buyer"
_WAITING = "REQUESTED"
_UNPAID = {"PENDING", "FAILED"}


def push_cancellation(
    doors: Doors, settings: EbaySettings, now: datetime, push: CancellationPush
) -> PushResult:
    """Cancel an order; one that is cancelled, or about to be, is left alone."""
    try:
        order = read_order(doors.seller, push.order_external_id)
        if order is None:
            return PushResult(Outcome.REFUSED, "eBay knows no such order")
        return _cancel(doors, settings, now, push, read_shape(OrderHead, order))
    except OutcomeUnknownError as error:
        return PushResult(Outcome.UNKNOWN, error.message)
    except RejectedError as error:
        return PushResult(Outcome.REFUSED, error.message)


def _cancel(
    doors: Doors,
    settings: EbaySettings,
    now: datetime,
    push: CancellationPush,
    order: OrderHead,
) -> PushResult:
    status = order.cancel_status
    if status.cancel_state == "CANCELED":
        return PushResult(Outcome.ACCEPTED, "it was cancelled already")
    asked = [
        one.cancel_request_id
        for one in status.cancel_requests
        if one.cancel_request_state == _WAITING
        and (one.cancel_initiator or "").lower() == _BY_BUYER
    ]
    if asked:
        path = f"{POST_ORDER}/cancellation/{asked[0]}/approve"
        _post(doors, settings, now, path, {})
        return PushResult(Outcome.ACCEPTED, external_id=asked[0])
    if status.cancel_state == "IN_PROGRESS":
        return PushResult(Outcome.ACCEPTED, "it is being cancelled already")
    body = {
        "legacyOrderId": order.order_id,
        "cancelReason": choose_cancel_reason(push.reason),
        "buyerPaid": order.order_payment_status not in _UNPAID,
    }
    answer = _post(doors, settings, now, f"{POST_ORDER}/cancellation", body)
    return _judge(read_answer(Cancellation, answer))


def _judge(told: Cancellation) -> PushResult:
    if told.cancel_id:
        return PushResult(Outcome.ACCEPTED, external_id=told.cancel_id)
    verdict = told.order_eligibility_result
    reasons = ", ".join(verdict.failure_reason) if verdict else ""
    return PushResult(Outcome.REFUSED, reasons or "eBay made no cancellation")


def _post(
    doors: Doors, settings: EbaySettings, now: datetime, path: str, body: Json
) -> Answer:
    content = orjson.dumps(body)
    signed = sign_write(settings, path, content, now)
    headers = {"content-type": "application/json", **signed}
    return doors.post_order.send(Call("POST", path, content=content, headers=headers))
