"""What each decision about a conflict does, and how it is taken back.

One pair of functions for every action, in the transaction of ``resolve``. Each says in
a sentence what it did.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..canonical.conflicts import Action, ConflictKind
from ..canonical.drifts import DriftAction
from ..canonical.errors import RefusedError
from ..canonical.remembered import Direction
from ..canonical.stock import Cause, MovementKind, StockKey
from ..store import brake, inbox, publications
from ..store.conflicts import ConflictRow
from ..store.engine import Connection
from ..store.marks import Mark, MarkKind, Priority
from ..store.publications import Belief
from .decisions_mapping import (
    Decision,
    Deed,
    ignore_listing,
    map_listing,
    undo_mapping,
)
from .drifting import find_only_parts, settle_by_person
from .hub import Hub
from .stocktaking import change_on_hand, require_sku


@dataclass(frozen=True, slots=True)
class Pair:
    """A decision and its way back."""

    act: Callable[[Hub, Connection, ConflictRow, Decision], Deed]
    undo: Callable[[Hub, Connection, ConflictRow], str]


def _retry(
    hub: Hub, connection: Connection, conflict: ConflictRow, decision: Decision
) -> Deed:
    del decision
    channel, _, rest = conflict.subject.partition("/")
    thing, _, name = rest.partition("/")
    key = f"{channel}/{name}"
    if thing == "missing":
        kind = MarkKind.FETCH
    elif thing == "parcel":
        kind = MarkKind.TELL
    elif thing == "cancellation":
        kind = MarkKind.CANCEL
    elif thing == "stock":
        publications.set_stopped(connection, channel, name, stopped=False)
        kind, key = MarkKind.PUSH, channel
    else:
        raise RefusedError(
            f"The record is read again with crossdock replay --external-id {name}.",
            next_step="It resolves this conflict if the record can be read now.",
        )
    now = hub.clock.now()
    hub.mark(connection, [Mark(kind, key, channel, Priority.PERSON, now)])
    return Deed(f"{channel} is asked again about {name}.")


def _discard(
    hub: Hub, connection: Connection, conflict: ConflictRow, decision: Decision
) -> Deed:
    del hub, decision
    if conflict.kind is not ConflictKind.UNREADABLE_RECORD:
        return Deed("Nothing more is done about it.")
    external_id = str(conflict.facts["external_id"])
    ids = inbox.find_quarantined(connection, conflict.channel, external_id)
    for record in inbox.load_records(connection, ids):
        inbox.set_outcome(connection, record, inbox.SUPERSEDED)
    return Deed(f"{external_id} is left out; its payload is kept.", kept={"ids": ids})


def _undo_discard(hub: Hub, connection: Connection, conflict: ConflictRow) -> str:
    del hub
    for id_ in _kept(conflict).get("ids", ()):
        inbox.quarantine_again(connection, id_)
    return "It waits for a decision again."


def _overwrite(
    hub: Hub, connection: Connection, conflict: ConflictRow, decision: Decision
) -> Deed:
    del decision
    record = str(conflict.facts["stock_record"])
    _believe_observed(hub, connection, conflict, record, DriftAction.OVERWRITTEN)
    return Deed(f"{conflict.channel} is told what the hub computed for {record}.")


def _adopt(
    hub: Hub, connection: Connection, conflict: ConflictRow, decision: Decision
) -> Deed:
    del decision
    record = str(conflict.facts["stock_record"])
    difference = int(conflict.facts["observed"]) - int(conflict.facts["expected"])
    part = find_only_parts(connection, conflict.channel, [record]).get(record)
    if part is None:
        raise RefusedError(
            "This sells several SKUs; which of them is missing cannot be told.",
            next_step="Count them with crossdock count, then overwrite.",
        )
    units = difference * part.units
    cause = Cause("resolution", f"{conflict.id}/{hub.ids.take()}")
    key = StockKey(part.sku, hub.tuning.location)
    change_on_hand(hub, connection, key, units, (MovementKind.ADJUSTED, cause))
    _believe_observed(hub, connection, conflict, record, DriftAction.ADOPTED)
    kept = {"sku": part.sku, "units": units}
    return Deed(f"On hand of {part.sku} changed by {units:+d}.", kept=kept)


def _believe_observed(
    hub: Hub,
    connection: Connection,
    conflict: ConflictRow,
    record: str,
    action: DriftAction,
) -> None:
    channel, now = conflict.channel, hub.clock.now()
    settle_by_person(hub, connection, channel, record, action)
    observed = int(conflict.facts["observed"])
    belief = Belief(record, observed, observed, None)
    publications.observe(connection, channel, [belief], now)
    publications.set_stopped(connection, channel, record, stopped=False)
    hub.mark(connection, [Mark(MarkKind.PUSH, channel, channel, Priority.PERSON, now)])


def _receive(
    hub: Hub, connection: Connection, conflict: ConflictRow, decision: Decision
) -> Deed:
    sku = str(conflict.facts["sku"])
    named = decision.parts[0] if decision.parts else None
    if named is not None:
        sku = require_sku(connection, named.sku)
    missing = decision.units or int(conflict.facts["units_short"])
    units = named.units if named else missing
    cause = Cause("resolution", f"{conflict.id}/{hub.ids.take()}")
    # Where the lines wait that lack them; older conflicts do not say.
    location = str(conflict.facts.get("location") or hub.tuning.location)
    key = StockKey(sku, location)
    change_on_hand(hub, connection, key, units, (MovementKind.RECEIVED, cause))
    kept = {"sku": sku, "units": units, "location": location}
    return Deed(f"{units} units of {sku} received.", kept=kept)


def _undo_movement(hub: Hub, connection: Connection, conflict: ConflictRow) -> str:
    kept = _kept(conflict)
    units = -int(kept["units"])
    cause = Cause("undo", f"{conflict.id}/{hub.ids.take()}")
    sku = str(kept["sku"])
    key = StockKey(sku, str(kept.get("location") or hub.tuning.location))
    change_on_hand(hub, connection, key, units, (MovementKind.ADJUSTED, cause))
    return f"On hand of {sku} changed by {units:+d}."


def _acknowledge(
    hub: Hub, connection: Connection, conflict: ConflictRow, decision: Decision
) -> Deed:
    del hub, connection, conflict, decision
    return Deed("Noted; nothing else changes.")


def _let_through(
    hub: Hub, connection: Connection, conflict: ConflictRow, decision: Decision
) -> Deed:
    del decision
    channel, direction = conflict.channel, Direction(conflict.facts["direction"])
    count = brake.let_through(connection, channel, direction)
    now = hub.clock.now()
    hub.mark(connection, [Mark(MarkKind.PUSH, channel, channel, Priority.PERSON, now)])
    return Deed(f"{count} quantities of {channel} are written, this once.")


def _undo_let_through(hub: Hub, connection: Connection, conflict: ConflictRow) -> str:
    del hub
    brake.take_back(connection, conflict.channel)
    return "What was not written yet is held again."


def _keep_holding(
    hub: Hub, connection: Connection, conflict: ConflictRow, decision: Decision
) -> Deed:
    del hub, connection, decision
    summary = f"Nothing of it is written to {conflict.channel} meanwhile."
    return Deed(summary, stays_open=True)


def _undo_nothing(hub: Hub, connection: Connection, conflict: ConflictRow) -> str:
    del hub, connection, conflict
    return "It waits for a decision again."


def _kept(conflict: ConflictRow) -> dict[str, Any]:
    kept: dict[str, Any] = (conflict.resolution or {}).get("kept", {})
    return kept


DECISIONS: dict[Action, Pair] = {
    Action.MAP: Pair(map_listing, undo_mapping),
    Action.IGNORE_LISTING: Pair(ignore_listing, undo_mapping),
    Action.RETRY: Pair(_retry, _undo_nothing),
    Action.DISCARD: Pair(_discard, _undo_discard),
    Action.OVERWRITE: Pair(_overwrite, _undo_nothing),
    Action.ADOPT: Pair(_adopt, _undo_movement),
    Action.RECEIVE: Pair(_receive, _undo_movement),
    Action.ACKNOWLEDGE: Pair(_acknowledge, _undo_nothing),
    Action.LET_THROUGH: Pair(_let_through, _undo_let_through),
    Action.KEEP_HOLDING: Pair(_keep_holding, _undo_nothing),
}
"""Every action of ``canonical.conflicts``, with what it does and its way back."""

__all__ = ["DECISIONS", "Decision", "Deed", "Pair"]
