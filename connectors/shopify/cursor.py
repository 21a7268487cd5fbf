"""Where a pull of orders has come to: one scan in the order of change, then the next.

A scan asks one question, unchanged from page to page, and goes on after Shopify's own
page token. Should Shopify no longer know the token, the scan goes on from the last
change it had reached. The next scan starts where this one started, and reaches back
further, because Shopify's search may show a change late. All times are Shopify's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final, Literal, Self

import orjson
from pydantic import TypeAdapter

from ...canonical.errors import ContractBrokenError
from ...canonical.model import UtcTime

OVERLAP = timedelta(seconds=300)
VISIBILITY_LAG = timedelta(seconds=10)

_VERSION: Final = 1
_SHAPE = TypeAdapter(
    tuple[Literal[1], UtcTime, str | None, UtcTime | None, UtcTime | None]
)


@dataclass(frozen=True, slots=True)
class Scan:
    """One walk over all orders changed since a moment."""

    since: datetime
    after: str | None = None
    """Shopify's token of the page that was read last."""
    reached: datetime | None = None
    """The latest change among the pages read."""
    started_at: datetime | None = None
    """When the first page was read."""

    @property
    def query(self) -> str:
        """The scan's question, in Shopify's search syntax. Inclusive, whole seconds."""
        moment = self.since.astimezone(UTC).replace(microsecond=0)
        return f"updated_at:>='{moment:%Y-%m-%dT%H:%M:%SZ}'"

    def encode(self) -> str:
        """Return the cursor as text."""
        times = (self.since, self.reached, self.started_at)
        since, reached, started_at = (time and time.isoformat() for time in times)
        parts = [_VERSION, since, self.after, reached, started_at]
        return orjson.dumps(parts).decode()

    @classmethod
    def decode(cls, cursor: str) -> Self:
        """Return the scan that ``encode`` made a cursor of.

        Raises:
            ContractBrokenError: the text is not such a cursor.
        """
        try:
            _, since, after, reached, started_at = _SHAPE.validate_json(cursor)
        except ValueError:
            raise ContractBrokenError(
                "a saved cursor cannot be read",
                next_step="Reset the cursor; what was pulled before is recognised.",
            ) from None
        return cls(since, after, reached, started_at)

    def see(self, changes: list[datetime], channel_time: datetime | None) -> Self:
        """Return the scan with one more page read."""
        started_at = self.started_at or channel_time
        # A change from the future would make the scan skip what came before it.
        sound = [self.reached] if self.reached else []
        for change in changes:
            if started_at is None or change <= started_at:
                sound.append(change)
        return replace(self, reached=max(sound, default=None), started_at=started_at)

    def has_caught_up(self, changes: list[datetime]) -> bool:
        """Say whether a page holds only what changed while the scan was under way.

        Busy shops change orders as fast as they are read; the next scan has them.
        """
        started_at = self.started_at
        return bool(started_at and changes) and min(changes) > started_at

    def start_again(self) -> Self:
        """Return the scan without its page token: from the last change reached."""
        since = self.since
        if self.reached:
            since = max(since, self.reached - VISIBILITY_LAG)
        return replace(self, since=since, after=None)

    def finish(self) -> Self:
        """Return the scan that follows this one."""
        end = self.started_at or self.reached
        if end is None:
            return type(self)(self.since)
        return type(self)(max(self.since, end - VISIBILITY_LAG - OVERLAP))
