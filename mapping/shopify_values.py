"""The small words of Shopify's payloads: money, times, texts, lists, and what is wrong.

Shared by the translations of orders and products. Nothing here knows an order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeVar

from pydantic import ValidationError

from ..canonical.errors import MappingError, MoneyError
from ..canonical.money import Money

Json = Mapping[str, Any]
Model = TypeVar("Model")

UNREADABLE = (AttributeError, LookupError, MoneyError, TypeError, ValueError)
"""What reading a payload raises where the payload is not what it should be."""


# Prices repeat from order to order; exact decimals are what costs time here.
read_amount = lru_cache(maxsize=4096)(Money.of)
no_money = lru_cache(maxsize=256)(Money.zero)


class _Watched(dict[str, Any]):
    """A payload that remembers which of its fields was read last."""

    last = ""

    def __getitem__(self, name: str) -> Any:
        self.last = name
        return super().__getitem__(name)


def read_with_place(
    read: Callable[[Json], Model], payload: Json, path: str = ""
) -> Model:
    """Translate a payload; an error names the field that it is about.

    The way to the field is found by reading a second time, so that reading well costs
    nothing.

    Raises:
        MappingError: the payload is not what it should be.
    """
    try:
        return read(payload)
    except UNREADABLE as error:
        raise _explain(error, _find_place(read, payload, path)) from error


def _find_place(read: Callable[[Json], Model], payload: Json, path: str) -> str:
    if not isinstance(payload, Mapping):
        return path
    watched = _Watched(payload)
    with suppress(*UNREADABLE):
        read(watched)
    return f"{path}.{watched.last}" if path else watched.last


def read_each(
    payloads: Sequence[Json], read: Callable[[Json], Model], path: str
) -> tuple[Model, ...]:
    """Translate a list; an error names the place of the part that it is about."""
    models = []
    for index, payload in enumerate(payloads):
        try:
            models.append(read(payload))
        except UNREADABLE as error:
            place = _find_place(read, payload, f"{path}[{index}]")
            raise _explain(error, place) from error
    return tuple(models)


def look_up(
    table: Mapping[str, Model],
    word: str,
    otherwise: Model,
    where: tuple[str, list[str]],
) -> Model:
    """Look a word up; one never seen before is written down and counts as unknown."""
    known = table.get(word)
    if known is None:
        path, unknown = where
        unknown.append(f"{path}={word}")
        return otherwise
    return known


def read_money(bag: Json, currency: str) -> Money:
    """Return the shop's side of a money bag.

    Raises:
        MoneyError: it is not in the order's currency, or cannot be held exactly.
    """
    shop = bag["shopMoney"]
    if shop["currencyCode"] != currency:
        raise MoneyError(
            f"an amount is in {shop['currencyCode']} where the order is in {currency}"
        )
    return read_amount(shop["amount"], currency)


def read_presentment(bag: Json, currency: str) -> Money | None:
    """Return the buyer's side of a money bag; None where it is the same currency."""
    shown = bag["presentmentMoney"]
    if shown["currencyCode"] == currency:
        return None
    return read_amount(shown["amount"], shown["currencyCode"])


def read_text(value: str | None) -> str:
    """Return a text; NUL is dropped, which not every database can hold."""
    if not value:
        return ""
    return value.replace("\x00", "") if "\x00" in value else value


def read_count(value: Any) -> int:
    """Return a number of units.

    Raises:
        TypeError: it is not an integer.
    """
    # A string would pass through arithmetic as repetition.
    if type(value) is not int:
        raise TypeError(f"a count came as {type(value).__name__}")
    return value


def name_variant(product: str, variant: str | None) -> str:
    """Return a title that tells a variant from its siblings.

    Shopify calls the only variant of a product "Default Title".
    """
    if not variant or variant == "Default Title":
        return read_text(product)
    return read_text(f"{product} - {variant}")


def read_percent(rate: float | None) -> str:
    """Return a tax rate as text, without what binary fractions add to it."""
    return "" if rate is None else f"{rate:.10g}"


def read_time(text: str) -> datetime:
    """Return a moment; whether it has a zone is the model's business."""
    return datetime.fromisoformat(text)


def read_time_if_any(text: str | None) -> datetime | None:
    """Return a moment, or None where Shopify has none."""
    return datetime.fromisoformat(text) if text else None


def _explain(error: Exception, place: str) -> MappingError:
    """Return the error for a person, without any of the customer's data."""
    if isinstance(error, KeyError):
        missing = str(error.args[0])
        if place.rpartition(".")[2] != missing:
            place = f"{place}.{missing}"
        return MappingError(f"{place} is missing", path=place)
    if isinstance(error, ValidationError):
        # Our own names: by now the parts are put together.
        first = error.errors(include_input=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or place
        reason = first["msg"]
    elif isinstance(error, MoneyError):
        reason = error.message
    else:
        reason = "a value is not of the kind that it should be"
    return MappingError(f"{place}: {reason}", path=place)
