"""Shopify's ids: global ones such as ``gid://shopify/Order/1``, or a bare number."""

from __future__ import annotations

import re
from collections.abc import Sequence

_GID = re.compile(r"(?:gid://shopify/(\w+)/)?(\d{1,20})", re.ASCII)


def to_gid(kind: str, text: str) -> str | None:
    """Return the global id of a record of one kind; None if ``text`` cannot be one."""
    match = _GID.fullmatch(text.strip())
    if not match or match[1] not in {None, kind}:
        return None
    return f"gid://shopify/{kind}/{match[2]}"


def to_number(gid: str) -> int:
    """Return the number in a global id; 0 if there is none."""
    match = _GID.fullmatch(gid)
    return int(match[2]) if match else 0


def to_gids(kind: str, texts: Sequence[str]) -> list[str]:
    """Return the global ids of those texts that can be one, each once."""
    gids = (to_gid(kind, text) for text in texts)
    return list(dict.fromkeys(gid for gid in gids if gid))
