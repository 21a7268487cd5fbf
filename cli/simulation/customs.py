"""What the merchant of a seed has decided beforehand: policies, ranks, limits, places.

Drawn once for each seed. What happens under these customs is for ``events``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from random import Random

from ...canonical.policies import StockMode
from ...canonical.stock import ShortfallPolicy
from ...connectors.registry import find_plugin
from ...connectors.sdk import Plugin
from ...sync.decide.brake import BrakeLimits
from ...sync.escrow import COOL_DOWN
from ...sync.hub import Tuning

PUBLIC_URL = "https://hub.example"
ANNEX = "annex"
"""The second place where goods may lie."""
FUNNEL_THRESHOLD = 2
BUDGET = 8
"""Writes that a shop allows for each stock record in a day, where it counts them."""
_BUDGETED = "woocommerce"
_BRAKE_LISTINGS = 4
_PAGE_SIZES = (250, 250, 250, 4)
_MIXED_SHARE = 0.2


class Sharing(StrEnum):
    """How channels share units, by its name in every figure."""

    POOL = "pool"
    FUNNEL = "funnel"
    ESCROW = "escrow"
    DYNAMIC = "dynamic"
    MIXED = "mixed"
    """Every channel by a policy of its own."""


EVERYWHERE = (Sharing.POOL, Sharing.FUNNEL, Sharing.ESCROW, Sharing.DYNAMIC)


@dataclass(frozen=True, slots=True)
class Customs:
    """What holds all day long."""

    sharing: Sharing = Sharing.FUNNEL
    modes: tuple[StockMode, ...] = ()
    """By number of the shop, where each has its own policy."""
    ranks: tuple[int, ...] = (0, 0, 0, 0)
    """By number of the shop."""
    shortfall_policy: ShortfallPolicy = ShortfallPolicy.FIRST_COME
    page_size: int = 250
    two_places: bool = False
    limited: bool = False
    """Whether the second shop may sell from the main place only."""
    budgeted: bool = False
    """Whether shops of one kind count how often they are written to."""
    hooked: bool = True
    """Whether the hub has an address that shops can call."""
    pull_seconds: float = 60.0
    """How late the hub expects news of sales as long as it has measured nothing."""
    braked: bool = False
    """Whether few changes at once are enough for the brake."""

    @property
    def lunch_seconds(self) -> float:
        """How long shops close at noon: where quotas are, long enough to move them."""
        quotas = self.sharing is Sharing.ESCROW or StockMode.ESCROW in self.modes
        return 1.2 * COOL_DOWN.total_seconds() if quotas else 0.0

    def make_tuning(self) -> Tuning:
        """Return the hub's settings."""
        pools = self.sharing in {Sharing.DYNAMIC, Sharing.MIXED}
        mode = StockMode.POOL if pools else StockMode(self.sharing)
        tuning = Tuning(
            page_size=self.page_size,
            pull_seconds=self.pull_seconds,
            public_url=PUBLIC_URL if self.hooked else "",
            shortfall_policy=self.shortfall_policy,
            stock_mode=mode,
            funnel_threshold=FUNNEL_THRESHOLD,
            dynamic_buffer=self.sharing is Sharing.DYNAMIC,
        )
        if self.braked:
            tuning = replace(tuning, brake=BrakeLimits(0.3, _BRAKE_LISTINGS))
        return tuning

    def make_finder(self) -> Callable[[str], Plugin]:
        """Return what finds the kinds of channels, with their budgets."""
        return cache(self._find_plugin)

    def counts_revisions(self, kind: str) -> bool:
        """Say whether shops of a kind count how often they are written to."""
        return self.budgeted and kind == _BUDGETED

    def _find_plugin(self, kind: str) -> Plugin:
        plugin = find_plugin(kind)
        if self.counts_revisions(kind):
            traits = replace(plugin.traits, revisions_per_day_max=BUDGET)
            return replace(plugin, traits=traits)
        return plugin


def draw_customs(seed: int) -> Customs:
    """Return the customs of a seed."""
    chance = Random(f"customs {seed}")  # noqa: S311 - to be repeatable
    sharing = chance.choice(EVERYWHERE)
    if chance.random() < _MIXED_SHARE:
        sharing = Sharing.MIXED
    modes = tuple(chance.choice(list(StockMode)) for _ in range(4))
    return Customs(
        sharing,
        modes if sharing is Sharing.MIXED else (),
        tuple(chance.randrange(3) for _ in range(4)),
        chance.choice(list(ShortfallPolicy)),
        chance.choice(_PAGE_SIZES),
        two_places=chance.random() < 0.4,
        limited=chance.random() < 0.5,
        budgeted=chance.random() < 0.15,
        braked=chance.random() < 0.15,
    )
