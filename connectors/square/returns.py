"""Completes sales with what came back of them, which Square keeps apart.

A refund or a return makes an order of its own, which names the sale as its source and
never changes it; the sale's payment lists the refunds (source: the guide to returns
and exchanges, and the guide to retrieving refunds). So the record of a sale is the
order, the refunds of its payments, their return orders, and the inventory adjustments
that say whether the goods are on sale again. Its version is that of its newest part.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ...canonical.pages import Record
from ...mapping.square import ADJUSTMENTS_KEY, REFUNDS_KEY, RETURNS_KEY
from ..calls import Call, Transport
from ..pagination import TokenTrail
from .wire import (
    Json,
    OrderHead,
    OrderState,
    PaymentState,
    RefundHead,
    chunks,
    format_time,
    is_id,
    read_cursor,
    read_object,
    read_rows,
    read_shape,
)

_RETRIEVE_MAX = 100
_SETTLES = timedelta(seconds=60)
"""A closed order is changed once more within seconds, when its fees become known. What
changes it later is worth a look at its payments."""
_KEPT_MAX = 2000
_FINAL = frozenset({"COMPLETED", "REJECTED", "FAILED"})

_Version = tuple[datetime, tuple[str, ...]]


@dataclass(slots=True)
class _Parts:
    """What belongs to one sale."""

    refunds: list[Json] = field(default_factory=list)
    returns: list[Json] = field(default_factory=list)
    adjustments: list[Json] = field(default_factory=list)

    @property
    def final(self) -> bool:
        """Whether no refund waits for an answer."""
        return all(refund.get("status") in _FINAL for refund in self.refunds)


class OrderReturns:
    """Joins sales and what came back of them, for one location.

    What was read of a sale is kept while the sale and its known returns stay as they
    were: pulls reach back over orders that were seen before. It is a saving and no
    truth; losing it costs requests.
    """

    def __init__(self, transport: Transport, location_id: str) -> None:
        self._transport = transport
        self._location_id = location_id
        self._kept: dict[str, tuple[_Version, _Parts]] = {}

    def complete(
        self,
        orders: Sequence[Json],
        *,
        thorough: bool = False,
        keep_returns: bool = False,
    ) -> tuple[Record, ...]:
        """Return the records of sales that some orders are, or bring back goods of.

        Args:
            orders: as Square lists them: sales, returns, and exchanges (both in one).
            thorough: look at the payments of every sale, not only where something says
                that money went back.
            keep_returns: give the returns themselves, too; otherwise one is a record
                only where its sale cannot be found.
        """
        by_id = {read_shape(OrderHead, row).id: row for row in orders}
        returning = [row for row in orders if _list_sources(row)]
        sources = dict.fromkeys(id_ for row in returning for id_ in _list_sources(row))
        absent = [id_ for id_ in sources if id_ not in by_id and is_id(id_)]
        sales = {**by_id, **{row["id"]: row for row in self._retrieve(absent)}}
        records = []
        for id_, row in sales.items():
            told_elsewhere = any(source in sales for source in _list_sources(row))
            if _only_returns(row) and told_elsewhere and not keep_returns:
                continue
            known = [each for each in returning if id_ in _list_sources(each)]
            ask = bool(known) or thorough or _changed_late(row)
            parts = self._read_parts(row, known) if ask else _Parts()
            records.append(_join(row, parts))
        return tuple(records)

    def _read_parts(self, order: Json, known: Sequence[Json]) -> _Parts:
        head = read_shape(OrderHead, order)
        marks = (f"{row['id']} {row.get('updated_at')}" for row in known)
        version = (head.changed_at, tuple(sorted(marks)))
        kept = self._kept.get(head.id)
        if kept is not None and kept[0] == version:
            return kept[1]
        parts = self._ask(order, known)
        if parts.final and known:
            if len(self._kept) >= _KEPT_MAX:
                self._kept.clear()
            self._kept[head.id] = (version, parts)
        return parts

    def _ask(self, order: Json, known: Sequence[Json]) -> _Parts:
        head = read_shape(OrderHead, order)
        refunds = list(self._list_refunds(read_shape(OrderState, order)))
        ids = {str(each.get("order_id") or "") for each in refunds}
        returns = {row["id"]: row for row in known}
        absent = [id_ for id_ in sorted(ids) if id_ not in returns and is_id(id_)]
        for row in self._retrieve(absent):
            if head.id in _list_sources(row):
                returns[row["id"]] = row
        parts = _Parts(refunds, list(returns.values()))
        variations = _list_variations(parts.returns)
        if variations:
            parts.adjustments = self._list_adjustments(head, parts, variations)
        return parts

    def _list_refunds(self, order: OrderState) -> Iterator[Json]:
        for tender in order.tenders:
            payment = self._find("payment", tender.payment_id or tender.id)
            if payment is None:
                continue
            for refund_id in read_shape(PaymentState, payment).refund_ids:
                refund = self._find("refund", refund_id)
                if refund is not None:
                    yield refund

    def _find(self, noun: str, id_: str) -> Json | None:
        if not is_id(id_):
            return None
        path = f"/v2/{noun}s/{id_}"
        call = Call("GET", path, safe=True, accept_statuses=(404,))
        answer = self._transport.send(call)
        if answer.status == 404:
            return None
        found = read_object(answer).get(noun)
        return found if isinstance(found, dict) else None

    def _retrieve(self, ids: Sequence[str]) -> list[Json]:
        rows: list[Json] = []
        for chunk in chunks(ids, _RETRIEVE_MAX):
            body = {"location_id": self._location_id, "order_ids": list(chunk)}
            call = Call("POST", "/v2/orders/batch-retrieve", json=body, safe=True)
            rows += read_rows(self._transport.send(call), "orders")
        return rows

    def _list_adjustments(
        self, head: OrderHead, parts: _Parts, variations: Sequence[str]
    ) -> list[Json]:
        """Return the adjustments that the refunds and returns of a sale caused."""
        refund_ids = {each.get("id") for each in parts.refunds}
        order_ids = {each["id"] for each in parts.returns}
        body: Json = {
            "catalog_object_ids": list(variations),
            "location_ids": [self._location_id],
            "types": ["ADJUSTMENT"],
            "states": ["IN_STOCK"],
            "updated_after": format_time(head.created_at),
        }
        trail, found = TokenTrail(), []
        while True:
            path = "/v2/inventory/changes/batch-retrieve"
            answer = self._transport.send(Call("POST", path, json=body, safe=True))
            for change in read_rows(answer, "changes"):
                moved = change.get("adjustment") or {}
                ours = moved.get("refund_id") in refund_ids
                if ours or moved.get("transaction_id") in order_ids:
                    found.append(moved)
            token = read_cursor(answer)
            if not token:
                return found
            body = {**body, "cursor": trail.follow(token)}


def _list_sources(order: Json) -> list[str]:
    """Return the sales that an order brings goods of back."""
    told = (each.get("source_order_id") for each in order.get("returns") or ())
    return [source for source in told if source]


def _only_returns(order: Json) -> bool:
    return bool(_list_sources(order)) and not order.get("line_items")


def _changed_late(order: Json) -> bool:
    """Say whether a closed order changed after everything about it was known."""
    head = read_shape(OrderHead, order)
    if head.closed_at is None:
        return False
    return head.changed_at - head.closed_at > _SETTLES


def _list_variations(returns: Iterable[Json]) -> list[str]:
    told = (
        line.get("catalog_object_id")
        for order in returns
        for each in order.get("returns") or ()
        for line in each.get("return_line_items") or ()
    )
    return list(dict.fromkeys(id_ for id_ in told if id_))


def _join(order: Json, parts: _Parts) -> Record:
    """Return the record of a sale with its parts; its version is the newest of all."""
    head = read_shape(OrderHead, order)
    times = [head.changed_at]
    times += [read_shape(OrderHead, row).changed_at for row in parts.returns]
    for refund in parts.refunds:
        told = read_shape(RefundHead, refund)
        times += [each for each in (told.created_at, told.updated_at) if each]
    beside = {
        REFUNDS_KEY: parts.refunds,
        RETURNS_KEY: parts.returns,
        ADJUSTMENTS_KEY: parts.adjustments,
    }
    kept = {name: rows for name, rows in beside.items() if rows}
    return Record(head.id, max(times), {**order, **kept})
