"""What the shop says when it does not do something."""

from __future__ import annotations


class RefusedError(Exception):
    """The shop does not do this. ``field`` is the path for a user error."""

    def __init__(self, message: str, *field: str) -> None:
        super().__init__(message)
        self.field = list(field)
