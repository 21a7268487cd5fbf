"""What a merchant has to say to connect a WooCommerce shop.

Field titles and descriptions are what the set-up form, the terminal and the docs show.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from ..sdk import ConnectorSettings

API_PATH = "/wp-json/wc/v3"


class TrackingMode(StrEnum):
    """How the shop is told that goods have left."""

    AUTO = "auto"
    NATIVE = "native"
    NOTE = "note"


def _tidy_shop_url(url: str) -> str:
    """Return the shop's address without the parts that people copy along with it.

    Raises:
        ValueError: it is no http(s) address.
    """
    url = url.strip().rstrip("/")
    for ending in (API_PATH, "/wp-json", "/wp-admin"):
        url = url.removesuffix(ending)
    scheme, separator, rest = url.partition("://")
    if not separator or scheme.lower() not in {"http", "https"} or not rest:
        raise ValueError("must start with https:// (or http:// for a local shop)")
    if "?" in rest or "#" in rest or "@" in rest:
        raise ValueError("must be the shop's plain address, without ?, # or a login")
    return url


class WooCommerceSettings(ConnectorSettings):
    """One WooCommerce shop and the API key that the hub uses there."""

    shop_url: Annotated[str, AfterValidator(_tidy_shop_url)] = Field(
        title="Shop address",
        description="The address of the shop's home page, with its folder if it has "
        "one. Over plain http the key is not sent, requests are signed instead.",
        examples=["https://example.com", "https://example.com/shop"],
    )
    consumer_key: SecretStr = Field(
        title="Consumer key",
        description="From WooCommerce > Settings > Advanced > REST API, with "
        "permission Read/Write, of a user who may manage the shop.",
        examples=["ck_..."],
        min_length=1,
    )
    consumer_secret: SecretStr = Field(
        title="Consumer secret",
        description="Shown once, together with the consumer key. The secret that "
        "signs webhooks is derived from it.",
        examples=["cs_..."],
        min_length=1,
    )
    tracking: TrackingMode = Field(
        default=TrackingMode.AUTO,
        title="Tracking",
        description="native: WooCommerce's order fulfillments (10.1 or later, a "
        "feature to enable). note: an order note, and the status completed with the "
        "last parcel. auto: native where the shop offers it, otherwise note.",
    )
    notify_customer: bool = Field(
        default=True,
        title="Let the shop e-mail tracking to the customer",
        description="Off: notes are private and the shop sends no fulfillment "
        "e-mail. The e-mail of the status completed is the shop's own setting.",
    )
    refund_through_gateway: bool = Field(
        default=True,
        title="Let the payment gateway pay refunds",
        description="Off: a refund from the hub is recorded in the shop, and somebody "
        "pays the money back by hand. Some gateways cannot pay back by themselves.",
    )

    @property
    def api_url(self) -> str:
        """The root of the REST API."""
        return self.shop_url + API_PATH
