"""Vendure's Admin API: signing in, sending documents, and what its errors mean.

Vendure answers nearly everything with HTTP 200: a refusal is an entry in ``errors``, or
a type of its own in the data. Somebody unknown and somebody who may not are both
``FORBIDDEN``; the first can be helped by signing in again.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from ...canonical.errors import (
    ChannelError,
    ContractBrokenError,
    OutcomeUnknownError,
    ReauthRequiredError,
    RejectedError,
    RetryLaterError,
)
from ..calls import Answer, Call, Transport
from ..redaction import redact
from ..sdk import CredentialStore
from .documents import ME, SIGN_IN
from .settings import VendureSettings
from .wire import Envelope, Json, Problem, Verdict, read_shape

PATH = "/admin-api"
TOKEN_HEADER = "vendure-auth-token"  # noqa: S105 - the name of a header
_REASON_CHARACTERS_MAX = 200
_NOT_CARRIED_OUT = {
    "BAD_USER_INPUT",
    "CHANNEL_NOT_FOUND",
    "ENTITY_NOT_FOUND",
    "FORBIDDEN",
    "GRAPHQL_PARSE_FAILED",
    "GRAPHQL_VALIDATION_FAILED",
    "ILLEGAL_OPERATION",
    "UNAUTHORIZED",
    "USER_INPUT_ERROR",
}
"""Codes of errors by which Vendure says no. Any other is a failure of its own."""


class NotThereError(RejectedError):
    """Something that a document named does not exist (any more)."""


class NotSignedInError(RejectedError):
    """Nobody is signed in, or somebody who may not do that."""


class Admin:
    """The Admin API of one server, on one Vendure channel.

    The session's token is kept in the credential store, so that all workers share it.
    """

    def __init__(
        self,
        transport: Transport,
        settings: VendureSettings,
        credentials: CredentialStore,
    ) -> None:
        self._transport = transport
        self._settings = settings
        self._credentials = credentials

    def ask(self, document: str, **variables: Any) -> tuple[dict[str, Any], Answer]:
        """Send a query, which may be repeated, and return its data with the answer.

        Raises:
            NotThereError: it names something that does not exist.
            NotSignedInError: it is not allowed.
            ReauthRequiredError: the credentials are not accepted.
            RejectedError: Vendure refuses it for another reason.
            RetryLaterError: the server failed.
            ContractBrokenError: the answer is none of GraphQL.
        """
        return self._send(document, variables, safe=True)

    def change(self, document: str, name: str, **variables: Any) -> Verdict:
        """Send a mutation, at most once, and return what it says of itself.

        Raises:
            OutcomeUnknownError: it was sent; nobody knows what became of it.
            RetryLaterError: it was not carried out for the moment.
            RejectedError: it was not carried out.
        """
        data, _ = self._send(document, variables, safe=False)
        try:
            return read_shape(Verdict, data.get(name), name)
        except ContractBrokenError as error:
            raise OutcomeUnknownError(error.message) from None

    def change_all(self, document: str, inputs: Sequence[Json]) -> None:
        """Send a mutation of many things that are changed together or not at all.

        Raises:
            Exception: as ``change``.
        """
        self._send(document, {"input": list(inputs)}, safe=False)

    def _send(
        self, document: str, variables: dict[str, Any], *, safe: bool
    ) -> tuple[dict[str, Any], Answer]:
        """Send a document, and once more after signing in where nobody was."""
        key = self._settings.api_key
        if key is not None:
            proof = {"vendure-api-key": key.get_secret_value()}
            return self._post(document, variables, proof, safe=safe)
        stored = self._credentials.load()
        token = stored.values.get("token", "")
        if stored.values.get("username") == self._settings.username and token:
            try:
                proof = {"authorization": f"Bearer {token}"}
                return self._post(document, variables, proof, safe=safe)
            except NotSignedInError:
                pass  # it was not carried out: the session has ended, or never may
        token = self._sign_in(stored.version)
        proof = {"authorization": f"Bearer {token}"}
        try:
            return self._post(document, variables, proof, safe=safe)
        except NotSignedInError:
            self._require_session(proof)
            raise

    def _require_session(self, proof: dict[str, str]) -> None:
        """Return if a new session lives, so that something else was forbidden.

        Raises:
            RetryLaterError: it has ended already.
        """
        try:
            self._post(ME, {}, proof, safe=True)
        except NotSignedInError:
            raise RetryLaterError("the server ended a new session at once") from None

    def _sign_in(self, version: int) -> str:
        """Return the token of a new session, or of the one another worker began.

        Raises:
            ReauthRequiredError: Vendure does not know the username and password.
        """
        secret = self._settings.password
        password = secret.get_secret_value() if secret else ""
        variables = {"username": self._settings.username, "password": password}
        try:
            data, answer = self._post(SIGN_IN, variables, {}, safe=True)
        except ChannelError as error:
            raise _strike_out(error, password) from None
        verdict = read_shape(Verdict, data.get("login"), "login")
        token = answer.headers.get(TOKEN_HEADER, "")
        if not verdict.is_a("CurrentUser"):
            raise ReauthRequiredError(
                "the server does not accept the username and password",
                next_step="Enter them again.",
            )
        if not token:
            raise RejectedError(
                "the server gives no token for a session",
                next_step="Its authOptions.tokenMethod must include 'bearer'.",
            )
        values = {"username": self._settings.username, "token": token}
        if self._credentials.replace(version=version, values=values):
            return token
        return self._credentials.load().values.get("token", token)

    def _post(
        self,
        document: str,
        variables: dict[str, Any],
        proof: dict[str, str],
        *,
        safe: bool,
    ) -> tuple[dict[str, Any], Answer]:
        headers = dict(proof)
        if self._settings.vendure_channel:
            headers["vendure-token"] = self._settings.vendure_channel
        body = {"query": document, "variables": variables}
        call = Call("POST", PATH, json=body, headers=headers, safe=safe)
        answer = self._transport.send(call)
        try:
            return _read_data(answer, safe=safe), answer
        except ContractBrokenError as broken:
            if safe:
                raise
            raise OutcomeUnknownError(broken.message) from None


def shorten(message: str) -> str:
    """Return a text of Vendure's that may be shown: short, and without secrets."""
    return redact(message)[:_REASON_CHARACTERS_MAX]


def _read_data(answer: Answer, *, safe: bool) -> Json:
    envelope = read_shape(Envelope, answer.json(), "the answer")
    if envelope.errors:
        raise _explain(envelope.errors[0], safe=safe)
    if envelope.data is None:
        raise ContractBrokenError("Vendure answered with neither data nor errors")
    return envelope.data


def _explain(problem: Problem, *, safe: bool) -> ChannelError:
    """Return the error for what the hub does next."""
    code, text = problem.extensions.code, shorten(problem.message)
    if code == "ENTITY_NOT_FOUND":
        return NotThereError(f"Vendure does not know it: {text}")
    if code in {"FORBIDDEN", "UNAUTHORIZED"}:
        return NotSignedInError(
            f"Vendure does not allow that: {text}",
            next_step="See which permissions the administrator's role has.",
        )
    if code in _NOT_CARRIED_OUT:
        return RejectedError(f"Vendure refused: {text}")
    if safe:
        return RetryLaterError(f"Vendure failed inside: {text}")
    return OutcomeUnknownError(f"Vendure failed while changing something: {text}")


def _strike_out(error: ChannelError, secret: str) -> ChannelError:
    """Return an error without the password, which a server may have sent back."""
    told = copy.copy(error)
    told.message = redact(error.message, [secret])
    told.args = (told.message,)
    return told
