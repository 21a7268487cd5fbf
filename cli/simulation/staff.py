"""What the merchant's staff do in the hub: the calls behind the terminal's commands.

What they move in the warehouse is entered in the world's books as it happens.
"""

from __future__ import annotations

from collections.abc import Mapping

from ...canonical.conflicts import Action, ConflictKind
from ...canonical.errors import ChannelError, NotFoundError, RefusedError
from ...canonical.listings import Component
from ...canonical.policies import StockMode, StockPolicy
from ...canonical.remembered import ChannelState
from ...store import conflicts, listings
from ...store.conflicts import ConflictRow
from ...sync.accounts import check_channel, pause_channel, resume_channel
from ...sync.decisions_mapping import Decision
from ...sync.policies import clear_policy, set_policy
from ...sync.replay import replay_quarantined
from ...sync.resolve import preview_resolution, resolve_conflict, undo_resolution
from ...sync.ship import Tracking, cancel_order, ship_order
from .events import Event, Kind
from .scene import Scene
from .shoppers import NOTHING, Act
from .stockroom import ACTOR, books_kept, list_skus
from .stockroom import ACTS as STOCKROOM_ACTS

WAITING = (
    ConflictKind.UNMAPPED_SKU,
    ConflictKind.AMBIGUOUS_SKU,
    ConflictKind.DUPLICATE_SKU,
)


def act_in_hub(scene: Scene, event: Event) -> str:
    """Do what an event says; the hub may refuse it."""
    try:
        return ACTS[event.kind](scene, event)
    except (NotFoundError, RefusedError) as error:
        return f"refused: {error}"
    except ChannelError as error:
        return f"the channel did not answer: {type(error).__name__}"


def _ship(scene: Scene, event: Event) -> str:
    waiting = [one for one in scene.bought if one not in scene.shipped_there]
    if not waiting:
        return NOTHING
    channel, order_id = event.choose(0, waiting)
    number = f"HP{event.number:05d}"
    tracking = Tracking("Harbour Post", number, f"https://post.example/{number}")
    quantities = (
        _choose_part(scene, channel, order_id) if event.draws[1] < 0.3 else None
    )
    # Before the call: a process that dies in it may have recorded the parcel.
    scene.shipped_here.add((channel, order_id))
    shipped = ship_order(
        scene.hub, order_id, tracking, channel=channel, quantities=quantities
    )
    return f"staff shipped {dict(shipped.quantities)} of {channel} {order_id}: {number}"


def _choose_part(scene: Scene, channel: str, order_id: str) -> Mapping[str, int] | None:
    """Return one unit of the first line, as a parcel of a part of the order."""
    for order in scene.town.world.orders(channel):
        if order.order_id == order_id:
            return {next(iter(order.lines)): 1}
    return None


def _cancel(scene: Scene, event: Event) -> str:
    if not scene.bought:
        return NOTHING
    channel, order_id = event.choose(0, scene.bought)
    if (channel, order_id) in scene.shipped_there:
        return NOTHING
    cancel_order(scene.hub, order_id, channel=channel)
    return f"staff asked {channel} to cancel {order_id}"


def _two_clerks(scene: Scene, event: Event) -> str:
    """Two clerks ship the same order at the same time."""
    waiting = [one for one in scene.bought if one not in scene.shipped_there]
    if not waiting:
        return NOTHING
    channel, order_id = event.choose(0, waiting)
    scene.shipped_here.add((channel, order_id))

    def ship(letter: str) -> str:
        number = f"HP{event.number:05d}{letter}"
        tracking = Tracking("Harbour Post", number)
        try:
            shipped = ship_order(scene.hub, order_id, tracking, channel=channel)
        except (NotFoundError, RefusedError) as error:
            return f"refused: {error}"
        return f"{number} with {dict(shipped.quantities)}"

    second: list[str] = []
    scene.meanwhile = lambda: second.append(ship("B"))
    return f"two clerks shipped {channel} {order_id}: {ship('A')}; {second}"


def _set_policy(scene: Scene, event: Event) -> str:
    """Say how a SKU is shared from now on, or leave it to the settings again."""
    sku = event.choose(0, list_skus(scene))
    scene.disturb([sku])
    if event.draws[1] < 0.3:
        cleared = clear_policy(scene.hub, "", sku, actor=ACTOR)
        return f"staff forgot the policy of {sku}: {cleared}"
    mode = event.choose(2, tuple(StockMode))
    buffer = event.count(3, 0, 1)
    said = StockPolicy("", sku, mode, buffer_units=buffer)
    set_policy(scene.hub, said, actor=ACTOR)
    return f"staff share {sku} by {mode} with a buffer of {buffer}"


def _resolve(scene: Scene, event: Event) -> str:
    with scene.hub.store.reading() as connection:
        waiting = conflicts.load_many(connection)
    return settle(scene, event.choose(0, waiting), event) if waiting else NOTHING


def settle(scene: Scene, conflict: ConflictRow, event: Event) -> str:
    """Settle one conflict as its kind allows."""
    if conflict.kind in WAITING:
        return map_truly(scene, conflict)
    if conflict.kind in (ConflictKind.DRIFT, ConflictKind.FIGHT):
        return _settle_drift(scene, conflict, adopt=event.draws[1] < 0.4)
    if conflict.kind is ConflictKind.SHORTFALL:
        return _receive_missing(scene, conflict)
    if conflict.kind is ConflictKind.UNREADABLE_RECORD:
        report = replay_quarantined(scene.hub, channel=conflict.channel)
        return f"staff replayed {report.read} records"
    if conflict.kind is ConflictKind.BRAKE:
        return _decide(scene, conflict, Decision(Action.LET_THROUGH))
    if conflict.kind is ConflictKind.UNKNOWN_VALUE:
        return _decide(scene, conflict, Decision(Action.ACKNOWLEDGE))
    return _decide(scene, conflict, Decision(Action.RETRY))


def map_truly(scene: Scene, conflict: ConflictRow) -> str:
    """Say what a listing really sells, by the world's books."""
    listing = conflict.subject.removeprefix(f"{conflict.channel}/listing/")
    sells = scene.town.world.sells(conflict.channel, listing)
    if not sells:
        return f"nobody knows what {conflict.subject} is"
    parts = tuple(Component(sku=sku, units=units) for sku, units in sells.items())
    return _decide(scene, conflict, Decision(Action.MAP, parts))


def _settle_drift(scene: Scene, conflict: ConflictRow, *, adopt: bool) -> str:
    if not adopt:
        return _decide(scene, conflict, Decision(Action.OVERWRITE))
    preview = preview_resolution(scene.hub, conflict.id, Decision(Action.ADOPT))
    sku, units = _read_change(preview.summary)
    if units < 0:
        scene.disturb([sku])
    with books_kept(scene, sku, units):
        return _decide(scene, conflict, Decision(Action.ADOPT))


def _read_change(summary: str) -> tuple[str, int]:
    """Return SKU and units of a sentence like "On hand of GONG changed by -2."."""
    words = summary.removesuffix(".").split()
    return words[3], int(words[-1])


def _receive_missing(scene: Scene, conflict: ConflictRow) -> str:
    """The missing units turn up."""
    sku, units = str(conflict.facts["sku"]), int(conflict.facts["units_short"])
    with books_kept(scene, sku, units):
        return _decide(scene, conflict, Decision(Action.RECEIVE))


def _decide(scene: Scene, conflict: ConflictRow, decision: Decision) -> str:
    done = resolve_conflict(scene.hub, conflict.id, decision, actor=ACTOR)
    scene.resolved.append(conflict.id)
    return f"staff settled {conflict.kind} {conflict.subject}: {done.summary}"


def _undo(scene: Scene, event: Event) -> str:
    """Take back a mapping."""
    with scene.hub.store.reading() as connection:
        settled = [conflicts.load(connection, id_) for id_ in scene.resolved]
    mappings = [one for one in settled if one.kind in WAITING]
    if not mappings:
        return NOTHING
    chosen = event.choose(0, mappings)
    listing = chosen.subject.removeprefix(f"{chosen.channel}/listing/")
    scene.disturb(scene.town.world.sells(chosen.channel, listing))
    done = undo_resolution(scene.hub, chosen.id, actor=ACTOR)
    return f"staff took back {chosen.subject}: {done.summary}"


def _pause(scene: Scene, event: Event) -> str:
    """Pause a channel for a while."""
    name = event.choose(0, scene.shops).name
    seconds = event.count(1, 5, 40)
    # Before the call: a process that dies in it may have paused the channel.
    scene.paused[name] = scene.seconds + seconds
    pause_channel(scene.hub, name)
    return f"staff paused {name} for {seconds} s"


def end_pauses(scene: Scene) -> None:
    """Let channels go on whose pause is over."""
    over = [name for name, until in scene.paused.items() if until <= scene.seconds]
    for name in over:
        resume_channel(scene.hub, name)
        del scene.paused[name]


def sign_in_again(scene: Scene) -> None:
    """Prove the credentials of channels that the hub parked; they still work."""
    for channel in scene.hub.load_channels():
        if channel.state is ChannelState.NEEDS_REAUTH:
            try:
                check_channel(scene.hub, channel.name)
            except ChannelError:
                continue  # it has its bad minute; the next round asks again
            scene.trace.note(f"staff signed in to {channel.name} again")


def settle_everything(scene: Scene) -> None:
    """Decide what was left undecided, at the end of the day."""
    scene.paused = dict.fromkeys(scene.paused, 0.0)
    end_pauses(scene)
    with scene.hub.store.reading() as connection:
        waiting = conflicts.load_many(connection)
    for conflict in waiting:
        try:
            if conflict.kind in WAITING and _is_on_sale(scene, conflict):
                scene.trace.note(map_truly(scene, conflict))
            elif conflict.kind is ConflictKind.BRAKE:
                decision = Decision(Action.LET_THROUGH)
                scene.trace.note(_decide(scene, conflict, decision))
        except (NotFoundError, RefusedError) as error:
            scene.trace.note(f"refused: {error}")


def _is_on_sale(scene: Scene, conflict: ConflictRow) -> bool:
    listing = conflict.subject.removeprefix(f"{conflict.channel}/listing/")
    with scene.hub.store.reading() as connection:
        rows = listings.load_listings(connection, conflict.channel, [listing])
    return bool(rows) or "/sku/" not in conflict.subject


ACTS: dict[Kind, Act] = {
    Kind.SHIP: _ship,
    Kind.CANCEL_HERE: _cancel,
    Kind.CLERKS: _two_clerks,
    Kind.POLICY: _set_policy,
    Kind.RESOLVE: _resolve,
    Kind.UNDO: _undo,
    Kind.PAUSE: _pause,
    **STOCKROOM_ACTS,
}
