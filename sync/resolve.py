"""Resolve: a person settles a conflict; the decision becomes a rule or a movement.

Audited, and it can be undone. What each decision does stands in ``resolutions``; here
is the frame: check, act, record, in one transaction.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..canonical.conflicts import KIND_TEXTS, Action
from ..canonical.errors import RefusedError
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


def resolve_conflict(
    hub: Hub, conflict_id: int, decision: Decision, *, actor: str, reason: str = ""
) -> Resolution:
    """Settle an open conflict.

    Args:
        hub: what to work with.
        conflict_id: which one.
        decision: an action that the conflict's kind allows, with what it needs.
        actor: who decides.
        reason: why, for the audit.

    Raises:
        NotFoundError: no such conflict, or SKU.
        RefusedError: not open any more, or the action does not fit.
    """
    with hub.store.transaction() as connection:
        conflict, deed = _act(hub, connection, conflict_id, decision)
        _record(hub, connection, conflict, decision, deed, actor, reason)
        hub.reach("resolve.before_commit")
    hub.reach("resolve.committed")
    hub.wake({STOCK_LANE} | ({conflict.channel} - {""}))
    return Resolution(conflict_id, deed.summary, len(deed.lines))


def preview_resolution(hub: Hub, conflict_id: int, decision: Decision) -> Resolution:
    """Say what ``resolve_conflict`` would do, and change nothing. Raises the same."""
    with hub.store.rehearsal() as connection:
        _, deed = _act(hub, connection, conflict_id, decision)
    return Resolution(conflict_id, deed.summary, len(deed.lines))


def _act(
    hub: Hub, connection: Connection, conflict_id: int, decision: Decision
) -> tuple[ConflictRow, Deed]:
    conflict = conflicts.load(connection, conflict_id)
    _require_open(conflict, decision.action)
    return conflict, DECISIONS[decision.action].act(hub, connection, conflict, decision)


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
    status = conflicts.OPEN if deed.stays_open else conflicts.RESOLVED
    done = deed.stays_open or conflicts.resolve(
        connection, conflict.id, resolution, now
    )
    if not done:
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
            {"status": status, "summary": deed.summary},
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
