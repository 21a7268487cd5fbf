"""Parcels, cancellations and refunds: told once, and honestly reported."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import httpx
import pytest
from crossdock.canonical.errors import ReauthRequiredError
from crossdock.canonical.money import Money
from crossdock.canonical.orders import PaymentState
from crossdock.canonical.pushes import (
    CancellationPush,
    Outcome,
    PushResult,
    RefundedLine,
    RefundPush,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

PARCELS = "shipping_fulfillment"


def cancel(scene: Any, order_id: str, reason: str = "") -> PushResult:
    push = CancellationPush(order_id, reason, True, "key")
    result = scene.connector.push_cancellation(push)
    assert isinstance(result, PushResult)
    return result


def describe_refund(
    scene: Any, order_id: str, *amounts: str, shipping: str = "0"
) -> RefundPush:
    lines = [
        RefundedLine(line.line_id, 1, Money.of(amount, "USD"))
        for line, amount in zip(scene.shop.order(order_id).lines, amounts, strict=False)
    ]
    money = Money.of(shipping, "USD")
    return RefundPush("refund-1", order_id, tuple(lines), money, "returned", "key")


def body_of(scene: Any, path: str) -> Any:
    return json.loads(scene.asked("POST", path)[-1].content)


def test_a_tracking_number_loses_what_ebay_does_not_take(scene: Any) -> None:
    push = scene.parcel(scene.buy(), "JD 0141-77")
    result = scene.connector.push_fulfillment(push)
    assert result == PushResult(Outcome.ACCEPTED, external_id="JD014177")
    told = body_of(scene, PARCELS)
    assert (told["trackingNumber"], told["shippingCarrierCode"]) == ("JD014177", "DHL")
    assert scene.connector.find_fulfillment(push) == "JD014177"


def test_a_parcel_is_not_told_twice(scene: Any) -> None:
    push = scene.parcel(scene.buy())
    for _ in range(2):
        assert scene.connector.push_fulfillment(push).outcome is Outcome.ACCEPTED
    assert len(scene.asked("POST", PARCELS)) == 1


def test_parcels_without_a_number_are_known_by_their_lines(scene: Any) -> None:
    order_id = scene.buy(quantity=3)
    line_id = scene.shop.order(order_id).lines[0].line_id
    whole = scene.parcel(order_id, "")
    two = scene.parcel(
        order_id,
        "",
        lines=(type(whole.lines[0])(line_external_id=line_id, quantity=2),),
    )
    assert scene.connector.push_fulfillment(two).external_id == "999"
    assert "shippingCarrierCode" not in body_of(scene, PARCELS)
    assert scene.connector.find_fulfillment(two) == "999"
    assert scene.connector.find_fulfillment(whole) is None


def test_more_than_was_ordered_is_refused_with_ebays_reason(scene: Any) -> None:
    order_id = scene.buy()
    scene.connector.push_fulfillment(scene.parcel(order_id))
    result = scene.connector.push_fulfillment(scene.parcel(order_id, "ANOTHER"))
    assert result.outcome is Outcome.REFUSED
    assert "quantity" in result.reason


def test_nothing_is_found_of_an_order_that_ebay_does_not_know(scene: Any) -> None:
    known = scene.buy()
    push = scene.parcel(known, order_external_id="00-00000-00000")
    assert scene.connector.find_fulfillment(push) is None
    assert scene.connector.push_fulfillment(push).outcome is Outcome.REFUSED
    refund = describe_refund(scene, known, "1.00")
    strange = RefundPush(
        "r", "00-00000-00000", refund.lines, refund.shipping, "", "key"
    )
    assert scene.connector.find_refund(strange) is None
    assert cancel(scene, "00-00000-00000").reason == "eBay knows no such order"


def test_a_buyers_wish_is_approved_and_not_answered_with_another(scene: Any) -> None:
    order_id = scene.buy()
    request_id = scene.shop.ask_to_cancel(order_id)
    assert cancel(scene, order_id).external_id == request_id
    assert len(scene.asked("POST", "/approve")) == 1
    assert scene.asked("POST", "/cancellation") == []
    assert scene.read(order_id).cancel_reason == "order_mistake"


def test_cancelling_shows_the_token_as_the_older_api_wants_it(scene: Any) -> None:
    cancel(scene, scene.buy(), "the customer asked")
    (request,) = scene.asked("POST", "/cancellation")
    assert request.headers["authorization"].startswith("IAF ")
    assert request.headers["x-ebay-c-marketplace-id"] == "EBAY_US"
    told = json.loads(request.content)
    assert (told["cancelReason"], told["buyerPaid"]) == ("BUYER_ASKED_CANCEL", True)


def test_what_has_shipped_is_not_cancelled_and_ebay_says_so(scene: Any) -> None:
    order_id = scene.buy()
    scene.shop.ship_order(order_id)
    result = cancel(scene, order_id)
    assert result == PushResult(Outcome.REFUSED, "SHIPPED")


def test_a_cancellation_under_way_is_left_alone(scene: Any) -> None:
    order_id = scene.buy()
    scene.shop.ask_to_cancel(order_id)
    scene.shop.order(order_id).requests[0].initiator = "SELLER"
    result = cancel(scene, order_id)
    assert result == PushResult(Outcome.ACCEPTED, "it is being cancelled already")


def test_an_answer_without_a_cancellation_is_a_refusal(scene: Any) -> None:
    order_id = scene.buy()
    scene.wire.stand_in = lambda request: (
        httpx.Response(200, json={})
        if request.url.path.endswith("/cancellation")
        else None
    )
    assert cancel(scene, order_id).reason == "eBay made no cancellation"


def test_a_cancellation_that_ebay_turns_down_is_refused(scene: Any) -> None:
    order_id = scene.buy()
    scene.wire.stand_in = lambda request: (
        httpx.Response(400, json={"error": [{"message": "Not this marketplace"}]})
        if request.url.path.endswith("/cancellation")
        else None
    )
    assert "marketplace" in cancel(scene, order_id).reason


def test_a_lost_answer_to_a_cancellation_is_unknown(scene: Any) -> None:
    order_id = scene.buy()
    scene.wire.loses = lambda request: request.url.path.endswith("/cancellation")
    assert cancel(scene, order_id).outcome is Outcome.UNKNOWN
    scene.wire.loses = lambda request: False
    assert cancel(scene, order_id).reason == "it was cancelled already"


def test_a_cancelled_order_is_wanted_no_more_and_its_counter_stays(scene: Any) -> None:
    order_id = scene.buy(quantity=2)
    scene.shop.cancel_order(order_id)
    order = scene.read(order_id)
    (line,) = order.lines
    assert (order.cancelled, line.quantity, line.quantity_current) == (True, 2, 0)
    assert line.quantity_taken == 2
    assert scene.shop.shown("LAMP") == 8
    assert order.payment is PaymentState.REFUNDED


def test_lines_are_refunded_by_name_and_shipping_with_the_order(scene: Any) -> None:
    order_id = scene.buy(quantity=2)
    refund = describe_refund(scene, order_id, "3.10")
    assert scene.connector.push_refund(refund).outcome is Outcome.ACCEPTED
    told = body_of(scene, "issue_refund")
    assert told["refundItems"][0]["refundAmount"] == {
        "value": "3.10",
        "currency": "USD",
    }
    assert (told["reasonForRefund"], told["comment"]) == ("BUYER_RETURN", "refund-1")
    with_shipping = describe_refund(scene, order_id, "1.00", shipping="5.00")
    result = scene.connector.push_refund(with_shipping)
    told = body_of(scene, "issue_refund")
    assert told["orderLevelRefundAmount"] == {"value": "6.00", "currency": "USD"}
    assert scene.connector.find_refund(with_shipping) == result.external_id
    order = scene.read(order_id)
    assert [str(one.amount) for one in order.refunds] == ["3.10 USD", "6.00 USD"]
    assert order.lines[0].quantity_current == 2


def test_a_refund_of_other_lines_is_not_ours(scene: Any) -> None:
    order_id = scene.buy(quantity=2)
    scene.connector.push_refund(describe_refund(scene, order_id, "3.10"))
    assert scene.connector.find_refund(describe_refund(scene, order_id, "3.11")) is None
    whole = describe_refund(scene, order_id, shipping="3.10")
    assert scene.connector.find_refund(whole) is None


@pytest.mark.parametrize(
    "refund",
    [
        {"refundStatus": "FAILED", "amount": {"value": "5.0", "currency": "USD"}},
        {"refundStatus": "PENDING"},
        {"refundStatus": "PENDING", "amount": {"value": "five", "currency": "USD"}},
        {"refundStatus": "PENDING", "amount": {"value": "5.0", "currency": "EUR"}},
    ],
    ids=str,
)
def test_a_refund_that_failed_or_is_another_is_not_ours(
    scene: Any, refund: dict[str, Any]
) -> None:
    order_id = scene.buy()
    wanted = describe_refund(scene, order_id, shipping="5.00")

    def tell(request: httpx.Request) -> httpx.Response | None:
        if not request.url.path.endswith(order_id):
            return None
        content = {
            "orderId": order_id,
            "lastModifiedDate": "2026-11-02T09:00:00.000Z",
            "paymentSummary": {"refunds": [{"refundId": "1", **refund}]},
        }
        return httpx.Response(200, json=content)

    scene.wire.stand_in = tell
    assert scene.connector.find_refund(wanted) is None


def test_a_refund_that_ebay_could_not_pay_is_refused(scene: Any) -> None:
    order_id = scene.buy()
    scene.wire.stand_in = lambda request: (
        httpx.Response(200, json={"refundStatus": "FAILED"})
        if request.url.path.endswith("issue_refund")
        else None
    )
    result = scene.connector.push_refund(describe_refund(scene, order_id, "1.00"))
    assert result.outcome is Outcome.REFUSED


def make_key() -> tuple[Ed25519PrivateKey, str]:
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    der = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return key, base64.b64encode(der).decode()


def test_sellers_who_must_sign_sign_refunds_and_cancellations(open_scene: Any) -> None:
    key, text = make_key()
    pem = f"-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n"
    for written in (text, pem):
        entered = {"signing_key_jwe": "jwe-of-the-key", "signing_private_key": written}
        scene = open_scene(signed_writes=True, entered=entered)
        order_id = scene.buy()
        refund = describe_refund(scene, order_id, "1.00")
        assert scene.connector.push_refund(refund).outcome is Outcome.ACCEPTED
        assert cancel(scene, order_id).outcome is Outcome.ACCEPTED
        (request,) = scene.asked("POST", "issue_refund")
        digest = base64.b64encode(hashlib.sha256(request.content).digest()).decode()
        assert request.headers["content-digest"] == f"sha-256=:{digest}:"
        inputs = request.headers["signature-input"].removeprefix("sig1=")
        base = (
            f'"content-digest": sha-256=:{digest}:\n'
            '"x-ebay-signature-key": jwe-of-the-key\n'
            '"@method": POST\n'
            f'"@path": {request.url.path}\n'
            '"@authority": api.ebay.com\n'
            f'"@signature-params": {inputs}'
        )
        signature = request.headers["signature"].removeprefix("sig1=:").rstrip(":")
        key.public_key().verify(base64.b64decode(signature), base.encode())


def test_without_a_key_such_a_seller_hears_what_is_missing(open_scene: Any) -> None:
    scene = open_scene(signed_writes=True)
    result = scene.connector.push_refund(describe_refund(scene, scene.buy(), "1.00"))
    assert result.outcome is Outcome.REFUSED
    assert "signature-key" in result.reason or "x-ebay" in result.reason


def test_a_key_that_is_none_must_be_entered_again(open_scene: Any) -> None:
    entered = {"signing_key_jwe": "jwe", "signing_private_key": "bm8ga2V5"}
    scene = open_scene(entered=entered)
    with pytest.raises(ReauthRequiredError, match="Ed25519"):
        scene.connector.push_refund(describe_refund(scene, scene.buy(), "1.00"))
