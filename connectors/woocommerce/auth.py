"""Proves who asks: Basic over https, one-legged OAuth 1.0a over plain http.

WooCommerce takes the key itself only over https. Over http it wants each request
signed (RFC 5849, HMAC-SHA256, no token), with the OAuth parameters in the query,
because PHP often does not see the Authorization header. Decides nothing else.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable, Generator, Mapping, Sequence
from datetime import UTC
from email.utils import parsedate_to_datetime
from urllib.parse import quote

import httpx

from ...canonical.clock import Clock
from .settings import WooCommerceSettings

CLOCK_SKEW_SECONDS_MAX = 600.0
"""The shop refuses stamps that are 15 minutes off; before that we take its time."""


def choose_auth(
    settings: WooCommerceSettings,
    clock: Clock,
    make_nonce: Callable[[], str] = lambda: secrets.token_hex(16),
) -> httpx.Auth:
    """Return how requests to this shop are authenticated.

    Args:
        settings: the shop and its key.
        clock: stamps the signed requests.
        make_nonce: gives a text never used before; the shop refuses repetitions.
    """
    key = settings.consumer_key.get_secret_value()
    secret = settings.consumer_secret.get_secret_value()
    if settings.shop_url.lower().startswith("https://"):
        return httpx.BasicAuth(key, secret)
    return OneLeggedOAuth(key, secret, clock, make_nonce)


class OneLeggedOAuth(httpx.Auth):
    """Signs each request anew; once more where the two clocks differ too much."""

    def __init__(
        self,
        consumer_key: str,
        consumer_secret: str,
        clock: Clock,
        make_nonce: Callable[[], str],
    ) -> None:
        self._key = consumer_key
        self._secret = consumer_secret
        self._clock = clock
        self._make_nonce = make_nonce
        self._skew_seconds = 0.0

    def auth_flow(
        self, request: httpx.Request
    ) -> Generator[httpx.Request, httpx.Response, None]:
        """Yield the signed request, and again with the shop's time if it needs that."""
        unsigned = request.url
        request.url = self._sign(request.method, unsigned)
        response = yield request
        if response.status_code == 401 and self._adopt_time(response.headers):
            request.url = self._sign(request.method, unsigned)
            yield request

    def _sign(self, method: str, url: httpx.URL) -> httpx.URL:
        stamp = self._clock.now().timestamp() + self._skew_seconds
        parameters = [
            *url.params.multi_items(),
            ("oauth_consumer_key", self._key),
            ("oauth_nonce", self._make_nonce()),
            ("oauth_signature_method", "HMAC-SHA256"),
            ("oauth_timestamp", str(int(stamp))),
            ("oauth_version", "1.0"),
        ]
        text = signature_base(method, url, parameters)
        # One-legged: there is no token, so its half of the key stays empty.
        key = f"{escape(self._secret)}&".encode()
        digest = hmac.new(key, text.encode(), hashlib.sha256).digest()
        signature = base64.b64encode(digest).decode()
        return url.copy_with(params=[*parameters, ("oauth_signature", signature)])

    def _adopt_time(self, headers: Mapping[str, str]) -> bool:
        """Take over the shop's time; say whether it differed enough to matter."""
        try:
            told = parsedate_to_datetime(headers.get("date", ""))
        except (ValueError, OverflowError):
            return False
        shop_time = told if told.tzinfo else told.replace(tzinfo=UTC)
        skew_seconds = (shop_time - self._clock.now()).total_seconds()
        changed = abs(skew_seconds - self._skew_seconds) > CLOCK_SKEW_SECONDS_MAX
        if changed:
            self._skew_seconds = skew_seconds
        return changed


def escape(text: str) -> str:
    """Percent-encode as RFC 3986 wants it: everything but letters, digits and -._~"""
    return quote(text, safe="-._~")


def signature_base(
    method: str, url: httpx.URL, parameters: Sequence[tuple[str, str]]
) -> str:
    """Return the text that is signed (RFC 5849 section 3.4.1).

    ``parameters`` are decoded. The default port of the scheme is left out.
    """
    root = f"{url.scheme}://{url.netloc.decode('ascii')}{url.raw_path.decode('ascii')}"
    pairs = sorted((escape(name), escape(value)) for name, value in parameters)
    joined = "&".join(f"{name}={value}" for name, value in pairs)
    return "&".join((method.upper(), escape(root.partition("?")[0]), escape(joined)))
