"""The transport on real sockets: what only a real server can do to it."""

from __future__ import annotations

import random
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from crossdock.canonical.errors import (
    OutcomeUnknownError,
    RejectedError,
    RetryLaterError,
)
from crossdock.connectors.transport import (
    Call,
    HttpTransport,
    HttpTransports,
    NetworkPolicy,
)
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Handler = Callable[[socket.socket], None]
READ = Call("GET", "/orders", safe=True)
WRITE = Call("POST", "/orders", json={"n": 1})
WHOLE = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]"


class _RealClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic_seconds(self) -> float:
        return time.monotonic()

    def pause(self, seconds: float) -> None:
        time.sleep(seconds)


class _Shop:
    """A loopback server that does with each connection what a handler says."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        self.connections = 0
        self.handler: Handler = lambda connection: connection.sendall(WHOLE)
        self.tls: ssl.SSLContext | None = None
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            with connection:
                connection.settimeout(5)
                try:
                    self._answer(connection)
                except OSError:
                    continue

    def _answer(self, connection: socket.socket) -> None:
        if self.tls is None:
            connection.recv(65536)
            self.handler(connection)
            return
        with self.tls.wrap_socket(connection, server_side=True) as secured:
            secured.recv(65536)
            self.handler(secured)

    def stop(self) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(5)


@pytest.fixture
def shop() -> Iterator[_Shop]:
    server = _Shop()
    yield server
    server.stop()


@pytest.fixture
def connect(shop: _Shop) -> Iterator[Callable[..., HttpTransport]]:
    opened: list[HttpTransports] = []

    def build(deadline_seconds: float = 5, **policy: object) -> HttpTransport:
        options = {"allow_private_networks": True, **policy}
        factory = HttpTransports(
            clock=_RealClock(),
            randomness=random.Random(7),
            network=NetworkPolicy(**options),  # type: ignore[arg-type] # as given
            deadline_seconds=deadline_seconds,
        )
        opened.append(factory)
        return factory.open(
            base_url=f"http://shop.example:{shop.port}",
            auth=None,
            requests_per_second=1000,
            burst=1000,
        )

    yield build
    for factory in opened:
        factory.close()


def _loopback(host: str, port: int) -> list[str]:
    return ["127.0.0.1"]


def test_a_name_is_connected_to_at_the_address_that_was_checked(
    shop: _Shop, connect: Callable[..., HttpTransport]
) -> None:
    assert connect(resolver=_loopback).send(READ).json() == []
    assert shop.connections == 1


def test_the_next_address_is_tried_where_the_first_does_not_answer(
    shop: _Shop, connect: Callable[..., HttpTransport]
) -> None:
    transport = connect(resolver=lambda host, port: ["127.0.0.2", "127.0.0.1"])
    assert transport.send(READ).json() == []


def test_h02_each_connection_is_checked_anew(
    shop: _Shop, connect: Callable[..., HttpTransport]
) -> None:
    answers = iter(["127.0.0.1", "169.254.169.254"])
    transport = connect(resolver=lambda host, port: [next(answers)])
    shop.handler = lambda connection: connection.sendall(
        b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\n[]"
    )
    transport.send(READ)
    with pytest.raises(RejectedError, match=r"169\.254\.169\.254"):
        transport.send(READ)
    assert shop.connections == 1


def test_e23_a_name_without_an_address_says_so(
    connect: Callable[..., HttpTransport],
) -> None:
    def fail(host: str, port: int) -> list[str]:
        raise OSError("no such name")

    with pytest.raises(RetryLaterError, match="cannot be resolved"):
        connect(resolver=fail).send(WRITE)


def test_e23_a_name_that_resolves_to_nothing_says_so(
    connect: Callable[..., HttpTransport],
) -> None:
    with pytest.raises(RetryLaterError, match="has no address"):
        connect(resolver=lambda host, port: []).send(WRITE)


def test_a_port_where_nobody_listens_means_that_nothing_was_sent(
    shop: _Shop, connect: Callable[..., HttpTransport]
) -> None:
    transport = connect(resolver=lambda host, port: ["127.0.0.2"])
    with pytest.raises(RetryLaterError, match="cannot be reached"):
        transport.send(WRITE)


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        b"HTTP/1.1 200 OK\r\ncontent-le",
        b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n[",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n[1,2,\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n[1, 2",
        b"this is not http\r\n\r\n",
    ],
    ids=["nothing", "half-head", "half-body", "half-chunks", "half-json", "not-http"],
)
def test_a_connection_dropped_after_a_write_leaves_its_outcome_unknown(
    shop: _Shop, connect: Callable[..., HttpTransport], reply: bytes
) -> None:
    shop.handler = lambda connection: connection.sendall(reply)
    with pytest.raises(OutcomeUnknownError):
        connect(resolver=_loopback).send(WRITE)
    assert shop.connections == 1


def test_e24_a_head_that_drips_byte_by_byte_ends_with_the_deadline(
    shop: _Shop, connect: Callable[..., HttpTransport]
) -> None:
    def drip(connection: socket.socket) -> None:
        for byte in b"HTTP/1.1 200 OK\r\nx-slow: " + b"z" * 100:
            connection.sendall(bytes([byte]))
            time.sleep(0.05)

    shop.handler = drip
    started = time.monotonic()
    with pytest.raises(OutcomeUnknownError):
        connect(resolver=_loopback, deadline_seconds=0.4).send(WRITE)
    assert time.monotonic() - started < 2


def _make_certificate(folder: Path, host: str) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    certificate_path, key_path = folder / "shop.crt", folder / "shop.key"
    certificate_path.write_bytes(certificate.public_bytes(pem))
    key_path.write_bytes(
        key.private_bytes(
            pem,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return certificate_path, key_path


@pytest.mark.parametrize("host", ["shop.example", "other.example"])
def test_over_https_the_name_and_not_the_address_must_be_certified(
    shop: _Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    certificate, key = _make_certificate(tmp_path, "shop.example")
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(certificate, key)
    shop.tls = server_side
    trusting = ssl.create_default_context(cafile=str(certificate))
    monkeypatch.setattr(httpx, "create_ssl_context", lambda **options: trusting)
    factory = HttpTransports(
        clock=_RealClock(),
        randomness=random.Random(7),
        network=NetworkPolicy(allow_private_networks=True, resolver=_loopback),
        deadline_seconds=5,
    )
    transport = factory.open(
        base_url=f"https://{host}:{shop.port}",
        auth=None,
        requests_per_second=1000,
        burst=1000,
    )
    if host == "shop.example":
        assert transport.send(READ).json() == []
    else:
        with pytest.raises(RetryLaterError, match="certificate"):
            transport.send(WRITE)
    factory.close()


def test_e25_a_kept_connection_that_the_server_closed_is_not_reused(
    shop: _Shop, connect: Callable[..., HttpTransport]
) -> None:
    transport = connect(resolver=_loopback)
    transport.send(READ)
    time.sleep(0.05)  # the server's close has to arrive
    assert transport.send(WRITE).json() == []
    assert shop.connections == 2
