"""What a merchant has to say to connect one location of a Square account.

Field titles and descriptions are what the set-up form, the terminal and the docs show.
"""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, model_validator

from ..sdk import ConnectorSettings

PRODUCTION = "https://connect.squareup.com"
_ID = re.compile(r"[A-Za-z0-9_-]{1,50}", re.ASCII)


def _tidy_address(url: str) -> str:
    """Return the address without what people copy along with it.

    Raises:
        ValueError: it is no http(s) address.
    """
    url = url.strip().rstrip("/").removesuffix("/v2")
    scheme, separator, rest = url.partition("://")
    if not separator or scheme.lower() not in {"http", "https"} or not rest:
        raise ValueError("must start with https://")
    if any(sign in rest for sign in "?#@/"):
        raise ValueError("must be a plain address, without a path or a login")
    return url


def _check_location(text: str) -> str:
    text = text.strip()
    if not _ID.fullmatch(text):
        raise ValueError("a location's id is letters and digits, as L1A2B3C4D5E6F")
    return text


class SquareSettings(ConnectorSettings):
    """One location of a Square account, and the application that the hub acts as.

    Two ways in: the personal access token of an application in the merchant's own
    account, which does not expire and may subscribe to webhooks; or the tokens of an
    OAuth grant, which the hub renews.
    """

    access_token: SecretStr = Field(
        title="Access token",
        description="From the Developer Console > your application > Credentials: its "
        "personal access token. Or the access token of an OAuth grant.",
        examples=["EAAA..."],
    )
    location_id: Annotated[str, AfterValidator(_check_location)] = Field(
        title="Location ID",
        description="Developer Console > your application > Locations. Orders, counts "
        "and prices of this one location are kept in step; add a channel for each.",
        examples=["L1A2B3C4D5E6F"],
    )
    application_id: str = Field(
        default="",
        title="Application ID",
        description="Only with OAuth: the client ID that the tokens were given to.",
        examples=["sq0idp-..."],
    )
    application_secret: SecretStr | None = Field(
        default=None,
        title="Application secret",
        description="Only with OAuth's code flow; with PKCE there is none.",
    )
    refresh_token: SecretStr | None = Field(
        default=None,
        title="Refresh token",
        description="Only with OAuth. The hub gets new access tokens with it.",
    )
    application_token: SecretStr | None = Field(
        default=None,
        title="Personal access token of the application",
        description="Only with OAuth: webhooks belong to the application, and Square "
        "lets nobody else subscribe to them. Without it the hub pulls, and no more.",
    )
    api_url: Annotated[str, AfterValidator(_tidy_address)] = Field(
        default=PRODUCTION,
        title="Address of the API",
        description="Square's own, or that of its sandbox.",
        examples=[PRODUCTION, "https://connect.squareupsandbox.com"],
    )

    @model_validator(mode="after")
    def _require_application(self) -> SquareSettings:
        if self.refresh_token is not None and not self.application_id:
            raise ValueError("a refresh token is of use only with the application's ID")
        return self

    @property
    def webhook_token(self) -> SecretStr | None:
        """The token that may subscribe to webhooks; None where there is none.

        A grant of OAuth may not: subscriptions belong to the application.
        """
        if self.refresh_token is None:
            return self.application_token or self.access_token
        return self.application_token
