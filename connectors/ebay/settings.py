"""What a merchant enters to connect an eBay account.

The set-up form, the command line's questions and the table in the docs come from here.
"""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, model_validator

from ..sdk import ConnectorSettings

_ADDRESS = re.compile(r"https?://[a-z0-9.-]+(:\d+)?", re.ASCII)
_MARKETPLACE = re.compile(r"EBAY_[A-Z_]{2,12}", re.ASCII)
_TOKEN = re.compile(r"[A-Za-z0-9_-]{32,80}", re.ASCII)


def _normalise_address(text: str) -> str:
    address = text.strip().rstrip("/").lower()
    if not _ADDRESS.fullmatch(address):
        raise ValueError("name the API as https://api.ebay.com, without a path")
    return address


def _require_marketplace(text: str) -> str:
    name = text.strip().upper().replace("-", "_")
    if not _MARKETPLACE.fullmatch(name):
        raise ValueError("a marketplace is named like EBAY_US or EBAY_DE")
    return name


def _require_verification_token(token: SecretStr) -> SecretStr:
    if not _TOKEN.fullmatch(token.get_secret_value()):
        raise ValueError(
            "a verification token has 32 to 80 letters, digits, underscores, hyphens"
        )
    return token


class EbaySettings(ConnectorSettings):
    """One seller's account, and the keyset of the developer that may use it."""

    client_id: str = Field(
        title="App ID (client ID)",
        description="Of the production keyset, from eBay's developer portal under "
        "Application Keys.",
        min_length=1,
    )
    client_secret: SecretStr = Field(
        title="Cert ID (client secret)",
        description="Of the same keyset.",
        min_length=1,
    )
    refresh_token: SecretStr = Field(
        title="Refresh token",
        description="What eBay gives when the seller agrees to the app's access (User "
        "Tokens in the developer portal). Valid for about 18 months.",
        min_length=1,
    )
    marketplace: Annotated[str, AfterValidator(_require_marketplace)] = Field(
        default="EBAY_US",
        title="Marketplace",
        description="Where the account sells.",
        examples=["EBAY_US", "EBAY_DE", "EBAY_GB"],
    )
    verification_token: Annotated[
        SecretStr, AfterValidator(_require_verification_token)
    ] = Field(
        title="Verification token",
        description="A text of your own, 32 to 80 letters and digits. Enter the same "
        "in the developer portal under Alerts and Notifications.",
    )
    alert_email: str = Field(
        default="",
        title="E-mail for alerts",
        description="Where eBay writes when it cannot deliver notifications. Needed "
        "once for each keyset that has none.",
        examples=["shop@example.com"],
    )
    signing_key_jwe: SecretStr | None = Field(
        default=None,
        title="Signing key (JWE)",
        description="Only for sellers in the EU and the UK, whose refunds and "
        "cancellations must be signed: jwe, from eBay's Key Management API.",
    )
    signing_private_key: SecretStr | None = Field(
        default=None,
        title="Signing key (private)",
        description="privateKey of the same answer, an Ed25519 key in Base64.",
    )
    address: Annotated[str, AfterValidator(_normalise_address)] = Field(
        default="https://api.ebay.com",
        title="API address",
        description="Leave it, or https://api.sandbox.ebay.com for eBay's sandbox.",
        examples=["https://api.sandbox.ebay.com"],
    )

    @model_validator(mode="after")
    def _require_both_halves(self) -> EbaySettings:
        if (self.signing_key_jwe is None) != (self.signing_private_key is None):
            raise ValueError(
                "signing_key_jwe and signing_private_key are one key: enter both"
            )
        return self

    @property
    def identity_address(self) -> str:
        """Where the Identity API answers: apiz in place of api, at eBay itself."""
        if self.address.endswith(".ebay.com"):
            return self.address.replace("://api.", "://apiz.", 1)
        return self.address
