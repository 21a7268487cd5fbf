"""The connector that the docs write is a real one: it passes the suite."""

from __future__ import annotations

import types
from pathlib import Path

import pytest
from crossdock.connectors import sdk
from crossdock.connectors.conformance import CHECKS, Check
from crossdock.connectors.sdk import capabilities_of

WRITING = Path(__file__).parents[3] / "docs" / "connectors" / "writing.md"


@pytest.mark.parametrize("check", CHECKS, ids=str)
def test_the_connector_of_the_docs_keeps_its_promises(
    check: Check, example: types.ModuleType
) -> None:
    # Called as the docs write it; it raises what the check finds.
    assert example.test_bazaar_keeps_its_promises(check) is None


def test_the_docs_name_every_capability(example: types.ModuleType) -> None:
    assert capabilities_of(example.plugin) == (
        "PullsOrders",
        "ReadsListings",
        "ReadsStock",
        "PushesStock",
    )


@pytest.mark.parametrize("protocol", sdk.CAPABILITIES)
def test_the_docs_list_every_capability_with_its_methods(protocol: type) -> None:
    text = WRITING.read_text(encoding="utf-8")
    start = f"| `{protocol.__name__}` |"
    (row,) = [line for line in text.splitlines() if line.startswith(start)]
    methods = [name for name in vars(protocol) if not name.startswith("_")]
    assert methods
    assert all(f"`{name}`" in row for name in methods)
