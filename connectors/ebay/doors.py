"""The ways to eBay: one transport for each kind of token, all at one account's pace.

Also what every call has in common: which paths there are, and which of them need the
message signed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..calls import Transport
from ..sdk import Context
from .auth import APPLICATION, USER, EbayAuth, Grant, fingerprint
from .settings import EbaySettings
from .traits import TRAITS

FULFILLMENT = "/sell/fulfillment/v1"
INVENTORY = "/sell/inventory/v1"
ACCOUNT = "/sell/account/v1"
IDENTITY = "/commerce/identity/v1"
NOTIFICATION = "/commerce/notification/v1"
POST_ORDER = "/post-order/v2"

OPERATIONS = (
    f"GET {FULFILLMENT}/order",
    f"GET {FULFILLMENT}/order/{{orderId}}",
    f"GET {FULFILLMENT}/order/{{orderId}}/shipping_fulfillment",
    f"POST {FULFILLMENT}/order/{{orderId}}/shipping_fulfillment",
    f"POST {FULFILLMENT}/order/{{order_id}}/issue_refund",
    f"GET {INVENTORY}/inventory_item",
    f"POST {INVENTORY}/bulk_get_inventory_item",
    f"POST {INVENTORY}/bulk_update_price_quantity",
    f"GET {INVENTORY}/offer",
    f"GET {ACCOUNT}/privilege",
    f"GET {IDENTITY}/user/",
    f"GET {NOTIFICATION}/config",
    f"PUT {NOTIFICATION}/config",
    f"GET {NOTIFICATION}/destination",
    f"POST {NOTIFICATION}/destination",
    f"GET {NOTIFICATION}/public_key/{{public_key_id}}",
    f"GET {NOTIFICATION}/subscription",
    f"POST {NOTIFICATION}/subscription",
    f"DELETE {NOTIFICATION}/subscription/{{subscription_id}}",
    f"POST {NOTIFICATION}/subscription/{{subscription_id}}/enable",
    f"GET {NOTIFICATION}/topic/{{topic_id}}",
    f"POST {POST_ORDER}/cancellation",
    f"POST {POST_ORDER}/cancellation/{{cancelId}}/approve",
)
"""Every operation that the connector can send, as eBay's contracts name them."""


@dataclass(frozen=True, slots=True)
class Doors:
    """Transports to one account; which to take depends on who must be asking."""

    seller: Transport
    """The seller's own records."""
    post_order: Transport
    """The older API for cancellations: the same token behind another word."""
    application: Transport
    """What belongs to the keyset: destinations, topics, public keys."""
    identity: Transport
    """Who the seller is; another host at eBay."""


def open_doors(settings: EbaySettings, context: Context) -> Doors:
    """Return the transports of an account. Does no I/O."""

    def open_door(
        grant: Grant,
        *,
        scheme: str = "Bearer",
        address: str = settings.address,
        headers: Mapping[str, str] | None = None,
    ) -> Transport:
        return context.transports.open(
            base_url=address,
            auth=EbayAuth(settings, context.credentials, context.clock, grant, scheme),
            requests_per_second=TRAITS.requests_per_second,
            burst=TRAITS.burst,
            headers=headers,
            account=f"{fingerprint(settings)}/{grant.name}",
        )

    marketplace = {"x-ebay-c-marketplace-id": settings.marketplace}
    return Doors(
        seller=open_door(USER),
        post_order=open_door(USER, scheme="IAF", headers=marketplace),
        application=open_door(APPLICATION),
        identity=open_door(USER, address=settings.identity_address),
    )
