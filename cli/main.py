"""The ``crossdock`` command: its groups, the options before them, and its last word.

Each group of commands has a module of its own; here they meet, and here every error
ends as one line, a next step and an exit code.
"""

from __future__ import annotations

import importlib.metadata
import json
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text
from typer.core import TyperGroup

from . import (
    bench,
    channels,
    conflicts,
    connectors,
    explain,
    files,
    goods,
    moving,
    places,
    policies,
    pulling,
    restoring,
    run,
    scaffold,
    set_up,
    upkeep,
    words,
)
from .demo import demo
from .drifts import list_drifts
from .failures import Failure, explain_failure
from .output import clean
from .prices import price
from .refunds import refund
from .session import Invocation
from .shortfalls import shortfalls
from .simulate import simulate


class Commands(TyperGroup):
    """All commands; what any of them raises ends here."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Run a command line and leave with its exit code."""
        words = list(sys.argv[1:] if args is None else args)
        try:
            code = super().main(
                words,
                prog_name=prog_name,
                complete_var=complete_var,
                standalone_mode=False,
                windows_expand_args=windows_expand_args,
                **extra,
            )
        except Exception as error:  # noqa: BLE001 - a person gets a sentence, not a traceback
            failure = explain_failure(error)
            if "--debug" in words:
                traceback.print_exception(error)
            if failure.message:  # a group without a command has shown its help
                _tell(failure, as_json="--json" in words)
            code = failure.code
        sys.exit(int(code or 0))


def _tell(failure: Failure, *, as_json: bool) -> None:
    console = Console(stderr=True, highlight=False, emoji=False)
    for label, style, text in (
        ("error: ", "bold red", failure.message),
        ("next:  ", "bold", failure.next_step),
    ):
        console.print(Text.assemble((label, style), clean(text)), soft_wrap=True)
    if as_json:
        document = {
            "error": failure.error,
            "message": failure.message,
            "next_step": failure.next_step,
        }
        print(json.dumps(document, ensure_ascii=False), flush=True)


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"crossdock {importlib.metadata.version('crossdock')}")
        raise typer.Exit


@app.callback()
def _begin(
    context: typer.Context,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config",
            metavar="PATH",
            help="The settings file; else CROSSDOCK_CONFIG, else ./crossdock.toml.",
        ),
    ] = None,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the details of unexpected errors.")
    ] = False,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Show the version."
        ),
    ] = False,
) -> None:
    """Keeps every sales channel in step: orders in, stock in step, tracking out.

    Start with `crossdock init`, then `crossdock channels add`, then `crossdock run`.
    Every command takes `--json`; exit codes are in docs/commands.md.
    """
    del version
    context.obj = Invocation(config, debug)


_CONNECT, _WORK = "Connect", "Work"
_DECIDE, _LOOK_AFTER, _TRY = "Find out and decide", "Look after", "Try"

app.command("init", rich_help_panel=_CONNECT)(set_up.init)
app.add_typer(channels.app, name="channels", rich_help_panel=_CONNECT)
app.command("connectors", rich_help_panel=_CONNECT)(connectors.connectors)
app.add_typer(files.app, name="files", rich_help_panel=_CONNECT)
app.command("run", rich_help_panel=_WORK)(run.run)
app.command("pull", rich_help_panel=_WORK)(pulling.pull)
app.command("reconcile", rich_help_panel=_WORK)(pulling.reconcile)
app.command("ship", rich_help_panel=_WORK)(goods.ship)
app.command("cancel", rich_help_panel=_WORK)(goods.cancel)
app.command("refund", rich_help_panel=_WORK)(refund)
app.command("price", rich_help_panel=_WORK)(price)
app.command("receive", rich_help_panel=_WORK)(goods.receive)
app.command("count", rich_help_panel=_WORK)(goods.count_units)
channels.app.command("rank")(places.rank_one)
app.add_typer(moving.transfer_app, name="transfer", rich_help_panel=_WORK)
app.add_typer(moving.incoming_app, name="incoming", rich_help_panel=_WORK)
app.add_typer(places.app, name="locations", rich_help_panel=_WORK)
app.add_typer(places.skus_app, name="skus", rich_help_panel=_WORK)
app.add_typer(policies.app, name="policy", rich_help_panel=_WORK)
app.add_typer(explain.app, name="explain", rich_help_panel=_DECIDE)
app.command("shortfalls", rich_help_panel=_DECIDE)(shortfalls)
app.command("drifts", rich_help_panel=_DECIDE)(list_drifts)
app.add_typer(conflicts.app, name="conflicts", rich_help_panel=_DECIDE)
app.add_typer(words.app, name="words", rich_help_panel=_DECIDE)
app.command("replay", rich_help_panel=_DECIDE)(upkeep.replay)
app.command("fsck", rich_help_panel=_LOOK_AFTER)(upkeep.fsck)
app.command("backup", rich_help_panel=_LOOK_AFTER)(upkeep.backup)
app.add_typer(restoring.app, name="restore", rich_help_panel=_LOOK_AFTER)
app.command("audit", rich_help_panel=_LOOK_AFTER)(upkeep.show_audit)
app.command("demo", rich_help_panel=_TRY)(demo)
app.command("simulate", rich_help_panel=_TRY)(simulate)
app.add_typer(scaffold.app, name="scaffold", rich_help_panel=_TRY)
app.add_typer(bench.app, name="bench", rich_help_panel=_TRY)


def main() -> None:
    """Run the command line of this process."""
    app()
