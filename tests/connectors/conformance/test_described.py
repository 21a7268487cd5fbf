"""The example of a described API keeps every promise of the SDK, without code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from crossdock.connectors.conformance import CHECKS, Check, ConformanceCase, verify
from crossdock.connectors.http import load_plugin
from crossdock.connectors.sdk import capabilities_of

EXAMPLE = Path(__file__).parents[3] / "config" / "connectors" / "example.toml"
SECRET = "tok-canary-1234"


@pytest.mark.parametrize("check", CHECKS, ids=str)
def test_the_described_bazaar_keeps_its_promises(check: Check, example: Any) -> None:
    case = ConformanceCase(
        plugin=load_plugin(EXAMPLE),
        settings={
            "address": "https://bazaar.example",
            "token": SECRET,
            "webhook_secret": SECRET,
        },
        start=example.PretendBazaar,
        hosts=frozenset({"bazaar.example"}),
    )
    verify(check, case)


def test_a_described_kind_can_do_what_its_file_has_a_table_for() -> None:
    assert capabilities_of(load_plugin(EXAMPLE)) == (
        "PullsOrders",
        "ReadsListings",
        "ReadsStock",
        "PushesStock",
        "PushesFulfillment",
        "ReceivesWebhooks",
    )
