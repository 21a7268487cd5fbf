"""Parcels told to Etsy: once, because each one mails the buyer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from crossdock.canonical.orders import FulfillmentState
from crossdock.canonical.pushes import Outcome


def test_a_parcel_that_is_told_twice_mails_the_buyer_once(scene: Any) -> None:
    push = scene.parcel(scene.buy())
    first = scene.connector.push_fulfillment(push)
    second = scene.connect().push_fulfillment(push)
    assert [first.outcome, second.outcome] == [Outcome.ACCEPTED] * 2
    assert first.external_id == second.external_id
    assert scene.shop.receipt(push.order_external_id).mails == 1


def test_a_parcel_that_the_owner_told_by_hand_is_not_told_again(scene: Any) -> None:
    order_id = scene.buy()
    scene.shop.ship_order(order_id, "94001000")
    push = scene.parcel(order_id, "9400-1000")
    assert scene.connector.push_fulfillment(push).outcome is Outcome.ACCEPTED
    assert scene.shop.receipt(order_id).mails == 1


def test_a_parcel_without_a_code_marks_the_receipt_in_a_form(scene: Any) -> None:
    push = scene.parcel(scene.buy(), "")
    assert scene.connector.find_fulfillment(push) is None
    result = scene.connector.push_fulfillment(push)
    assert result.outcome is Outcome.ACCEPTED
    assert scene.connector.find_fulfillment(push) == result.external_id
    (request,) = scene.asked("PUT")
    assert request.content == b"was_shipped=true"
    order = scene.read(push.order_external_id)
    assert order.fulfillment is FulfillmentState.FULFILLED
    assert [part.external_id for part in order.fulfillments] == [result.external_id]


def test_a_parcel_of_part_of_an_order_is_refused_with_its_reason(scene: Any) -> None:
    push = scene.parcel(scene.buy(quantity=2), completes_order=False)
    result = scene.connector.push_fulfillment(push)
    assert result.outcome is Outcome.REFUSED
    assert "part of an order" in result.reason
    assert scene.asked("POST", "/tracking") == []


@pytest.mark.parametrize(
    ("carrier", "name"), [("Royal Mail", "royal-mail"), ("Bob's bicycle", "other")]
)
def test_a_carrier_that_etsy_does_not_know_is_other(
    scene: Any, carrier: str, name: str
) -> None:
    push = scene.parcel(scene.buy(), carrier=carrier)
    assert scene.connector.push_fulfillment(push).outcome is Outcome.ACCEPTED
    (request,) = scene.asked("POST", "/tracking")
    assert orjson.loads(request.content)["carrier_name"] == name


def test_an_application_that_is_no_partner_is_refused_with_etsys_reason(
    open_scene: Callable[..., Any],
) -> None:
    scene = open_scene(partner=False)
    result = scene.connector.push_fulfillment(scene.parcel(scene.buy()))
    assert result.outcome is Outcome.REFUSED
    assert "fulfillment partner" in result.reason


def test_a_receipt_that_is_not_there_is_refused(scene: Any) -> None:
    push = scene.parcel(scene.buy())
    scene.shop.state.receipts.clear()
    assert scene.connector.push_fulfillment(push).outcome is Outcome.REFUSED
