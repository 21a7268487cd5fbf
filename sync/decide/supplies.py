"""What a SKU has to offer: its units by location, and what may be sold beyond them.

Figures and their arithmetic, pure. Which channel shows how much of it is a policy's to
decide; here stands what there is to be shown.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class Headroom:
    """Units that may be sold although they are not there, and why.

    ``backorder_units`` is what the merchant allows without any promise of goods,
    ``preorder_units`` the part of ``incoming`` that may be sold before it arrives.
    """

    backorder_units: int = 0
    preorder_units: int = 0
    incoming: int = 0
    short: int = 0
    """Units that lines wait for already."""

    @property
    def cap(self) -> int:
        """The most that lines may wait for before it is a shortfall."""
        return self.backorder_units + min(self.incoming, self.preorder_units)

    @property
    def left(self) -> int:
        """Units that may still be sold beyond what is available."""
        return max(0, self.cap - self.short)

    @property
    def excess(self) -> int:
        """Units that lines wait for beyond the cap: the shortfall."""
        return max(0, self.short - self.cap)


@dataclass(frozen=True, slots=True)
class Supply:
    """What one SKU has to offer, over the locations that sell it.

    ``available`` is the sum of ``by_location`` wherever that is told.
    """

    available: int
    safety_stock: int
    headroom: Headroom = Headroom()
    by_location: Mapping[str, int] = field(default_factory=dict)
    """Available units of each location that sells, in the order of their rank."""
    on_hand: int = 0
    allocated: int = 0
    reserved: int = 0
    in_transit: int = 0
    """Units on their way from one location to another; nobody can buy them."""

    @property
    def promisable(self) -> int:
        """Units that may be promised: available less safety stock, and the headroom."""
        return max(0, self.available - self.safety_stock) + self.headroom.left

    def at(self, locations: Collection[str]) -> Supply:
        """Return what the SKU offers to whoever may use only ``locations``."""
        usable = {
            name: units for name, units in self.by_location.items() if name in locations
        }
        return replace(self, available=sum(usable.values()), by_location=usable)
