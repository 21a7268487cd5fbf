"""Cursors and page tokens that connectors share.

``Watermark`` is a keyset cursor for channels that filter by "changed since"; and
``require_progress`` and ``TokenTrail`` stop a walk that goes round in circles. Which
parameters a channel takes is the connector's business.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, Self

import orjson
from pydantic import TypeAdapter

from ..canonical.errors import ContractBrokenError
from ..canonical.model import UtcTime, require_utc
from ..canonical.pages import Record

_VERSION: Final = 1
"""First part of an encoded watermark: cursors are saved for ever, and must read."""
_SHAPE = TypeAdapter(tuple[Literal[1], UtcTime, frozenset[str]])


@dataclass(frozen=True, slots=True)
class Watermark:
    """How far a pull has come: a moment, and the records of that moment already seen.

    The next request asks for everything from ``moment`` on, inclusively, and leaves
    out ``seen``. So records that share a moment across the edge of a page are neither
    lost nor returned for ever.
    """

    moment: datetime
    seen: frozenset[str] = frozenset()

    def encode(self) -> str:
        """Return the cursor as text, the same for equal watermarks."""
        moment = require_utc(self.moment).isoformat()
        return orjson.dumps([_VERSION, moment, sorted(self.seen)]).decode()

    @classmethod
    def decode(cls, cursor: str) -> Self:
        """Return the watermark that ``encode`` made a cursor of.

        Raises:
            ContractBrokenError: the text is not such a cursor.
        """
        try:
            _, moment, seen = _SHAPE.validate_json(cursor)
        except ValueError:
            raise ContractBrokenError(
                "a saved cursor cannot be read",
                next_step="Reset the cursor; what was pulled before is recognised.",
            ) from None
        return cls(moment, seen)

    def leave_out_seen(self, records: Iterable[Record]) -> tuple[Record, ...]:
        """Return the records that are past this watermark, in the order they came."""
        return tuple(
            record
            for record in records
            if record.updated_at > self.moment
            or (
                record.updated_at == self.moment and record.external_id not in self.seen
            )
        )

    def advance(self, records: Iterable[Record]) -> Self:
        """Return the watermark after these records, in whichever order they came."""
        moment, seen = self.moment, set(self.seen)
        for record in records:
            if record.updated_at > moment:
                moment, seen = record.updated_at, set()
            if record.updated_at == moment:
                seen.add(record.external_id)
        return type(self)(moment, frozenset(seen))

    def reach_back(self, overlap: timedelta) -> Self:
        """Return a watermark ``overlap`` earlier that has seen nothing.

        For the start of a pull: what became visible late is returned again along with
        what the hub knows already and drops.
        """
        return type(self)(self.moment - overlap)


def require_progress(asked_with: str | None, answered: str | None) -> str | None:
    """Return the token that a page answered with, or None at the end.

    Raises:
        ContractBrokenError: it is the token that was asked with, so that the walk
            would never end.
    """
    if answered and answered == asked_with:
        raise ContractBrokenError(
            "the channel gave the same page token twice; its list would never end"
        )
    return answered or None


class TokenTrail:
    """The tokens of one walk over several pages inside a connector.

    For channels that must be walked in one go, where a longer circle (a, b, a, b) can
    hide from ``require_progress``.
    """

    def __init__(self, *, pages_max: int = 10_000) -> None:
        self._tokens: set[str] = set()
        self._pages_max = pages_max

    def follow(self, token: str) -> str:
        """Return the token, if this walk has not met it before.

        Raises:
            ContractBrokenError: it has, or the walk is longer than any list can be.
        """
        if token in self._tokens:
            raise ContractBrokenError(
                "the channel gave a page token twice; its list would never end"
            )
        if len(self._tokens) >= self._pages_max:
            raise ContractBrokenError(
                f"the channel's list did not end after {self._pages_max} pages"
            )
        self._tokens.add(token)
        return token
