"""The shop's API as a server: routes, tokens, throttle.

What shoppers and staff do beside the API is in ``simulator``.
"""

from __future__ import annotations

import json
from dataclasses import replace
from urllib.parse import parse_qsl

from ..base import Simulator
from ..faults import NO_FAULTS, Faults
from ..wire import Request, Response, json_response
from ..world import World
from .announcements import RETRY_DELAYS_SECONDS, Announcer
from .books import Books
from .calls import Call
from .cost import Bucket
from .execution import (
    GraphQLRequest,
    answer_query,
    answer_throttled,
    answer_unreadable,
    read_request,
)
from .idempotency import IdempotencyKeys
from .jobs import Jobs
from .orders import Ledger
from .seeding import PageCache
from .settings import API_VERSION, ShopSettings
from .stock import Stock
from .tokens import OAuthRefusedError, Tokens

_GRAPHQL_PATH = f"/admin/api/{API_VERSION}/graphql.json"
_TOKEN_PATH = "/admin/oauth/access_token"  # noqa: S105 - a path
_TOKEN_HEADER = "x-shopify-access-token"  # noqa: S105 - the name of a header
_BAD_TOKEN = (
    "[API] Invalid API key or access token (unrecognized login or wrong password)"  # noqa: S105 - a message
)


class ShopifyServer(Simulator):
    """One Shopify shop with one app installed, as its API shows it.

    Args:
        settings: what kind of shop it is.
    """

    def __init__(
        self,
        channel: str,
        *,
        world: World,
        seed: int = 0,
        faults: Faults = NO_FAULTS,
        settings: ShopSettings | None = None,
    ) -> None:
        super().__init__(
            channel,
            world=world,
            seed=seed,
            faults=faults,
            retry_delays_seconds=RETRY_DELAYS_SECONDS,
        )
        self.settings = settings or ShopSettings()
        clock = self.clock
        self.books = Books(self.settings, clock)
        self.announcer = Announcer(self.books, self.deliverer)
        self.stock = Stock(self.books, self.announcer, world, channel)
        self.ledger = Ledger(self.books, self.stock, self.announcer, world, channel)
        self.tokens = Tokens(self.settings, clock)
        self.jobs = Jobs(self.books)
        self._keys = IdempotencyKeys()
        self.pages = PageCache(self.books)
        self._bucket = Bucket(
            points=self.settings.bucket_points,
            restore_points_per_second=self.settings.restore_points_per_second,
            now=clock.now(),
        )

    # The API

    def answer(self, request: Request) -> Response:
        """Answer as Shopify does when nothing goes wrong. The lock is held."""
        self.jobs.run_due()
        self._bucket.refill(self.clock.now())
        response = self._route(request)
        number = f"{self.settings.number:x}-{self.requests_handled}"
        return replace(response, headers={**response.headers, "x-request-id": number})

    def is_write(self, request: Request) -> bool:
        """Say whether a request is a mutation or makes tokens."""
        if request.path == _TOKEN_PATH:
            return True
        asked = read_request(request)
        return asked is not None and asked.is_mutation

    def answer_throttled(self, retry_after_seconds: float | None) -> Response:
        """Refuse for too many points; Shopify says so with 200 or with 429."""
        if retry_after_seconds is not None:
            return super().answer_throttled(retry_after_seconds)
        self._bucket.refill(self.clock.now())
        self._bucket.drain()
        return answer_throttled(1, self._bucket)

    def answer_expired(self, request: Request) -> Response:
        """Let the request's token expire, if it is one that does, and answer."""
        self.tokens.expire(request.headers.get(_TOKEN_HEADER, ""))
        return self.answer(request)

    def _route(self, request: Request) -> Response:
        if request.path == _TOKEN_PATH and request.method == "POST":
            return self._answer_token(request)
        if request.path != _GRAPHQL_PATH or request.method != "POST":
            return json_response({"errors": "Not Found"}, status=404)
        if not self.tokens.admits(request.headers.get(_TOKEN_HEADER, "")):
            return json_response({"errors": _BAD_TOKEN}, status=401)
        asked = read_request(request)
        if asked is None:
            return answer_unreadable()
        response = self._answer_graphql(asked)
        return replace(
            response,
            headers={**response.headers, "x-shopify-api-version": API_VERSION},
        )

    def _answer_graphql(self, asked: GraphQLRequest) -> Response:
        call = Call(self.ledger, self.jobs, self._keys, self.faults, self.tokens.scopes)
        return answer_query(asked, call, self._bucket, self.pages)

    def _answer_token(self, request: Request) -> Response:
        try:
            return json_response(self.tokens.grant(_read_form(request)))
        except OAuthRefusedError as refusal:
            return json_response(
                {"error": refusal.code, "error_description": str(refusal)},
                status=refusal.status,
            )


def _read_form(request: Request) -> dict[str, str]:
    """Read the fields of a form or of a JSON object; Shopify takes both."""
    if "json" in request.headers.get("content-type", ""):
        try:
            content = json.loads(request.body)
        except ValueError:
            return {}
        return (
            {key: str(value) for key, value in content.items()}
            if isinstance(content, dict)
            else {}
        )
    return dict(parse_qsl(request.body.decode("utf-8", "replace")))
