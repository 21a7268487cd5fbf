"""Places: which locations a channel's orders may take units from, and in which order.

The settings' default location always exists, written down or not, and sells unless
somebody said otherwise. Reading only; ``warehouse`` changes locations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..canonical.errors import NotFoundError, RefusedError
from ..store import locations
from ..store.engine import Connection
from ..store.locations import OWN, LocationRow
from .hub import Hub


@dataclass(frozen=True, slots=True)
class Places:
    """Every location by rank, and what channels are limited to."""

    rows: Sequence[LocationRow]
    default: str
    limits: Mapping[str, set[str]] = field(default_factory=dict)

    @property
    def selling(self) -> tuple[str, ...]:
        """The locations whose units can be sold, those to be used first in front."""
        return tuple(row.name for row in self.rows if row.sells)

    def usable(self, channel: str) -> tuple[str, ...]:
        """Return the locations that a channel's orders may take units from, by rank."""
        limit = self.limits.get(channel)
        if limit is None:
            return self.selling
        return tuple(name for name in self.selling if name in limit)

    def home(self, channel: str) -> str:
        """Return where a channel's orders wait for what is missing."""
        usable = self.usable(channel)
        return usable[0] if usable else self.default


def load_places(hub: Hub, connection: Connection) -> Places:
    """Return the locations as they are now."""
    default = hub.tuning.location
    rows = locations.load_all(connection)
    if all(row.name != default for row in rows):
        rows.append(LocationRow(default, "", OWN, 0, sells=True))
    # Among equals the default comes first.
    rows.sort(key=lambda row: (row.rank, row.name != default, row.name))
    return Places(tuple(rows), default, locations.load_limits(connection))


def require_location(hub: Hub, connection: Connection, name: str) -> str:
    """Return the name of a location that goods can lie at; empty means the default.

    Raises:
        NotFoundError: there is no such location.
        RefusedError: it is the account of goods on their way.
    """
    wanted = name or hub.tuning.location
    rows = {row.name: row for row in load_places(hub, connection).rows}
    if wanted not in rows:
        raise NotFoundError(
            f"There is no location {wanted!r}.",
            next_step="crossdock locations list; crossdock locations add makes one.",
        )
    if rows[wanted].kind != OWN:
        raise RefusedError(
            f"{wanted} holds only what is on its way from one location to another.",
            next_step="crossdock transfer list shows it.",
        )
    return wanted
