"""Bytes to and from a channel: checked addresses, deadlines, byte caps.

Two layers under the HTTP client. ``GuardedWire`` opens sockets, to addresses that the
network policy has just checked, so that a name that changes between check and connect
gains nothing. ``WholeAnswers`` reads every response to its end, whoever asked for it
(an auth flow included). Knows neither statuses nor channels.
"""

from __future__ import annotations

import ssl
import zlib
from collections.abc import Iterable

import httpcore
import httpx

from ..canonical.errors import ContractBrokenError
from .deadline import limit_seconds
from .netguard import NetworkPolicy

_SocketOption = (
    tuple[int, int, int]
    | tuple[int, int, bytes | bytearray]
    | tuple[int, int, None, int]
)

_NOT_PASSED_ON = {
    b"content-encoding",
    b"content-length",
    b"transfer-encoding",
    b"set-cookie",  # the hub keeps no session with a channel
}
_ZLIB_OR_GZIP = zlib.MAX_WBITS | 32


class _DeadlineStream(httpcore.NetworkStream):
    """A socket whose every read and write ends with the call's deadline."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _limit(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _limit(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        limit = _limit(timeout, httpcore.ConnectTimeout)
        return _DeadlineStream(
            self._stream.start_tls(ssl_context, server_hostname, limit)
        )

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)


class _GuardedBackend(httpcore.NetworkBackend):
    """Opens sockets to checked addresses only."""

    def __init__(self, policy: NetworkPolicy) -> None:
        self._policy = policy
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[_SocketOption] | None = None,
    ) -> httpcore.NetworkStream:
        try:
            addresses = self._policy.find_addresses(host, port)
        except OSError as error:
            raise httpcore.ConnectError(f"{host} cannot be resolved") from error
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in addresses:
            try:
                limit = _limit(timeout, httpcore.ConnectTimeout)
                stream = self._sockets.connect_tcp(
                    address, port, limit, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _DeadlineStream(stream)
        raise failure


class GuardedWire(httpx.HTTPTransport):
    """Real HTTP to addresses that the policy allows, past any proxy of the machine."""

    def __init__(self, policy: NetworkPolicy) -> None:
        context = httpx.create_ssl_context(trust_env=False)
        super().__init__(verify=context, trust_env=False)
        # httpx offers no setting for the network backend; its pool is the seam.
        self._pool = httpcore.ConnectionPool(
            ssl_context=context,
            max_connections=100,
            max_keepalive_connections=20,
            keepalive_expiry=5.0,
            network_backend=_GuardedBackend(policy),
        )


class WholeAnswers(httpx.BaseTransport):
    """Hands on complete, inflated, size-checked responses."""

    def __init__(self, wire: httpx.BaseTransport, *, body_bytes_max: int) -> None:
        self._wire = wire
        self._body_bytes_max = body_bytes_max

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return the response with its body read.

        Raises:
            httpx.TransportError: the answer did not come, or not as a whole.
            ContractBrokenError: too large, or compressed in a way nobody asked for.
        """
        # Here, and not at the client: an auth flow's own requests bring no timeout.
        timeout = httpx.Timeout(_require_time_left()).as_dict()
        request.extensions = {**request.extensions, "timeout": timeout}
        response = self._wire.handle_request(request)
        try:
            body = self._read(request, response)
        finally:
            response.close()
        headers = [
            (name, value)
            for name, value in response.headers.raw
            if name.lower() not in _NOT_PASSED_ON
        ]
        return httpx.Response(
            response.status_code, headers=headers, content=body, request=request
        )

    def _read(self, request: httpx.Request, response: httpx.Response) -> bytes:
        announced = response.headers.get("content-length", "")
        length = int(announced) if announced.isascii() and announced.isdigit() else None
        if length is not None and length > self._body_bytes_max:
            raise self._too_large(request)
        raw = self._read_raw(request, response)
        bodiless = request.method == "HEAD" or response.status_code in {204, 304}
        if length is not None and len(raw) < length and not bodiless:
            raise httpx.ReadError("the answer was cut off")
        return self._inflate(request, response, raw)

    def _read_raw(self, request: httpx.Request, response: httpx.Response) -> bytes:
        stream = response.stream
        if not isinstance(stream, httpx.SyncByteStream):
            raise TypeError("the wire answered with an asynchronous stream")
        chunks: list[bytes] = []
        count = 0
        for chunk in stream:
            count += len(chunk)
            if count > self._body_bytes_max:
                raise self._too_large(request)
            chunks.append(chunk)
            _require_time_left()
        _require_time_left()
        return b"".join(chunks)

    def _inflate(
        self, request: httpx.Request, response: httpx.Response, raw: bytes
    ) -> bytes:
        encoding = response.headers.get("content-encoding", "identity").lower().strip()
        if encoding in {"identity", ""} or not raw:
            return raw
        if encoding not in {"gzip", "deflate"}:
            raise ContractBrokenError(
                f"{request.url.host} compressed its answer as {encoding!r}, "
                "which was not asked for"
            )
        inflater = zlib.decompressobj(_ZLIB_OR_GZIP)
        try:
            # One byte more than allowed is enough to know that it is too many.
            body = inflater.decompress(raw, self._body_bytes_max + 1)
        except zlib.error:
            raise ContractBrokenError(
                f"{request.url.host} sent an answer that cannot be decompressed"
            ) from None
        if len(body) > self._body_bytes_max:
            raise self._too_large(request)
        if not inflater.eof:
            raise httpx.ReadError("the compressed answer was cut off")
        return body

    def _too_large(self, request: httpx.Request) -> ContractBrokenError:
        return ContractBrokenError(
            f"{request.url.host} answered {request.method} {request.url.path} with "
            f"more than {self._body_bytes_max} bytes"
        )

    def close(self) -> None:
        """Close the wire below."""
        self._wire.close()


def _require_time_left() -> float | None:
    return _limit(None, httpx.ReadTimeout)


def _limit(timeout: float | None, error_kind: type[Exception]) -> float | None:
    """Return the seconds that a step may take, as ``limit_seconds`` does.

    Raises:
        Exception: nothing is left; of ``error_kind``, so that HTTP clients understand.
    """
    try:
        return limit_seconds(timeout)
    except TimeoutError as error:
        raise error_kind(str(error)) from None
