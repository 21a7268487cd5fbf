"""A real Vendure server: how it is run and asked, and what of it is kept."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

START_SECONDS_MAX = 120
USERNAME, PASSWORD = "superadmin", "canary-of-a-loopback-server"


class People:
    """Shoppers and staff of a real server, past the cassette."""

    def __init__(self, server: str) -> None:
        self._client = httpx.Client(base_url=server, headers={"x-people": "yes"})
        self._token = ""

    def close(self) -> None:
        self._client.close()

    def manage(self, document: str, **variables: Any) -> Any:
        """Do something in the dashboard."""
        if not self._token:
            body = {
                "query": "mutation($u:String!,$p:String!)"
                "{login(username:$u,password:$p){__typename}}",
                "variables": {"u": USERNAME, "p": PASSWORD},
            }
            answer = self._client.post("/admin-api", json=body)
            self._token = answer.headers["vendure-auth-token"]
        return self._ask("/admin-api", self._token, document, variables)[0]

    def _ask(
        self, path: str, token: str, document: str, variables: dict[str, Any]
    ) -> tuple[Any, str]:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        body = {"query": document, "variables": variables}
        answer = self._client.post(path, json=body, headers=headers)
        told = answer.json()
        assert "errors" not in told, told
        return told["data"], answer.headers.get("vendure-auth-token", token)

    def offer(self, name: str, skus: dict[str, int], price: int) -> dict[str, str]:
        """Put a product on sale; return the ids of its variants by SKU."""
        text = [{"languageCode": "en", "name": name, "slug": name, "description": ""}]
        product = self.manage(
            "mutation($i:CreateProductInput!){createProduct(input:$i){id}}",
            i={"translations": text},
        )["createProduct"]["id"]
        options: list[list[str]] = [[] for _ in skus]
        if len(skus) > 1:
            group = self.manage(
                "mutation($i:CreateProductOptionGroupInput!)"
                "{createProductOptionGroup(input:$i){id options{id}}}",
                i={
                    "code": name,
                    "translations": [{"languageCode": "en", "name": "Colour"}],
                    "options": [
                        {
                            "code": sku,
                            "translations": [{"languageCode": "en", "name": sku}],
                        }
                        for sku in skus
                    ],
                },
            )["createProductOptionGroup"]
            self.manage(
                "mutation($p:ID!,$g:ID!)"
                "{addOptionGroupToProduct(productId:$p,optionGroupId:$g){id}}",
                p=product,
                g=group["id"],
            )
            options = [[option["id"]] for option in group["options"]]
        made = self.manage(
            "mutation($i:[CreateProductVariantInput!]!)"
            "{createProductVariants(input:$i){id sku}}",
            i=[
                {
                    "productId": product,
                    "sku": sku,
                    "price": price,
                    "stockOnHand": units,
                    "optionIds": chosen,
                    "translations": [{"languageCode": "en", "name": f"{name} {sku}"}],
                }
                for (sku, units), chosen in zip(skus.items(), options, strict=True)
            ],
        )
        return {one["sku"]: one["id"] for one in made["createProductVariants"]}

    def fill_cart(self, basket: dict[str, int]) -> Callable[..., Any]:
        """Fill a cart and leave it; return a way to go on with it."""
        token = ""

        def ask(document: str, **variables: Any) -> Any:
            nonlocal token
            data, token = self._ask("/shop-api", token, document, variables)
            return data

        for variant, units in basket.items():
            ask(
                "mutation($v:ID!,$n:Int!)"
                "{addItemToOrder(productVariantId:$v,quantity:$n){__typename}}",
                v=variant,
                n=units,
            )
        return ask

    def buy(self, basket: dict[str, int], *, promise: bool = False) -> str:
        """Buy and pay, or promise to; return the order's id."""
        ask = self.fill_cart(basket)
        ask(
            "mutation($i:CreateCustomerInput!){setCustomerForOrder(input:$i){__typename}}",
            i={
                "firstName": "Zoë",
                "lastName": "Ångström 🫖",
                "emailAddress": f"{min(basket)}.{sum(basket.values())}@example.com",
            },
        )
        ask(
            "mutation($i:CreateAddressInput!)"
            "{setOrderShippingAddress(input:$i){__typename}}",
            i={
                "fullName": "Zoë Ångström 🫖",
                "streetLine1": "Kai 1",
                "city": "Hamburg",
                "postalCode": "20457",
                "countryCode": "DE",
            },
        )
        (way,) = ask("{eligibleShippingMethods{id}}")["eligibleShippingMethods"]
        ask(
            "mutation($m:[ID!]!){setOrderShippingMethod(shippingMethodId:$m){__typename}}",
            m=[way["id"]],
        )
        ask('mutation{transitionOrderToState(state:"ArrangingPayment"){__typename}}')
        (method,) = ask("{eligiblePaymentMethods{code}}")["eligiblePaymentMethods"]
        paid = ask(
            "mutation($i:PaymentInput!)"
            "{addPaymentToOrder(input:$i){__typename ... on Order{id state}}}",
            i={"method": method["code"], "metadata": {"promise": promise}},
        )["addPaymentToOrder"]
        return str(paid["id"])

    def look(self, order_id: str) -> Any:
        """Return an order as the dashboard shows it."""
        return self.manage(
            "query($id:ID!){order(id:$id){state totalWithTax updatedAt orderPlacedAt "
            "lines{id quantity productVariant{sku}} "
            "payments{id state refunds{total reason state}} "
            "fulfillments{id state method trackingCode lines{quantity}}}}",
            id=order_id,
        )["order"]

    def count(self) -> dict[str, list[int]]:
        """Return what of each SKU lies there, what is allocated, and its price."""
        found = self.manage(
            "{productVariants{items{sku price "
            "stockLevels{stockOnHand stockAllocated}}}}"
        )["productVariants"]["items"]
        return {
            one["sku"]: [
                one["stockLevels"][0]["stockOnHand"],
                one["stockLevels"][0]["stockAllocated"],
                one["price"],
            ]
            for one in found
        }


def wait_for_server(process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS_MAX
    while "ready" not in log.read_text(encoding="utf-8"):
        told = log.read_text(encoding="utf-8")
        assert process.poll() is None, f"the server gave up:\n{told}"
        assert time.monotonic() < deadline, f"the server did not start:\n{told}"
        time.sleep(0.2)


class VendureServer:
    """A server that ``server.js`` is."""

    kind = "vendure"
    cassette = "vendure"
    public = "http://vendure.example"
    scheme = "Bearer"
    password = PASSWORD
    told_kept = frozenset({"content-type", "date", "vendure-auth-token"})

    @contextmanager
    def run(self, installed: Path, folder: Path) -> Iterator[str]:
        """Run the server; its database and its log are in ``folder``."""
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        shutil.copy(Path(__file__).with_name("server.js"), installed)
        with (folder / "server.log").open("w+") as log:
            process = subprocess.Popen(
                ["node", "server.js", str(port), str(folder / "vendure.sqlite")],
                cwd=installed,
                env={**os.environ, "PASSWORD": PASSWORD},
                stdout=log,
                stderr=log,
            )
            try:
                wait_for_server(process, folder / "server.log")
                yield f"http://127.0.0.1:{port}"
            finally:
                process.terminate()
                process.wait()

    def greet(self, address: str) -> People:
        """Return people at the server."""
        return People(address)

    def clean_response(self, response: dict[str, Any]) -> None:
        """Strike out the session's token."""
        if "vendure-auth-token" in response["headers"]:
            response["headers"]["vendure-auth-token"] = ["struck-out"]

    def clean_sight(self, sight: Any) -> Any:
        """Return what people saw, all of it."""
        return sight


@pytest.fixture(scope="module")
def server() -> VendureServer:
    """The server that the story is told with."""
    return VendureServer()
