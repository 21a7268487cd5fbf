"""Work in a process of its own: what is measured shares no memory with who measures.

Processes are started afresh (spawn), never forked, and end by themselves when the one
that started them is gone. What the work is stands elsewhere.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from ..canonical.errors import CrossdockError, RefusedError

_STOP_SECONDS_MAX = 10.0
_SPAWN = get_context("spawn")

Made = TypeVar("Made")


def run_apart(work: Callable[..., Made], *arguments: Any) -> Made:
    """Return what ``work`` returns when it is called in a fresh process.

    Args:
        work: a function of a module; its arguments and its result must pickle.
        arguments: what to call it with.

    Raises:
        RefusedError: the process ended without a result.
        CrossdockError: what ``work`` raised.
    """
    here, there = _SPAWN.Pipe()
    process = _SPAWN.Process(
        target=_answer, args=(there, work, arguments), name=work.__name__, daemon=True
    )
    process.start()
    there.close()
    try:
        result = _receive(here, work.__name__)
    finally:
        here.close()
        process.join(_STOP_SECONDS_MAX)
    made: Made = result
    return made


@contextlib.contextmanager
def keep_apart(
    serve: Callable[..., contextlib.AbstractContextManager[Made]], *arguments: Any
) -> Iterator[Made]:
    """Yield what the context manager ``serve`` yields, entered in a fresh process.

    Its process leaves it again at the end of the block, or when this process is gone.

    Raises:
        RefusedError: the process ended before it was entered.
    """
    here, there = _SPAWN.Pipe()
    process = _SPAWN.Process(
        target=_serve, args=(there, serve, arguments), name=serve.__name__, daemon=True
    )
    process.start()
    there.close()
    try:
        yield _receive(here, serve.__name__)
    finally:
        here.close()
        process.join(_STOP_SECONDS_MAX)


def _receive(here: Connection, name: str) -> Any:
    try:
        failure, result = here.recv()
    except EOFError:
        raise RefusedError(
            f"The process for {name} ended before it was done.",
            next_step="Look for what ended it (memory, a signal), and try again.",
        ) from None
    if failure is not None:
        raise failure
    return result


def _answer(
    there: Connection, work: Callable[..., Any], arguments: tuple[Any, ...]
) -> None:
    outcome: tuple[CrossdockError | None, Any]
    try:
        outcome = None, work(*arguments)
    except CrossdockError as error:
        outcome = error, None
    there.send(outcome)


def _serve(
    there: Connection,
    serve: Callable[..., contextlib.AbstractContextManager[Any]],
    arguments: tuple[Any, ...],
) -> None:
    with serve(*arguments) as made:
        there.send((None, made))
        with contextlib.suppress(EOFError):
            there.recv()  # nothing ever comes: it ends when the other side is gone
