"""Money paid back through eBay, and found again.

A refund is of the whole order, as one amount, or of lines. eBay carries it out in a job
and keeps no reference of ours where it could be read: a refund is known again by its
lines and amounts alone, so of two that are alike the second passes for the first.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation

import orjson

from ...canonical.errors import OutcomeUnknownError, RejectedError
from ...canonical.money import Money, add_up
from ...canonical.pushes import Outcome, PushResult, RefundPush
from ...mapping.ebay_words import choose_refund_reason
from ..calls import Call, Transport
from .doors import FULFILLMENT
from .orders import read_order
from .settings import EbaySettings
from .signing import sign_write
from .wire import Json, OrderHead, Refund, RefundHead, read_answer, read_shape

COMMENT_LENGTH_MAX = 100
_FAILED = "FAILED"


def push_refund(
    seller: Transport, settings: EbaySettings, now: datetime, push: RefundPush
) -> PushResult:
    """Pay back; lines are named where nothing but their money goes back."""
    path = f"{FULFILLMENT}/order/{push.order_external_id}/issue_refund"
    content = orjson.dumps(_describe(push))
    try:
        signed = sign_write(settings, path, content, now)
        headers = {"content-type": "application/json", **signed}
        answer = seller.send(Call("POST", path, content=content, headers=headers))
        told = read_answer(Refund, answer)
    except OutcomeUnknownError as error:
        return PushResult(Outcome.UNKNOWN, error.message)
    except RejectedError as error:
        return PushResult(Outcome.REFUSED, error.message)
    if told.refund_status == _FAILED:
        return PushResult(Outcome.REFUSED, "eBay could not pay the buyer back")
    return PushResult(Outcome.ACCEPTED, external_id=told.refund_id or "")


def find_refund(seller: Transport, push: RefundPush) -> str | None:
    """Return eBay's id of a refund of the same lines and amounts, or None."""
    payload = read_order(seller, push.order_external_id)
    if payload is None:
        return None
    order = read_shape(OrderHead, payload)
    if _is_of_whole_order(push):
        return _find_amount(order.payment_summary.refunds, _count_total(push))
    refunds = {line.line_item_id: line.refunds for line in order.line_items}
    found = [
        _find_amount(refunds.get(line.line_external_id, ()), line.amount)
        for line in push.lines
    ]
    return found[0] if all(each is not None for each in found) else None


def _describe(push: RefundPush) -> Json:
    body: Json = {
        "reasonForRefund": choose_refund_reason(push.reason),
        "comment": push.reference[:COMMENT_LENGTH_MAX],
    }
    if _is_of_whole_order(push):
        body["orderLevelRefundAmount"] = _tell(_count_total(push))
    else:
        body["refundItems"] = [
            {"lineItemId": line.line_external_id, "refundAmount": _tell(line.amount)}
            for line in push.lines
        ]
    return body


def _is_of_whole_order(push: RefundPush) -> bool:
    return bool(push.shipping) or not push.lines


def _count_total(push: RefundPush) -> Money:
    currency = push.shipping.currency
    return push.shipping + add_up((line.amount for line in push.lines), currency)


def _tell(amount: Money) -> Json:
    return {"value": str(amount.amount), "currency": amount.currency}


def _find_amount(refunds: Sequence[RefundHead], wanted: Money) -> str | None:
    for refund in refunds:
        amount = refund.amount
        if refund.refund_status == _FAILED or amount is None:
            continue
        if amount.currency == wanted.currency and _same(amount.value, wanted.amount):
            return refund.refund_id or refund.refund_reference_id
    return None


def _same(text: str, amount: Decimal) -> bool:
    try:
        return Decimal(text) == amount
    except InvalidOperation:
        return False
