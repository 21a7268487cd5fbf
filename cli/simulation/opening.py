"""Opening day: goods into the warehouse and on sale, the hub connected to every shop.

Nothing goes wrong yet. Bundles and multipacks are mapped by staff, as on any first day:
no SKU text could tell what is in them.
"""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

from ...canonical.conflicts import Action
from ...canonical.listings import Component
from ...canonical.policies import StockPolicy
from ...canonical.remembered import DriftPolicy
from ...store import conflicts, marks
from ...sync.accounts import NewChannel, add_channel
from ...sync.decide.brake import OPENING
from ...sync.decisions_mapping import Decision
from ...sync.policies import set_policy
from ...sync.resolve import resolve_conflict
from ...sync.warehouse import add_location, limit_channel, rank_channel
from ...sync.worker import run_due
from .customs import ANNEX
from .scene import Scene
from .shops import Shop, WooCommerceStand
from .stockroom import ACTOR
from .town import Town

_NAMES = (
    "ANVIL",
    "BASSOON",
    "CROQUET-MALLET",
    "DOORKNOB",
    "EGG-TIMER",
    "FISH-KETTLE",
    "GONG",
    "HARPOON",
    "INKWELL",
    "JELLY-MOULD",
    "KAZOO",
    "LOBSTER-POT",
)
COLOURS = "KAZOO"
"""Sold in two colours that share a counter, where the shop can do so."""

_COLOURS_WAIT = 3
"""Every so many seeds nobody says on the first day which colours there are."""

SETS: Mapping[str, Mapping[str, int]] = {
    "SET-NOISE": {"GONG": 1, "BASSOON": 1},
    "SET-KITCHEN": {"EGG-TIMER": 2, "FISH-KETTLE": 1, "JELLY-MOULD": 1},
    "BOX-INK-3": {"INKWELL": 3},
}


def open_town(town: Town) -> None:
    """Stock the warehouse and fill the shops, as the seed says."""
    chance = Random(f"opening {town.seed}")  # noqa: S311 - to be repeatable
    for sku in _NAMES:
        town.world.receive(sku, chance.choice((1, 2, 3, 5, 9)))
    town.open_shop("shopify", "north")
    town.open_shop("woocommerce", "south", native=chance.random() < 0.5)
    if chance.random() < 0.15:
        town.open_shop("woocommerce", "east", native=chance.random() < 0.5)
    if chance.random() < 0.15:
        town.open_shop("shopify", "west")
    for shop in town.shops.values():
        _fill(shop, town)


def _fill(shop: Shop, town: Town) -> None:
    for sku in _NAMES:
        stock = town.world.physical_units(sku)
        title = sku.title().replace("-", " ")
        if sku == COLOURS and isinstance(shop, WooCommerceStand):
            shop.put_up_colours(sku, title, stock)
        else:
            shop.put_up(sku, title, stock, {sku: 1})
    for text, sells in SETS.items():
        if shop.name != "north":  # the catalogue's source would make SKUs of them
            shop.put_up(text, text.title(), 1, sells)


def connect_shops(scene: Scene) -> None:
    """Connect the hub to every shop, the first one being the catalogue's source."""
    if scene.customs.two_places:
        add_location(scene.hub, ANNEX, rank=1, sells=True, actor=ACTOR)
    for number, shop in enumerate(scene.shops):
        policy = DriftPolicy.OVERWRITE if scene.seed % 3 == 2 else DriftPolicy.ASK
        new = NewChannel(
            shop.name,
            shop.kind,
            shop.connect_settings(),
            buffer_units=1 if scene.seed % 5 == 4 and number else 0,
            drift_policy=policy,
            catalog_source=number == 0,
        )
        add_channel(scene.hub, new)
        settle(scene, 3)
    _follow_customs(scene)
    map_what_waits(scene)
    settle(scene, 20)
    if scene.customs.braked:
        scene.town.clock.advance(OPENING.total_seconds())
        settle(scene, 20)


def _follow_customs(scene: Scene) -> None:
    """Say how channels share, which come first, and where they sell from."""
    customs = scene.customs
    for number, shop in enumerate(scene.shops):
        rank_channel(scene.hub, shop.name, customs.ranks[number], actor=ACTOR)
        if customs.modes:
            said = StockPolicy(shop.name, mode=customs.modes[number])
            set_policy(scene.hub, said, actor=ACTOR)
    if customs.two_places and customs.limited:
        limit_channel(
            scene.hub, scene.shops[1].name, [scene.hub.tuning.location], actor=ACTOR
        )


def settle(scene: Scene, seconds: int) -> None:
    """Let the hub work, undisturbed, while time passes; no longer than it has work."""
    for _ in range(seconds):
        run_due(scene.hub, scene.worker.name)
        scene.town.clock.advance(1)
        with scene.hub.store.reading() as connection:
            if not marks.count(connection):
                return


def map_what_waits(scene: Scene) -> None:
    """Say what sets consist of and, on most days, which colours there are."""
    with scene.hub.store.reading() as connection:
        found = conflicts.load_many(connection)
    for conflict in found:
        listing = conflict.subject.removeprefix(f"{conflict.channel}/listing/")
        parts = scene.town.world.sells(conflict.channel, listing)
        if COLOURS in parts and scene.seed % _COLOURS_WAIT == 0:
            scene.disturb(parts)  # it shows what its shop says until somebody maps it
            continue
        components = tuple(
            Component(sku=sku, units=units) for sku, units in parts.items()
        )
        decision = Decision(Action.MAP, components)
        resolve_conflict(scene.hub, conflict.id, decision, actor=ACTOR)
