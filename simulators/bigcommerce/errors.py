"""Refusals in the shapes that BigCommerce gives them: v2 a list, v3 a problem."""

from __future__ import annotations

from typing import Any

from ..wire import Response, json_response


class ApiError(Exception):
    """A request that the store refuses."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message

    def response(self, path: str) -> Response:
        """Return the error as a response, in the shape of the version asked."""
        if "/v2/" in path:
            return json_response(
                [{"status": self.status, "message": self.message}], status=self.status
            )
        problem: dict[str, Any] = {
            "status": self.status,
            "title": self.message,
            "type": "https://developer.bigcommerce.com/api-docs/api-status-codes",
            "errors": {},
        }
        return json_response(problem, status=self.status)


def not_found() -> ApiError:
    """Return the error for a record that is not there."""
    return ApiError(404, "The requested resource was not found.")
