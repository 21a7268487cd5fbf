"""Pays money of an order back.

A refund is not safe to repeat, so each carries the hub's own reference as meta data and
is searched for before it is made. Goods are not restocked by it: the hub tells the
shop its stock. Whether the shop's payment gateway pays, or a person, is a setting.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel

from ...canonical.errors import ChannelError, OutcomeUnknownError, RejectedError
from ...canonical.money import Money
from ...canonical.pushes import Outcome, PushResult, RefundedLine, RefundPush
from ...mapping.wire import Text
from ...mapping.woocommerce_wire import find_meta
from ..calls import Answer, Call, Transport
from ..redaction import redact
from .fulfillments import REFERENCE_KEY, order_path
from .settings import WooCommerceSettings
from .wire import Json, Refusal, is_id, read_one, read_rows, read_shape

_PER_PAGE_MAX = "100"
_NOT_MADE_STATUS = 500
_NOT_MADE_CODE = "woocommerce_rest_cannot_create_order_refund"
"""With this a gateway that cannot pay back is told, under status 500."""


class RefundHead(BaseModel):
    """A refund, as far as finding it again needs."""

    id: int
    meta_data: Any = None


class LineTax(BaseModel):
    """One tax of a line: which rate, and how much."""

    id: int
    total: Text = ""


class PaidLine(BaseModel):
    """What was paid for a line."""

    id: int
    total: Text
    taxes: list[LineTax] = []


class PaidOrder(BaseModel):
    """An order, as far as splitting a refund into tax and the rest needs."""

    id: int
    line_items: list[PaidLine] = []


def push_refund(
    transport: Transport, settings: WooCommerceSettings, push: RefundPush
) -> PushResult:
    """Pay back. A repetition finds the first and pays nothing more."""
    path = f"{order_path(push.order_external_id)}/refunds"
    try:
        found = find_refund(transport, push)
        if found is not None:
            return PushResult(Outcome.ACCEPTED, external_id=found)
        order = read_one(
            PaidOrder,
            transport.send(Call("GET", order_path(push.order_external_id), safe=True)),
        )
        total = push.shipping.minor + sum(line.amount.minor for line in push.lines)
        body = {
            "amount": str(Money(total, push.shipping.currency).amount),
            "reason": push.reason,
            "api_refund": settings.refund_through_gateway,
            "api_restock": False,
            "line_items": _describe_lines(order, push.lines),
            "meta_data": [{"key": REFERENCE_KEY, "value": push.reference}],
        }
        call = Call("POST", path, json=body, accept_statuses=(_NOT_MADE_STATUS,))
        answer = transport.send(call)
        if answer.status == _NOT_MADE_STATUS:
            return _judge_failure(answer)
        made = read_one(RefundHead, answer)
    except RejectedError as error:
        return PushResult(Outcome.REFUSED, error.message)
    except OutcomeUnknownError as error:
        return PushResult(Outcome.UNKNOWN, error.message)
    return PushResult(Outcome.ACCEPTED, external_id=str(made.id))


def _judge_failure(answer: Answer) -> PushResult:
    """Tell a gateway that does not pay back from a shop that broke down."""
    try:
        refusal = read_one(Refusal, answer)
    except ChannelError as error:
        return PushResult(Outcome.UNKNOWN, error.message)
    reason = redact(refusal.message or refusal.code)
    known = refusal.code == _NOT_MADE_CODE
    return PushResult(Outcome.REFUSED if known else Outcome.UNKNOWN, reason)


def find_refund(transport: Transport, push: RefundPush) -> str | None:
    """Return the shop's id of what an earlier push made, or None."""
    path = f"{order_path(push.order_external_id)}/refunds"
    call = Call(
        "GET", path, {"per_page": _PER_PAGE_MAX}, safe=True, accept_statuses=(404,)
    )
    answer = transport.send(call)
    for row in [] if answer.status == 404 else read_rows(answer):
        refund = read_shape(RefundHead, row)
        if find_meta(refund.meta_data, REFERENCE_KEY) == push.reference:
            return str(refund.id)
    return None


def _describe_lines(order: PaidOrder, lines: Sequence[RefundedLine]) -> list[Json]:
    """Return the lines of a refund, each amount split into the line's own taxes.

    Raises:
        RejectedError: a line is none of this order's.
    """
    paid = {str(line.id): line for line in order.line_items}
    described = []
    for line in lines:
        if line.line_external_id not in paid or not is_id(line.line_external_id):
            raise RejectedError(f"the order has no line {line.line_external_id!r}")
        net, taxes = _split(paid[line.line_external_id], line.amount)
        described.append(
            {
                "id": line.line_external_id,
                "quantity": line.quantity,
                "refund_total": str(net.amount),
                "refund_tax": [
                    {"id": str(rate), "refund_total": str(tax.amount)}
                    for rate, tax in taxes
                ],
            }
        )
    return described


def _split(line: PaidLine, amount: Money) -> tuple[Money, list[tuple[int, Money]]]:
    """Return an amount as its net part and its taxes, in the line's own proportion."""
    currency = amount.currency
    parts = [line.total, *(tax.total or "0" for tax in line.taxes)]
    weights = [abs(Money.rounded(part, currency).minor) for part in parts]
    if not any(weights):
        return amount, []
    net, *taxes = amount.split(weights)
    return net, [(tax.id, share) for tax, share in zip(line.taxes, taxes, strict=True)]
