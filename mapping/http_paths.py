"""Where in a JSON document something is: names with dots, ``[2]`` and ``[*]``.

``lines[0].sku`` is one value, ``parcels[*].number`` a list of all. A path only looks
things up; there is nothing in it that could run.
"""

from __future__ import annotations

import re
from typing import Any

_STEP = re.compile(r"([A-Za-z0-9_$@:-]+)|\[(\d{1,4}|\*)\]")
STEPS_MAX = 20


def parse_path(path: str) -> tuple[str | int, ...]:
    """Return the steps of a path; the empty path is the document itself.

    Raises:
        ValueError: it is no path.
    """
    steps: list[str | int] = []
    rest = path
    while rest:
        found = _STEP.match(rest)
        if not found or len(steps) >= STEPS_MAX:
            raise ValueError(f"{path!r} is no path: names with dots, [2] or [*]")
        name, index = found.groups()
        steps.append(name or ("*" if index == "*" else int(index)))
        rest = rest[found.end() :]
        if rest.startswith(".") and len(rest) > 1:
            rest = rest[1:]
        elif rest and not rest.startswith("["):
            raise ValueError(f"{path!r} is no path: names with dots, [2] or [*]")
    return tuple(steps)


def look_up(document: Any, path: str) -> Any:
    """Return what is at a path; None where there is nothing, a list after ``[*]``."""
    return _follow(document, parse_path(path))


def _follow(part: Any, steps: tuple[str | int, ...]) -> Any:
    if not steps:
        return part
    step, rest = steps[0], steps[1:]
    if step == "*":
        return [_follow(each, rest) for each in part] if isinstance(part, list) else []
    if isinstance(step, int):
        known = isinstance(part, list) and step < len(part)
        return _follow(part[step], rest) if known else None
    return _follow(part.get(step), rest) if isinstance(part, dict) else None
