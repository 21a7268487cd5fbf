"""The merchant's own word on what a channel's words mean.

A rule says that a value found at a path is to be read as another one, which the
connector's vocabulary knows. It is applied to a payload before it is translated; the
record that is kept stays as it came. Outward the same works for the names of carriers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

CARRIER_PATH = "carrier"
"""Not a path in a payload: the name of a carrier, on its way to the channel."""


@dataclass(frozen=True, slots=True)
class WordRule:
    """What one word of a channel means. ``path`` is as unknown values tell it."""

    channel: str
    path: str
    value: str
    meaning: str


Words = Mapping[str, Mapping[str, str]]
"""Meanings by value, by path."""


def group_rules(rules: Iterable[WordRule]) -> Words:
    """Return the rules of one channel by path; values match in any case."""
    words: dict[str, dict[str, str]] = {}
    for rule in rules:
        words.setdefault(rule.path, {})[rule.value.casefold()] = rule.meaning
    return words


def read_payload(payload: Mapping[str, Any], words: Words) -> Mapping[str, Any]:
    """Return a payload with the values that rules are about replaced.

    A path is field names with dots between them. Lists, and the ``nodes`` of GraphQL
    lists, are gone through entry by entry; in a list of ``key`` and ``value`` pairs a
    name is a key. What no rule is about is the same object as before.
    """
    whole: Any = payload
    for path, meanings in words.items():
        whole = _replace(whole, path.split("."), meanings)
    read: Mapping[str, Any] = whole
    return read


def name_carrier(carrier: str, words: Words) -> str:
    """Return a carrier's name as the channel wants it."""
    return words.get(CARRIER_PATH, {}).get(carrier.casefold(), carrier)


def split_unknown(unknown: str) -> tuple[str, str]:
    """Return path and value of an unknown value as orders tell it."""
    path, _, value = unknown.partition("=")
    return path, value


def _replace(part: Any, steps: list[str], meanings: Mapping[str, str]) -> Any:
    if isinstance(part, list):
        changed = [_replace(entry, steps, meanings) for entry in part]
        same = all(new is old for new, old in zip(changed, part, strict=True))
        return part if same else changed
    if isinstance(part, Mapping):
        return _replace_field(part, steps, meanings)
    if steps or not isinstance(part, str | int):
        return part
    return meanings.get(str(part).casefold(), part)


def _replace_field(
    part: Mapping[str, Any], steps: list[str], meanings: Mapping[str, str]
) -> Mapping[str, Any]:
    if not steps:
        return part
    name, *rest = steps
    if name not in part:
        if part.get("key") == name and "value" in part:
            name = "value"
        elif "nodes" in part:
            name, rest = "nodes", steps
        else:
            return part
    new = _replace(part[name], rest, meanings)
    return part if new is part[name] else {**part, name: new}
