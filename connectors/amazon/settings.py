"""What a merchant has to say to connect one Amazon store of one selling account.

Field titles and descriptions are what the set-up form, the terminal and the docs show.
"""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from ...mapping.amazon_words import MARKETPLACES
from ..sdk import ConnectorSettings

ENDPOINTS = {
    "na": "https://sellingpartnerapi-na.amazon.com",
    "eu": "https://sellingpartnerapi-eu.amazon.com",
    "fe": "https://sellingpartnerapi-fe.amazon.com",
}
"""Amazon's three addresses, by region; source: its page "SP-API Endpoints"."""
LOGIN_ENDPOINT = "https://api.amazon.com"

_SELLER = re.compile(r"[A-Z0-9]{8,20}", re.ASCII)


def _require_marketplace(text: str) -> str:
    text = text.strip()
    for marketplace_id, marketplace in MARKETPLACES.items():
        if text.upper() in {marketplace_id, marketplace.country}:
            return marketplace_id
    countries = ", ".join(sorted(each.country for each in MARKETPLACES.values()))
    raise ValueError(f"name a marketplace by its id or its country: {countries}")


def _require_seller(text: str) -> str:
    text = text.strip().upper()
    if not _SELLER.fullmatch(text):
        raise ValueError("a seller id is of capital letters and digits, as A2EXAMPLE3")
    return text


def _tidy_address(text: str) -> str:
    text = text.strip().rstrip("/")
    if text and not re.match(r"https?://[^/?#@]+$", text):
        raise ValueError("must be https:// and a host, without a path or a login")
    return text


class AmazonSettings(ConnectorSettings):
    """One store (marketplace) of one selling account, and the app that may use it."""

    marketplace: Annotated[str, AfterValidator(_require_marketplace)] = Field(
        title="Marketplace",
        description="The store: its country, or Amazon's id of it. Each store of an "
        "account is a channel of its own.",
        examples=["DE", "ATVPDKIKX0DER"],
    )
    seller_id: Annotated[str, AfterValidator(_require_seller)] = Field(
        title="Seller ID",
        description="The merchant token, from Seller Central > Settings > Account "
        "info > Your merchant token.",
        examples=["A2EXAMPLE3"],
    )
    client_id: str = Field(
        title="Client ID",
        description="Of the application, from Seller Central > Develop apps > LWA "
        "credentials.",
        examples=["amzn1.application-oa2-client.example"],
        min_length=1,
    )
    client_secret: SecretStr = Field(
        title="Client secret",
        description="Shown beside the client ID. Amazon wants it changed every 180 "
        "days.",
        min_length=1,
    )
    refresh_token: SecretStr = Field(
        title="Refresh token",
        description="From Develop apps > Authorize, for your own account. It ends when "
        "the authorisation does.",
        examples=["Atzr|..."],
        min_length=1,
    )
    buyer_details: bool = Field(
        default=False,
        title="Ask for names and addresses",
        description="Of buyers whose orders you ship yourself. Needs the restricted "
        "role Direct-to-Consumer Shipping; without it orders come without them.",
    )
    order_searches_per_hour: int = Field(
        default=20,
        ge=1,
        le=36_000,
        title="Order searches per hour",
        description="What Amazon grants the application for searchOrders: 20, if it "
        "has not granted more.",
    )
    endpoint: Annotated[str, AfterValidator(_tidy_address)] = Field(
        default="",
        title="Address of the API",
        description="Empty for Amazon's own; another one for a sandbox or a "
        "simulation, which then also answers for the login.",
    )

    @property
    def api_url(self) -> str:
        """The root of the API of the marketplace's region."""
        return self.endpoint or ENDPOINTS[MARKETPLACES[self.marketplace].region]

    @property
    def simulated(self) -> bool:
        """Whether it is no server of Amazon's that answers; sandboxes are Amazon's."""
        return bool(self.endpoint) and not self.endpoint.endswith(".amazon.com")

    @property
    def login_url(self) -> str:
        """The root of Login with Amazon."""
        return self.endpoint if self.simulated else LOGIN_ENDPOINT
