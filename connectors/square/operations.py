"""Every operation of Square's API that the connector can send.

A contract test proves that these and no others are sent; ``crossdock connectors``
counts them.
"""

from __future__ import annotations

API_VERSION = "2025-08-20"
"""Sent as ``Square-Version`` with every request: the release that was validated."""

OPERATIONS: tuple[str, ...] = (
    "POST /oauth2/token",
    "POST /oauth2/token/status",
    "GET /v2/merchants/{merchant_id}",
    "GET /v2/locations",
    "GET /v2/locations/{location_id}",
    "POST /v2/orders/search",
    "POST /v2/orders/batch-retrieve",
    "PUT /v2/orders/{order_id}",
    "GET /v2/payments/{payment_id}",
    "GET /v2/refunds/{refund_id}",
    "POST /v2/refunds",
    "POST /v2/inventory/changes/batch-create",
    "POST /v2/inventory/changes/batch-retrieve",
    "POST /v2/inventory/counts/batch-retrieve",
    "GET /v2/catalog/list",
    "POST /v2/catalog/batch-retrieve",
    "POST /v2/catalog/batch-upsert",
    "GET /v2/webhooks/subscriptions",
    "POST /v2/webhooks/subscriptions",
    "GET /v2/webhooks/subscriptions/{subscription_id}",
    "PUT /v2/webhooks/subscriptions/{subscription_id}",
    "DELETE /v2/webhooks/subscriptions/{subscription_id}",
)
