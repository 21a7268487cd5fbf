"""The shoppers' plans, and the street on which everybody can see what happens.

Who does what is drawn from the seed before anything starts, so that the same seed makes
the same plans; how they meet depends on real time. Plans and records only: shoppers act
in ``shoppers``, staff in ``staff``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from threading import Event

from ...simulators.books import BasketLine
from .goods import EVERGREEN, MISSPELLED, RARE, UNKNOWN, Offers
from .stage import SHOPIFY, WOOCOMMERCE, Stage

_FIRST_NAMES = ("Ada", "Bela", "Cem", "Dora", "Emil", "Fanny", "Gil", "Hedy", "Ivo")
_LAST_NAMES = ("Ahlers", "Brandt", "Cordes", "Dreyer", "Evers", "Focke", "Gätjen")
_LINES_ODDS = (60, 30, 10)
_CHANGE_SECONDS = (0.5, 4.0)


class Fate(StrEnum):
    """What becomes of an order after it was placed."""

    WAIT = "wait"
    """Nobody touches it while the demonstration runs."""
    SHIP = "ship"
    RETURN = "return"
    """It ships, and some of it comes back."""
    CANCEL = "cancel"
    EDIT = "edit"
    REFUND = "refund"
    """Some of it is refunded and restocked before it ships."""


_ODDS = {
    SHOPIFY: {
        Fate.WAIT: 44,
        Fate.SHIP: 28,
        Fate.RETURN: 8,
        Fate.CANCEL: 8,
        Fate.EDIT: 7,
        Fate.REFUND: 5,
    },
    # A parcel takes four requests there, and the hub sends four a second.
    WOOCOMMERCE: {
        Fate.WAIT: 76,
        Fate.SHIP: 3,
        Fate.RETURN: 1,
        Fate.CANCEL: 8,
        Fate.EDIT: 7,
        Fate.REFUND: 5,
    },
}
_ODDS_ELSEWHERE = {Fate.WAIT: 62, Fate.SHIP: 26, Fate.CANCEL: 12}
"""At the stalls: what every kind can do. Marketplaces edit no orders."""
CHANGES_OF_MIND = frozenset({Fate.CANCEL, Fate.EDIT, Fate.REFUND})
SHIPPING = frozenset({Fate.SHIP, Fate.RETURN})


@dataclass(frozen=True, slots=True)
class Visit:
    """One shopper's plan."""

    at_seconds: float
    channel: str
    buyer: str
    basket: tuple[BasketLine, ...]
    fallback: tuple[BasketLine, ...]
    """What the shopper takes where the shop shows too little of the first choice."""
    fate: Fate
    change_after_seconds: float
    """How long after the purchase the shopper's mind changes."""


@dataclass(slots=True)
class Bought:
    """An order that was placed, by the shop's id."""

    visit: Visit
    order_id: str
    title: str
    packed: bool = False

    @property
    def channel(self) -> str:
        """Where it was placed."""
        return self.visit.channel


@dataclass(slots=True)
class Street:
    """What happened before everybody's eyes. Lists only grow: any thread may read."""

    bought: list[Bought] = field(default_factory=list)
    news: list[str] = field(default_factory=list)
    """Sentences about what people did, the latest last."""
    changes: Counter[str] = field(default_factory=Counter)
    parcels: dict[str, str] = field(default_factory=dict)
    """The channel by tracking number, of everything that staff shipped."""
    closed: Event = field(default_factory=Event)
    """Set when nobody shall begin anything any more."""


def plan_visits(stage: Stage, *, orders: int, seconds: float) -> list[Visit]:
    """Draw every shopper's plan from the world's seed, in order of time."""
    randomness = stage.world.randomness
    tastes = {
        channel: _rank(offers, randomness) for channel, offers in stage.offers.items()
    }
    return [
        _plan_visit(
            stage,
            tastes,
            randomness,
            at_seconds=seconds * (number + randomness.random()) / orders,
        )
        for number in range(orders)
    ]


Taste = tuple[Sequence[str], Sequence[float]]
"""Listings, and how much each is wanted."""


def _plan_visit(
    stage: Stage, tastes: dict[str, Taste], randomness: Random, *, at_seconds: float
) -> Visit:
    channel = randomness.choice(tuple(stage.offers))
    odds = _ODDS.get(channel, _ODDS_ELSEWHERE)
    count = randomness.choices((1, 2, 3), _LINES_ODDS)[0]
    chosen = dict.fromkeys(randomness.choices(*tastes[channel], k=count))
    evergreen = next(
        listing
        for listing, sells in stage.offers[channel].items()
        if sells == {EVERGREEN: 1}
    )
    return Visit(
        at_seconds=at_seconds,
        channel=channel,
        buyer=f"{randomness.choice(_FIRST_NAMES)} {randomness.choice(_LAST_NAMES)}",
        basket=tuple(
            BasketLine(listing, randomness.choice((1, 1, 1, 2))) for listing in chosen
        ),
        fallback=(BasketLine(evergreen, 1),),
        fate=randomness.choices(list(odds), list(odds.values()))[0],
        change_after_seconds=randomness.uniform(*_CHANGE_SECONDS),
    )


def _rank(offers: Offers, randomness: Random) -> Taste:
    """Say how much each listing is wanted: rare things most, and a few favourites."""
    return tuple(offers), [_weigh(sells, randomness) for sells in offers.values()]


def _weigh(sells: Mapping[str, int], randomness: Random) -> float:
    skus = set(sells)
    if any(sku.startswith(RARE) for sku in skus):
        return 4.0
    if MISSPELLED in skus or not skus.isdisjoint(UNKNOWN):
        return 3.0
    if len(skus) > 1 or set(sells.values()) != {1}:
        return 1.5
    return randomness.expovariate(1.0)
