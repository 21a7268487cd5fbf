"""What hangs on an order as the REST API shows it: refunds, notes, fulfillments."""

from __future__ import annotations

from .amounts import amount_text
from .render import line_json, line_meta, links, taxes_json
from .state import Fulfillment, Json, Note, Order, Refund, State
from .times import gmt_text, local_text


def refund_json(state: State, order: Order, refund: Refund) -> Json:
    """Return a refund; its lines are negative."""
    places = state.settings.decimals
    path = f"orders/{order.order_id}/refunds"
    lines = []
    for part in refund.lines:
        shown = line_json(state, part.line, places)
        lines.append(
            {
                **shown,
                "id": part.refund_line_id,
                "quantity": -part.quantity,
                "subtotal": amount_text(-part.total, places),
                "subtotal_tax": amount_text(-part.total_tax, places),
                "total": amount_text(-part.total, places),
                "total_tax": amount_text(-part.total_tax, places),
                "taxes": taxes_json(-part.total_tax, -part.total_tax),
                "meta_data": [
                    line_meta(
                        part.refund_line_id * 10, "_refunded_item_id", part.line.line_id
                    )
                ],
            }
        )
    return {
        "id": refund.refund_id,
        "parent_id": order.order_id,
        "date_created": local_text(refund.created, state.settings.zone),
        "date_created_gmt": gmt_text(refund.created),
        "amount": amount_text(refund.amount, places),
        "reason": refund.reason,
        "refunded_by": 1,
        "refunded_payment": refund.by_gateway,
        "meta_data": refund.meta,
        "line_items": lines,
        "shipping_lines": [],
        "tax_lines": [],
        "fee_lines": [],
        "_links": links(
            state, f"{path}/{refund.refund_id}", path, up=f"orders/{order.order_id}"
        ),
    }


def note_json(state: State, order: Order, note: Note) -> Json:
    """Return an order note."""
    path = f"orders/{order.order_id}/notes"
    return {
        "id": note.note_id,
        "author": note.author,
        "date_created": local_text(note.created, state.settings.zone),
        "date_created_gmt": gmt_text(note.created),
        "note": note.text,
        "customer_note": note.for_customer,
        "_links": links(
            state, f"{path}/{note.note_id}", path, up=f"orders/{order.order_id}"
        ),
    }


def fulfillment_json(order: Order, fulfillment: Fulfillment, *, created: bool) -> Json:
    """Return a native fulfillment.

    ``is_fulfilled`` is a boolean in the answer to a write and text afterwards: the
    server shows the database's column as it is.
    """
    fulfilled: bool | str = fulfillment.fulfilled
    return {
        "id": fulfillment.fulfillment_id,
        "fulfillment_id": fulfillment.fulfillment_id,
        "entity_type": "WC_Order",
        "entity_id": str(order.order_id),
        "status": fulfillment.status,
        "is_fulfilled": fulfilled if created else str(int(fulfilled)),
        "date_updated": fulfillment.updated.strftime("%Y-%m-%d %H:%M:%S"),
        "date_deleted": None,
        "meta_data": fulfillment.meta,
    }
