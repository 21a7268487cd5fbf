"""Stock mutations: compared, all or nothing, once for each key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from crossdock.simulators.faults import Fault
from crossdock.simulators.shopify import ShopifyShop
from crossdock.simulators.shopify.goods import Variant, gid
from crossdock.simulators.wire import Response
from crossdock.simulators.world import World

Ask = Callable[..., dict[str, Any]]
Post = Callable[..., Response]

SET = """
mutation Set($input: InventorySetQuantitiesInput!, $key: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup { id reason changes { name delta item { sku } } }
    userErrors { code field message }
  }
}"""

ADJUST = """
mutation Adjust($input: InventoryAdjustQuantitiesInput!, $key: String!) {
  inventoryAdjustQuantities(input: $input) @idempotent(key: $key) {
    userErrors { code field }
  }
}"""


class Writer:
    """Writes quantities of one shop's variants, each write with a key of its own."""

    def __init__(self, shop: ShopifyShop, ask: Ask) -> None:
        self._place = gid("Location", shop.books.active_locations[0].number)
        self._ask = ask
        self._keys = 0

    def row(self, variant: Variant, **fields: Any) -> dict[str, Any]:
        """Return one row of an input."""
        return {
            "inventoryItemId": variant.item_gid,
            "locationId": self._place,
            "changeFromQuantity": None,
            **fields,
        }

    def input(self, rows: list[dict[str, Any]], **fields: Any) -> dict[str, Any]:
        """Return an input."""
        return {
            "name": "available",
            "reason": "correction",
            "quantities": rows,
            **fields,
        }

    def set(self, *rows: dict[str, Any], key: str = "", **fields: Any) -> Any:
        """Set quantities; return the payload."""
        self._keys += 1
        answered = self._ask(
            SET, input=self.input(list(rows), **fields), key=key or f"own-{self._keys}"
        )
        return answered["inventorySetQuantities"]

    def adjust(self, *rows: dict[str, Any], key: str = "") -> Any:
        """Adjust quantities; return the payload."""
        self._keys += 1
        given = {"name": "available", "reason": "correction", "changes": list(rows)}
        answered = self._ask(ADJUST, input=given, key=key or f"own-{self._keys}")
        return answered["inventoryAdjustQuantities"]


@pytest.fixture
def writer(shop: ShopifyShop, ask: Ask) -> Writer:
    """A writer for the shop."""
    return Writer(shop, ask)


def _codes(payload: Any) -> list[str]:
    return [error["code"] for error in payload["userErrors"]]


def test_a_write_that_expects_what_is_there_takes_effect(
    writer: Writer, retro_clock: Variant
) -> None:
    payload = writer.set(writer.row(retro_clock, quantity=7, changeFromQuantity=10))

    assert payload["userErrors"] == []
    (change,) = payload["inventoryAdjustmentGroup"]["changes"]
    assert change == {"name": "available", "delta": -3, "item": {"sku": "RETRO-CLOCK"}}
    assert retro_clock.available == 7


def test_a_write_that_expects_something_else_is_stale_and_changes_nothing(
    writer: Writer, retro_clock: Variant
) -> None:
    payload = writer.set(writer.row(retro_clock, quantity=7, changeFromQuantity=9))

    (error,) = payload["userErrors"]
    assert error["code"] == "CHANGE_FROM_QUANTITY_STALE"
    assert error["field"] == ["input", "quantities", "0", "changeFromQuantity"]
    assert retro_clock.available == 10


def test_an_explicit_null_skips_the_comparison(
    writer: Writer, retro_clock: Variant
) -> None:
    writer.set(writer.row(retro_clock, quantity=3))

    assert retro_clock.available == 3


def test_the_key_of_the_comparison_must_be_there_even_if_null(
    shop: ShopifyShop, writer: Writer, retro_clock: Variant, post: Post
) -> None:
    row = writer.row(retro_clock, quantity=3)
    del row["changeFromQuantity"]

    (error,) = post(SET, input=writer.input([row]), key="k").json()["errors"]

    assert error["message"] == (
        "InventoryQuantityInput must include the following argument: "
        "changeFromQuantity."
    )
    assert retro_clock.available == 10


def test_one_bad_row_keeps_the_whole_batch_from_being_written(
    shop: ShopifyShop, writer: Writer, retro_clock: Variant
) -> None:
    lamp = shop.add_variant(shop.add_product("Lamp"), "GLOW-LAMP", stock=[4])

    payload = writer.set(
        writer.row(retro_clock, quantity=1, changeFromQuantity=10),
        writer.row(lamp, quantity=1, changeFromQuantity=5),
    )

    assert [error["field"][2] for error in payload["userErrors"]] == ["1"]
    assert (retro_clock.available, lamp.available) == (10, 4)


def test_every_kind_of_bad_row_has_its_code(
    shop: ShopifyShop, writer: Writer, retro_clock: Variant
) -> None:
    elsewhere = gid("Location", shop.books.add_location("Attic").number)
    row = writer.row
    bad = {
        "INVALID_INVENTORY_ITEM": row(
            retro_clock, quantity=1, inventoryItemId="gid://shopify/InventoryItem/1"
        ),
        "INVALID_LOCATION": row(
            retro_clock, quantity=1, locationId="gid://shopify/Location/1"
        ),
        "ITEM_NOT_STOCKED_AT_LOCATION": row(
            retro_clock, quantity=1, locationId=elsewhere
        ),
        "INVALID_QUANTITY_TOO_HIGH": row(retro_clock, quantity=1_000_000_001),
        "INVALID_QUANTITY_TOO_LOW": row(retro_clock, quantity=-1_000_000_001),
    }

    for code, one in bad.items():
        assert _codes(writer.set(one)) == [code]
    good = row(retro_clock, quantity=1)
    assert _codes(writer.set(good, good)) == [
        "NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR"
    ]
    assert _codes(writer.set(good, reason="because")) == ["INVALID_REASON"]
    assert _codes(writer.set(good, name="committed")) == ["INVALID_NAME"]
    assert retro_clock.available == 10


def test_the_parent_of_a_bundle_takes_no_quantity(
    shop: ShopifyShop, writer: Writer
) -> None:
    hamper = shop.add_variant(
        shop.add_product("Hamper"), "HAMPER", requires_components=True
    )

    payload = writer.set(writer.row(hamper, quantity=3))

    assert _codes(payload) == ["NON_MUTABLE_INVENTORY_ITEM"]
    assert hamper.available == 10


def test_a_batch_holds_at_most_250_rows(
    writer: Writer, retro_clock: Variant, post: Post
) -> None:
    rows = [writer.row(retro_clock, quantity=1)] * 251

    (error,) = post(SET, input=writer.input(rows), key="k").json()["errors"]

    assert error["message"].startswith("The input array size of 251")


def test_without_the_directive_nothing_happens(
    writer: Writer, retro_clock: Variant, post: Post
) -> None:
    document = SET.replace(" @idempotent(key: $key)", "").replace(", $key: String!", "")
    given = writer.input([writer.row(retro_clock, quantity=1)])

    (error,) = post(document, input=given).json()["errors"]
    (empty,) = post(SET, input=given, key=" ").json()["errors"]

    assert error["message"] == (
        "The @idempotent directive is required for this mutation but was not provided."
    )
    assert error["extensions"]["code"] == "BAD_REQUEST"
    assert "cannot be empty" in empty["message"]
    assert retro_clock.available == 10


def test_a_repeated_key_gives_the_first_answer_and_writes_once(
    writer: Writer, retro_clock: Variant
) -> None:
    first = writer.adjust(writer.row(retro_clock, delta=-2), key="same")
    again = writer.adjust(writer.row(retro_clock, delta=-2), key="same")

    assert first == again == {"userErrors": []}
    assert retro_clock.available == 8


def test_an_exact_repeat_of_a_compared_write_is_stale(
    writer: Writer, retro_clock: Variant
) -> None:
    row = writer.row(retro_clock, quantity=7, changeFromQuantity=10)
    writer.set(row, key="same")

    assert _codes(writer.set(row, key="same")) == ["CHANGE_FROM_QUANTITY_STALE"]
    assert retro_clock.available == 7


def test_a_key_cannot_be_used_for_something_else(
    writer: Writer, retro_clock: Variant
) -> None:
    writer.set(writer.row(retro_clock, quantity=7), key="same")

    other = writer.set(writer.row(retro_clock, quantity=6), key="same")

    assert _codes(other) == ["IDEMPOTENCY_KEY_PARAMETER_MISMATCH"]
    assert retro_clock.available == 7


def test_a_key_whose_attempt_failed_is_spent(
    writer: Writer, retro_clock: Variant
) -> None:
    row = writer.row(retro_clock, quantity=7, changeFromQuantity=9)
    writer.set(row, key="same")

    assert _codes(writer.set(row, key="same")) == [
        "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"
    ]


def test_on_hand_counts_what_orders_hold(
    world: World, writer: Writer, retro_clock: Variant, ask: Ask
) -> None:
    world.buy("shopify", retro_clock.gid, 4, "Ada")

    writer.set(
        writer.row(retro_clock, quantity=9, changeFromQuantity=10), name="on_hand"
    )

    (level,) = retro_clock.levels.values()
    assert (level.available, level.committed, level.on_hand) == (5, 4, 9)


def test_an_adjustment_compares_too(writer: Writer, retro_clock: Variant) -> None:
    stale = writer.adjust(writer.row(retro_clock, delta=1, changeFromQuantity=3))
    fresh = writer.adjust(writer.row(retro_clock, delta=1, changeFromQuantity=10))

    assert _codes(stale) == ["CHANGE_FROM_QUANTITY_STALE"]
    assert stale["userErrors"][0]["field"][:2] == ["input", "changes"]
    assert fresh["userErrors"] == []
    assert retro_clock.available == 11


def test_an_ignored_write_looks_like_one_that_took_effect(
    shop: ShopifyShop, writer: Writer, retro_clock: Variant
) -> None:
    shop.faults.arm_once(Fault.IGNORED_WRITE)

    payload = writer.set(writer.row(retro_clock, quantity=1, changeFromQuantity=10))

    assert payload["userErrors"] == []
    assert retro_clock.available == 10


def test_the_world_hears_what_a_write_made_the_shop_show(
    shop: ShopifyShop, world: World, writer: Writer, retro_clock: Variant
) -> None:
    twin = ShopifyShop("twin", world=world)
    other = twin.add_variant(twin.add_product("Retro clock"), "RETRO-CLOCK")
    world.buy("twin", other.gid, 1, "Ada")
    assert world.updates_outstanding() == 1

    writer.set(writer.row(retro_clock, quantity=9, changeFromQuantity=10))

    assert world.updates_outstanding() == 0
    assert world.sale_to_update_ms() == (0.0,)
