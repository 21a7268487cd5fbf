"""What the shapes of every channel's JSON have in common, and nothing of one channel.

Texts and lists that may be null, amounts as text, codes of currencies, and how what
does not fit becomes the error that says where. The shapes are in ``*_wire`` modules.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    StringConstraints,
    ValidationError,
)

from ..canonical.errors import MappingError
from ..canonical.money import EXPONENTS


def require_currency(code: str) -> str:
    """Return ``code``, which ISO 4217 has to know.

    Raises:
        ValueError: it does not.
    """
    if code not in EXPONENTS:
        raise ValueError("not an ISO 4217 currency code")
    return code


def _read_nothing_as_empty(value: Any) -> Any:
    return "" if value is None else value


def _read_nothing_as_no_rows(value: Any) -> Any:
    return [] if value is None else value


Text = Annotated[str, BeforeValidator(_read_nothing_as_empty)]
"""A text that may be missing; null counts as missing."""

Amount = Annotated[str, StringConstraints(pattern=r"^-?[0-9]{1,14}(\.[0-9]{1,20})?$")]
"""An amount in major units, kept as text, which takes half the time of a Decimal.

Fourteen digits and four decimals (the most that a currency has) fit into ``Money``.
"""

CurrencyCode = Annotated[str, AfterValidator(require_currency)]

Entry = TypeVar("Entry")
Rows = Annotated[list[Entry], BeforeValidator(_read_nothing_as_no_rows)]
"""A list that may be missing; null counts as missing."""

Shape = TypeVar("Shape", bound=BaseModel)


def read_wire(
    shape: type[Shape], payload: Mapping[str, Any], *, path: str = ""
) -> Shape:
    """Return ``payload`` read as ``shape``.

    Args:
        shape: what it should look like.
        payload: the whole record, or the part of it that is found at ``path``.
        path: where the payload was found, for the error.

    Raises:
        MappingError: a required part is missing or wrong; says where, and not what
            stood there, which may be a customer's.
    """
    try:
        return shape.model_validate(payload)
    except ValidationError as error:
        raise describe_mismatch(error, path=path) from None


def describe_mismatch(error: ValidationError, *, path: str = "") -> MappingError:
    """Return the error that says where the first mismatch is, and not its value."""
    first = error.errors(include_input=False, include_url=False)[0]
    steps = [str(step) for step in (path, *first["loc"]) if step != ""]
    where = ".".join(steps) or "record"
    return MappingError(f"{where}: {first['msg']}", path=where)
