"""What a merchant has to say to connect a Medusa server.

Field titles and descriptions are what the set-up form, the terminal and the docs show.
"""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from ..sdk import ConnectorSettings


def _tidy_address(text: str) -> str:
    text = text.strip().rstrip("/").removesuffix("/admin").removesuffix("/app")
    if not re.match(r"https?://[^?#@\s]+$", text):
        raise ValueError("must be http:// or https:// and a host, without a login")
    return text


def _require_location(text: str) -> str:
    text = text.strip()
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", text):
        raise ValueError("must be the id of a stock location, as in its address")
    return text


class MedusaSettings(ConnectorSettings):
    """One Medusa server, the key that the hub uses there, and one stock location."""

    server_url: Annotated[str, AfterValidator(_tidy_address)] = Field(
        title="Address of the server",
        description="Where Medusa's API answers, without /admin or /app.",
        examples=["https://medusa.example.com"],
    )
    secret_key: SecretStr = Field(
        title="Secret API key",
        description="From Settings > Developer > Secret API Keys. It is shown once and "
        "starts with sk_.",
        min_length=1,
    )
    location_id: Annotated[str, AfterValidator(_require_location)] = Field(
        title="Stock location",
        description="The id of the location whose stock the hub keeps: the last part "
        "of the page's address in Settings > Locations & Shipping.",
        examples=["sloc_01JABCDEF"],
    )
