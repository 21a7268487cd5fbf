"""Refusals in the shape that Medusa gives them."""

from __future__ import annotations

from ..wire import Response, json_response


class ApiError(Exception):
    """A request that the server refuses."""

    def __init__(self, status: int, kind: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind
        self.message = message

    def response(self) -> Response:
        """Return the error as a response."""
        if self.status == 401:
            return json_response({"message": self.message}, status=401)
        content = {"type": self.kind, "message": self.message}
        if self.status == 500:
            content["code"] = self.kind
        return json_response(content, status=self.status)


def not_found(message: str) -> ApiError:
    """Return the error for a record that is not there."""
    return ApiError(404, "not_found", message)


def invalid(message: str) -> ApiError:
    """Return the error for a request that makes no sense."""
    return ApiError(400, "invalid_data", message)


def not_allowed(message: str) -> ApiError:
    """Return the error for a request that comes at the wrong time."""
    return ApiError(400, "not_allowed", message)


def unknown_error() -> ApiError:
    """Return what a date that is none leads to."""
    return ApiError(500, "unknown_error", "An unknown error occurred.")
