"""The shapes of Amazon's answers that the connector itself acts on.

Orders and listings as records are read by ``mapping``; here is only what the connector
must understand to page, submit and find again. Also how an answer becomes a shape.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, ValidationError

from ...canonical.errors import ContractBrokenError
from ...canonical.model import UtcTime
from ...mapping.amazon_wire import Wire
from ...mapping.wire import describe_mismatch
from ..calls import Answer
from ..redaction import redact

Json = dict[str, Any]


class TokenAnswer(BaseModel):
    """What Login with Amazon answers."""

    access_token: str
    expires_in: int = 3600


class Pagination(Wire):
    """Where the next page of a list is."""

    next_token: str | None = None


class OrderPage(Wire):
    """A page of ``searchOrders``; the orders stay as they came."""

    orders: list[Json]
    pagination: Pagination | None = None
    last_updated_before: UtcTime | None = None
    """Up to when changes are in this list: Amazon leaves out the newest minutes."""


class OrderHead(Wire):
    """An order, as far as telling its version needs."""

    order_id: str
    last_updated_time: UtcTime


class OrderAnswer(Wire):
    """The answer of ``getOrder``."""

    order: Json


class ListingPage(Wire):
    """A page of ``searchListingsItems``; the items stay as they came."""

    items: list[Json]
    pagination: Pagination | None = None


class Summary(Wire):
    """When a listing was made and last changed."""

    created_date: UtcTime | None = None
    last_updated_date: UtcTime | None = None


class ListingHead(Wire):
    """A listings item, as far as telling its version needs."""

    sku: str
    summaries: tuple[Summary, ...] = ()

    @property
    def updated_at(self) -> datetime | None:
        """When it last changed; None where Amazon does not say."""
        moments = [each.last_updated_date for each in self.summaries]
        return max((at for at in moments if at), default=None)

    @property
    def created_at(self) -> datetime | None:
        """When it was made; None where Amazon does not say."""
        return max(
            (e.created_date for e in self.summaries if e.created_date), default=None
        )


class Issue(Wire):
    """What is wrong with a listing, or with one row of a feed."""

    severity: str
    message: str
    sku: str = ""


class Submission(Wire):
    """The answer to a patch of a listing."""

    status: str
    submission_id: str = ""
    issues: tuple[Issue, ...] | None = None


class CreatedDocument(Wire):
    """A feed document to be filled."""

    feed_document_id: str
    url: str


class CreatedFeed(Wire):
    """A feed that was taken."""

    feed_id: str


class Feed(Wire):
    """What has become of a feed."""

    processing_status: str
    result_feed_document_id: str | None = None


class StoredDocument(Wire):
    """Where a document can be had."""

    url: str


class ProcessingReport(Wire):
    """What a listings feed did with its rows."""

    issues: tuple[Issue, ...] = ()


class FbaStock(Wire):
    """How many of a SKU Amazon's warehouses can ship."""

    fulfillable_quantity: int | None = None


class FbaSummary(Wire):
    """One SKU in Amazon's warehouses."""

    seller_sku: str = ""
    inventory_details: FbaStock | None = None


class FbaPayload(Wire):
    """The rows of an inventory summary."""

    inventory_summaries: list[FbaSummary]


class FbaAnswer(Wire):
    """The answer of ``getInventorySummaries``."""

    payload: FbaPayload


class Marketplace(Wire):
    """A store."""

    id: str
    name: str
    default_currency_code: str


class Participation(Wire):
    """Whether the seller may sell there."""

    is_participating: bool
    has_suspended_listings: bool


class MarketplaceParticipation(Wire):
    """One store in which the account is known."""

    marketplace: Marketplace
    participation: Participation
    store_name: str = ""


class Participations(Wire):
    """The answer of ``getMarketplaceParticipations``."""

    payload: list[MarketplaceParticipation]


Shape = TypeVar("Shape", bound=BaseModel)


def read_answer(shape: type[Shape], answer: Answer) -> Shape:
    """Return an answer read as ``shape``.

    Raises:
        ContractBrokenError: it is something else; says where.
    """
    return read_shape(shape, answer.json())


def read_shape(shape: type[Shape], parsed: Any) -> Shape:
    """Return parsed JSON read as ``shape``.

    Raises:
        ContractBrokenError: it is something else; says where.
    """
    try:
        return shape.model_validate(parsed)
    except ValidationError as error:
        message = describe_mismatch(error).message
        raise ContractBrokenError(f"unexpected answer of Amazon: {message}") from None


def join_issues(issues: Iterable[Issue] | None) -> str:
    """Return the errors among issues as one sentence, redacted."""
    errors = [issue.message for issue in issues or () if issue.severity == "ERROR"]
    return redact("; ".join(dict.fromkeys(errors)))


def encode(text: str) -> str:
    """Return an id as part of a path: SKUs may hold slashes, spaces and plus signs."""
    return quote(text, safe="")


def format_time(moment: datetime) -> str:
    """Return a moment as Amazon writes it: UTC, whole seconds, with a Z."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
