"""What an order, a payment and a refund look like in Square's answers.

Amounts are integers of minor units. A line names its variation and never its SKU.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import ROUND_HALF_EVEN, Decimal

from .state import Json, Line, Order, Payment, Refund, State, format_time

_PENDING = timedelta(seconds=1)
"""How long a refund waits before it is completed."""
_TAX_UID = "tax"


def render_order(state: State, order: Order) -> Json:
    """Return an order; what brings goods back has returns in place of lines."""
    lines = [_render_line(state, line) for line in order.lines]
    total = sum(line["total_money"]["amount"] for line in lines)
    tax = sum(line["total_tax_money"]["amount"] for line in lines)
    due = 0 if order.paid or order.source is not None else total
    rendered: Json = {
        "id": order.order_id,
        "location_id": state.settings.location_id,
        "source": {"name": "Square Point of Sale" if order.version is None else "Shop"},
        "state": order.state,
        "created_at": format_time(order.created_at),
        "updated_at": format_time(order.updated_at),
        "total_money": state.money(total),
        "total_tax_money": state.money(tax),
        "total_discount_money": state.money(0),
        "total_tip_money": state.money(0),
        "total_service_charge_money": state.money(0),
        "net_amount_due_money": state.money(due),
    }
    if order.version is not None:
        rendered["version"] = order.version
    if order.closed_at is not None:
        rendered["closed_at"] = format_time(order.closed_at)
    if lines:
        rendered["line_items"] = lines
    if tax:
        rendered["taxes"] = [_render_tax(state, tax)]
    if order.fulfillments:
        rendered["fulfillments"] = [
            _render_parcel(order, each) for each in order.fulfillments
        ]
    if order.paid:
        rendered["tenders"] = [_render_tender(state, state.payments[order.payment_id])]
    if order.source is not None:
        rendered |= _render_returns(state, order, order.source)
    return rendered


def render_payment(state: State, payment: Payment) -> Json:
    """Return a payment with the ids of its refunds."""
    rendered: Json = {
        "id": payment.payment_id,
        "created_at": format_time(payment.created_at),
        "updated_at": format_time(payment.created_at),
        "amount_money": state.money(payment.amount_minor),
        "total_money": state.money(payment.amount_minor),
        "status": "COMPLETED",
        "source_type": payment.method,
        "location_id": state.settings.location_id,
        "order_id": payment.order_id,
        "version_token": f"token-{payment.version}",
    }
    if payment.refunds:
        rendered["refunded_money"] = state.money(payment.refunded_minor)
        rendered["refund_ids"] = [refund.refund_id for refund in payment.refunds]
    return rendered


def render_refund(state: State, refund: Refund) -> Json:
    """Return a refund; ``order_id`` is the return order, and not the sale."""
    done_at = refund.created_at + _PENDING
    done = state.now() >= done_at
    return {
        "id": refund.refund_id,
        "status": "COMPLETED" if done else "PENDING",
        "location_id": state.settings.location_id,
        "amount_money": state.money(refund.amount_minor),
        "payment_id": refund.payment_id,
        "order_id": refund.order_id,
        "reason": refund.reason,
        "created_at": format_time(refund.created_at),
        "updated_at": format_time(done_at if done else refund.created_at),
    }


def _render_line(state: State, line: Line) -> Json:
    gross = int((line.price_minor * line.quantity).to_integral_value(ROUND_HALF_EVEN))
    tax, total = _work_out_tax(state, gross)
    rendered: Json = {
        "uid": line.uid,
        "name": line.name,
        "quantity": f"{line.quantity:f}",
        "item_type": line.item_type,
        "base_price_money": state.money(line.price_minor),
        "variation_total_price_money": state.money(gross),
        "gross_sales_money": state.money(gross),
        "total_tax_money": state.money(tax),
        "total_discount_money": state.money(0),
        "total_money": state.money(total),
    }
    if line.variation is not None:
        rendered["catalog_object_id"] = line.variation.variation_id
        rendered["catalog_version"] = line.variation.version
        rendered["variation_name"] = line.variation.name
    if tax:
        rendered["applied_taxes"] = [
            {
                "uid": f"applied-{line.uid}",
                "tax_uid": _TAX_UID,
                "applied_money": state.money(tax),
            }
        ]
    return rendered


def _work_out_tax(state: State, gross: int) -> tuple[int, int]:
    """Return the tax of an amount, and what is to be paid for it."""
    rate = state.settings.tax_percent / 100
    if not rate:
        return 0, gross
    inclusive = state.settings.tax_inclusive
    share = gross * rate / (1 + rate) if inclusive else gross * rate
    tax = int(Decimal(share).to_integral_value(ROUND_HALF_EVEN))
    return tax, gross if inclusive else gross + tax


def _render_tax(state: State, amount: int) -> Json:
    settings = state.settings
    return {
        "uid": _TAX_UID,
        "name": "VAT",
        "percentage": f"{settings.tax_percent.normalize():f}",
        "type": "INCLUSIVE" if settings.tax_inclusive else "ADDITIVE",
        "scope": "ORDER",
        "applied_money": state.money(amount),
    }


def _render_tender(state: State, payment: Payment) -> Json:
    return {
        "id": payment.payment_id,
        "payment_id": payment.payment_id,
        "location_id": state.settings.location_id,
        "transaction_id": payment.order_id,
        "created_at": format_time(payment.created_at),
        "amount_money": state.money(payment.amount_minor),
        "type": "CARD",
        "card_details": {"status": "CAPTURED", "entry_method": "KEYED"},
    }


def _render_parcel(order: Order, fulfillment: Json) -> Json:
    rendered = dict(fulfillment)
    note = {"shipping_note": order.note} if order.note else {}
    if "shipment_details" in fulfillment:
        rendered["shipment_details"] = {**fulfillment["shipment_details"], **note}
    return rendered


def _render_returns(state: State, order: Order, source: Order) -> Json:
    """Return what an order brings back: lines, or one custom amount."""
    rows = [_render_return(state, line, units) for line, units in order.returned]
    if not rows:
        rows = [
            {
                "uid": f"re-{order.order_id}",
                "quantity": "1",
                "item_type": "CUSTOM_AMOUNT",
                "total_money": state.money(order.returned_minor),
            }
        ]
    came_back: Json = {
        "uid": f"return-{order.order_id}",
        "source_order_id": source.order_id,
        "return_line_items": rows,
        "return_amounts": {"total_money": state.money(order.returned_minor)},
    }
    rendered: Json = {
        "returns": [came_back],
        "return_amounts": {"total_money": state.money(order.returned_minor)},
    }
    if order.refund_id:
        refund = state.refunds[order.refund_id]
        rendered["refunds"] = [
            {
                "id": refund.refund_id,
                "location_id": state.settings.location_id,
                "transaction_id": source.order_id,
                "tender_id": refund.payment_id,
                "created_at": format_time(refund.created_at),
                "reason": refund.reason,
                "amount_money": state.money(refund.amount_minor),
                "status": "APPROVED",
            }
        ]
    return rendered


def _render_return(state: State, line: Line, units: int) -> Json:
    rendered: Json = {
        "uid": f"re-{line.uid}",
        "source_line_item_uid": line.uid,
        "name": line.name,
        "quantity": str(units),
        "item_type": line.item_type,
        "total_money": state.money(line.price_minor * units),
    }
    if line.variation is not None:
        rendered["catalog_object_id"] = line.variation.variation_id
    return rendered
