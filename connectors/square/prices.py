"""Sets prices of variations, at the channel's location and nowhere else.

An object of the catalogue is written as a whole and names the version that it was read
in, so nothing that somebody else changed is undone. Each variation is a batch of its
own: Square carries out a batch as a whole or not at all. Source: the operation
``BatchUpsertCatalogObjects`` of Square's description.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from ...canonical.errors import ChannelError, OutcomeUnknownError, RejectedError
from ...canonical.pushes import Outcome, PriceWrite, PushResult
from ..calls import Answer, Call, Transport
from .listings import retrieve_objects
from .wire import Json, is_id, read_problems, read_rows

_WRITES_MAX = 100
_REFUSALS = (400, 404, 409)
_NAMESPACE = uuid.UUID("c4b1e8d5-90a3-5b7e-8f62-0d6c1a9e4f47")


def push_prices(
    transport: Transport, location_id: str, writes: Sequence[PriceWrite]
) -> tuple[PushResult, ...]:
    """Write prices and return one result for each, in the same order."""
    results: list[PushResult] = []
    for start in range(0, len(writes), _WRITES_MAX):
        batch = writes[start : start + _WRITES_MAX]
        results += _push_batch(transport, location_id, batch)
    return tuple(results)


def _push_batch(
    transport: Transport, location_id: str, writes: Sequence[PriceWrite]
) -> list[PushResult]:
    ids = [write.listing_external_id for write in writes]
    rows = retrieve_objects(
        transport, [id_ for id_ in dict.fromkeys(ids) if is_id(id_)]
    )
    known = {
        row["id"]: row
        for row in rows
        if isinstance(row.get("item_variation_data"), dict)
    }
    # The last one counts where several writes name one listing.
    wanted = {
        write.listing_external_id: _set_price(
            known[write.listing_external_id], location_id, write
        )
        for write in writes
        if write.listing_external_id in known
    }
    told = _send(transport, location_id, wanted, writes) if wanted else {}
    return [
        told.get(write.listing_external_id)
        or PushResult(Outcome.REFUSED, "the catalogue has no such variation")
        for write in writes
    ]


def _set_price(row: Json, location_id: str, write: PriceWrite) -> Json:
    """Return the object with another price at one location, and otherwise as it was."""
    details = row["item_variation_data"]
    overrides = list(details.get("location_overrides") or ())
    ours: Json = next(
        (each for each in overrides if each.get("location_id") == location_id), {}
    )
    changed = {
        **ours,
        "location_id": location_id,
        "pricing_type": "FIXED_PRICING",
        "price_money": {
            "amount": write.price.minor,
            "currency": write.price.currency,
        },
    }
    others = [each for each in overrides if each is not ours]
    return {
        **row,
        "item_variation_data": {**details, "location_overrides": [*others, changed]},
    }


def _send(
    transport: Transport,
    location_id: str,
    wanted: dict[str, Json],
    writes: Sequence[PriceWrite],
) -> dict[str, PushResult]:
    """Send the objects, each in a batch of its own; return results by listing.

    The key covers the versions, too: what was read anew is another request.
    """
    parts = [write.idempotency_key for write in writes]
    parts += [f"{id_} {row.get('version')}" for id_, row in wanted.items()]
    body = {
        "idempotency_key": str(uuid.uuid5(_NAMESPACE, "\n".join(parts))),
        "batches": [{"objects": [row]} for row in wanted.values()],
    }
    path = "/v2/catalog/batch-upsert"
    call = Call("POST", path, json=body, safe=True, accept_statuses=_REFUSALS)
    try:
        answer = transport.send(call)
    except OutcomeUnknownError as error:
        return dict.fromkeys(wanted, PushResult(Outcome.UNKNOWN, error.message))
    except RejectedError as error:
        return dict.fromkeys(wanted, PushResult(Outcome.REFUSED, error.message))
    return {id_: _judge(answer, location_id, row) for id_, row in wanted.items()}


def _judge(answer: Answer, location_id: str, sent: Json) -> PushResult:
    """Say what became of one object: written ones are in the answer.

    Of several that were not, one may be refused for another's old version; it is read
    again then, and refused for its own reason.
    """
    try:
        rows = {row.get("id"): row for row in read_rows(answer, "objects")}
        if sent["id"] not in rows:
            problems = read_problems(answer)
            stale = problems.has("VERSION_MISMATCH")
            outcome = Outcome.STALE if stale else Outcome.REFUSED
            return PushResult(outcome, f"Square refused: {problems.reason}")
    except ChannelError as error:
        return PushResult(Outcome.UNKNOWN, error.message)
    if _price_at(rows[sent["id"]], location_id) != _price_at(sent, location_id):
        return PushResult(Outcome.UNKNOWN, "Square answered with another price")
    return PushResult(Outcome.ACCEPTED)


def _price_at(row: Json, location_id: str) -> Json | None:
    details = row.get("item_variation_data") or {}
    for each in details.get("location_overrides") or ():
        if each.get("location_id") == location_id:
            price = each.get("price_money")
            return price if isinstance(price, dict) else None
    return None
