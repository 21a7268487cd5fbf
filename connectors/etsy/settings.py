"""What a merchant enters to connect an Etsy shop.

The set-up form, the command line's questions and the table in the docs come from here.
"""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, ConfigDict, Field, SecretStr

from ..sdk import ConnectorSettings
from .signing import read_webhook_secrets

PRODUCTION = "https://openapi.etsy.com"
_ADDRESS = re.compile(r"https?://[a-z0-9.-]+(:\d+)?", re.ASCII)


def _normalise_address(text: str) -> str:
    address = text.strip().rstrip("/").lower()
    if not _ADDRESS.fullmatch(address):
        raise ValueError(f"name the API as {PRODUCTION}, without a path")
    return address


def _check_webhook_secret(secret: SecretStr | None) -> SecretStr | None:
    if secret is not None:
        read_webhook_secrets(secret.get_secret_value())
    return secret


class EtsySettings(ConnectorSettings):
    """One shop, and the application that the hub acts as."""

    model_config = ConfigDict(hide_input_in_errors=True)

    keystring: str = Field(
        title="Keystring",
        description="Of your application, from etsy.com/developers/your-apps.",
        min_length=1,
    )
    shared_secret: SecretStr = Field(
        title="Shared secret",
        description="Of the same application. Etsy wants both with every request.",
        min_length=1,
    )
    refresh_token: SecretStr = Field(
        title="Refresh token",
        description="What Etsy gives when the shop's owner agrees to the application's "
        "access. It lives for 90 days, and the hub replaces it each time it uses it.",
        min_length=1,
    )
    shop_id: int = Field(
        title="Shop ID",
        description="The number of the shop. The check tells it where it is wrong.",
        examples=["12345678"],
        ge=1,
        le=10**15,
    )
    webhook_secret: Annotated[
        SecretStr | None, AfterValidator(_check_webhook_secret)
    ] = Field(
        default=None,
        title="Signing secret of webhooks",
        description="Only for commercial applications: whsec_..., from the webhook "
        "portal of the application. Two with a space between while one replaces the "
        "other. Without it the hub pulls, and no more.",
    )
    renew_sold_out: bool = Field(
        default=False,
        title="Renew sold out listings",
        description="Put a listing that is sold out on sale again when there is stock. "
        "Etsy charges its listing fee for each renewal.",
    )
    address: Annotated[str, AfterValidator(_normalise_address)] = Field(
        default=PRODUCTION,
        title="API address",
        description="Leave it as it is.",
        examples=[PRODUCTION],
    )
