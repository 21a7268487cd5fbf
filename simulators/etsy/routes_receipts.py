"""The routes of receipts: lists, one of them, its status and its tracking."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import parse_qsl

from ..wire import Request, Response, json_response
from . import receipts
from .errors import ApiError
from .render import receipt_json, stamp
from .state import Receipt, State

LIMIT_MAX = 100
CARRIERS = frozenset(
    {
        "australia-post",
        "canada-post",
        "deutsche-post",
        "dhl",
        "dpd",
        "fedex",
        "gls",
        "hermes",
        "other",
        "royal-mail",
        "tnt",
        "ups",
        "usps",
    }
)


def read_page(request: Request) -> tuple[int, int]:
    """Return limit and offset of a list.

    Raises:
        ApiError: out of their bounds.
    """
    limit = int(request.argument("limit", "25"))
    offset = int(request.argument("offset", "0"))
    if not 1 <= limit <= LIMIT_MAX or offset < 0:
        raise ApiError(400, f"limit must be 1 to {LIMIT_MAX}, offset 0 or more")
    return limit, offset


def list_receipts(state: State, request: Request) -> Response:
    """Answer ``GET /receipts``: filtered by moments, sorted as asked."""
    limit, offset = read_page(request)
    created_min = int(request.argument("min_created", "0"))
    changed_min = int(request.argument("min_last_modified", "0"))
    rows = [
        one
        for one in state.receipts.values()
        if stamp(one.created) >= created_min and stamp(one.changed_at) >= changed_min
    ]
    by_change = request.argument("sort_on", "created") == "updated"

    def rank(one: Receipt) -> tuple[datetime, int]:
        moment = one.changed_at if by_change else one.created
        return moment.replace(microsecond=0), one.receipt_id

    upwards = request.argument("sort_order", "desc") in {"asc", "ascending", "up"}
    rows.sort(key=rank, reverse=not upwards)
    found = [receipt_json(state, one) for one in rows[offset : offset + limit]]
    return json_response({"count": len(rows), "results": found})


def get_receipt(state: State, request: Request, receipt_id: str) -> Response:
    """Answer ``GET /receipts/{receipt_id}``."""
    del request
    return json_response(receipt_json(state, _find(state, receipt_id)))


def put_receipt(state: State, request: Request, receipt_id: str) -> Response:
    """Answer ``PUT /receipts/{receipt_id}``; its body is form-encoded."""
    receipt = _find(state, receipt_id)
    kind = request.headers.get("content-type", "")
    if not kind.startswith("application/x-www-form-urlencoded"):
        raise ApiError(400, "The body must be form-encoded")
    form = dict(parse_qsl(request.body.decode("utf-8", "replace")))
    if form.get("was_shipped") == "true":
        receipts.ship(state, receipt)
    return json_response(receipt_json(state, receipt))


def post_tracking(state: State, request: Request, receipt_id: str) -> Response:
    """Answer ``POST /receipts/{receipt_id}/tracking``: each success mails the buyer."""
    receipt = _find(state, receipt_id)
    if not state.settings.partner:
        raise ApiError(403, "This application is no approved fulfillment partner")
    try:
        body = request.json()
    except ValueError:
        raise ApiError(400, "The body must be JSON") from None
    code, carrier = str(body.get("tracking_code", "")), body.get("carrier_name", "")
    if code and carrier not in CARRIERS:
        raise ApiError(400, "Unknown carrier_name")
    receipts.ship(state, receipt, code, carrier)
    return json_response(receipt_json(state, receipt))


def _find(state: State, receipt_id: str) -> Receipt:
    receipt = state.receipts.get(int(receipt_id))
    if receipt is None:
        raise ApiError(404, f"Could not find a Shop Receipt with id {receipt_id}")
    return receipt
