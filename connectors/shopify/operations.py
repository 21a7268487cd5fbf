"""Every operation of the Admin API that the connector can send: its documents."""

from __future__ import annotations

import re

from . import documents

_NAME = re.compile(r"^\s*(query|mutation) (\w+)")


def _name_operation(document: str) -> str:
    found = _NAME.match(document)
    return f"{found[1]} {found[2]}" if found else ""


OPERATIONS = tuple(
    _name_operation(text)
    for name, text in vars(documents).items()
    if name.isupper() and not name.startswith("_")
)
