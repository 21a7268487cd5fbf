"""Sends GraphQL documents and reads their answers: one place that knows the errors.

Shopify answers most failures with HTTP 200. What the hub does next is decided by the
error's code; what only personal data is missing from is still an answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from ...canonical.errors import (
    ChannelError,
    ContractBrokenError,
    OutcomeUnknownError,
    RejectedError,
    RetryLaterError,
)
from ..calls import Answer, Call, Transport
from ..redaction import redact
from .cost import PageSize, read_delay_seconds
from .wire import Cost, Envelope, GraphqlError

API_VERSION = "2026-07"
_PATH = f"/admin/api/{API_VERSION}/graphql.json"
_REASON_CHARACTERS_MAX = 200

# Shopify withholds these where the app is not approved for protected customer data, and
# sends null in their place beside an error for each.
_PERSONAL = {"customer", "email", "phone", "shippingAddress", "billingAddress"}

Shape = TypeVar("Shape", bound=BaseModel)


class TooCostlyError(RejectedError):
    """A query could return more than Shopify allows one query to cost."""


class LostPlaceError(RejectedError):
    """Shopify no longer knows the place in a list that a page should start after."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The data of an answer, and when it was given on Shopify's clock."""

    data: dict[str, Any]
    channel_time: datetime | None

    def read(self, shape: type[Shape], *path: str) -> Shape:
        """Return what lies at ``path``, in its shape.

        Raises:
            ContractBrokenError: it is not there, or has another shape.
        """
        part: Any = self.data
        for name in path:
            part = part.get(name) if isinstance(part, dict) else None
        return read_shape(shape, part, ".".join(path))


class Admin:
    """Shopify's Admin API of one shop."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def ask(self, document: str, **variables: Any) -> Reply:
        """Send a query; it may be repeated.

        Raises:
            TooCostlyError: ask for fewer records.
            LostPlaceError: start the list again.
            RetryLaterError: the bucket is empty, or Shopify failed.
            RejectedError: a scope is missing, or the query is not allowed.
            ContractBrokenError: the answer is not what the schema promises.
        """
        return self._send(document, variables, safe=True)

    def tell(self, document: str, **variables: Any) -> Reply:
        """Send a mutation, at most once.

        Raises:
            OutcomeUnknownError: it was sent; Shopify does not say what became of it.
            RetryLaterError: it was not carried out for the moment.
            RejectedError: it was not carried out.
            ContractBrokenError: the answer is not what the schema promises.
        """
        return self._send(document, variables, safe=False)

    def change(
        self, document: str, shape: type[Shape], name: str, **variables: Any
    ) -> Shape:
        """Send a mutation and return what it says of itself, under its name.

        Raises:
            OutcomeUnknownError: as ``tell``, and where its answer cannot be read.
            RetryLaterError: it was not carried out for the moment.
            RejectedError: it was not carried out.
        """
        try:
            return self.tell(document, **variables).read(shape, name)
        except ContractBrokenError as error:
            raise OutcomeUnknownError(error.message) from None

    def _send(self, document: str, variables: dict[str, Any], *, safe: bool) -> Reply:
        body = {"query": document, "variables": variables}
        answer = self._transport.send(Call("POST", _PATH, json=body, safe=safe))
        try:
            envelope = read_shape(Envelope, answer.json(), "the answer")
        except ContractBrokenError as broken:
            if safe:
                raise
            raise OutcomeUnknownError(broken.message) from None
        cost = envelope.extensions.cost
        for error in envelope.errors:
            if envelope.data is None or not _is_privacy(error):
                raise _explain(error, cost, safe=safe)
        if envelope.data is None:
            raise ContractBrokenError("Shopify answered with neither data nor errors")
        return Reply(envelope.data, _read_date(answer))


def read_shape(shape: type[Shape], part: Any, place: str) -> Shape:
    """Return a part of an answer in its shape.

    Raises:
        ContractBrokenError: it has another one; the text names the field only.
    """
    try:
        return shape.model_validate(part)
    except ValidationError as error:
        first = error.errors(include_input=False, include_context=False)[0]
        field = ".".join([place, *(str(step) for step in first["loc"])])
        raise ContractBrokenError(
            f"Shopify's answer is not as documented: {field}: {first['msg']}"
        ) from None


def ask_affordably(size: PageSize, ask: Callable[[int], Reply]) -> Reply:
    """Ask for a page of as many records as one query may cost.

    Raises:
        TooCostlyError: even a single record costs too much.
    """
    while True:
        try:
            return ask(size.current)
        except TooCostlyError:
            if not size.shrink():
                raise


def ask_in_parts(
    size: PageSize, ids: Sequence[str], ask: Callable[[Sequence[str]], Reply]
) -> list[Reply]:
    """Ask about named records, as many at once as one query may cost.

    Raises:
        TooCostlyError: even a single record costs too much.
    """
    replies: list[Reply] = []
    start = 0
    while start < len(ids):
        part = ids[start : start + size.current]
        try:
            replies.append(ask(part))
        except TooCostlyError:
            if not size.shrink():
                raise
        else:
            start += len(part)
    return replies


def shorten(message: str) -> str:
    """Return a text of Shopify's that may be shown: short, and without secrets."""
    return redact(message)[:_REASON_CHARACTERS_MAX]


def _explain(error: GraphqlError, cost: Cost | None, *, safe: bool) -> ChannelError:
    """Return the error for what the hub does next."""
    text, code = shorten(error.message), error.extensions.code
    if code == "THROTTLED" or error.message == "Throttled":
        return RetryLaterError(
            "Shopify's query budget for this app is used up",
            delay_seconds=read_delay_seconds(cost),
        )
    if code == "MAX_COST_EXCEEDED":
        return TooCostlyError(f"Shopify refuses so costly a query: {text}")
    if code == "INTERNAL_SERVER_ERROR":
        if safe:
            return RetryLaterError(f"Shopify failed inside: {text}")
        return OutcomeUnknownError(f"Shopify failed while changing something: {text}")
    if code == "ACCESS_DENIED":
        needed = shorten(error.extensions.required_access) or text
        return RejectedError(
            f"Shopify does not allow this app to do that; needed: {needed}",
            next_step="Grant the scope in the app's configuration and install it anew.",
        )
    if "cursor" in error.message.lower():
        return LostPlaceError(f"Shopify lost the place in its list: {text}")
    if not error.path:
        return ContractBrokenError(f"Shopify does not understand the query: {text}")
    return RejectedError(f"Shopify refused: {text}")


def _is_privacy(error: GraphqlError) -> bool:
    denied = error.extensions.code == "ACCESS_DENIED"
    return denied and not _PERSONAL.isdisjoint(error.path)


def _read_date(answer: Answer) -> datetime | None:
    try:
        moment = parsedate_to_datetime(answer.headers.get("date", ""))
    except (TypeError, ValueError, OverflowError):
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
