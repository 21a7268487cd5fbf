"""The base of every canonical model: frozen, strict about unknown fields, UTC times.

Not a place for behaviour; the nouns live in the modules beside this one.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict


class Model(BaseModel):
    """A frozen value. Equality is by content; a change is a new value."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def require_utc(moment: datetime) -> datetime:
    """Return ``moment`` in UTC.

    Raises:
        ValueError: the moment has no time zone, so it cannot be placed in time; or
            it lies outside the years that UTC can name here (1 to 9999).
    """
    if moment.tzinfo is UTC:
        return moment
    # Not "tzinfo is None": a zone may decline to answer, and Python would then take
    # the zone of the machine.
    if moment.utcoffset() is None:
        raise ValueError("a time without a zone cannot be placed; attach the zone")
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("a time beyond the years 1 to 9999 in UTC") from error


UtcTime = Annotated[datetime, AfterValidator(require_utc)]
