"""Reducing a JSON object to the fields that a client asked for.

Shopify's webhooks and WordPress's REST routes both offer that; how they are asked is
their own affair.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def keep_fields(payload: Mapping[str, Any], paths: Sequence[str]) -> dict[str, Any]:
    """Return the part of a payload that ``paths`` name; all of it for no paths.

    A path leads into objects, and into each entry of a list: ``variants.price``. What
    is not there is left out.
    """
    if not paths:
        return dict(payload)
    below: dict[str, list[str]] = {}
    for path in paths:
        name, _, rest = path.partition(".")
        below.setdefault(name, []).append(rest)
    kept: dict[str, Any] = {}
    for name, part in payload.items():
        rests = below.get(name)
        if rests is None:
            continue
        if "" in rests:
            kept[name] = part
        elif isinstance(part, list):
            kept[name] = [keep_fields(entry, rests) for entry in part]
        elif isinstance(part, dict):
            kept[name] = keep_fields(part, rests)
    return kept
