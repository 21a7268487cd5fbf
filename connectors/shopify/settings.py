"""What a merchant enters to connect a Shopify shop.

The set-up form, the command line's questions and the table in the docs come from here.
"""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, model_validator

from ..sdk import ConnectorSettings

_DOMAIN = re.compile(r"[a-z0-9][a-z0-9-]*(\.[a-z0-9-]+)*(:\d+)?", re.ASCII)
_NUMBER_OR_GID = re.compile(r"(gid://shopify/Location/)?(\d+)", re.ASCII)


def _normalise_shop(text: str) -> str:
    text = text.strip().rstrip("/")
    scheme, separator, rest = text.partition("://")
    if not separator:
        scheme, rest = "https", text
    host = rest.lower()
    if scheme not in {"https", "http"} or not _DOMAIN.fullmatch(host):
        raise ValueError("name the shop as example.myshopify.com, without a path")
    if "." not in host and ":" not in host and host != "localhost":
        host = f"{host}.myshopify.com"
    return f"{scheme}://{host}"


def _normalise_location(text: str) -> str:
    text = text.strip()
    match = _NUMBER_OR_GID.fullmatch(text)
    if not text:
        return ""
    if not match:
        raise ValueError("a location is a number, or gid://shopify/Location/ and one")
    return f"gid://shopify/Location/{match[2]}"


class ShopifySettings(ConnectorSettings):
    """One shop and the app that is installed in it.

    Three ways in: an app of the merchant's own organisation needs its client id and
    secret only; an app with tokens that expire also its refresh token; an older custom
    app its access token, which does not expire.
    """

    shop: Annotated[str, AfterValidator(_normalise_shop)] = Field(
        title="Shop",
        description="The shop's address as it ends in .myshopify.com, or a full URL.",
        examples=["example.myshopify.com"],
    )
    client_id: str = Field(
        default="",
        title="Client ID",
        description="Of the app, from Settings in Shopify's Dev Dashboard.",
    )
    client_secret: SecretStr = Field(
        title="Client secret",
        description="Of the same app. It gets tokens, and proves that webhooks are "
        "Shopify's.",
        min_length=1,
    )
    previous_client_secret: SecretStr | None = Field(
        default=None,
        title="Previous client secret",
        description="While the secret is being rotated: Shopify signs with the old one "
        "for up to an hour.",
    )
    access_token: SecretStr | None = Field(
        default=None,
        title="Access token",
        description="Only where Shopify showed one; empty for an app of your own "
        "organisation, which gets its tokens with the client ID and secret.",
    )
    refresh_token: SecretStr | None = Field(
        default=None,
        title="Refresh token",
        description="Only for an app whose access tokens expire after an hour.",
    )
    location_id: Annotated[str, AfterValidator(_normalise_location)] = Field(
        default="",
        title="Location",
        description="The location whose quantities the hub writes; empty for the only "
        "active one.",
        examples=["12345678901"],
    )
    notify_buyer: bool = Field(
        default=False,
        title="Tell buyers",
        description="Whether Shopify mails the buyer when a parcel is reported.",
    )

    @model_validator(mode="after")
    def _require_a_way_in(self) -> ShopifySettings:
        if not self.client_id and (self.refresh_token or not self.access_token):
            raise ValueError(
                "client_id is needed to get access tokens; without it, enter an "
                "access token that does not expire"
            )
        return self

    @property
    def domain(self) -> str:
        """The host name of the shop."""
        return self.shop.partition("://")[2]

    @property
    def webhook_secrets(self) -> tuple[bytes, ...]:
        """Every secret that may have signed a delivery."""
        secrets = (self.client_secret, self.previous_client_secret)
        return tuple(secret.get_secret_value().encode() for secret in secrets if secret)
