"""A folder on an SFTP server: the second door to the network, beside ``transport``.

SSH is no HTTP, so the transport cannot carry it; docs/adr says what this door promises
all the same: checked addresses only, a server that proves who it is by its host key
before any credential is sent, a limit on every wait, and errors without secrets. Needs
the optional package paramiko.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import logging
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import paramiko

from ...canonical.errors import (
    ChannelError,
    OutcomeUnknownError,
    ReauthRequiredError,
    RejectedError,
    RetryLaterError,
)
from ..netguard import NetworkPolicy
from .folder import (
    ENTRIES_MAX,
    FILE_BYTES_MAX,
    Entry,
    explain_failures,
    refuse_kind,
    refuse_size,
    require_plain_name,
    temporary_name,
)

TIMEOUT_SECONDS = 20.0
"""Longest wait for one answer of the server."""
_KEY_KINDS = (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey)


@dataclass(frozen=True, slots=True)
class SftpAccess:
    """Where the server is, who we are there, and how it proves who it is."""

    host: str
    port: int
    path: str
    user: str
    password: str
    private_key: str
    host_keys: tuple[str, ...]
    """Fingerprints (``SHA256:...``), of which the server's key must have one."""
    known_hosts: str
    """The path of a known_hosts file, asked where there are no fingerprints."""


@contextmanager
def open_sftp(access: SftpAccess, network: NetworkPolicy) -> Iterator[SftpFolder]:
    """Sign in, and lend the folder for the length of the block.

    Raises:
        RejectedError: the server is not the one that was agreed, or out of bounds.
        ReauthRequiredError: it does not accept user, password or key.
        RetryLaterError: it cannot be reached.
    """
    # What goes wrong is raised and told once; paramiko would log it besides.
    logging.getLogger("paramiko").setLevel(logging.CRITICAL)
    connection: Any = None
    try:
        with _explain_trouble(access.host):
            connection = paramiko.Transport(_connect(access, network))
            connection.banner_timeout = connection.auth_timeout = TIMEOUT_SECONDS
            connection.start_client(timeout=TIMEOUT_SECONDS)
            _verify_host(access, connection.get_remote_server_key())
            _sign_in(access, connection)
            client = paramiko.SFTPClient.from_transport(connection)
            client.get_channel().settimeout(TIMEOUT_SECONDS)
        yield SftpFolder(client, access)
    finally:
        if connection is not None:
            connection.close()


def fingerprint(key: Any) -> str:
    """Return the fingerprint of a key as ``ssh-keygen -l`` shows it."""
    digest = hashlib.sha256(key.asbytes()).digest()
    return f"SHA256:{base64.b64encode(digest).decode().rstrip('=')}"


def _connect(access: SftpAccess, network: NetworkPolicy) -> socket.socket:
    failure = OSError(f"{access.host} has no address")
    for address in network.find_addresses(access.host, access.port):
        try:
            return socket.create_connection((address, access.port), TIMEOUT_SECONDS)
        except OSError as error:
            failure = error
    raise failure


def _verify_host(access: SftpAccess, key: Any) -> None:
    shown = fingerprint(key)
    if access.host_keys:
        if any(hmac.compare_digest(shown, one) for one in access.host_keys):
            return
    elif access.known_hosts:
        with explain_failures("reading the known_hosts file"):
            known = paramiko.HostKeys(access.known_hosts)
        name = access.host if access.port == 22 else f"[{access.host}]:{access.port}"
        if known.check(name, key):
            return
    raise RejectedError(
        f"{access.host} shows the host key {shown}, which is not one that was agreed",
        next_step="Ask whoever runs the server for its fingerprint. If it is this one, "
        "enter it as host_key; if not, somebody stands in between.",
    )


def _sign_in(access: SftpAccess, connection: Any) -> None:
    try:
        if access.private_key:
            key = _read_key(access.private_key, access.password)
            connection.auth_publickey(access.user, key)
        else:
            connection.auth_password(access.user, access.password)
    except paramiko.AuthenticationException:
        raise ReauthRequiredError(
            f"{access.host} does not accept the user with this password or key",
            next_step="Enter the user's password or private key again.",
        ) from None


def _read_key(text: str, passphrase: str) -> Any:
    for kind in _KEY_KINDS:
        try:
            return kind.from_private_key(io.StringIO(text), passphrase or None)
        except (paramiko.SSHException, ValueError):
            continue
    raise ReauthRequiredError(
        "the private key cannot be read: it is no OpenSSH or PEM key, or the password "
        "does not open it",
        next_step="Enter the whole text of the key file.",
    )


@contextmanager
def _explain_trouble(host: str) -> Iterator[None]:
    try:
        yield
    except ChannelError:
        raise
    except (paramiko.SSHException, EOFError, OSError) as error:
        raise RetryLaterError(
            f"{host} cannot be used over SFTP at present ({type(error).__name__})"
        ) from None


class SftpFolder:
    """A folder on a server that we are signed in at; ``Folder`` says what it does."""

    def __init__(self, client: Any, access: SftpAccess) -> None:
        self._client = client
        self._access = access
        self._root = access.path.rstrip("/") or "."

    @property
    def identity(self) -> str:
        """User, server and path."""
        access = self._access
        server = f"{access.user}@{access.host}:{access.port}"
        return f"sftp://{server}/{self._root.lstrip('/')}"

    def list_entries(self, place: str) -> tuple[Entry, ...]:
        """Return what is in a place; see ``Folder``."""
        found: list[Entry] = []
        path = self._find(place)
        if path is None:
            return ()
        with self._lost(), explain_failures(f"reading the folder {place}"):
            for each in self._client.listdir_attr(path):
                if each.filename.startswith("."):
                    continue
                if len(found) >= ENTRIES_MAX:
                    raise RejectedError(
                        f"the folder {place} holds more than {ENTRIES_MAX:,} files",
                        next_step="Tidy it: move old files elsewhere.",
                    )
                found.append(
                    Entry(
                        each.filename,
                        each.st_size or 0,
                        datetime.fromtimestamp(each.st_mtime or 0, UTC),
                        stat.S_ISREG(each.st_mode or 0),
                    )
                )
        return tuple(found)

    def read(self, place: str, name: str) -> bytes:
        """Return the whole of a file; see ``Folder``."""
        path = f"{self._root}/{place}/{require_plain_name(name)}"
        with self._lost(), explain_failures(f"reading {name}"):
            facts = self._client.lstat(path)
            if not stat.S_ISREG(facts.st_mode or 0):
                raise refuse_kind(name)
            if (facts.st_size or 0) > FILE_BYTES_MAX:
                raise refuse_size(name, facts.st_size)
            with self._client.open(path, "rb") as file:
                file.prefetch(facts.st_size or 0)
                body: bytes = file.read(FILE_BYTES_MAX + 1)
        if len(body) > FILE_BYTES_MAX:
            raise refuse_size(name, len(body))
        return body

    def write(self, place: str, name: str, body: bytes, modified: datetime) -> None:
        """Put a file there in one step; see ``Folder``."""
        self._make(place)
        folder = f"{self._root}/{place}"
        growing, final = f"{folder}/{temporary_name(name)}", f"{folder}/{name}"
        with self._lost(), explain_failures(f"writing {name}"):
            with self._client.open(growing, "wb") as file:
                file.set_pipelined(True)
                file.write(body)
            moment = modified.timestamp()
            self._client.utime(growing, (moment, moment))
        try:
            with explain_failures(f"writing {name}"):
                self._replace(growing, final)
        except (paramiko.SSHException, EOFError) as error:
            raise OutcomeUnknownError(
                f"the connection was lost while {name} was put in its place "
                f"({type(error).__name__})"
            ) from None

    def move(self, place: str, name: str, to_place: str, to_name: str) -> None:
        """Rename a file into another place; see ``Folder``."""
        self._make(to_place)
        source = f"{self._root}/{place}/{require_plain_name(name)}"
        target = f"{self._root}/{to_place}/{require_plain_name(to_name)}"
        with self._lost(), explain_failures(f"moving {name}"):
            try:
                self._client.lstat(source)
            except FileNotFoundError:
                return
            self._replace(source, target)

    def require_place(self, place: str) -> None:
        """Make a place that is missing, and prove that files can be made there."""
        with self._lost():
            try:
                self._client.stat(self._root)
            except FileNotFoundError:
                raise RejectedError(
                    f"the server has no folder {self._root}",
                    next_step="Create it, or correct the path in the address.",
                ) from None
        self._make(place)
        probe = f"{self._root}/{place}/{temporary_name('crossdock')}"
        with self._lost(), explain_failures(f"writing in the folder {place}"):
            self._client.open(probe, "wb").close()
            self._client.remove(probe)

    def _replace(self, source: str, target: str) -> None:
        try:
            self._client.posix_rename(source, target)
        except PermissionError:
            raise
        except OSError:
            # A server without OpenSSH's extension: its rename takes no existing name.
            with suppress(FileNotFoundError):
                self._client.remove(target)
            self._client.rename(source, target)

    def _find(self, place: str) -> str | None:
        """Return the path of a place, or None where it is missing.

        Raises:
            RejectedError: one of its parts is a link.
        """
        path = self._root
        for part in place.split("/"):
            path = f"{path}/{require_plain_name(part)}"
            with self._lost(), explain_failures(f"looking at the folder {place}"):
                try:
                    facts = self._client.lstat(path)
                except FileNotFoundError:
                    return None
            if not stat.S_ISDIR(facts.st_mode or 0):
                raise RejectedError(
                    f"{place!r} is no folder, and links are not followed",
                    next_step="Replace the link by a folder.",
                )
        return path

    def _make(self, place: str) -> None:
        parts = place.split("/")
        for count in range(1, len(parts) + 1):
            part = "/".join(parts[:count])
            if self._find(part) is None:
                with self._lost(), explain_failures(f"making the folder {part}"):
                    self._client.mkdir(f"{self._root}/{part}")

    @contextmanager
    def _lost(self) -> Iterator[None]:
        try:
            yield
        except (paramiko.SSHException, EOFError) as error:
            raise RetryLaterError(
                f"the connection to {self._access.host} was lost "
                f"({type(error).__name__})"
            ) from None
