"""Refusals in the shape that WordPress gives them."""

from __future__ import annotations

from collections.abc import Mapping

from ..wire import Response, json_response
from .state import Json


class ApiError(Exception):
    """A request, or one object of a batch, that the server refuses."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        params: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.params = params

    def content(self) -> Json:
        """Return the error as JSON."""
        details: Json = {"status": self.status}
        if self.params is not None:
            details["params"] = dict(self.params)
            details["details"] = {}
        return {"code": self.code, "message": self.message, "data": details}

    def response(self) -> Response:
        """Return the error as a response."""
        return json_response(self.content(), status=self.status)


def not_found(kind: str) -> ApiError:
    """Return the error for an id that names nothing; ``kind`` is WooCommerce's word."""
    return ApiError(404, f"woocommerce_rest_{kind}_invalid_id", "Invalid ID.")


def invalid_parameter(name: str, reason: str) -> ApiError:
    """Return the error for an argument that the route's schema refuses."""
    return ApiError(
        400, "rest_invalid_param", f"Invalid parameter(s): {name}", {name: reason}
    )


def missing_parameter(name: str) -> ApiError:
    """Return the error for a required argument that is not there."""
    return ApiError(
        400, "rest_missing_callback_param", f"Missing parameter(s): {name}", {name: ""}
    )
