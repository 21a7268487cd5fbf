"""The command ``crossdock demo``: its options, its watching and its exit code."""

from __future__ import annotations

import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Annotated

import typer
from rich.live import Live

from ...canonical.errors import RefusedError, SettingsError
from ..failures import ExitCode
from ..output import Output
from ..session import Json

if TYPE_CHECKING:
    from .figures import Figures
    from .scene import Programme, Scene

_FRAMES_PER_SECOND = 4
_LINE_SECONDS = 2.0
_OWN_DATABASE = "sqlite"
_EVERY_KIND = "all"

_Channels = Annotated[
    str,
    typer.Option(
        "--channels",
        help="Kinds that sell beside Shopify and WooCommerce, separated by commas; or "
        "all.",
    ),
]
_Database = Annotated[
    str,
    typer.Option(
        "--database", help="sqlite, or the URL of an empty PostgreSQL database."
    ),
]


def demo(
    orders: Annotated[
        int, typer.Option("--orders", min=1, max=20_000, help="Orders to be placed.")
    ] = 300,
    seed: Annotated[
        int, typer.Option("--seed", help="What shoppers want, and when faults strike.")
    ] = 7,
    faults: Annotated[
        str,
        typer.Option(
            "--faults", help="What goes wrong: none, all, or the name of one fault."
        ),
    ] = "none",
    channels: _Channels = "",
    database: _Database = _OWN_DATABASE,
    keep: Annotated[
        bool, typer.Option("--keep", help="Leave everything running until Ctrl-C.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show the hub at work between simulated shops, and prove that it kept up.

    Shoppers buy on all shops at once, change their minds, and compete for last units.
    Then everybody stops, and the shops' own books are compared with the hub. Exit code
    0 means that every promise held. Nothing of yours is touched.

    Example:

        crossdock demo
        crossdock demo --orders 300 --seed 7 --faults all --json
        crossdock demo --channels all
        crossdock demo --keep
    """
    output = Output(as_json=as_json)
    programme = _read_programme(orders, seed, faults, database, channels)
    with tempfile.TemporaryDirectory(prefix="crossdock-demo-") as home:
        figures = _perform(programme, Path(home), output, keep=keep)
    broken = figures.list_broken()
    for sentence in broken:
        output.warn(sentence)
    if broken:
        raise typer.Exit(ExitCode.REFUSED)


def _read_programme(
    orders: int, seed: int, faults: str, database: str, channels: str
) -> Programme:
    """Return what is to be shown.

    Raises:
        RefusedError: the simulators' packages are not installed.
        SettingsError: there is no fault, or no kind, of that name.
    """
    try:
        from ...simulators.faults import FAULTS
        from .scene import Programme
    except ModuleNotFoundError as error:
        raise RefusedError(
            f"The demonstration needs the simulators, and {error.name} is missing.",
            next_step="pip install 'crossdock[simulators]'",
        ) from error
    if faults not in FAULTS:
        raise SettingsError(
            f"--faults {faults}: there is no such fault",
            next_step=f"Use one of: {', '.join(FAULTS)}.",
        )
    url = "" if database == _OWN_DATABASE else database
    return Programme(orders, seed, faults, url, _read_kinds(channels))


def _read_kinds(channels: str) -> tuple[str, ...]:
    """Return the kinds that are named beside the two shops of every demonstration.

    Raises:
        SettingsError: a kind is not built in, or nothing here simulates it.
    """
    from .stage import SHOPIFY
    from .stalls import name_kinds

    known = name_kinds()
    if channels == _EVERY_KIND:
        return known
    wanted = dict.fromkeys(filter(None, (one.strip() for one in channels.split(","))))
    for carried in (SHOPIFY, "woocommerce"):
        wanted.pop(carried, None)
    strange = wanted.keys() - set(known)
    if strange:
        raise SettingsError(
            f"--channels {min(strange)}: there is no such kind in the demonstration",
            next_step=f"Use all, or some of: {', '.join(known)}.",
        )
    return tuple(wanted)


def _perform(
    programme: Programme, home: Path, output: Output, *, keep: bool
) -> Figures:
    from .show import open_show, play
    from .view import draw_figures

    with (
        open_show(programme, home) as scene,
        ThreadPoolExecutor(1, thread_name_prefix="play") as stage,
    ):
        performance = stage.submit(play, scene)
        ended = Event()
        performance.add_done_callback(lambda future: ended.set())
        try:
            _watch(scene, output, ended)
        except KeyboardInterrupt:
            scene.interrupted.set()
            scene.street.closed.set()
            raise
        figures = performance.result()
        output.show(figures.as_json(), draw_figures(figures))
        if keep:
            _keep(scene, output)
    return figures


def _watch(scene: Scene, output: Output, ended: Event) -> None:
    """Show what goes on until the play has ended."""
    from .snapshot import take_snapshot
    from .view import describe_progress, draw

    programme = scene.programme
    if output.as_json or not output.out.is_terminal:
        while not ended.wait(_LINE_SECONDS):
            output.note(describe_progress(take_snapshot(scene)))
        return
    with Live(console=output.out, auto_refresh=False, transient=True) as live:
        while not ended.wait(1 / _FRAMES_PER_SECOND):
            page = draw(take_snapshot(scene), programme.seed, programme.faults)
            live.update(page, refresh=True)


def _keep(scene: Scene, output: Output) -> None:
    """Say how to look around, and wait for Ctrl-C."""
    from ...config.load import FILE_NAME
    from .stage import WOOCOMMERCE
    from .view import describe_keeping

    order = next(one for one in scene.street.bought if one.channel == WOOCOMMERCE)
    page = describe_keeping(
        command=f"{_name_command()} --config {scene.settings.home / FILE_NAME}",
        hub=scene.settings.server.public_url,
        shops=scene.urls,
        sku=next(good.sku for good in scene.stage.goods if good.scarce),
        order=order.order_id,
    )
    output.err.print(page)
    try:
        Event().wait()
    except KeyboardInterrupt:
        return


def _name_command() -> str:
    """Return how this command was called; in a clone it is not on the PATH."""
    called = sys.argv[0]
    return called if Path(called).name == "crossdock" else "crossdock"
