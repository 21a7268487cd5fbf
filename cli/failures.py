"""What the terminal says when something went wrong, and the exit codes.

Every error becomes one line, a next step and a code. The only place that sees every
error: a traceback is for those who asked for it with ``--debug``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import typer

from ..canonical.errors import (
    ChannelError,
    CrossdockError,
    LeaseLostError,
    ReauthRequiredError,
    SettingsError,
    StoreError,
)
from ..config.problems import SettingsProblem


class ExitCode(IntEnum):
    """How a command ended. ``docs/commands.md`` lists them for scripts."""

    DONE = 0
    REFUSED = 1
    USAGE = 2
    CHANNEL = 3
    STORE = 4
    DEFECT = 70
    INTERRUPTED = 130


EXIT_MEANINGS: dict[ExitCode, str] = {
    ExitCode.DONE: "Done.",
    ExitCode.REFUSED: "Not done: the rules do not allow it, what was named does not "
    "exist, or a check found something that a person has to solve.",
    ExitCode.USAGE: "A wrong command line or a wrong setting; a port that is in use.",
    ExitCode.CHANNEL: "A channel could not be reached, refused, or needs a person to "
    "sign in again.",
    ExitCode.STORE: "The database (or a file) cannot be used: busy, full, damaged, of "
    "another version.",
    ExitCode.DEFECT: "A defect of Crossdock. `--debug` shows the details.",
    ExitCode.INTERRUPTED: "Stopped by Ctrl-C, or a question was left unanswered.",
}


@dataclass(frozen=True, slots=True)
class Failure:
    """An error, ready to be shown."""

    error: str
    message: str
    next_step: str
    code: ExitCode


_NEXT_STEPS: tuple[tuple[type[CrossdockError], str], ...] = (
    (ReauthRequiredError, "Enter the credentials again; the channel refuses these."),
    (ChannelError, "See what the channel says above, mend it, and try again."),
    (LeaseLostError, "Try again; another process was faster."),
    (StoreError, "Check the database setting; crossdock fsck checks what is in it."),
    (SettingsError, "Correct it and try again."),
    (CrossdockError, "Nothing was changed. --help shows what the command takes."),
)
_CODES: tuple[tuple[type[CrossdockError], ExitCode], ...] = (
    (ChannelError, ExitCode.CHANNEL),
    (StoreError, ExitCode.STORE),
    (LeaseLostError, ExitCode.STORE),
    (SettingsError, ExitCode.USAGE),
    (CrossdockError, ExitCode.REFUSED),
)


def explain_failure(error: BaseException) -> Failure:
    """Return what to say about an error; one that nobody expected is a defect."""
    name = type(error).__name__
    if isinstance(error, CrossdockError):
        code = next(code for kind, code in _CODES if isinstance(error, kind))
        step = next(step for kind, step in _NEXT_STEPS if isinstance(error, kind))
        return Failure(name, error.message, error.next_step or step, code)
    if isinstance(error, SettingsProblem):
        step = "Mend the setting; docs/settings.md explains each."
        return Failure(name, str(error), step, ExitCode.USAGE)
    if isinstance(error, typer.TyperException):
        return _explain_usage(error)
    if isinstance(error, typer.Abort):
        step = "Nothing was changed by the question that was open."
        return Failure(
            "Interrupted", "Stopped before the end.", step, ExitCode.INTERRUPTED
        )
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        step = "Check that the path exists, is yours to write, and has room."
        return Failure(name, f"{where}{error.strerror}", step, ExitCode.STORE)
    return Failure(
        name,
        # Not its text: nobody has looked whether that tells a secret.
        f"Crossdock met an error that it did not expect ({name}).",
        "Run the same again with --debug, which shows the details, and report them.",
        ExitCode.DEFECT,
    )


def _explain_usage(error: typer.TyperException) -> Failure:
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "crossdock"
    message = " ".join(error.format_message().split())
    step = f"{command} --help shows what can be said."
    return Failure("UsageError", message, step, ExitCode.USAGE)
