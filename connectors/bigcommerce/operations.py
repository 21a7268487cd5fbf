"""Every operation of BigCommerce's API that the connector can send.

Proven complete by the contract test: what is sent there is exactly this.
"""

from __future__ import annotations

OPERATIONS: tuple[str, ...] = (
    "GET /v2/store",
    "GET /v2/orders",
    "GET /v2/orders/{order_id}",
    "PUT /v2/orders/{order_id}",
    "GET /v2/orders/{order_id}/shipments",
    "POST /v2/orders/{order_id}/shipments",
    "GET /v3/orders/payment_actions/refunds",
    "POST /v3/orders/{order_id}/payment_actions/refund_quotes",
    "POST /v3/orders/{order_id}/payment_actions/refunds",
    "GET /v3/catalog/products",
    "PUT /v3/catalog/variants",
    "GET /v3/inventory/items",
    "GET /v3/inventory/locations",
    "PUT /v3/inventory/adjustments/absolute",
    "GET /v3/hooks",
    "POST /v3/hooks",
    "PUT /v3/hooks/{webhook_id}",
    "DELETE /v3/hooks/{webhook_id}",
)
