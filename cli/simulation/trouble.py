"""What goes wrong: storms on the wires, processes that die, clocks that jump.

Everything here can be switched off again by ``calm``: faults stop, time passes, and
what the hub promised has to hold.
"""

from __future__ import annotations

from dataclasses import replace

from ...simulators.faults import FAULTS, NO_FAULTS, Fault, Faults
from .events import Event, Kind
from .scene import Scene
from .shoppers import Act

STEPS_MAX = 150
"""The farthest point, counted in steps of the hub, at which a crash strikes."""

_STORMS: tuple[Faults, ...] = (
    Faults(throttled=0.7),
    Faults(throttled_bare=0.7),
    Faults(error_before=1.0),
    Faults(error_after=0.5),
    Faults(dropped=0.5),
    Faults(truncated=0.6),
    Faults(webhook_loss=1.0),
    Faults(webhook_repeat=0.7, webhook_delay=0.5, webhook_reorder=0.5),
    Faults(expired_token=0.3),
    Faults(ignored_write=0.6),
    Faults(visibility_lag=0.7, visibility_lag_seconds=5.0),
    Faults(slow=0.5, slow_seconds=40.0),
)
_JUMPS_SECONDS = (-600.0, -45.0, 45.0, 600.0)


def act_of_trouble(scene: Scene, event: Event) -> str:
    """Let an event's trouble begin."""
    return ACTS[event.kind](scene, event)


def _begin_weather(scene: Scene, event: Event) -> str:
    del event
    scene.weather = FAULTS["all"]
    _apply(scene)
    return "everything goes wrong now and then"


def _begin_storm(scene: Scene, event: Event) -> str:
    shop, storm = event.choose(0, scene.shops), event.choose(1, _STORMS)
    seconds = event.count(2, 5, 120)
    scene.storms[shop.name] = (scene.seconds + seconds, storm)
    _apply(scene)
    return f"for {seconds} s {shop.name} has {storm}"


def end_storms(scene: Scene) -> None:
    """Let storms end whose time is over."""
    over = [name for name, (until, _) in scene.storms.items() if until <= scene.seconds]
    for name in over:
        del scene.storms[name]
    if over:
        _apply(scene)


def _apply(scene: Scene) -> None:
    for shop in scene.shops:
        faults = scene.weather
        if shop.name in scene.storms:
            storm = scene.storms[shop.name][1]
            stronger = {
                fault.value: max(faults.rate(fault), storm.rate(fault))
                for fault in Fault
            }
            faults = replace(
                storm,
                **stronger,
            )
        shop.simulator.faults.use(faults)


def _crash(scene: Scene, event: Event) -> str:
    steps = event.count(0, 1, STEPS_MAX)
    scene.worker.process.steps_left = steps
    return f"the hub will die after {steps} steps"


def _stall(scene: Scene, event: Event) -> str:
    scene.stall_in = event.count(0, 1, STEPS_MAX)
    return f"the worker will fall asleep after {scene.stall_in} steps"


def _jump(scene: Scene, event: Event) -> str:
    skew = event.choose(0, _JUMPS_SECONDS)
    scene.town.hub_clock.skew_seconds = skew
    return f"the hub's clock is wrong by {skew} s"


def _go_down(scene: Scene, event: Event) -> str:
    seconds = event.count(0, 20, 200)
    scene.down_until_seconds = scene.seconds + seconds
    return f"the hub is down for {seconds} s"


def _forget_hooks(scene: Scene, event: Event) -> str:
    shop = event.choose(0, scene.shops)
    shop.forget_hooks()
    return f"{shop.name} forgot its webhooks"


def calm(scene: Scene) -> None:
    """End all troubles."""
    scene.weather = NO_FAULTS
    scene.storms.clear()
    for shop in scene.shops:
        shop.simulator.faults.quiet()
    scene.worker.process.steps_left = None
    scene.stall_in = None
    scene.down_until_seconds = 0.0
    scene.town.hub_clock.skew_seconds = 0.0


ACTS: dict[Kind, Act] = {
    Kind.WEATHER: _begin_weather,
    Kind.STORM: _begin_storm,
    Kind.CRASH: _crash,
    Kind.STALL: _stall,
    Kind.JUMP: _jump,
    Kind.DOWN: _go_down,
    Kind.FORGET_HOOKS: _forget_hooks,
}
