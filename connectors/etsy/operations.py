"""Every operation that the connector can send, as Etsy's contract names them."""

from __future__ import annotations

API_VERSION = "v3"

APPLICATION = "/v3/application"

OPERATIONS: tuple[str, ...] = (
    f"GET {APPLICATION}/users/me",
    f"POST {APPLICATION}/scopes",
    f"GET {APPLICATION}/shops/{{shop_id}}",
    f"GET {APPLICATION}/shops/{{shop_id}}/receipts",
    f"GET {APPLICATION}/shops/{{shop_id}}/receipts/{{receipt_id}}",
    f"PUT {APPLICATION}/shops/{{shop_id}}/receipts/{{receipt_id}}",
    f"POST {APPLICATION}/shops/{{shop_id}}/receipts/{{receipt_id}}/tracking",
    f"GET {APPLICATION}/shops/{{shop_id}}/listings",
    f"PATCH {APPLICATION}/shops/{{shop_id}}/listings/{{listing_id}}",
    f"GET {APPLICATION}/listings/batch",
    f"GET {APPLICATION}/listings/{{listing_id}}/inventory",
    f"PUT {APPLICATION}/listings/{{listing_id}}/inventory",
)
"""Beside these only the token endpoint, which the contract names as ``tokenUrl``."""
