"""Orders out of dropped files: the next page after a cursor, and orders by number.

A page holds orders of as many files as it takes. A file that cannot be understood is
one record that says why, and the hub quarantines it; it stays where it is, and is read
again when it or the settings have changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ...canonical.errors import RejectedError, RetryLaterError
from ...canonical.pages import Page, Record
from ...mapping.files_reading import Refusal, read_orders, refuse
from .folder import FILE_BYTES_MAX, Folder
from .inbox import (
    Cursor,
    InboxFile,
    choose_unread,
    list_files,
    mark_content,
    mark_doubt,
    move_read,
    prune,
)
from .settings import FilesSettings

PAGE_SIZE = 100
FETCHED_BYTES_MAX = 4 * FILE_BYTES_MAX
"""How much is read to find an order by its number, newest files first."""


@dataclass(frozen=True, slots=True)
class Content:
    """What one file held."""

    mark: str
    understood: bool
    payloads: tuple[dict[str, Any], ...]


def pull_orders(
    folder: Folder,
    settings: FilesSettings,
    cursor_text: str | None,
    since: datetime,
    now: datetime,
) -> Page:
    """Return the next page of orders; files that it finished are moved at the next."""
    cursor = Cursor.decode(cursor_text) if cursor_text else None
    files = list_files(folder, settings, now)
    if cursor:
        files = move_read(folder, settings, files, cursor, now)
    unread = choose_unread(files, cursor, since, mark_doubt(settings))
    read = dict(prune(cursor, files, cursor.as_of)) if cursor else {}
    following = Cursor(as_of=now, read=read)
    if cursor and cursor.open_mark:
        following.open_key = cursor.open_key
        following.open_mark, following.offset = cursor.open_mark, cursor.offset
    records, rest = _fill(folder, settings, unread, following)
    if rest and cursor:
        # Between the pages of one walk nothing that was moved falls out of sight.
        following.as_of = min(now, cursor.as_of)
    return Page(tuple(records), following.encode(), complete=not rest)


def fetch_orders(
    folder: Folder, settings: FilesSettings, external_ids: Sequence[str], now: datetime
) -> tuple[Record, ...]:
    """Return the named orders as the newest files tell them."""
    wanted, found = set(external_ids), dict[str, Record]()
    budget = FETCHED_BYTES_MAX
    for file in reversed(list_files(folder, settings, now)):
        if not wanted or budget <= 0:
            break
        budget -= file.entry.size
        for payload in _read(folder, settings, file).payloads:
            if payload["order"] in wanted:
                wanted.discard(payload["order"])
                found[payload["order"]] = _as_record(file, payload)
    return tuple(found.values())


def _fill(
    folder: Folder,
    settings: FilesSettings,
    unread: list[InboxFile],
    following: Cursor,
) -> tuple[list[Record], bool]:
    """Return the records of a page, and whether more is left; moves the cursor on."""
    records: list[Record] = []
    doubt = mark_doubt(settings)
    for file in unread:
        if len(records) >= PAGE_SIZE:
            return records, True
        content = _read(folder, settings, file)
        if following.open_mark and following.open_mark != content.mark:
            following.offset = (
                0  # another content under the same name: all of it is news
            )
        start = following.offset
        if not start and following.has_read(content.mark):
            _finish(following, file, content.mark if content.understood else doubt)
            continue
        end = start + PAGE_SIZE - len(records)
        records += [_as_record(file, one) for one in content.payloads[start:end]]
        if end < len(content.payloads):
            following.open_key, following.open_mark = file.key, content.mark
            following.offset = end
            return records, True
        _finish(following, file, content.mark if content.understood else doubt)
    return records, False


def _finish(following: Cursor, file: InboxFile, mark: str) -> None:
    following.read[file.key] = mark
    following.open_key, following.open_mark, following.offset = "", "", 0


def _read(folder: Folder, settings: FilesSettings, file: InboxFile) -> Content:
    modified = file.entry.modified
    reason = file.refusal
    if not reason and file.entry.size > FILE_BYTES_MAX:
        reason = f"it is {file.entry.size:,} bytes; {FILE_BYTES_MAX:,} are the most"
    if not reason:
        try:
            body = folder.read(file.place, file.entry.name)
        except RejectedError as error:
            reason = error.message
    if reason:
        refusal = Refusal(message=reason, path="file", next_step="Drop a CSV file.")
        payload = refuse(file.name, modified, refusal)
        return Content(mark_content(reason.encode(), settings), False, (payload,))
    if len(body) != file.entry.size:
        raise RetryLaterError(f"{file.name} is growing while it is read")
    found = read_orders(body, file.name, modified, settings.reading)
    return Content(mark_content(body, settings), found.refusal is None, found.payloads)


def _as_record(file: InboxFile, payload: dict[str, Any]) -> Record:
    return Record(payload["order"], file.entry.modified, payload)
