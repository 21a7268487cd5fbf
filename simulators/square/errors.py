"""How Square says no: a status and a list of errors with category and code."""

from __future__ import annotations

from ..wire import Response, json_response

_CATEGORIES = {
    401: "AUTHENTICATION_ERROR",
    403: "AUTHENTICATION_ERROR",
    429: "RATE_LIMIT_ERROR",
    500: "API_ERROR",
    502: "API_ERROR",
}


class ApiError(Exception):
    """A request that Square refuses; nothing of it took effect."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        field: str = "",
        category: str = "",
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.field = field
        self.category = category or _CATEGORIES.get(status, "INVALID_REQUEST_ERROR")

    def response(self) -> Response:
        """Return the answer."""
        error = {"category": self.category, "code": self.code, "detail": self.detail}
        if self.field:
            error["field"] = self.field
        return json_response({"errors": [error]}, status=self.status)


def not_found(noun: str, id_: str) -> ApiError:
    """Return the refusal of an id that names nothing."""
    return ApiError(404, "NOT_FOUND", f"{noun} with ID `{id_}` not found.")


def invalid(field: str, detail: str, code: str = "INVALID_VALUE") -> ApiError:
    """Return the refusal of one field of a request."""
    return ApiError(400, code, detail, field=field)
