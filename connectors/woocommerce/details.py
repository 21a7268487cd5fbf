"""Refunds and parcels of orders, which the shop keeps apart from the order itself.

They cost a request or two per order, and every pull reaches back over orders that it
has seen before. So what was read of an order is kept while the order stays as it was;
it is a saving and no truth: losing it costs requests.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from ...canonical.clock import Clock
from ...canonical.orders import FulfillmentState
from ...canonical.pages import Record
from ...mapping.woocommerce import FULFILLMENTS_KEY, REFUND_DETAILS_KEY
from ...mapping.woocommerce_status import FULFILLMENT_STATUS_KEY
from ...mapping.woocommerce_wire import find_meta
from ..calls import Call, Transport
from .wire import Json, read_rows, read_time

REFUNDS_MAX = 100
"""The most that the shop gives at once; an order with more keeps the amounts of all and
the lines of the newest hundred."""
_SETTLED = timedelta(seconds=3)
"""The shop's times have whole seconds: an order that changed just now may change again
without a newer time, and what was read of it is not kept."""
_KEPT_MAX = 2000
_PARTLY = FulfillmentState.PARTIALLY_FULFILLED.value
_HAS_PARCELS = {FulfillmentState.FULFILLED.value, _PARTLY}

_Details = dict[str, list[Json]]
_Version = tuple[datetime, object, object]


@dataclass(frozen=True, slots=True)
class _Kept:
    """What was read of an order as it was."""

    version: _Version
    details: _Details


class OrderDetails:
    """Completes orders of one shop with their refunds and parcels."""

    def __init__(self, transport: Transport, clock: Clock) -> None:
        self._transport = transport
        self._clock = clock
        self._kept: dict[str, _Kept] = {}

    def complete(self, record: Record) -> Record:
        """Return the order with its refunds and parcels, where it says it has some."""
        order = record.payload
        refunds = [one.get("id") for one in order.get("refunds") or ()]
        status = find_meta(order.get("meta_data"), FULFILLMENT_STATUS_KEY)
        names = {}
        if refunds:
            names[REFUND_DETAILS_KEY] = "refunds"
        if status in _HAS_PARCELS:
            names[FULFILLMENTS_KEY] = "fulfillments"
        if not names:
            return record
        version = (record.updated_at, refunds, status)
        kept = self._kept.get(record.external_id)
        if kept is not None and kept.version == version:
            details = kept.details
        else:
            details = self._read(record, names, version)
        return Record(record.external_id, record.updated_at, {**order, **details})

    def _read(
        self, record: Record, names: dict[str, str], version: _Version
    ) -> _Details:
        """Read the details, and keep those of an order that has come to rest.

        One that is shipped in part waits for more, and may stay as it is when it comes.
        """
        details: _Details = {}
        read_at: datetime | None = None
        for key, name in names.items():
            details[key], asked_at = self._list(record.external_id, name)
            read_at = min(read_at or asked_at, asked_at)
        settled = read_at is not None and read_at - record.updated_at > _SETTLED
        if settled and version[2] != _PARTLY:
            if len(self._kept) >= _KEPT_MAX:
                self._kept.clear()
            self._kept[record.external_id] = _Kept(version, details)
        return details

    def _list(self, order_id: str, name: str) -> tuple[list[Json], datetime]:
        """Return what belongs to an order, and the shop's time when it was asked.

        Nothing where the order vanished or the shop lost the feature.
        """
        parameters = {"per_page": str(REFUNDS_MAX)} if name == "refunds" else {}
        call = Call(
            "GET",
            f"/orders/{order_id}/{name}",
            parameters,
            safe=True,
            accept_statuses=(404,),
        )
        answer = self._transport.send(call)
        rows = [] if answer.status == 404 else read_rows(answer)
        return rows, read_time(answer, self._clock)
