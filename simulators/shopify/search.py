"""Shopify's search syntax, as far as a hub needs it: ``updated_at:>='...' AND id:>1``.

Terms are ANDed; ``OR`` separates alternatives. A field that Shopify does not know is
ignored with a warning in the answer's extensions, and so it is here: a typo in a filter
returns everything.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

_TERM = re.compile(
    r"""(?P<name>[a-z_0-9]+):(?P<sign><=|>=|<|>|)"""
    r"""(?P<value>'[^']*'|"[^"]*"|[^\s()]+)"""
    r"""|(?P<word>[^\s()]+)"""
)

_SIGNS: dict[str, Callable[[Any, Any], bool]] = {
    "": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}

Read = Callable[[Any], Any]
"""Takes the value of a search field out of a row: a time, a number or text."""


@dataclass(frozen=True, slots=True)
class _Term:
    read: Read
    compare: Callable[[Any, Any], bool]
    value: Any

    def fits(self, row: Any) -> bool:
        found = self.read(row)
        return found is not None and self.compare(found, self.value)


@dataclass(slots=True)
class Search:
    """A parsed query: alternatives of terms, and what was not understood."""

    alternatives: list[list[_Term]] = field(default_factory=list)
    warnings: list[dict[str, str]] = field(default_factory=list)

    def fits(self, row: Any) -> bool:
        """Say whether a row is looked for."""
        return any(all(term.fits(row) for term in one) for one in self.alternatives)


def parse_search(query: str | None, readers: Mapping[str, Read]) -> Search:
    """Parse a search query; see the module for what is ignored."""
    search = Search(alternatives=[[]])
    for match in _TERM.finditer(query or ""):
        word = match["word"]
        if word == "OR":
            search.alternatives.append([])
        elif word is None:
            _add_term(search, match, readers)
    return search


def _add_term(
    search: Search, match: re.Match[str], readers: Mapping[str, Read]
) -> None:
    name, text = match["name"], match["value"].strip("'\"")
    read = readers.get(name)
    if read is None:
        search.warnings.append(
            {
                "field": name,
                "message": "Invalid search field for this query.",
                "code": "invalid_field",
            }
        )
        return
    value = _value(name, text)
    if value is None:
        search.warnings.append(
            {
                "field": name,
                "message": f"Input `{text}` is not valid.",
                "code": "invalid_value",
            }
        )
        return
    search.alternatives[-1].append(_Term(read, _SIGNS[match["sign"]], value))


def _value(name: str, text: str) -> Any:
    """Return the value to compare with, or None where it cannot be read."""
    if name.endswith("_at"):
        return _moment(text)
    if name == "id" or name.endswith("_id"):
        digits = text.rsplit("/", 1)[-1]
        return int(digits) if digits.isascii() and digits.isdigit() else None
    return text.lower()


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    # A time without a zone is the shop's, a detail that clients of UTC never meet.
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
