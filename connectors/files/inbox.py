"""Which files of orders are there to be read, in which order, and how far that went.

The cursor says which files were read whole, by name, size and time, each with the mark
of its content; and how far the one got that is open. A file is moved to ``done`` only
at the pull after: by then the hub has saved what was in it. A moved file carries the
time of the move and its mark in its name, so that an older cursor finds it again.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Literal, Self

from pydantic import BaseModel, ValidationError

from ...canonical.errors import ContractBrokenError
from .folder import Entry, Folder
from .settings import FilesSettings, Finished

DONE = "done"
MARKER = ".done"
FUTURE_SECONDS_MAX = 86_400
"""A file whose time lies further ahead would make all that follow it look old."""
_MOVED = re.compile(r"(\d{8}T\d{12}Z)-([0-9a-f]{16})-(.+)")
_STAMP = "%Y%m%dT%H%M%S%fZ"
_TEXTS = (".csv", ".tsv", ".txt")
_TOLD = (".zip", ".gz", ".xls", ".xlsx", ".ods", ".pdf")
"""Refused with a sentence; other names are none of ours."""


class Cursor(BaseModel):
    """How far the orders of a folder have been read."""

    v: Literal[1] = 1
    as_of: datetime
    read: dict[str, str] = {}
    """Mark of the content by key of the file; of one that was not understood "!" and a
    mark of the settings, with others of which it may be."""
    open_key: str = ""
    open_mark: str = ""
    offset: int = 0

    def encode(self) -> str:
        """Return the cursor as text."""
        return self.model_dump_json(exclude_defaults=True)

    @classmethod
    def decode(cls, text: str) -> Self:
        """Return the cursor that ``encode`` made a text of.

        Raises:
            ContractBrokenError: the text is no such cursor.
        """
        try:
            return cls.model_validate_json(text)
        except ValidationError:
            raise ContractBrokenError(
                "a saved cursor cannot be read",
                next_step="Reset the cursor; what was read before is recognised.",
            ) from None

    def knows(self, file: InboxFile, doubt: str) -> bool:
        """Tell whether a file was read whole, or is as little understood as before."""
        mark = self.read.get(file.key, "")
        return mark == doubt if mark.startswith("!") else bool(mark)

    def has_read(self, mark: str) -> bool:
        """Tell whether this content was read, under whatever name."""
        return mark in self.read.values()


@dataclass(frozen=True, slots=True)
class InboxFile:
    """One file of orders: where it is, and what it was called when it was dropped."""

    place: str
    entry: Entry
    name: str
    moved_at: datetime | None = None
    mark: str = ""
    """The mark of its content, where its name tells it."""
    refusal: str = field(default="", compare=False)
    """Why it is not even opened."""

    @property
    def key(self) -> str:
        """What tells this state of this file from others, without opening it."""
        facts = f"{self.name}\x00{self.entry.size}\x00{self.entry.modified.timestamp()}"
        return hashlib.sha256(facts.encode()).hexdigest()[:16]

    @property
    def rank(self) -> tuple[datetime, str]:
        """Files are read by time, then by name."""
        return self.entry.modified, self.name


def mark_content(body: bytes, settings: FilesSettings) -> str:
    """Return the mark of a content read under these settings.

    Other settings make another mark: what was not understood is then read again.
    """
    digest = hashlib.sha256(settings.reading.model_dump_json().encode())
    digest.update(b"\x00" + body)
    return digest.hexdigest()[:16]


def mark_doubt(settings: FilesSettings) -> str:
    """Return the mark of whatever is not understood under these settings."""
    return f"!{mark_content(b'', settings)}"


def list_files(
    folder: Folder, settings: FilesSettings, now: datetime
) -> list[InboxFile]:
    """Return every complete file of orders, moved ones included, oldest first."""
    place = settings.orders_folder
    entries = folder.list_entries(place)
    names = {entry.name for entry in entries}
    found = [
        _judge(place, entry, now)
        for entry in entries
        if entry.name.lower().endswith((*_TEXTS, *_TOLD))
        and _is_complete(entry, names, settings, now)
    ]
    for entry in folder.list_entries(f"{place}/{DONE}"):
        moved = _MOVED.fullmatch(entry.name)
        if moved and entry.ordinary:
            moved_at = datetime.strptime(moved[1], _STAMP).replace(tzinfo=UTC)
            found.append(
                InboxFile(f"{place}/{DONE}", entry, moved[3], moved_at, moved[2])
            )
    return sorted(found, key=lambda one: one.rank)


def move_read(
    folder: Folder,
    settings: FilesSettings,
    files: Iterable[InboxFile],
    cursor: Cursor,
    now: datetime,
) -> list[InboxFile]:
    """Move what the cursor says is read and understood; return the files as they are.

    The hub hands in only cursors that it has saved, with all that was read before them.
    """
    listed: list[InboxFile] = []
    for file in files:
        mark = cursor.read.get(file.key, "!")
        if mark.startswith("!") or file.moved_at or not settings.move_read_files:
            listed.append(file)
            continue
        name = f"{now.strftime(_STAMP)}-{mark}-{file.name}"
        place = f"{settings.orders_folder}/{DONE}"
        folder.move(file.place, file.entry.name, place, name)
        if settings.finished is Finished.MARKER:
            marker = file.entry.name + MARKER
            folder.move(file.place, marker, place, name + MARKER)
        entry = replace(file.entry, name=name)
        listed.append(InboxFile(place, entry, file.name, now, mark))
    return listed


def choose_unread(
    files: Iterable[InboxFile], cursor: Cursor | None, since: datetime, doubt: str
) -> list[InboxFile]:
    """Return the files that a cursor has not read, oldest first.

    What lies in the inbox is news, whatever its time says: copying keeps old times.
    What was moved is news to a cursor from before the move.
    """
    if cursor is None:
        return [one for one in files if not one.moved_at or one.entry.modified >= since]
    unread: list[InboxFile] = []
    for file in files:
        if file.key == cursor.open_key:
            unread.insert(0, file)
        elif cursor.knows(file, doubt) or (file.mark and cursor.has_read(file.mark)):
            continue
        elif file.moved_at is None or file.moved_at >= cursor.as_of:
            unread.append(file)
    return unread


def prune(
    cursor: Cursor, files: Iterable[InboxFile], as_of: datetime
) -> Mapping[str, str]:
    """Return what has to be remembered of the files that were read."""
    near = {
        file.key for file in files if file.moved_at is None or file.moved_at >= as_of
    }
    return {key: mark for key, mark in cursor.read.items() if key in near}


def _is_complete(
    entry: Entry, names: set[str], settings: FilesSettings, now: datetime
) -> bool:
    if settings.finished is Finished.MARKER:
        return entry.name + MARKER in names
    age = now - entry.modified
    ahead = timedelta(seconds=-FUTURE_SECONDS_MAX)
    return age >= timedelta(seconds=settings.settle_seconds) or age < ahead


def _judge(place: str, entry: Entry, now: datetime) -> InboxFile:
    refusal = ""
    if not entry.ordinary:
        refusal = "it is no ordinary file, and links are not followed"
    elif (entry.modified - now).total_seconds() > FUTURE_SECONDS_MAX:
        refusal = "its time lies in the future"
    elif not entry.name.lower().endswith(_TEXTS):
        refusal = "it is an archive or a spreadsheet, and not a CSV file"
    return InboxFile(place, entry, entry.name, refusal=refusal)
