"""The demonstration from the first curtain to the last: opens, runs, judges, closes.

What is seen of it is for ``view``, which reads the ``Scene`` meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from pathlib import Path

from ...canonical.errors import RefusedError
from ...simulators.base import Simulator
from ...simulators.faults import FAULTS
from ...simulators.serve import Server
from ...store import listings
from ...sync.accounts import NewChannel, add_channel
from .figures import Figures, Terms, compare_listings, count_overdrawn, judge
from .logs import write_logs
from .people import plan_visits
from .running import run_hub
from .scene import Programme, Scene
from .settle import converge, end_faults
from .shoppers import go_shopping
from .staff import Staff, map_sets
from .stage import (
    describe_channels,
    forget_settings,
    furnish_home,
    open_door,
    open_stage,
)
from .stalls import hasten

ORDERS_PER_SECOND = 18.0
SHOPPING_SECONDS_MIN = 4.0
OPENING_SECONDS_MAX = 30.0
CONVERGING_SECONDS_MAX = 45.0
_LOOK_SECONDS = 0.2


@contextmanager
def open_show(programme: Programme, home: Path) -> Iterator[Scene]:
    """Yield the scene: the shops open, the hub at work, nothing connected yet.

    Args:
        programme: what is to be shown.
        home: an empty folder for the hub.

    Raises:
        RefusedError: the database is in use.
        CrossdockError: the hub could not start.
    """
    exchange = home / "exchange"
    stage = open_stage(
        orders=programme.orders,
        seed=programme.seed,
        kinds=programme.kinds,
        folder=exchange,
    )
    started_seconds = stage.clock.monotonic_seconds()
    with ExitStack() as running:
        running.enter_context(forget_settings())
        running.enter_context(write_logs(home / "hub.log"))
        urls = running.enter_context(_serve(stage.servers))
        for name in stage.offers.keys() - urls.keys():
            urls[name] = str(exchange / name)
        door = running.enter_context(open_door())
        settings = furnish_home(
            home,
            port=door.getsockname()[1],
            database_url=programme.database_url,
        )
        hub = running.enter_context(run_hub(settings, door))
        hub.find_plugin = cache(hasten(hub.find_plugin))
        yield Scene(programme, stage, hub, settings, urls, started_seconds)


@contextmanager
def _serve(shops: Sequence[Simulator]) -> Iterator[dict[str, str]]:
    """Let every shop answer while the block runs; yield their addresses by channel."""
    servers = [Server(shop) for shop in shops]
    with ThreadPoolExecutor(len(servers)) as closing:
        try:
            for server in servers:
                server.start()
            yield {
                shop.channel: server.url
                for shop, server in zip(shops, servers, strict=True)
            }
        finally:
            closing.map(Server.stop, servers)


def play(scene: Scene) -> Figures:
    """Run all acts and return the figures; the scene can be watched meanwhile."""
    connect_shops(scene)
    sell(scene)
    scene.act = "converging"
    end_faults(scene.stage)
    staff = Staff(scene.hub, scene.stage, scene.street)
    staff.settle_rest()
    scene.figures = converge(
        scene.hub,
        scene.stage,
        lambda: take_figures(scene),
        seconds_max=CONVERGING_SECONDS_MAX,
        look=lambda: _look(scene, staff),
    )
    scene.act = "over"
    return scene.figures


def _look(scene: Scene, staff: Staff) -> None:
    _heed_interruption(scene)
    staff.sign_in_again()
    with suppress(RefusedError):  # explained by itself in this very moment
        staff.overrule_drift()


def _heed_interruption(scene: Scene) -> None:
    if scene.interrupted.is_set():
        raise InterruptedError


def connect_shops(scene: Scene) -> None:
    """Connect the shops as ``channels add`` does, and wait until all is in step.

    The catalogue's source comes first: the other shops are matched with its SKUs.
    """
    first, *others = describe_channels(scene.stage, scene.urls)
    _connect(scene, first)
    _wait_for_listings(scene, first.name)
    for new in others:
        _connect(scene, new)
    for new in others:
        _wait_for_listings(scene, new.name)
    scene.street.news.append("staff say what the sets consist of")
    map_sets(scene.hub)
    _wait(scene, lambda: _is_in_step(scene), "the listings were not brought in step")


def _connect(scene: Scene, new: NewChannel) -> None:
    scene.street.news.append(f"connecting {new.name} at {scene.urls[new.name]}")
    add_channel(scene.hub, new)


def _wait_for_listings(scene: Scene, channel: str) -> None:
    offered = len(scene.stage.offers[channel])

    def known() -> bool:
        with scene.hub.store.reading() as connection:
            return len(listings.load_channel_listings(connection, channel)) >= offered

    _wait(scene, known, f"the listings of {channel} were not read")


def _is_in_step(scene: Scene) -> bool:
    step = compare_listings(scene.hub, scene.stage)
    return step.published == step.in_step


def _wait(scene: Scene, met: Callable[[], bool], problem: str) -> None:
    clock = scene.hub.clock
    deadline = clock.monotonic_seconds() + OPENING_SECONDS_MAX
    while not met():
        _heed_interruption(scene)
        if clock.monotonic_seconds() > deadline:
            raise RefusedError(f"In {OPENING_SECONDS_MAX:.0f} s {problem}.")
        clock.pause(_LOOK_SECONDS)


def sell(scene: Scene) -> None:
    """Let everybody loose for as long as the orders take; faults strike meanwhile."""
    scene.act = "selling"
    programme, stage = scene.programme, scene.stage
    seconds = max(SHOPPING_SECONDS_MIN, programme.orders / ORDERS_PER_SECOND)
    visits = plan_visits(stage, orders=programme.orders, seconds=seconds)
    for shop in stage.shops.values():
        shop.faults.use(FAULTS[programme.faults])
    started = stage.clock.monotonic_seconds()
    with ThreadPoolExecutor(
        len(stage.shops) + 1, thread_name_prefix="people"
    ) as people:
        shoppers = [
            people.submit(
                go_shopping,
                stage,
                scene.street,
                [visit for visit in visits if visit.channel == channel],
                started,
            )
            for channel in stage.shops
        ]
        staff = people.submit(Staff(scene.hub, stage, scene.street).work)
        _watch(scene, [*shoppers])
        scene.street.closed.set()
    for one in (*shoppers, staff):
        one.result()
    _heed_interruption(scene)


def _watch(scene: Scene, shoppers: list[Future[None]]) -> None:
    """Look at what is allocated while shoppers are about; it must never be too much."""
    while not all(one.done() or scene.interrupted.is_set() for one in shoppers):
        with scene.hub.store.reading() as connection:
            overdrawn = count_overdrawn(connection)
        scene.overdrawn_peak = max(scene.overdrawn_peak, overdrawn)
        scene.hub.clock.pause(_LOOK_SECONDS)


def take_figures(scene: Scene) -> Figures:
    """Compare the shops' books with the hub as they are now."""
    return judge(
        scene.hub,
        scene.stage,
        scene.street,
        Terms(scene.programme.seed, scene.programme.faults),
        seconds=scene.seconds,
        overdrawn_peak=scene.overdrawn_peak,
    )
