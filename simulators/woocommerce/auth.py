"""Who is asking: OAuth 1.0a on plain HTTP, Basic where the request counts as https.

Follows RFC 5849 without tokens, as the vendor's authentication page describes and the
server checks it. Says no with the server's own codes.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from urllib.parse import quote, unquote

from ..wire import Request
from .errors import ApiError
from .state import State

_WINDOW_SECONDS = 15 * 60
_ALGORITHMS = {"HMAC-SHA256": hashlib.sha256, "HMAC-SHA1": hashlib.sha1}
_OAUTH_PARAMETERS = (
    "oauth_consumer_key",
    "oauth_timestamp",
    "oauth_nonce",
    "oauth_signature",
    "oauth_signature_method",
)


def check_access(state: State, request: Request) -> None:
    """Let a request pass, or say why not.

    Raises:
        ApiError: 401 for missing or wrong keys, and for a key that may not do this.
    """
    if not (_is_https(request) and _passes_basic(state, request)):
        _check_oauth(state, request)
    wanted = "read" if request.method in {"GET", "HEAD"} else "write"
    if wanted not in state.settings.permissions.split("_"):
        raise _refusal(f"The API key provided does not have {wanted} permissions.")


def _is_https(request: Request) -> bool:
    """Say whether WordPress takes the request for https, also behind a proxy."""
    return "https" in {request.scheme, request.headers.get("x-forwarded-proto")}


def _passes_basic(state: State, request: Request) -> bool:
    """Check the key and secret of the query or the header.

    False without keys and for an unknown key, as the server then looks for OAuth.
    """
    key, secret = request.argument("consumer_key"), request.argument("consumer_secret")
    if not (key and secret):
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        try:
            decoded = (
                base64.b64decode(token).decode() if scheme.lower() == "basic" else ""
            )
        except (binascii.Error, UnicodeDecodeError):
            decoded = ""
        key, _, secret = decoded.partition(":")
    if not (key and secret) or key != state.settings.consumer_key:
        return False
    if not hmac.compare_digest(
        secret.encode(), state.settings.consumer_secret.encode()
    ):
        raise _refusal("Consumer secret is invalid.")
    return True


def _check_oauth(state: State, request: Request) -> None:
    parameters = {**_php_arrays(request), **_header_parameters(request)}
    present = [name for name in _OAUTH_PARAMETERS if parameters.get(name)]
    if not present:
        # Not even tried: an anonymous visitor, who may not see anything.
        code, action = (
            ("view", "list") if request.method == "GET" else ("create", "create")
        )
        raise ApiError(
            401,
            f"woocommerce_rest_cannot_{code}",
            f"Sorry, you cannot {action} resources.",
        )
    missing = [name for name in _OAUTH_PARAMETERS if name not in present]
    if missing:
        raise ApiError(
            401,
            "woocommerce_rest_authentication_missing_parameter",
            f"Missing OAuth parameter {', '.join(missing)}",
        )
    if parameters["oauth_consumer_key"] != state.settings.consumer_key:
        raise _refusal("Consumer key is invalid.")
    _check_signature(state, request, parameters)
    _check_freshness(state, parameters)


def _check_signature(
    state: State, request: Request, parameters: dict[str, str]
) -> None:
    algorithm = _ALGORITHMS.get(parameters["oauth_signature_method"])
    if algorithm is None:
        raise _refusal("Invalid signature - signature method is invalid.")
    scheme = "https" if _is_https(request) else "http"
    signed = {
        name: text for name, text in parameters.items() if name != "oauth_signature"
    }
    normalised = "&".join(
        f"{_quoted(name)}={_quoted(text)}" for name, text in sorted(signed.items())
    )
    address = f"{scheme}://{request.host}{quote(request.path)}"
    message = f"{request.method}&{_quoted(address)}&{_quoted(normalised)}"
    secret = f"{state.settings.consumer_secret}&"
    digest = hmac.new(secret.encode(), message.encode(), algorithm).digest()
    expected = base64.b64encode(digest).decode()
    # An unescaped plus of the base64 text arrives as a space.
    given = parameters["oauth_signature"].replace(" ", "+")
    if not hmac.compare_digest(expected.encode(), given.encode()):
        raise _refusal("Invalid signature - provided signature does not match.")


def _check_freshness(state: State, parameters: dict[str, str]) -> None:
    now = int(state.simulator.clock.now().timestamp())
    text = parameters["oauth_timestamp"]
    if not text.isdigit() or abs(int(text) - now) > _WINDOW_SECONDS:
        raise _refusal("Invalid timestamp.")
    nonce = parameters["oauth_nonce"]
    if nonce in state.used_nonces:
        raise _refusal("Invalid nonce - nonce has already been used.")
    for old in [
        one for one, at in state.used_nonces.items() if at < now - _WINDOW_SECONDS
    ]:
        del state.used_nonces[old]
    state.used_nonces[nonce] = int(text)


def _header_parameters(request: Request) -> dict[str, str]:
    header = request.headers.get("authorization", "").strip()
    if not header.startswith("OAuth "):
        return {}
    found = re.findall(r'(oauth_[a-z_-]*)="([^"]*)"', header)
    return {name: unquote(text) for name, text in found}


def _php_arrays(request: Request) -> dict[str, str]:
    """Return the query as PHP sees it: ``a[]`` is numbered, the last of a name wins."""
    parameters: dict[str, str] = {}
    counts: dict[str, int] = {}
    for name, text in request.query:
        if name.endswith("[]"):
            index = counts.get(name, 0)
            counts[name] = index + 1
            parameters[f"{name[:-2]}[{index}]"] = text
        else:
            parameters[name] = text
    return parameters


def _quoted(text: str) -> str:
    return quote(text, safe="-._~")


def _refusal(message: str) -> ApiError:
    return ApiError(401, "woocommerce_rest_authentication_error", message)
