"""Every operation of Amazon's API that the connector sends, with Amazon's pace for it.

Amazon paces each operation of an application and a seller by itself, so each has a
transport of its own. Rates are the defaults of Amazon's models ("Usage Plan" of each
operation); what an answer says in ``x-amzn-RateLimit-Limit`` is not needed, because a
429 slows the transport down by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import httpx

from ..calls import Answer, Call, Transport, TransportFactory
from .settings import AmazonSettings

ORDERS = "/orders/2026-01-01/orders"
LISTINGS = "/listings/2021-08-01/items"
FEEDS = "/feeds/2021-06-30"
DOCUMENT_TYPE = "application/json; charset=UTF-8"
_PACE_SIMULATED = (100.0, 100)
"""A demonstration of minutes cannot wait for usage plans, and a simulation has none."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One operation: its method and path, and how often it may be asked for."""

    method: str
    path: str
    per_second: float
    burst: int


class Operation(Enum):
    """The operations, by Amazon's own names."""

    SEARCH_ORDERS = Plan("GET", ORDERS, 0.0056, 20)
    GET_ORDER = Plan("GET", f"{ORDERS}/{{orderId}}", 0.5, 30)
    CONFIRM_SHIPMENT = Plan(
        "POST", "/orders/v0/orders/{orderId}/shipmentConfirmation", 2, 10
    )
    SEARCH_LISTINGS = Plan("GET", f"{LISTINGS}/{{sellerId}}", 5, 5)
    GET_LISTING = Plan("GET", f"{LISTINGS}/{{sellerId}}/{{sku}}", 5, 10)
    PATCH_LISTING = Plan("PATCH", f"{LISTINGS}/{{sellerId}}/{{sku}}", 5, 5)
    CREATE_DOCUMENT = Plan("POST", f"{FEEDS}/documents", 0.5, 15)
    GET_DOCUMENT = Plan("GET", f"{FEEDS}/documents/{{feedDocumentId}}", 0.0222, 10)
    CREATE_FEED = Plan("POST", f"{FEEDS}/feeds", 0.0083, 15)
    GET_FEED = Plan("GET", f"{FEEDS}/feeds/{{feedId}}", 2, 15)
    LIST_PARTICIPATIONS = Plan(
        "GET", "/sellers/v1/marketplaceParticipations", 0.016, 15
    )
    SUM_UP_FBA_STOCK = Plan("GET", "/fba/inventory/v1/summaries", 2, 2)


OPERATIONS = tuple(
    f"{operation.value.method} {operation.value.path}" for operation in Operation
)
"""Every operation of Amazon's contracts that this connector can send."""


@dataclass(slots=True)
class SellingPartner:
    """The ways to one selling account: one transport for each operation.

    ``store`` sends to a presigned address: another host, which must not see a token.
    """

    settings: AmazonSettings
    transports: TransportFactory
    auth: httpx.Auth
    _open: dict[Operation, Transport] = field(default_factory=dict, init=False)

    def send(
        self,
        operation: Operation,
        *,
        ids: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        json: Any = None,
        safe: bool = False,
        accept_statuses: tuple[int, ...] = (),
    ) -> Answer:
        """Send one operation; see ``Transport.send`` for what it raises.

        Args:
            operation: what is asked.
            ids: what stands in the path, percent-encoded already.
            params: the query.
            json: the body.
            safe: whether repeating it does no harm; reads are.
            accept_statuses: statuses besides 2xx that are answers.
        """
        plan = operation.value
        call = Call(
            plan.method,
            plan.path.format(**(ids or {})),
            params or {},
            json=json,
            safe=safe or plan.method == "GET",
            accept_statuses=accept_statuses,
        )
        return self._transport(operation).send(call)

    def store(
        self,
        method: str,
        url: str,
        content: bytes | None = None,
        content_type: str = "",
    ) -> Answer:
        """Put a document at a presigned address, or get it from there.

        The address itself is the permission, and it is another host's: no token goes
        there. Doing either twice does no harm.
        """
        address = httpx.URL(url)
        transport = self.transports.open(
            base_url=f"{address.scheme}://{address.netloc.decode('ascii')}",
            auth=None,
            requests_per_second=2,
            burst=10,
            account=self.settings.seller_id,
        )
        return transport.send(
            Call(
                method,
                address.raw_path.decode("ascii").partition("?")[0],
                dict(address.params.multi_items()),
                content=content,
                headers={"content-type": content_type} if content_type else {},
                safe=True,
            )
        )

    def _transport(self, operation: Operation) -> Transport:
        if operation not in self._open:
            per_second, burst = self._pace_of(operation)
            self._open[operation] = self.transports.open(
                base_url=self.settings.api_url,
                auth=self.auth,
                requests_per_second=per_second,
                burst=burst,
                account=f"{self.settings.seller_id}/{operation.name}",
            )
        return self._open[operation]

    def _pace_of(self, operation: Operation) -> tuple[float, int]:
        plan = operation.value
        if self.settings.simulated:
            return _PACE_SIMULATED
        if operation is Operation.SEARCH_ORDERS:
            granted = self.settings.order_searches_per_hour / 3600
            return max(plan.per_second, granted), plan.burst
        return plan.per_second, plan.burst
