"""What a merchant has to say to connect a Vendure server.

Field titles and descriptions are what the set-up form, the terminal and the docs show.
"""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, model_validator

from ..sdk import ConnectorSettings

_ADDRESS = re.compile(r"https?://[^/?#@\s]+(?:/[^?#@\s]*)?", re.ASCII)
_PATH = "/admin-api"


def _tidy_address(text: str) -> str:
    """Return the server's address without the path of the Admin API."""
    text = text.strip().rstrip("/").removesuffix(_PATH).rstrip("/")
    if not _ADDRESS.fullmatch(text):
        raise ValueError("must look like https://shop.example, without a login")
    return text


class VendureSettings(ConnectorSettings):
    """One server, who the hub is there, and which channel and location it keeps."""

    server_url: Annotated[str, AfterValidator(_tidy_address)] = Field(
        title="Address of the server",
        description="What stands before /admin-api.",
        examples=["https://shop.example"],
    )
    api_key: SecretStr | None = Field(
        default=None,
        title="API key",
        description="From Settings > API keys of the dashboard (Vendure 3.6 and later, "
        "where the server has switched them on). Leave username and password empty.",
    )
    username: str = Field(
        default="",
        title="Username",
        description="Of an administrator made for the hub, where there is no API key.",
    )
    password: SecretStr | None = Field(
        default=None, title="Password", description="Of the same administrator."
    )
    vendure_channel: str = Field(
        default="",
        title="Channel token",
        description="Of the Vendure channel to connect, from Settings > Channels; "
        "empty for the default channel.",
    )
    stock_location_id: str = Field(
        default="",
        title="Stock location",
        description="The id of the location whose stock the hub keeps; empty for the "
        "only one.",
        examples=["1"],
    )
    recheck_seconds: int = Field(
        default=300,
        ge=1,
        title="Seconds between two looks at open orders",
        description="Vendure's lists do not tell that an order was paid, shipped or "
        "delivered, so all open orders are read again this often.",
    )
    recheck_days: int = Field(
        default=30,
        ge=1,
        title="Days for which closed orders are looked at again",
        description="Delivered and cancelled orders are read along with the open ones "
        "for this long after they were placed: for refunds, and for orders that were "
        "shipped and delivered between two looks.",
    )

    @model_validator(mode="after")
    def _require_a_way_in(self) -> VendureSettings:
        signs_in = bool(self.username) and self.password is not None
        if signs_in == (self.api_key is not None):
            raise ValueError("enter either an API key, or a username and its password")
        return self
