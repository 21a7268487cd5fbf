"""A merchant's word on a channel's words: replaced where it stands, nowhere else."""

from __future__ import annotations

from typing import Any

import pytest
from crossdock.mapping.words import (
    WordRule,
    group_rules,
    name_carrier,
    read_payload,
    split_unknown,
)
from hypothesis import given
from hypothesis import strategies as st

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=12,
)


def rule(path: str, value: str, meaning: str) -> dict[str, dict[str, str]]:
    grouped = group_rules([WordRule("shop", path, value, meaning)])
    return {where: dict(meanings) for where, meanings in grouped.items()}


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        ("status", {"status": "odd"}, {"status": "paid"}),
        ("status", {"status": "ODD"}, {"status": "paid"}),
        ("pay.status", {"pay": {"status": "odd"}}, {"pay": {"status": "paid"}}),
        (
            "lines.status",
            {"lines": [{"status": "odd"}, {"status": "new"}]},
            {"lines": [{"status": "paid"}, {"status": "new"}]},
        ),
        (
            "refunds.lines.kind",
            {"refunds": {"nodes": [{"lines": {"nodes": [{"kind": "odd"}]}}]}},
            {"refunds": {"nodes": [{"lines": {"nodes": [{"kind": "paid"}]}}]}},
        ),
        (
            "meta.state",
            {"meta": [{"key": "state", "value": "odd"}, {"key": "x", "value": "odd"}]},
            {"meta": [{"key": "state", "value": "paid"}, {"key": "x", "value": "odd"}]},
        ),
        ("words", {"words": ["odd", "new"]}, {"words": ["paid", "new"]}),
    ],
)
def test_a_word_is_replaced_where_its_path_leads(
    path: str, before: dict[str, Any], after: dict[str, Any]
) -> None:
    assert read_payload(before, rule(path, "odd", "paid")) == after


@pytest.mark.parametrize(
    "payload",
    [
        {"other": "odd"},
        {"status": None},
        {"status": {"odd": 1}},
        {"status": ["new"]},
        {},
    ],
)
def test_what_no_rule_is_about_is_the_same_object(payload: dict[str, Any]) -> None:
    assert read_payload(payload, rule("status", "odd", "paid")) is payload


def test_a_path_that_goes_on_below_a_value_leads_nowhere() -> None:
    payload = {"status": "odd"}
    assert read_payload(payload, rule("status.code", "odd", "paid")) is payload


def test_a_number_that_is_a_code_can_have_a_meaning() -> None:
    assert read_payload({"status_id": 99}, rule("status_id", "99", "11")) == {
        "status_id": "11"
    }


@given(payload=st.dictionaries(st.text(max_size=4), JSON, max_size=4))
def test_a_payload_is_never_changed_in_place(payload: dict[str, Any]) -> None:
    before = repr(payload)
    for name in list(payload):
        read_payload(payload, rule(name, str(payload[name]), "paid"))
    assert repr(payload) == before


def test_a_carrier_is_called_as_the_channel_wants_it() -> None:
    words = rule("carrier", "DHL", "dhl_germany")
    assert name_carrier("dhl", words) == "dhl_germany"
    assert name_carrier("UPS", words) == "UPS"
    assert name_carrier("UPS", {}) == "UPS"


def test_an_unknown_value_is_a_path_and_a_value() -> None:
    assert split_unknown("pay.status=a=b") == ("pay.status", "a=b")
