"""Every operation of Medusa's Admin API that the connector can send.

Proven complete by the contract test: what is sent there is exactly this.
"""

from __future__ import annotations

OPERATIONS: tuple[str, ...] = (
    "GET /admin/stores",
    "GET /admin/stock-locations/{id}",
    "GET /admin/orders",
    "GET /admin/orders/{id}",
    "GET /admin/payments",
    "POST /admin/orders/{id}/cancel",
    "POST /admin/orders/{id}/fulfillments",
    "POST /admin/orders/{id}/fulfillments/{fulfillment_id}/shipments",
    "POST /admin/payments/{id}/refund",
    "GET /admin/products",
    "GET /admin/product-variants",
    "POST /admin/products/{id}/variants/{variant_id}",
    "GET /admin/inventory-items",
    "POST /admin/inventory-items/{id}/location-levels/{location_id}",
)
