"""Refusals in the shape that Etsy gives them: one sentence under ``error``."""

from __future__ import annotations

from ..wire import Response, json_response


class ApiError(Exception):
    """A request that Etsy refuses."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message

    def response(self) -> Response:
        """Return the error as a response."""
        return json_response({"error": self.message}, status=self.status)
