"""The tree at the head of the errors' module is the tree of the classes."""

from __future__ import annotations

import inspect
import re

import pytest
from crossdock.canonical import errors
from crossdock.canonical.errors import (
    CrossdockError,
    MappingError,
    RetryLaterError,
)

BRANCH = re.compile(r"^(?P<indent>[ │├└─]*)(?P<name>[A-Z]\w+Error)\b", re.MULTILINE)

CLASSES = [
    thing
    for _, thing in inspect.getmembers(errors, inspect.isclass)
    if thing.__module__ == errors.__name__
]


def _drawn_parents() -> dict[str, str]:
    """Read the drawing: each error's name, and the name above it ("" for the root)."""
    parents: dict[str, str] = {}
    path: list[tuple[int, str]] = []
    for branch in BRANCH.finditer(errors.__doc__ or ""):
        depth, name = len(branch["indent"]), branch["name"]
        while path and path[-1][0] >= depth:
            path.pop()
        parents[name] = path[-1][1] if path else ""
        path.append((depth, name))
    return parents


def test_the_tree_in_the_docstring_is_the_tree_of_the_classes() -> None:
    parents = {each.__name__: each.__bases__[0].__name__ for each in CLASSES}
    parents["CrossdockError"] = ""
    assert _drawn_parents() == parents
    assert len(parents) > 10


@pytest.mark.parametrize("error_class", CLASSES)
def test_every_error_ends_in_error_and_says_what_happened(
    error_class: type[CrossdockError],
) -> None:
    assert error_class.__name__.endswith("Error")
    assert error_class.__doc__
    error = error_class("The shop answered with a page.", next_step="Check its URL.")
    assert str(error) == error.message == "The shop answered with a page."
    assert error.next_step == "Check its URL."
    assert error_class("The shop is gone.").next_step == ""


def test_a_wish_to_wait_is_kept() -> None:
    assert RetryLaterError("busy", delay_seconds=2.5).delay_seconds == 2.5
    assert RetryLaterError("busy").delay_seconds is None


def test_a_mapping_error_says_where_in_the_record() -> None:
    assert MappingError("no id", path="lines[2].id").path == "lines[2].id"
    assert MappingError("no id").path == ""
