"""Refusals in the shape that SP-API gives them."""

from __future__ import annotations

from collections.abc import Mapping

from ..wire import Response, json_response


class ApiError(Exception):
    """A request that Amazon refuses."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        details: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.details = details
        self.headers = headers

    def response(self) -> Response:
        """Return the error as a response."""
        error = {"code": self.code, "message": self.message, "details": self.details}
        content = {"errors": [error]}
        return json_response(content, status=self.status, headers=self.headers)


def invalid(message: str) -> ApiError:
    """Return the error for an argument or a body that Amazon does not accept."""
    return ApiError(400, "InvalidInput", message)


def not_found(what: str) -> ApiError:
    """Return the error for an id that names nothing."""
    return ApiError(404, "NotFound", f"{what} was not found.")


def denied(details: str) -> ApiError:
    """Return the error for a token or a role that does not do."""
    message = "Access to requested resource is denied."
    return ApiError(403, "Unauthorized", message, details=details)
