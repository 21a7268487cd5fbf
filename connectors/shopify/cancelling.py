"""Orders cancelled at Shopify. Cancelling cannot be undone, and sends no money back."""

from __future__ import annotations

from ...canonical.pushes import CancellationPush, Outcome, PushResult
from .documents import CANCEL, CANCELLATION_OF_ORDER
from .graphql import Admin, shorten
from .ids import to_gid
from .wire import Cancelled

_REASONS = {"customer", "declined", "fraud", "inventory", "staff"}
"""Shopify's own words; every other reason is "other" to it."""


def cancel_order(admin: Admin, push: CancellationPush) -> PushResult:
    """Ask for a cancellation, which a job of Shopify's carries out; safe to repeat.

    Raises:
        OutcomeUnknownError: Shopify did not say what became of it.
        RejectedError: the app may not cancel orders.
    """
    gid = to_gid("Order", push.order_external_id)
    order = gid and admin.ask(CANCELLATION_OF_ORDER, id=gid).data.get("order")
    if not isinstance(order, dict):
        return PushResult(Outcome.REFUSED, "Shopify knows no such order")
    if order.get("cancelledAt"):
        return PushResult(Outcome.ACCEPTED, "it was cancelled already")
    word = push.reason.strip().lower()
    answer = admin.change(
        CANCEL,
        Cancelled,
        "orderCancel",
        id=gid,
        reason=word.upper() if word in _REASONS else "OTHER",
        restock=push.restock,
    )
    if answer.job and not answer.order_cancel_user_errors:
        return PushResult(Outcome.ACCEPTED, external_id=answer.job.id)
    errors = answer.order_cancel_user_errors
    reasons = "; ".join(shorten(error.message) for error in errors)
    return PushResult(Outcome.REFUSED, reasons or "Shopify started no cancellation")
