"""A folder that both sides can reach: what the connector needs of it, and a local one.

The SFTP one is in ``sftp``. Whatever its kind, nothing outside of the folder is ever
read or written: names are plain names, links are not followed, and only ordinary files
up to a limit are opened. No CSV in here.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from ...canonical.errors import RejectedError, RetryLaterError

FILE_BYTES_MAX = 20_971_520
"""Larger files are refused unread: a hundred thousand order lines fit in."""
ENTRIES_MAX = 20_000
"""More entries in one folder are not looked through."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One name in a folder, as it is without following it anywhere."""

    name: str
    size: int
    modified: datetime
    ordinary: bool
    """A file, and no link, folder, pipe or device."""


class Folder(Protocol):
    """One folder with a few places in it, named relatively: ``orders``, ``out``."""

    @property
    def identity(self) -> str:
        """What tells this folder from every other one; free of secrets."""
        ...

    def list_entries(self, place: str) -> tuple[Entry, ...]:
        """Return what is in a place, hidden names left out; nothing if it is missing.

        Raises:
            RejectedError: it may not be read, leads out of the folder, or is too full.
            RetryLaterError: it cannot be read at present.
        """
        ...

    def read(self, place: str, name: str) -> bytes:
        """Return the whole of a file.

        Raises:
            RejectedError: it is no ordinary file, too large, or may not be read.
            RetryLaterError: it cannot be read at present, or has gone.
        """
        ...

    def write(self, place: str, name: str, body: bytes, modified: datetime) -> None:
        """Put a file there in one step: others see the old one or the new one.

        Raises:
            RejectedError: nothing may be written there.
            RetryLaterError: it was not written.
            OutcomeUnknownError: it may have been written or not.
        """
        ...

    def move(self, place: str, name: str, to_place: str, to_name: str) -> None:
        """Rename a file into another place, which is made if it is missing.

        One that has gone is no error: somebody else has tidied it away.

        Raises:
            RejectedError: it may not be moved.
            RetryLaterError: it was not moved.
        """
        ...

    def require_place(self, place: str) -> None:
        """Make a place that is missing, and prove that files can be made there.

        Raises:
            RejectedError: they cannot.
            RetryLaterError: the folder cannot be reached at present.
        """
        ...


def require_plain_name(name: str) -> str:
    """Return a name that stays where it is put.

    Raises:
        RejectedError: it would lead elsewhere.
    """
    if name in {"", ".", ".."} or any(sign in name for sign in "/\\\x00"):
        raise RejectedError(f"{name[:100]!r} is no plain file name")
    return name


def temporary_name(name: str) -> str:
    """Return the name under which a file grows before it is there."""
    return f".{require_plain_name(name)}.part"


def refuse_size(name: str, size: int) -> RejectedError:
    """Return the error for a file that is too large."""
    return RejectedError(
        f"{name} is {size:,} bytes; {FILE_BYTES_MAX:,} are the most that is read",
        next_step="Split the file, and drop the parts.",
    )


def refuse_kind(name: str) -> RejectedError:
    """Return the error for what is no ordinary file."""
    return RejectedError(
        f"{name} is no ordinary file, and links are not followed",
        next_step="Put the file itself there.",
    )


@contextmanager
def explain_failures(what: str) -> Iterator[None]:
    """Turn the system's errors into those of the hub.

    Raises:
        RejectedError: not allowed, or not there.
        RetryLaterError: everything else: a disk that is full, a share that is away.
    """
    try:
        yield
    except (PermissionError, NotADirectoryError, IsADirectoryError) as error:
        raise RejectedError(
            f"{what} is not possible: {error.strerror or 'permission denied'}",
            next_step="Look at the owner and the rights of the folder.",
        ) from None
    except FileNotFoundError:
        raise RetryLaterError(f"{what} is not possible: it is not there") from None
    except OSError as error:
        raise RetryLaterError(
            f"{what} failed: {error.strerror or type(error).__name__}"
        ) from None


class LocalFolder:
    """A folder of this machine, or one that is mounted here."""

    def __init__(self, root: str) -> None:
        self._root = Path(os.path.realpath(root))

    @property
    def identity(self) -> str:
        """The folder's real path."""
        return str(self._root)

    def list_entries(self, place: str) -> tuple[Entry, ...]:
        """Return what is in a place; see ``Folder``."""
        found: list[Entry] = []
        path = self._find(place)
        self._require_root()
        if not path.exists():
            return ()
        with explain_failures(f"reading the folder {place}"), os.scandir(path) as names:
            for each in names:
                if each.name.startswith("."):
                    continue
                if len(found) >= ENTRIES_MAX:
                    raise RejectedError(
                        f"the folder {place} holds more than {ENTRIES_MAX:,} files",
                        next_step="Tidy it: move old files elsewhere.",
                    )
                facts = each.stat(follow_symlinks=False)
                found.append(
                    Entry(
                        each.name,
                        facts.st_size,
                        datetime.fromtimestamp(facts.st_mtime, UTC),
                        stat.S_ISREG(facts.st_mode),
                    )
                )
        return tuple(found)

    def read(self, place: str, name: str) -> bytes:
        """Return the whole of a file; see ``Folder``."""
        path = self._find(place) / require_plain_name(name)
        if path.is_symlink():
            raise refuse_kind(name)
        # Without following, and without waiting at a pipe that nobody writes to.
        flags = (
            os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
        )
        with explain_failures(f"reading {name}"):
            descriptor = os.open(path, flags)
            with os.fdopen(descriptor, "rb") as file:
                facts = os.fstat(descriptor)
                if not stat.S_ISREG(facts.st_mode):
                    raise refuse_kind(name)
                body = file.read(FILE_BYTES_MAX + 1)
        if len(body) > FILE_BYTES_MAX:
            raise refuse_size(name, facts.st_size)
        return body

    def write(self, place: str, name: str, body: bytes, modified: datetime) -> None:
        """Put a file there in one step; see ``Folder``."""
        self._require_root()
        folder = self._find(place)
        growing, final = folder / temporary_name(name), folder / name
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0)
        with explain_failures(f"writing {name}"):
            folder.mkdir(parents=True, exist_ok=True)
            with os.fdopen(os.open(growing, flags, 0o660), "wb") as file:
                file.write(body)
                file.flush()
                os.fsync(file.fileno())
            os.utime(growing, (modified.timestamp(), modified.timestamp()))
            os.replace(growing, final)

    def move(self, place: str, name: str, to_place: str, to_name: str) -> None:
        """Rename a file into another place; see ``Folder``."""
        source = self._find(place) / require_plain_name(name)
        target = self._find(to_place) / require_plain_name(to_name)
        with explain_failures(f"moving {name}"):
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.exists():
                os.replace(source, target)

    def require_place(self, place: str) -> None:
        """Make a place that is missing, and prove that files can be made there."""
        self._require_root()
        folder = self._find(place)
        probe = folder / temporary_name("crossdock")
        with explain_failures(f"writing in the folder {place}"):
            folder.mkdir(parents=True, exist_ok=True)
            probe.write_bytes(b"")
            probe.unlink()

    def _require_root(self) -> None:
        # Not made by us: a share that is not mounted would be taken for an empty one.
        if not self._root.is_dir():
            raise RejectedError(
                f"the folder {self._root} is not there",
                next_step="Create it, or mount the share that holds it.",
            )

    def _find(self, place: str) -> Path:
        path = Path(os.path.realpath(self._root / place))
        if not path.is_relative_to(self._root):
            raise RejectedError(
                f"{place!r} leads out of the folder",
                next_step="Replace the link by a folder.",
            )
        return path
