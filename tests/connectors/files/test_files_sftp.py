"""The same folder over real SFTP on loopback: who the server is, and who we are."""

from __future__ import annotations

import os
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from crossdock.canonical.errors import (
    ReauthRequiredError,
    RejectedError,
    RetryLaterError,
    SettingsError,
)
from crossdock.canonical.orders import FulfilledLine
from crossdock.canonical.pushes import FulfillmentPush, Outcome, StockWrite
from crossdock.connectors import files
from crossdock.connectors.files.connector import FilesConnector
from crossdock.connectors.netguard import NetworkPolicy

pytest.importorskip("paramiko", reason="the extra sftp is not installed")
import paramiko

HEADER = "order,sku,quantity,price"
PASSWORD = "pw-canary-1234"


@dataclass
class Server:
    """One SFTP server over a folder, and what it may get wrong."""

    root: Path
    port: int = 0
    key: Any = field(default_factory=paramiko.ECDSAKey.generate)
    user_key: Any = None
    posix: bool = True
    dies_at_rename: bool = False
    connections: list[Any] = field(default_factory=list)


class Doorman(paramiko.ServerInterface):  # type: ignore[misc]  # untyped library
    """Lets one user in."""

    def __init__(self, shared: Server) -> None:
        self.shared = shared

    def check_auth_password(self, username: str, password: str) -> Any:
        right = (username, password) == ("shop", PASSWORD)
        return paramiko.AUTH_SUCCESSFUL if right else paramiko.AUTH_FAILED

    def check_auth_publickey(self, username: str, key: Any) -> Any:
        right = key == self.shared.user_key
        return paramiko.AUTH_SUCCESSFUL if right else paramiko.AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> Any:
        return paramiko.OPEN_SUCCEEDED

    def get_allowed_auths(self, username: str) -> str:
        return "password,publickey"


class Files(paramiko.SFTPServerInterface):  # type: ignore[misc]  # untyped library
    """Serves the folder, links and all, as a plain server does."""

    def __init__(self, doorman: Doorman, *args: Any, **more: Any) -> None:
        super().__init__(doorman, *args, **more)
        self.shared = doorman.shared

    def _real(self, path: str) -> str:
        return str(self.shared.root / path.lstrip("/"))

    def _try(self, act: Callable[[], Any]) -> Any:
        try:
            return act()
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno)

    def _done(self, act: Callable[[], None]) -> Any:
        answer = self._try(act)
        return paramiko.SFTP_OK if answer is None else answer

    def list_folder(self, path: str) -> Any:
        def act() -> Any:
            found = []
            for name in os.listdir(self._real(path)):
                facts = os.lstat(os.path.join(self._real(path), name))
                one = paramiko.SFTPAttributes.from_stat(facts)
                one.filename = name
                found.append(one)
            return found

        return self._try(act)

    def stat(self, path: str) -> Any:
        return self._try(
            lambda: paramiko.SFTPAttributes.from_stat(os.stat(self._real(path)))
        )

    def lstat(self, path: str) -> Any:
        return self._try(
            lambda: paramiko.SFTPAttributes.from_stat(os.lstat(self._real(path)))
        )

    def open(self, path: str, flags: int, attr: Any) -> Any:
        def act() -> Any:
            descriptor = os.open(self._real(path), flags, 0o660)
            file = os.fdopen(descriptor, "wb" if flags & os.O_WRONLY else "rb")
            handle = paramiko.SFTPHandle(flags)
            handle.filename = self._real(path)
            handle.readfile = handle.writefile = file
            return handle

        return self._try(act)

    def remove(self, path: str) -> Any:
        return self._done(lambda: os.remove(self._real(path)))

    def rename(self, old: str, new: str) -> Any:
        if os.path.exists(self._real(new)):
            return paramiko.SFTP_FAILURE
        return self.posix_rename(old, new, always=True)

    def posix_rename(self, old: str, new: str, *, always: bool = False) -> Any:
        if not self.shared.posix and not always:
            return paramiko.SFTP_OP_UNSUPPORTED

        def act() -> Any:
            os.replace(self._real(old), self._real(new))
            if self.shared.dies_at_rename:
                for connection in self.shared.connections:
                    connection.close()
            return paramiko.SFTP_OK

        return self._try(act)

    def mkdir(self, path: str, attr: Any) -> Any:
        return self._done(lambda: os.mkdir(self._real(path)))

    def chattr(self, path: str, attr: Any) -> Any:
        times = (attr.st_atime, attr.st_mtime)
        return self._done(lambda: os.utime(self._real(path), times))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server over the folder that the simulated shop has at its other end."""
    made = Server(tmp_path)
    listener = socket.create_server(("127.0.0.1", 0))
    made.port = listener.getsockname()[1]

    def serve() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            connection = paramiko.Transport(client)
            connection.add_server_key(made.key)
            connection.set_subsystem_handler("sftp", paramiko.SFTPServer, Files)
            made.connections.append(connection)
            try:
                connection.start_server(server=Doorman(made))
            except (paramiko.SSHException, EOFError):
                continue

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield made
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    for connection in made.connections:
        connection.close()
    thread.join(5)


@pytest.fixture
def remote(server: Server, stand: Any) -> Callable[..., FilesConnector]:
    """Connect to the folder over SFTP; arguments change the settings."""
    from crossdock.connectors.files.sftp import fingerprint

    def build(**changes: Any) -> FilesConnector:
        settings = {
            "location": f"sftp://shop@127.0.0.1:{server.port}/exchange",
            "password": PASSWORD,
            "host_key": fingerprint(server.key),
            **changes,
        }
        made = stand.connect(**settings)
        assert isinstance(made, FilesConnector)
        return made

    return build


def test_orders_stock_and_parcels_go_over_sftp(stand: Any, remote: Any) -> None:
    connector = remote()
    assert connector.check().name.startswith("sftp://shop@127.0.0.1")
    stand.drop("a.csv", HEADER, "1,LAMP,1,2.00", "2,LAMP,1,2.00")
    stand.clock.advance(60)
    since = stand.clock.now() - timedelta(days=1)
    page = connector.pull_orders(None, since=since)
    assert [one.external_id for one in page.records] == ["1", "2"]
    again = connector.pull_orders(page.cursor, since=since)
    assert again.records == ()
    assert os.listdir(stand.folder / "orders") == ["done"]
    (result,) = connector.push_stock([StockWrite("BRASS-LAMP", 7, None, "key")])
    assert result.outcome is Outcome.ACCEPTED
    assert stand.shop.shown("BRASS-LAMP") == 7
    connector.push_stock([StockWrite("BRASS-LAMP", 6, None, "key-2")])
    stand.clock.advance(1)
    push = FulfillmentPush(
        "parcel-1",
        "F1",
        (FulfilledLine(line_external_id="1", quantity=1),),
        "DHL",
        "JD-1",
        "",
        stand.clock.now(),
        False,
        "key",
    )
    assert connector.find_fulfillment(push) is None
    told = connector.push_fulfillment(push)
    assert connector.find_fulfillment(push) == told.external_id


def test_a_server_without_openssh_s_rename_is_written_to_in_two_steps(
    stand: Any, remote: Any, server: Server
) -> None:
    server.posix = False
    for quantity in (7, 6):
        write = StockWrite("BRASS-LAMP", quantity, None, "key")
        assert remote().push_stock([write])[0].outcome is Outcome.ACCEPTED
        stand.clock.advance(60)
    assert stand.shop.shown("BRASS-LAMP") == 6


def test_a_server_with_another_key_gets_no_password(remote: Any) -> None:
    with pytest.raises(RejectedError, match="SHA256:") as caught:
        remote(host_key="SHA256:" + "A" * 43).check()
    assert PASSWORD not in f"{caught.value} {caught.value.next_step}"


def test_without_any_key_the_check_says_which_one_the_server_shows(
    remote: Any, server: Server
) -> None:
    from crossdock.connectors.files.sftp import fingerprint

    with pytest.raises(RejectedError) as caught:
        remote(host_key="").check()
    assert fingerprint(server.key) in caught.value.message


def test_a_known_hosts_file_does_instead_of_a_fingerprint(
    remote: Any, server: Server, tmp_path: Path
) -> None:
    known = tmp_path / "known_hosts"
    name = f"[127.0.0.1]:{server.port}"
    known.write_text(f"{name} {server.key.get_name()} {server.key.get_base64()}\n")
    assert remote(host_key="", known_hosts=str(known)).check().external_id
    known.write_text("")
    with pytest.raises(RejectedError, match="not one that was agreed"):
        remote(host_key="", known_hosts=str(known)).check()


def test_a_wrong_password_asks_for_a_new_one(remote: Any) -> None:
    with pytest.raises(ReauthRequiredError, match="does not accept"):
        remote(password="wrong").check()


def test_a_private_key_does_instead_of_a_password(
    remote: Any, server: Server, tmp_path: Path
) -> None:
    server.user_key = paramiko.ECDSAKey.generate()
    path = tmp_path / "key"
    server.user_key.write_private_key_file(str(path))
    connector = remote(private_key=path.read_text(), password="")
    assert connector.check().external_id
    with pytest.raises(ReauthRequiredError, match="cannot be read"):
        remote(private_key="no key at all").check()


def test_a_server_that_is_away_is_tried_later(remote: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(RetryLaterError, match="cannot be used"):
        remote(location=f"sftp://shop@127.0.0.1:{port}/exchange").check()


def test_a_private_address_needs_the_hub_s_permission(
    stand: Any, server: Server
) -> None:
    from crossdock.connectors.files.sftp import SftpAccess, open_sftp

    access = SftpAccess("127.0.0.1", server.port, "x", "shop", PASSWORD, "", (), "")
    with (
        pytest.raises(RejectedError, match="this machine"),
        open_sftp(access, NetworkPolicy()),
    ):
        raise AssertionError("nobody gets in here")


def test_a_folder_that_is_missing_is_named(remote: Any, server: Server) -> None:
    location = f"sftp://shop@127.0.0.1:{server.port}/nowhere"
    with pytest.raises(RejectedError, match="no folder"):
        remote(location=location).check()


def test_links_are_not_followed_there_either(
    stand: Any, remote: Any, tmp_path: Path
) -> None:
    (tmp_path / "secret.csv").write_text(f"{HEADER}\n1,LAMP,1,2.00\n")
    (stand.folder / "orders" / "link.csv").symlink_to(tmp_path / "secret.csv")
    (stand.folder / "stock" / "stock.csv").unlink()
    (stand.folder / "stock").rmdir()
    (stand.folder / "stock").symlink_to(tmp_path)
    connector = remote()
    with pytest.raises(RejectedError, match="links are not followed"):
        connector.read_stock(["BRASS-LAMP"])
    since = stand.clock.now()
    found = {
        one.external_id for one in connector.pull_orders(None, since=since).records
    }
    assert found <= {"file:link.csv"}


def test_a_connection_that_is_lost_at_the_last_step_leaves_it_unknown(
    stand: Any, remote: Any, server: Server
) -> None:
    connector = remote()
    server.dies_at_rename = True
    (result,) = connector.push_stock([StockWrite("BRASS-LAMP", 7, None, "key")])
    assert result.outcome is Outcome.UNKNOWN
    server.dies_at_rename = False
    assert [one.quantity for one in connector.read_stock(["BRASS-LAMP"])] == [7]


def test_without_the_package_a_sentence_says_what_to_install(
    stand: Any, remote: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    connector = remote()
    monkeypatch.delitem(sys.modules, "crossdock.connectors.files.sftp")
    monkeypatch.delattr(files, "sftp")
    monkeypatch.setitem(sys.modules, "paramiko", None)
    with pytest.raises(SettingsError, match="not installed") as caught:
        connector.check()
    assert "crossdock[sftp]" in caught.value.next_step
