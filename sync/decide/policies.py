"""Policies: how much of what can be promised one listing of one channel shows.

Pure, from figures that others loaded. Quotas are shared out in ``escrow``, dynamic
buffers computed in ``buffers``; here they are applied, and every unit is accounted for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from ...canonical.policies import StockMode, StockPolicy
from .supplies import Supply


@dataclass(frozen=True, slots=True)
class Terms:
    """The policy that applies to a SKU on a channel, complete."""

    mode: StockMode = StockMode.POOL
    threshold_units: int = 0
    buffer_units: int = 0
    dynamic_buffer: bool = False
    oversold_cost: int = 19
    withheld_cost: int = 1
    because: str = "the settings"
    """Whose word it is."""

    @property
    def service_level(self) -> float:
        """How sure a buffer must be: the share of the cost that overselling has."""
        return self.oversold_cost / (self.oversold_cost + self.withheld_cost)


class PolicyBook:
    """Finds the policy for a SKU on a channel: the most specific word wins."""

    def __init__(
        self,
        policies: Iterable[StockPolicy],
        default: Terms,
        *,
        channel_buffers: Mapping[str, int] | None = None,
        without_escrow: Iterable[str] = (),
    ) -> None:
        """Take what was written down.

        Args:
            policies: what the merchant said; at most one per channel and SKU.
            default: what the settings say.
            channel_buffers: buffers that channels were connected with, where they
                have one; they stand for the settings' own.
            without_escrow: channels where a listing at zero can still be bought. No
                quota binds them, so they funnel what quotas leave.
        """
        self._policies = {(one.channel, one.sku): one for one in policies}
        self._default = default
        self._channel_buffers = channel_buffers or {}
        self._without_escrow = frozenset(without_escrow)
        self._found: dict[tuple[str, str], Terms] = {}

    @property
    def has_escrow(self) -> bool:
        """Whether any SKU may be in escrow on any channel."""
        modes = {one.mode for one in self._policies.values()} | {self._default.mode}
        return StockMode.ESCROW in modes

    @property
    def has_dynamic_buffers(self) -> bool:
        """Whether any SKU may have a dynamic buffer on any channel."""
        said = {one.dynamic_buffer for one in self._policies.values()}
        return True in said or self._default.dynamic_buffer

    def find(self, channel: str, sku: str) -> Terms:
        """Return the policy for a SKU on a channel."""
        found = self._found.get((channel, sku))
        if found is None:
            found = self._found[channel, sku] = self._compose(channel, sku)
        return found

    def _compose(self, channel: str, sku: str) -> Terms:
        default = self._default
        own = self._channel_buffers.get(channel, 0)
        if own:
            default = replace(default, buffer_units=own)
        keys = ((channel, sku), ("", sku), (channel, ""), ("", ""))
        said = next((self._policies[k] for k in keys if k in self._policies), None)
        if said is not None:
            default = _apply(said, default)
        if default.mode is StockMode.ESCROW and channel in self._without_escrow:
            because = f"{default.because}; {channel} does not honour zero, so no quota"
            return replace(default, mode=StockMode.FUNNEL, because=because)
        return default


def _apply(said: StockPolicy, default: Terms) -> Terms:
    """Return ``default`` with what a policy says of it."""
    names = (
        "threshold_units",
        "buffer_units",
        "dynamic_buffer",
        "oversold_cost",
        "withheld_cost",
    )
    given = {name: getattr(said, name) for name in names}
    changes = {name: value for name, value in given.items() if value is not None}
    because = f"the policy of {describe_scope(said.channel, said.sku)}"
    return replace(default, mode=said.mode, because=because, **changes)


def describe_scope(channel: str, sku: str) -> str:
    """Say what a policy is about."""
    if channel and sku:
        return f"{sku} on {channel}"
    return sku or channel or "everything"


@dataclass(frozen=True, slots=True)
class Part:
    """A component of a listing: what its SKU offers to this channel, on which terms.

    ``held_units`` are those that quotas of others keep from this channel,
    ``buffer_units`` those of the dynamic buffer; both are units of the SKU.
    """

    sku: str
    units: int
    supply: Supply
    terms: Terms = Terms()
    held_units: int = 0
    buffer_units: int = 0
    first: bool = True
    """Whether no channel that sells the SKU is more important."""

    @property
    def shared_units(self) -> int:
        """Units that no quota holds."""
        return max(0, self.supply.promisable - self.held_units)

    @property
    def funnelled_units(self) -> int:
        """Units that are left to more important channels."""
        funnels = self.terms.mode is not StockMode.POOL and not self.first
        scarce = self.shared_units <= self.terms.threshold_units
        return self.shared_units if funnels and scarce else 0

    @property
    def offered_units(self) -> int:
        """Units of the SKU that this channel may sell."""
        return max(0, self.shared_units - self.funnelled_units - self.buffer_units)

    @property
    def makeable(self) -> int:
        """Sales of the listing that these units are enough for."""
        return self.offered_units // self.units


def count_sellable(parts: Sequence[Part]) -> int:
    """Return how many of a listing can be sold: its scarcest component decides.

    The largest fixed buffer of its components is held back in units of the listing. A
    listing made of nothing sells nothing.
    """
    if not parts:
        return 0
    return max(0, min(part.makeable for part in parts) - find_buffer(parts))


def find_buffer(parts: Sequence[Part]) -> int:
    """Return the fixed buffer of a listing, in its own units."""
    return max((part.terms.buffer_units for part in parts), default=0)


def find_scarcest(parts: Sequence[Part]) -> Part:
    """Return the component that decides how many of a listing can be sold."""
    return min(parts, key=lambda part: (part.makeable, part.sku))


class Entry(NamedTuple):
    """One line of an account: units of a SKU that are there, or that go off."""

    what: str
    units: int


def account_for(
    part: Part, *, shown: int, buffer: int, quota: int | None
) -> list[Entry]:
    """Say where every unit of a listing's scarcest component goes, one by one.

    The entries add up to ``shown`` times the units that one sale takes.

    Args:
        part: the component.
        shown: sales of the listing that the channel shows.
        buffer: the listing's fixed buffer, in its own units.
        quota: what the record was granted, where it is in escrow; it then shows that
            and nothing else counts.
    """
    supply = part.supply
    safety = min(supply.safety_stock, supply.available)
    entries = [
        Entry("available", supply.available),
        Entry("safety stock", -safety),
        Entry("may be sold beyond what is there", supply.headroom.left),
    ]
    if quota is not None:
        entries.append(Entry("not in its quota", quota * part.units - sum_up(entries)))
    else:
        shared = part.shared_units
        entries += [
            Entry("held by quotas", shared - supply.promisable),
            Entry("left to more important channels", -part.funnelled_units),
            Entry("dynamic buffer", part.offered_units + part.funnelled_units - shared),
            Entry("not enough for one more", -(part.offered_units % part.units)),
            Entry("buffer", -min(buffer, part.makeable) * part.units),
        ]
    rest = shown * part.units - sum_up(entries)
    entries.append(Entry("not shown", rest))
    return [entry for entry in entries if entry.units or entry.what == "available"]


def sum_up(entries: Iterable[Entry]) -> int:
    """Return what the entries add up to."""
    return sum(entry.units for entry in entries)
