"""How the connector reads Etsy's answers: shapes and errors that every part shares."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from ...canonical.errors import ContractBrokenError
from ..calls import Answer

Json = dict[str, Any]
Part = TypeVar("Part")
Shape = TypeVar("Shape", bound=BaseModel)
_OBJECT = TypeAdapter(Json)


class Found(BaseModel):
    """One page of a list; ``count`` is how many there are on all pages."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    count: int = 0
    results: list[Json]


class Self(BaseModel):
    """Whose token it is."""

    user_id: int
    shop_id: int = Field(ge=1)


class ShopHead(BaseModel):
    """A shop, as far as the check needs."""

    shop_id: int
    shop_name: str = ""
    currency_code: str = ""
    is_vacation: bool | None = None


class ListingHead(BaseModel):
    """A listing, as far as storing it as a record needs."""

    listing_id: int
    shop_id: int | None = None
    updated_timestamp: int | None = Field(default=None, ge=0, lt=2**37)


def read_answer(shape: type[Shape], answer: Answer) -> Shape:
    """Return the answer read as ``shape``.

    Raises:
        ContractBrokenError: it is something else; says where.
    """
    return read_shape(shape, answer.json())


def read_shape(shape: type[Shape], parsed: Any) -> Shape:
    """Return parsed JSON read as ``shape``.

    Raises:
        ContractBrokenError: it is something else; says where, and not what stood there.
    """
    try:
        return shape.model_validate(parsed)
    except ValidationError as error:
        raise _explain(error) from None


def read_object(answer: Answer) -> Json:
    """Return the answer, which has to be a JSON object.

    Raises:
        ContractBrokenError: it is something else.
    """
    try:
        return _OBJECT.validate_python(answer.json())
    except ValidationError as error:
        raise _explain(error) from None


def split(parts: Sequence[Part], size: int) -> Iterator[Sequence[Part]]:
    """Yield the parts in portions of at most ``size``."""
    for start in range(0, len(parts), size):
        yield parts[start : start + size]


def _explain(error: ValidationError) -> ContractBrokenError:
    first = error.errors(include_input=False, include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or "answer"
    return ContractBrokenError(f"unexpected answer of Etsy: {where}: {first['msg']}")
