"""What every command shares: options, the settings, the hub, the lines of the log.

A command says what it wants; where the settings file lies, who acts and where warnings
are shown stands here. No command is defined here.
"""

from __future__ import annotations

import getpass
import logging
import os
import socket
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from ..canonical.errors import CrossdockError, SettingsError
from ..config.load import load_settings
from ..config.settings import HubSettings
from ..sync.compose import open_hub
from ..sync.hub import Hub
from .output import Output, clean

Json = Annotated[
    bool, typer.Option("--json", help="Print one JSON document and nothing else.")
]
Actor = Annotated[
    str,
    typer.Option(
        "--by",
        default_factory=getpass.getuser,
        show_default="your user name",
        help="Who acts, for the audit.",
    ),
]
Reason = Annotated[str, typer.Option("--reason", help="Why, for the audit.")]

_LEVEL_STYLES = {"warning": "yellow", "error": "bold red", "critical": "bold red"}


@dataclass(frozen=True, slots=True)
class Invocation:
    """The options that stand before the command."""

    config: Path | None = None
    debug: bool = False


def read_invocation(context: typer.Context) -> Invocation:
    """Return the options that stand before the command."""
    given = context.find_object(Invocation)
    return given or Invocation()


def read_settings(context: typer.Context) -> HubSettings:
    """Return the settings that this command works with.

    Raises:
        SettingsProblem: a setting is unknown or wrong.
    """
    return load_settings(read_invocation(context).config)


@contextmanager
def open_session(context: typer.Context, output: Output) -> Iterator[Hub]:
    """Open the hub for a command; warnings of journeys appear on standard error.

    Raises:
        SettingsProblem: a setting is unknown or wrong.
        CrossdockError: as ``open_hub``.
    """
    settings = read_settings(context)
    debug = read_invocation(context).debug
    lines = LogLines(output.err, details=debug)
    with show_log(lines, settings.log_level), open_hub(settings) as hub:
        yield hub


def read_moment(option: str, text: str) -> datetime | None:
    """Return the moment that an option names, in UTC; None where it is empty.

    Raises:
        SettingsError: it is not a date or time.
    """
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise SettingsError(
            f"{option} {text} is not a date or time",
            next_step="Write it like 2026-01-31, or 2026-01-31T08:00:00+01:00.",
        ) from error
    placed = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return placed.astimezone(UTC)


def name_holder() -> str:
    """Return the name under which this process holds lanes."""
    return f"{socket.gethostname()}/{os.getpid()}"


@contextmanager
def show_log(lines: LogLines, level: str) -> Iterator[None]:
    """Show the hub's log, and warnings of the libraries below it."""
    hub_log = logging.getLogger("crossdock")
    root = logging.getLogger()
    level_before = hub_log.level
    hub_log.setLevel(level.upper())
    root.addHandler(lines)
    try:
        yield
    finally:
        root.removeHandler(lines)
        hub_log.setLevel(level_before)


class LogLines(logging.Handler):
    """Writes each message as one line; expected errors without their traceback.

    Args:
        console: where to.
        details: show the traceback of what nobody expected.
        with_time: begin with the time, for a process that runs long.
    """

    def __init__(
        self, console: Console, *, details: bool, with_time: bool = False
    ) -> None:
        super().__init__()
        self._console = console
        self._details = details
        self._with_time = with_time

    def emit(self, record: logging.LogRecord) -> None:
        """Write one message."""
        level = record.levelname.lower()
        line = Text()
        if self._with_time:
            moment = datetime.fromtimestamp(record.created, UTC)
            line.append(f"{moment:%H:%M:%S} ", style="dim")
        line.append(f"{level}: ", style=_LEVEL_STYLES.get(level, "dim"))
        line.append(clean(record.getMessage()))
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, CrossdockError):
            line.append(f": {clean(f'{error.message} {error.next_step}'.strip())}")
        elif error is not None:
            line.append(f" ({type(error).__name__})")
        self._console.print(line, soft_wrap=True)
        unexpected = error is not None and not isinstance(error, CrossdockError)
        if unexpected and self._details:
            trace = "".join(traceback.format_exception(error))
            self._console.print(Text(trace), soft_wrap=True)
