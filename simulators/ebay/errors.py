"""Refusals in the shape that eBay gives them."""

from __future__ import annotations

from ..wire import Response, json_response
from .state import Json


class ApiError(Exception):
    """A request, or one entry of a bulk request, that eBay refuses."""

    def __init__(self, status: int, error_id: int, message: str, domain: str) -> None:
        super().__init__(message)
        self.status = status
        self.error_id = error_id
        self.message = message
        self.domain = domain

    def content(self) -> Json:
        """Return the error as one entry of ``errors``."""
        return {
            "errorId": self.error_id,
            "domain": self.domain,
            "category": "REQUEST",
            "message": self.message,
            "longMessage": self.message,
        }

    def response(self) -> Response:
        """Return the error as a response."""
        return json_response({"errors": [self.content()]}, status=self.status)


def order_error(error_id: int, message: str, status: int = 400) -> ApiError:
    """Return an error of Sell Fulfillment."""
    return ApiError(status, error_id, message, "API_FULFILLMENT")


def inventory_error(error_id: int, message: str, status: int = 400) -> ApiError:
    """Return an error of Sell Inventory."""
    return ApiError(status, error_id, message, "API_INVENTORY")


def notification_error(error_id: int, message: str, status: int = 400) -> ApiError:
    """Return an error of the Notification API."""
    return ApiError(status, error_id, message, "API_NOTIFICATION")


def access_error(status: int = 401) -> ApiError:
    """Return what eBay says to a token that it does not accept."""
    return ApiError(status, 1001, "Invalid access token", "OAuth")
