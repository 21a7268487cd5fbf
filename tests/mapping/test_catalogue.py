"""The catalogue takes in no SKU and no rule that says too little or too much."""

from __future__ import annotations

import pytest
from crossdock.canonical.listings import Component
from crossdock.mapping.catalogue import Catalogue, CatalogueSku, MappingRule
from pydantic import ValidationError

TWO_MUGS = (Component(sku="MUG-01", units=2),)


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"components": TWO_MUGS}, "either a listing or a SKU text"),
        ({"sku_text": "\u200b", "components": TWO_MUGS}, "either a listing"),
        (
            {"channel": "n", "listing_external_id": "1", "sku_text": "A"}
            | {"ignored": True},
            "either a listing or a SKU text",
        ),
        ({"listing_external_id": "1", "ignored": True}, "names the channel"),
        ({"sku_text": "A"}, "names components, or ignores"),
        ({"sku_text": "A", "ignored": True, "components": TWO_MUGS}, "or ignores"),
        ({"sku_text": "A", "components": TWO_MUGS + TWO_MUGS}, "each SKU once"),
        ({"sku_text": "A\x00", "ignored": True}, "cannot hold a NUL"),
    ],
)
def test_a_rule_that_says_too_little_or_too_much_is_refused(
    facts: dict[str, object], reason: str
) -> None:
    with pytest.raises(ValidationError, match=reason):
        MappingRule.model_validate(facts)


@pytest.mark.parametrize("sku", ["\u200b", "A\x00"])
def test_a_sku_that_no_key_can_be_made_of_is_refused(sku: str) -> None:
    with pytest.raises(ValueError, match=r"nothing visible|cannot hold a NUL"):
        Catalogue([CatalogueSku(sku=sku)])
