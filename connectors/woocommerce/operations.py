"""Every operation of the REST API that the connector can send.

A contract test makes the connector use all of them and no other.
"""

from __future__ import annotations

OPERATIONS = (
    "GET /system_status",
    "GET /orders",
    "GET /orders/{id}",
    "PUT /orders/{id}",
    "GET /orders/{id}/refunds",
    "POST /orders/{id}/refunds",
    "GET /orders/{id}/fulfillments",
    "POST /orders/{id}/fulfillments",
    "GET /orders/{id}/notes",
    "POST /orders/{id}/notes",
    "GET /products",
    "GET /products/{id}",
    "POST /products/batch",
    "GET /products/{id}/variations",
    "POST /products/{id}/variations/batch",
    "GET /webhooks",
    "POST /webhooks",
    "PUT /webhooks/{id}",
    "DELETE /webhooks/{id}",
)
