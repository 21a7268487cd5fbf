"""What a merchant has to say to connect a BigCommerce store.

Field titles and descriptions are what the set-up form, the terminal and the docs show.
"""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from ..sdk import ConnectorSettings

_HASH = re.compile(r"(?:.*/stores/|.*store-)?([a-z0-9]{4,20})(?:[./].*)?", re.ASCII)


def _tidy_store_hash(text: str) -> str:
    """Return the store's hash, also out of an API path or a store's own address."""
    match = _HASH.fullmatch(text.strip().lower().rstrip("/"))
    if match is None:
        raise ValueError(
            "must be the store hash, the word after /stores/ in the API path"
        )
    return match[1]


def _tidy_address(text: str) -> str:
    text = text.strip().rstrip("/")
    if not re.match(r"https?://[^/?#@]+$", text):
        raise ValueError("must be https:// and a host, without a path or a login")
    return text


class BigCommerceSettings(ConnectorSettings):
    """One store, the API account that the hub uses there, and how the store is set."""

    store_hash: Annotated[str, AfterValidator(_tidy_store_hash)] = Field(
        title="Store hash",
        description="The word after /stores/ in the API path that is shown when an "
        "API account is made, or between store- and .mybigcommerce.com.",
        examples=["abc123def4"],
    )
    access_token: SecretStr = Field(
        title="Access token",
        description="From Settings > Store-level API accounts. It does not expire; "
        "deleting the account ends it.",
        min_length=1,
    )
    client_secret: SecretStr = Field(
        title="Client secret",
        description="Shown once, together with the access token. Webhooks are signed "
        "with it.",
        min_length=1,
    )
    location_id: int = Field(
        default=1,
        ge=1,
        title="Location",
        description="The number of the location whose stock the hub keeps; 1 is the "
        "store's default one.",
    )
    restocks_by_itself: bool = Field(
        default=True,
        title="The store adjusts stock on refunds and cancellations",
        description="As the store has it in Settings > Inventory. Say the same here, "
        "so that no unit is counted twice.",
    )
    api_url: Annotated[str, AfterValidator(_tidy_address)] = Field(
        default="https://api.bigcommerce.com",
        title="Address of the API",
        description="Another one only for a proxy or a simulation.",
    )

    @property
    def store_url(self) -> str:
        """The root of the store's API, above v2 and v3."""
        return f"{self.api_url}/stores/{self.store_hash}"
