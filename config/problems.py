"""The one error of this package: a setting that cannot be used.

Not part of the tree in ``canonical.errors``: this package stands below it and knows
nothing of the hub. The terminal shows the message as it is.
"""

from __future__ import annotations


class SettingsProblem(ValueError):  # noqa: N818 - the errors of the hub are elsewhere
    """A setting is unknown or wrong.

    ``key`` is dotted as in the file (``server.port``), ``value`` what was given (never
    a secret), ``allowed`` what would do, ``source`` the file or environment variable.
    """

    def __init__(
        self, *, key: str, value: str = "", allowed: str, source: str = ""
    ) -> None:
        self.key = key
        self.value = value
        self.allowed = allowed
        self.source = source
        given = f" = {value}" if value else ""
        where = f" ({source})" if source else ""
        super().__init__(f"{key}{given}{where}: {allowed}")
