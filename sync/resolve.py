"""Resolve: a person settles a conflict; the decision becomes a rule or a movement.

Audited, and it can be undone. What each decision does stands in ``resolutions``; here
is the frame: check, act, record, in one transaction.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..canonical.conflicts import KIND_TEXTS, Action
from ..canonical.errors import RefusedError
from ..canonical.listings import Component
from ..store import audit, conflicts
from ..store.audit import AuditRow
from ..store.conflicts import ConflictRow
from ..store.engine import Connection
from .hub import STOCK_LANE, Hub
from .resolutions import DECISIONS, Decision, Deed


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a decision did, or would do."""

    conflict_id: int
    summary: str
    lines_freed: int = 0


class _PreviewOnlyError(Exception):
    """Takes the transaction back after a preview."""


def resolve_conflict(
    hub: Hub,
    conflict_id: int,
    action: Action,
    *,
    sku: str = "",
    units: int = 1,
    parts: tuple[Component, ...] = (),
    create: bool = False,
    actor: str,
    reason: str = "",
    preview: bool = False,
) -> Resolution:
    """Settle an open conflict.

    Args:
        hub: what to work with.
        conflict_id: which one.
        action: one of the actions that its kind allows.
        sku: for ``map``, what the listing sells; for ``receive``, may stay empty.
        units: how many of ``sku``: in one listing, or received.
        parts: for ``map``, several components instead of ``sku`` and ``units``.
        create: for ``map``, make the SKU if the hub does not know it.
        actor: who decides.
        reason: why, for the audit.
        preview: say what would happen and change nothing.

    Raises:
        NotFoundError: no such conflict, or SKU.
        RefusedError: not open any more, or the action does not fit.
    """
    wanted = parts
    if sku and not parts:
        wanted = (Component(sku=sku, units=units),)
    decision = Decision(action, wanted, units, create)
    lanes = {STOCK_LANE}
    resolution = Resolution(conflict_id, "")
    try:
        with hub.store.transaction() as connection:
            conflict = conflicts.load(connection, conflict_id)
            _require_open(conflict, action)
            deed = DECISIONS[action].act(hub, connection, conflict, decision)
            freed = len(deed.lines)
            resolution = Resolution(conflict_id, deed.summary, freed)
            if preview:
                raise _PreviewOnlyError
            _record(hub, connection, conflict, decision, deed, actor, reason)
            hub.reach("resolve.before_commit")
            lanes |= {conflict.channel} - {""}
    except _PreviewOnlyError:
        return resolution
    hub.reach("resolve.committed")
    hub.wake(lanes)
    return resolution


def _require_open(conflict: ConflictRow, action: Action) -> None:
    if conflict.status != conflicts.OPEN:
        by = (conflict.resolution or {}).get("by", "somebody")
        raise RefusedError(
            f"Conflict {conflict.id} was resolved already, by {by}.",
            next_step=f"crossdock conflicts undo {conflict.id} opens it again.",
        )
    allowed = KIND_TEXTS[conflict.kind].actions
    if action not in allowed:
        raise RefusedError(
            f"A conflict of the kind {conflict.kind} cannot be settled by {action}.",
            next_step=f"It can by: {', '.join(allowed)}.",
        )


def _record(
    hub: Hub,
    connection: Connection,
    conflict: ConflictRow,
    decision: Decision,
    deed: Deed,
    actor: str,
    reason: str,
) -> None:
    now = hub.clock.now()
    resolution = {
        "by": actor,
        "action": decision.action,
        "parts": [part.model_dump() for part in decision.parts],
        "reason": reason,
        "lines": sorted(deed.lines),
        "kept": deed.kept,
    }
    if not conflicts.resolve(connection, conflict.id, resolution, now):
        raise RefusedError(f"Somebody else resolved conflict {conflict.id} just now.")
    audit.write(
        connection,
        AuditRow(
            hub.ids.take(),
            now,
            actor,
            f"conflict.{decision.action}",
            f"conflict/{conflict.id}",
            reason,
            {"status": conflict.status, "subject": conflict.subject},
            {"status": conflicts.RESOLVED, "summary": deed.summary},
        ),
    )


def undo_resolution(
    hub: Hub, conflict_id: int, *, actor: str, reason: str = ""
) -> Resolution:
    """Take a resolution back: its rule, its movement, the lines that it freed.

    Raises:
        NotFoundError: no such conflict.
        RefusedError: it is open, was not resolved by a person, or its consequences
            have become facts (goods left).
    """
    with hub.store.transaction() as connection:
        conflict = conflicts.load(connection, conflict_id)
        resolution = conflict.resolution
        if conflict.status == conflicts.OPEN or resolution is None:
            raise RefusedError(f"Conflict {conflict_id} is open.")
        if "action" not in resolution:
            raise RefusedError(
                f"Conflict {conflict_id} went away by itself: {resolution.get('why')}."
            )
        if conflicts.find_open(connection, conflict.kind, conflict.subject):
            raise RefusedError(
                f"A newer conflict about {conflict.subject} is open; settle that one."
            )
        action = Action(resolution["action"])
        summary = DECISIONS[action].undo(hub, connection, conflict)
        now = hub.clock.now()
        conflicts.reopen(connection, conflict_id, now)
        audit.write(
            connection,
            AuditRow(
                hub.ids.take(),
                now,
                actor,
                "conflict.undo",
                f"conflict/{conflict_id}",
                reason,
                {"status": conflict.status, "resolution": resolution},
                {"status": conflicts.OPEN, "summary": summary},
            ),
        )
        hub.reach("undo.before_commit")
    hub.wake({STOCK_LANE} | ({conflict.channel} - {""}))
    return Resolution(conflict_id, summary, len(resolution.get("lines", ())))
