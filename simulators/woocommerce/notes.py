"""The REST routes of order notes."""

from __future__ import annotations

from ..wire import Request, Response, json_response
from . import orders
from .batch import read_body
from .errors import missing_parameter
from .listing import read_choice
from .render_parts import note_json
from .state import State


def list_notes(state: State, request: Request, order_id: int) -> Response:
    """Answer ``GET /orders/{id}/notes``, newest first, without paging headers."""
    order = orders.find_order(state, order_id)
    kind = read_choice(request, "type", ("any", "customer", "internal"), "any")
    return json_response(
        [
            note_json(state, order, note)
            for note in reversed(order.notes)
            if kind == "any" or note.for_customer == (kind == "customer")
        ]
    )


def post_note(state: State, request: Request, order_id: int) -> Response:
    """Answer ``POST /orders/{id}/notes``. A note does not move ``date_modified``."""
    order = orders.find_order(state, order_id)
    content = read_body(request)
    if not content.get("note"):
        raise missing_parameter("note")
    note = orders.add_note(
        state,
        order,
        str(content["note"]),
        for_customer=bool(content.get("customer_note", False)),
    )
    return json_response(note_json(state, order, note), status=201)
