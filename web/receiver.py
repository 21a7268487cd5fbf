"""The webhook receiver: a delivery is verified, kept, answered; nothing is looked into.

Three routes and no page. What a delivery means is for ``sync.webhooks``; whether the
hub is well for ``health``. Listens where its caller binds it.
"""

from __future__ import annotations

import logging
from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from pydantic_core import to_jsonable_python

from ..canonical.errors import CrossdockError, WebhookRefusedError
from ..sync.hub import Hub
from ..sync.webhooks import answer_challenge, receive_webhook
from .health import Health

log = logging.getLogger("crossdock.web")

BODY_BYTES_MAX = 8 * 1024 * 1024
"""Largest delivery that is read. Orders of a thousand lines stay below 4 MiB."""
REPEAT_AFTER_SECONDS = 30


class BodyTooLargeError(Exception):
    """A delivery is larger than any channel sends."""


def create_app(hub: Hub, health: Health | None = None) -> FastAPI:
    """Return the application that channels call.

    Args:
        hub: takes the deliveries.
        health: says how the process is; without it nobody can ask.
    """
    app = FastAPI(title="Crossdock", openapi_url=None, docs_url=None, redoc_url=None)

    @app.post("/webhooks/{path}")
    async def take_delivery(path: str, request: Request) -> Response:
        """Keep a delivery and answer 2xx, or refuse it and store nothing."""
        try:
            body = await read_body(request)
        except BodyTooLargeError:
            return _answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too large")
        headers = {name.lower(): value for name, value in request.headers.items()}
        return await run_in_threadpool(_receive, hub, path, headers, body)

    @app.get("/webhooks/{path}")
    async def take_challenge(path: str, request: Request) -> Response:
        """Prove to a channel that this address is the hub's, where it asks first."""
        params = dict(request.query_params)
        return await run_in_threadpool(_prove, hub, path, params)

    if health is not None:
        app.add_api_route("/healthz", lambda: _tell_health(health), methods=["GET"])
    return app


def _tell_health(health: Health) -> Response:
    """Answer 200 while the hub is well, 503 while it is not."""
    report = health.read()
    status = HTTPStatus.OK if report.healthy else HTTPStatus.SERVICE_UNAVAILABLE
    return JSONResponse(to_jsonable_python(report), status)


async def read_body(request: Request) -> bytes:
    """Return the bytes of a request as they came.

    Raises:
        BodyTooLargeError: there are too many, announced or not.
    """
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > BODY_BYTES_MAX:
        raise BodyTooLargeError
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_BYTES_MAX:
            raise BodyTooLargeError
    return bytes(body)


def _receive(hub: Hub, path: str, headers: dict[str, str], body: bytes) -> Response:
    try:
        reception = receive_webhook(hub, path, headers, body)
    except WebhookRefusedError as error:
        log.warning("a webhook was refused: %s", error.message)
        return _answer(HTTPStatus.UNAUTHORIZED, "refused")
    except CrossdockError as error:
        return _put_off(error)
    return _answer(HTTPStatus.OK, reception.value)


def _prove(hub: Hub, path: str, params: dict[str, str]) -> Response:
    try:
        return JSONResponse(dict(answer_challenge(hub, path, params)))
    except WebhookRefusedError:
        # To whoever merely looks, the address takes deliveries and nothing else.
        return _answer(HTTPStatus.METHOD_NOT_ALLOWED, "refused", {"Allow": "POST"})
    except CrossdockError as error:
        return _put_off(error)


def _put_off(error: CrossdockError) -> Response:
    # The database is busy or full, or the key is wrong: the channel repeats it.
    log.error("a webhook could not be kept: %s", error.message)
    return _answer(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "not kept; send it again",
        {"Retry-After": str(REPEAT_AFTER_SECONDS)},
    )


def _answer(
    status: HTTPStatus, outcome: str, headers: dict[str, str] | None = None
) -> Response:
    return JSONResponse({"outcome": outcome}, status, headers)
