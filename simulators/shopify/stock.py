"""Changes of what the shop holds and shows.

Every change is told to the world's books and to whoever subscribed. Untracked variants
have no counter: nothing here touches them.
"""

from __future__ import annotations

from ..world import World
from .announcements import Announcer
from .books import Books
from .goods import Level, Location, Variant
from .payloads_goods import level_payload


class Stock:
    """The counters of one shop."""

    def __init__(
        self, books: Books, announcer: Announcer, world: World, channel: str
    ) -> None:
        self._books = books
        self._announcer = announcer
        self._world = world
        self._channel = channel

    def choose_location(self, variant: Variant, quantity: int) -> Location | None:
        """Return the place that would sell ``quantity``, or None where none can."""
        places = self._books.active_locations
        if not variant.tracked:
            return places[0]
        for place in places:
            level = variant.levels.get(place.number)
            if level is not None and level.available >= quantity:
                return place
        return places[0] if variant.oversell else None

    def commit(self, variant: Variant, location: Location, quantity: int) -> None:
        """Take units from ``available`` for an order; negative gives them back."""
        level = self._level(variant, location)
        if level is not None:
            level.available -= quantity
            level.committed += quantity
            self._changed(level)

    def drop_committed(
        self, variant: Variant, location: Location, quantity: int
    ) -> None:
        """Forget units that an order held: they left, or they are gone."""
        level = self._level(variant, location)
        if level is not None:
            level.committed -= quantity
            level.updated_at = self._books.now()

    def put_back(self, variant: Variant, location: Location, quantity: int) -> None:
        """Add units that came back to what can be sold."""
        level = self._level(variant, location)
        if level is not None:
            level.available += quantity
            self._changed(level)

    def write(self, level: Level, available: int, *, written: bool) -> None:
        """Set what can be sold.

        Args:
            written: through the API, not by the shop's own staff.
        """
        level.available = available
        self._changed(level, written=written)

    def _level(self, variant: Variant, location: Location) -> Level | None:
        if not variant.tracked or variant.deleted:
            return None
        return variant.levels.get(location.number)

    def _changed(self, level: Level, *, written: bool = False) -> None:
        variant = level.variant
        level.updated_at = self._books.now()
        self._books.revision += 1
        self._world.record_shown(
            self._channel, variant.gid, variant.available, written=written
        )
        self._announcer.announce(
            "inventory_levels/update",
            lambda: level_payload(level, self._books.settings),
        )
