"""Showing results: pages for people, one JSON document for programs, progress.

Results go to standard output; everything that is only to be watched goes to standard
error. Nothing here knows what a result means.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from pydantic_core import to_jsonable_python
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

PIPED_WIDTH = 120
"""Columns where nobody watches: lines for files and other programs."""

Note = Callable[[str], None]
"""Says what is going on at present."""


class Output:
    """Where one command writes.

    Args:
        as_json: the result is one JSON document.
    """

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self.out = _make_console(sys.stdout.isatty(), stderr=False)
        self.err = _make_console(sys.stderr.isatty(), stderr=True)

    def show(self, document: Any, *pages: RenderableType) -> None:
        """Write a result: the document with ``--json``, else the pages."""
        if self.as_json:
            plain = to_jsonable_python(document)
            indent = 2 if self.out.is_terminal else None
            # Not through rich, which would wrap it.
            print(json.dumps(plain, ensure_ascii=False, indent=indent), flush=True)
            return
        for page in pages:
            self.out.print(page)

    def note(self, text: str) -> None:
        """Say something beside the result."""
        self.err.print(plain(text))

    def warn(self, text: str) -> None:
        """Say something beside the result that a person should not miss."""
        self.err.print(Text.assemble(("note: ", "bold yellow"), clean(text)))

    @contextmanager
    def watch(self, label: str) -> Iterator[Note]:
        """Show that something is going on, to whoever watches."""
        if not self.err.is_terminal:
            yield lambda text: None
            return
        with self.err.status(plain(label)) as status:
            yield lambda text: status.update(Text.assemble(label, " ", (text, "dim")))

    @contextmanager
    def measure(self, label: str) -> Iterator[Callable[[int, int], None]]:
        """Show how much is done, and of how much, to whoever watches."""
        if not self.err.is_terminal:
            yield lambda done, total: None
            return
        columns = (
            TextColumn(label),
            BarColumn(),
            TextColumn("{task.percentage:3.0f} %"),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=self.err, transient=True) as progress:
            task = progress.add_task(label, total=None)
            yield lambda done, total: progress.update(task, completed=done, total=total)


def _make_console(watched: bool, *, stderr: bool) -> Console:
    given = "COLUMNS" in os.environ
    width = None if watched or given else PIPED_WIDTH
    # No markup: a product may be called [bold].
    return Console(
        stderr=stderr, highlight=False, width=width, emoji=False, markup=False
    )


def headline(text: str, detail: str = "") -> RenderableType:
    """Return the first line of a page."""
    title, rest = clean(text), f"  {clean(detail)}" if detail else ""
    return Text.assemble((title, "bold"), (rest, "dim"))


def make_table(*columns: str, numbers: Sequence[str] = ()) -> Table:
    """Return an empty table; columns named in ``numbers`` are set to the right."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    for column in columns:
        right = column in numbers
        table.add_column(column, justify="right" if right else "left", no_wrap=right)
    return table


def list_facts(facts: Sequence[tuple[str, RenderableType]]) -> RenderableType:
    """Return names and values below one another, the empty ones left out."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column()
    for name, value in facts:
        if value != "":
            grid.add_row(name, value)
    return grid


def indent(page: RenderableType) -> RenderableType:
    """Return a page set two columns to the right."""
    return Padding(page, (0, 0, 0, 2), expand=False)


def stack(*parts: RenderableType) -> RenderableType:
    """Return pages below one another."""
    return Group(*parts)


def say_time(moment: datetime | None) -> str:
    """Return a moment as people read it, in UTC."""
    return "" if moment is None else f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def count(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun in the right form."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def clean(text: object) -> str:
    """Return text of a channel or a person without what could command a terminal."""
    return "".join(sign if sign.isprintable() else _replace(sign) for sign in str(text))


def _replace(sign: str) -> str:
    return " " if sign.isspace() else "\N{REPLACEMENT CHARACTER}"


def plain(text: object) -> Text:
    """Return text of a channel or a person for showing, as it is."""
    return Text(clean(text))
