"""The simulated eBay has the oddities that the real one is known for."""

from __future__ import annotations

import base64
from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
from crossdock.simulators.books import BasketLine, SoldOutError
from crossdock.simulators.clock import VirtualClock
from crossdock.simulators.ebay import EbayShop, NewItem, ShopSettings
from crossdock.simulators.ebay.render import stamp
from crossdock.simulators.faults import Fault
from crossdock.simulators.world import World

ORDERS = "/sell/fulfillment/v1/order"
INVENTORY = "/sell/inventory/v1"
NOTICES = "/commerce/notification/v1"


class Desk:
    """An account, and a client that shows a token of either kind."""

    def __init__(self, **settings: Any) -> None:
        self.clock = VirtualClock()
        self.world = World(self.clock, seed=3)
        self.shop = EbayShop(
            "ebay", world=self.world, settings=ShopSettings(**settings)
        )
        self.world.receive("LAMP", 10)
        self.shop.add_item(
            NewItem(sku="LAMP", title="Lamp", price=Decimal("20.50"), quantity=10)
        )
        self.client = httpx.Client(
            base_url="https://api.ebay.com", transport=self.shop.wire()
        )
        self.tokens: dict[str, str] = {}

    def token(self, kind: str) -> str:
        if kind not in self.tokens:
            settings = self.shop.settings
            form = {"grant_type": "client_credentials", "scope": ""}
            if kind == "user":
                form = {
                    "grant_type": "refresh_token",
                    "refresh_token": settings.refresh_token,
                }
            answer = self.client.post(
                "/identity/v1/oauth2/token",
                data=form,
                auth=(settings.client_id, settings.client_secret),
            )
            self.tokens[kind] = answer.json()["access_token"]
        return self.tokens[kind]

    def ask(
        self, method: str, path: str, *, kind: str = "user", **parts: Any
    ) -> httpx.Response:
        scheme = "IAF" if path.startswith("/post-order") else "Bearer"
        headers = {
            "authorization": f"{scheme} {self.token(kind)}",
            "x-ebay-c-marketplace-id": "EBAY_US",
        }
        return self.client.request(method, path, headers=headers, **parts)

    def buy(self, quantity: int = 1) -> str:
        return self.shop.sell([BasketLine("LAMP", quantity)], "Ada")

    def list_orders(self, **params: str) -> Any:
        return self.ask("GET", ORDERS, params=params).json()

    def write(self, sku: str, **entry: Any) -> Any:
        body = {"requests": [{"sku": sku, **entry}]}
        path = f"{INVENTORY}/bulk_update_price_quantity"
        return self.ask("POST", path, json=body).json()["responses"]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_list_shows_no_requests_to_cancel_and_the_order_itself_does(
    desk: Desk,
) -> None:
    order_id = desk.buy()
    desk.shop.ask_to_cancel(order_id)
    (listed,) = desk.list_orders()["orders"]
    assert listed["cancelStatus"] == {
        "cancelState": "IN_PROGRESS",
        "cancelRequests": [],
    }
    order = desk.ask("GET", f"{ORDERS}/{order_id}").json()
    (asked,) = order["cancelStatus"]["cancelRequests"]
    assert (asked["cancelInitiator"], asked["cancelRequestState"]) == (
        "BUYER",
        "REQUESTED",
    )


def test_more_than_two_hundred_orders_in_a_page_are_refused(desk: Desk) -> None:
    for params in ({"limit": "201"}, {"limit": "0"}, {"filter": "nonsense"}):
        answer = desk.ask("GET", ORDERS, params=params)
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["errorId"] >= 30800


def test_a_filter_from_more_than_two_years_ago_is_refused(desk: Desk) -> None:
    since = stamp(desk.clock.now() - timedelta(days=800))
    answer = desk.ask("GET", ORDERS, params={"filter": f"lastmodifieddate:[{since}..]"})
    assert answer.status_code == 400
    wrong = {"filter": "lastmodifieddate:[soon..]"}
    assert desk.ask("GET", ORDERS, params=wrong).status_code == 400


def test_orders_are_paged_by_offset_within_the_window(desk: Desk) -> None:
    placed = [desk.buy() for _ in range(5)]
    now = stamp(desk.clock.now())
    params = {"filter": f"lastmodifieddate:[{now}..{now}]", "limit": "2"}
    first = desk.list_orders(**params)
    last = desk.list_orders(**params, offset="4")
    assert (first["total"], len(first["orders"]), "next" in first) == (5, 2, True)
    assert [one["orderId"] for one in last["orders"]] == [max(placed, key=placed.index)]
    assert "next" not in last


def test_a_lagging_list_leaves_out_what_has_just_changed(desk: Desk) -> None:
    desk.buy()
    desk.shop.faults.arm_once(Fault.VISIBILITY_LAG)
    assert desk.list_orders()["orders"] == []
    assert len(desk.list_orders()["orders"]) == 1


def test_taxes_that_ebay_collects_show_only_where_they_are_asked_for(
    desk: Desk,
) -> None:
    desk.buy(2)
    (bare,) = desk.list_orders()["orders"]
    (full,) = desk.list_orders(fieldGroups="TAX_BREAKDOWN")["orders"]
    assert bare["pricingSummary"]["total"]["value"] == "46.0"
    assert full["pricingSummary"]["total"]["value"] == "49.28"
    assert full["lineItems"][0]["taxes"][0]["amount"]["value"] == "3.28"


def test_items_are_paged_by_the_number_of_the_page(desk: Desk) -> None:
    for number in range(4):
        new = NewItem(sku=f"S{number}", title="S", price=Decimal(1), quantity=1)
        desk.shop.add_item(new)
    path = f"{INVENTORY}/inventory_item"
    pages = [
        desk.ask("GET", path, params={"limit": "2", "offset": str(n)}).json()
        for n in range(3)
    ]
    assert [len(page["inventoryItems"]) for page in pages] == [2, 2, 1]
    assert [page["size"] for page in pages] == [3, 3, 3]
    assert desk.ask("GET", path, params={"limit": "201"}).status_code == 400


def test_a_bulk_write_answers_each_entry_for_itself(desk: Desk) -> None:
    item = desk.shop.item("LAMP")
    rows = desk.write(
        "LAMP",
        shipToLocationAvailability={"quantity": 4},
        offers=[
            {"offerId": item.offer_id, "availableQuantity": 3},
            {"offerId": "nobody's", "availableQuantity": 3},
        ],
    )
    assert [row["statusCode"] for row in rows] == [200, 200, 404]
    assert desk.shop.shown("LAMP") == 3
    (row,) = desk.write("NOBODY", shipToLocationAvailability={"quantity": 4})
    assert (row["statusCode"], row["errors"][0]["errorId"]) == (400, 25702)


@pytest.mark.parametrize("body", [b"{}", b"no", b'{"requests": []}'])
def test_a_bulk_request_without_entries_is_refused(desk: Desk, body: bytes) -> None:
    path = f"{INVENTORY}/bulk_get_inventory_item"
    assert desk.ask("POST", path, content=body).status_code == 400


def test_a_write_may_be_accepted_and_change_nothing(desk: Desk) -> None:
    desk.shop.faults.arm_once(Fault.IGNORED_WRITE)
    (row,) = desk.write("LAMP", shipToLocationAvailability={"quantity": 4})
    assert (row["statusCode"], desk.shop.shown("LAMP")) == (200, 10)


def test_a_listing_can_be_changed_only_so_often_a_day() -> None:
    desk = Desk(revisions_per_day_max=2)
    codes = [
        desk.write("LAMP", shipToLocationAvailability={"quantity": n})[0]["statusCode"]
        for n in range(3)
    ]
    assert codes == [200, 200, 400]


def parcel(desk: Desk, order_id: str, **changes: Any) -> dict[str, Any]:
    line = desk.shop.order(order_id).lines[0]
    return {
        "lineItems": [{"lineItemId": line.line_id, "quantity": 1}],
        "shippedDate": stamp(desk.clock.now()),
        **changes,
    }


def test_the_id_of_a_parcel_is_its_tracking_number_or_any_number(desk: Desk) -> None:
    order_id = desk.buy(2)
    path = f"{ORDERS}/{order_id}/shipping_fulfillment"
    tracked = {"trackingNumber": "JD0141", "shippingCarrierCode": "DHL"}
    first = desk.ask("POST", path, json=parcel(desk, order_id, **tracked))
    second = desk.ask("POST", path, json=parcel(desk, order_id))
    places = [each.headers["location"].rpartition("/")[2] for each in (first, second)]
    assert places == ["JD0141", "999"]
    assert desk.ask("GET", path).json()["total"] == 2
    (sold,) = desk.world.orders("ebay")
    assert [line.shipped for line in sold.lines.values()] == [2]


@pytest.mark.parametrize(
    "changes",
    [
        {"trackingNumber": "JD0141"},
        {"shippingCarrierCode": "DHL"},
        {"trackingNumber": "JD 0141", "shippingCarrierCode": "DHL"},
        {"lineItems": []},
        {"lineItems": [{"lineItemId": "nobody's", "quantity": 1}]},
        {"shippedDate": "yesterday"},
    ],
    ids=str,
)
def test_a_parcel_that_cannot_be_is_refused(desk: Desk, changes: Any) -> None:
    order_id = desk.buy()
    path = f"{ORDERS}/{order_id}/shipping_fulfillment"
    answer = desk.ask("POST", path, json=parcel(desk, order_id, **changes))
    assert answer.status_code == 400
    assert desk.shop.order(order_id).parcels == []


def test_what_is_cancelled_or_gone_cannot_be_shipped(desk: Desk) -> None:
    shipped, cancelled = desk.buy(), desk.buy()
    desk.shop.ship_order(shipped, "1Z1")
    desk.shop.cancel_order(cancelled)
    for order_id in (shipped, cancelled):
        path = f"{ORDERS}/{order_id}/shipping_fulfillment"
        answer = desk.ask("POST", path, json=parcel(desk, order_id))
        assert answer.status_code == 400
    for order_id in (shipped, cancelled):
        with pytest.raises(ValueError, match="any more"):
            desk.shop.cancel_order(order_id)


def test_a_cancellation_pays_back_and_raises_no_counter(desk: Desk) -> None:
    order_id = desk.buy(3)
    desk.shop.cancel_order(order_id)
    order = desk.ask("GET", f"{ORDERS}/{order_id}").json()
    assert (order["orderPaymentStatus"], order["cancelStatus"]["cancelState"]) == (
        "FULLY_REFUNDED",
        "CANCELED",
    )
    assert desk.shop.shown("LAMP") == 7
    assert desk.world.sold_units("LAMP") == 0


def test_a_refund_is_paid_by_a_job(desk: Desk) -> None:
    order_id = desk.buy()
    body = {
        "reasonForRefund": "OTHER_ADJUSTMENT",
        "orderLevelRefundAmount": {"value": "5.00", "currency": "USD"},
    }
    path = f"{ORDERS}/{order_id}/issue_refund"
    assert desk.ask("POST", path, json=body).json()["refundStatus"] == "PENDING"
    order = desk.ask("GET", f"{ORDERS}/{order_id}").json()
    assert order["orderPaymentStatus"] == "PARTIALLY_REFUNDED"
    assert order["paymentSummary"]["refunds"][0]["refundStatus"] == "PENDING"
    desk.clock.advance(60)
    order = desk.ask("GET", f"{ORDERS}/{order_id}").json()
    assert order["paymentSummary"]["refunds"][0]["refundStatus"] == "REFUNDED"


USD5 = {"value": "5", "currency": "USD"}


@pytest.mark.parametrize(
    "body",
    [
        {"orderLevelRefundAmount": USD5},
        {"reasonForRefund": "OTHER_ADJUSTMENT"},
        {
            "reasonForRefund": "OTHER_ADJUSTMENT",
            "orderLevelRefundAmount": {"value": "5", "currency": "EUR"},
        },
        {"reasonForRefund": "OTHER_ADJUSTMENT", "orderLevelRefundAmount": {}},
        {
            "reasonForRefund": "OTHER_ADJUSTMENT",
            "refundItems": [{"lineItemId": "nobody's", "refundAmount": USD5}],
        },
        {
            "reasonForRefund": "OTHER_ADJUSTMENT",
            "orderLevelRefundAmount": {"value": "500", "currency": "USD"},
        },
    ],
    ids=str,
)
def test_a_refund_that_cannot_be_is_refused(desk: Desk, body: Any) -> None:
    order_id = desk.buy()
    answer = desk.ask("POST", f"{ORDERS}/{order_id}/issue_refund", json=body)
    assert answer.status_code == 400
    assert desk.shop.order(order_id).refunds == []


def test_what_staff_pays_back_before_it_left_is_let_go(desk: Desk) -> None:
    whole, part = desk.buy(2), desk.buy(2)
    desk.shop.refund_order(whole, None, restock=True)
    line = desk.shop.order(part).lines[0]
    desk.shop.refund_order(part, {line.line_id: 1}, restock=True)
    assert desk.world.sold_units("LAMP") == 2
    assert desk.shop.shown("LAMP") == 6


def test_orders_cannot_be_edited(desk: Desk) -> None:
    with pytest.raises(ValueError, match="edits no orders"):
        desk.shop.edit_line(desk.buy(), "1", 0)


def test_shoppers_are_turned_away_at_what_the_offer_shows(desk: Desk) -> None:
    with pytest.raises(SoldOutError):
        desk.buy(11)
    desk.shop.set_quantity("LAMP", 12)
    desk.buy(11)
    desk.shop.withdraw("LAMP")
    with pytest.raises(SoldOutError):
        desk.buy(1)


def test_the_seller_cancels_for_a_sellers_reasons_and_once(desk: Desk) -> None:
    order_id = desk.buy()
    path = "/post-order/v2/cancellation"
    body = {"legacyOrderId": order_id, "cancelReason": "ORDER_MISTAKE"}
    assert desk.ask("POST", path, json=body).status_code == 400
    body["cancelReason"] = "ADDRESS_ISSUES"
    assert "cancelId" in desk.ask("POST", path, json=body).json()
    again = desk.ask("POST", path, json=body).json()["orderEligibilityResult"]
    assert again["failureReason"] == ["ORDER_ALREADY_CANCELLED"]
    waiting = desk.buy()
    desk.shop.ask_to_cancel(waiting)
    body["legacyOrderId"] = waiting
    told = desk.ask("POST", path, json=body).json()["orderEligibilityResult"]
    assert told["failureReason"] == ["CANCELLATION_EXIST"]
    assert desk.ask("POST", f"{path}/1/approve").status_code == 404


def test_the_older_api_wants_another_word_and_the_marketplace(desk: Desk) -> None:
    path = "/post-order/v2/cancellation"
    bearer = {"authorization": f"Bearer {desk.token('user')}"}
    iaf = {"authorization": f"IAF {desk.token('user')}"}
    assert desk.client.post(path, headers=bearer, json={}).status_code == 401
    assert desk.client.post(path, headers=iaf, json={}).status_code == 400


def test_each_kind_of_token_opens_its_own_doors(desk: Desk) -> None:
    assert desk.ask("GET", f"{NOTICES}/config").status_code == 403
    assert desk.ask("GET", ORDERS, kind="application").status_code == 403
    assert desk.ask("GET", "/sell/unheard/of").status_code == 404
    assert desk.client.get(ORDERS).status_code == 401
    desk.clock.advance(7200)
    assert desk.ask("GET", ORDERS).status_code == 401


def test_a_token_ends_at_the_request_at_which_the_fault_strikes(desk: Desk) -> None:
    desk.token("user")
    for status in (200, 401):
        desk.shop.faults.arm_once(Fault.EXPIRED_TOKEN)
        assert desk.ask("GET", ORDERS).status_code == status
        desk.clock.advance(1)  # a token of this second lives on


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "refresh_token", "refresh_token": "no"}, "invalid_grant"),
    ],
    ids=str,
)
def test_the_token_endpoint_says_what_is_wrong(
    desk: Desk, form: dict[str, str], error: str
) -> None:
    settings = desk.shop.settings
    pair = f"{settings.client_id}:{settings.client_secret}".encode()
    headers = {"authorization": f"Basic {base64.b64encode(pair).decode()}"}
    path = "/identity/v1/oauth2/token"
    answer = desk.client.post(path, data=form, headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert desk.client.post(path, data=form).status_code == 401


def test_destinations_and_subscriptions_are_made_in_the_order_that_ebay_wants(
    desk: Desk,
) -> None:
    place = {
        "status": "ENABLED",
        "deliveryConfig": {"endpoint": "https://h.example", "verificationToken": "x"},
    }
    path = f"{NOTICES}/destination"
    first = desk.ask("POST", path, kind="application", json=place)
    assert (first.status_code, first.json()["errors"][0]["errorId"]) == (409, 195003)
    config = f"{NOTICES}/config"
    wrong = desk.ask("PUT", config, kind="application", json={"alertEmail": "nobody"})
    assert wrong.status_code == 400
    right = {"alertEmail": "shop@example.com"}
    assert desk.ask("PUT", config, kind="application", json=right).status_code == 204
    short = desk.ask("POST", path, kind="application", json=place)
    assert short.json()["errors"][0]["errorId"] == 195019
    place["deliveryConfig"] = {
        "endpoint": "https://h.example",
        "verificationToken": "x" * 32,
    }
    made = desk.ask("POST", path, kind="application", json=place)
    topic = {
        "topicId": "ORDER_CONFIRMATION",
        "destinationId": made.headers["location"].rpartition("/")[2],
    }
    subscriptions = f"{NOTICES}/subscription"
    for body, status in (
        ({**topic, "topicId": "GOSSIP"}, 403),
        ({**topic, "destinationId": "nowhere"}, 400),
        (topic, 201),
        (topic, 409),
    ):
        assert desk.ask("POST", subscriptions, json=body).status_code == status
    assert desk.ask("DELETE", f"{subscriptions}/nobody").status_code == 404
    for nonsense in (b"no", b"[]"):
        answer = desk.ask("POST", subscriptions, content=nonsense)
        assert answer.status_code == 400


def test_an_address_that_is_marked_down_is_sent_nothing(desk: Desk) -> None:
    test_destinations_and_subscriptions_are_made_in_the_order_that_ebay_wants(desk)
    desk.buy()
    for place in desk.shop.state.destinations.values():
        place.status = "MARKED_DOWN"
    assert desk.shop.deliverer.deliver_due(lambda envelope: 200) == 0
