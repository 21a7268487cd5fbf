"""Conflicts: what the hub could not decide alone, one open row per cause.

A conflict carries the facts of both sides and proposals; a person (or a rule that a
person wrote) resolves it. The texts that explain each kind stand here, beside the
kinds, so that none can be without one.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import Field

from .model import Model


class ConflictKind(StrEnum):
    """Every cause that can stop the hub from deciding alone."""

    UNMAPPED_SKU = "unmapped_sku"
    AMBIGUOUS_SKU = "ambiguous_sku"
    DUPLICATE_SKU = "duplicate_sku"
    UNREADABLE_RECORD = "unreadable_record"
    UNKNOWN_VALUE = "unknown_value"
    MISSING_RECORD = "missing_record"
    DRIFT = "drift"
    REFUSED_PUSH = "refused_push"
    SHORTFALL = "shortfall"
    BRAKE = "brake"
    FIGHT = "fight"


class Action(StrEnum):
    """What a person can decide about a conflict."""

    MAP = "map"
    IGNORE_LISTING = "ignore_listing"
    RETRY = "retry"
    DISCARD = "discard"
    OVERWRITE = "overwrite"
    ADOPT = "adopt"
    RECEIVE = "receive"
    ACKNOWLEDGE = "acknowledge"
    LET_THROUGH = "let_through"
    KEEP_HOLDING = "keep_holding"


class KindText(Model):
    """What a conflict of one kind means, and what can be done about it."""

    meaning: str
    impact: str
    actions: tuple[Action, ...]


KIND_TEXTS: dict[ConflictKind, KindText] = {
    ConflictKind.UNMAPPED_SKU: KindText(
        meaning="A listing or an order line names a SKU that the hub does not know.",
        impact="Its lines wait; its stock is neither allocated nor published.",
        actions=(Action.MAP, Action.IGNORE_LISTING),
    ),
    ConflictKind.AMBIGUOUS_SKU: KindText(
        meaning="More than one SKU fits a listing equally well.",
        impact="The hub does not guess: its lines wait and nothing is published.",
        actions=(Action.MAP, Action.IGNORE_LISTING),
    ),
    ConflictKind.DUPLICATE_SKU: KindText(
        meaning="Several listings of one channel carry the same SKU.",
        impact="Those not mapped yet wait until a person says what each sells.",
        actions=(Action.MAP, Action.IGNORE_LISTING),
    ),
    ConflictKind.UNREADABLE_RECORD: KindText(
        meaning="A record of a channel cannot be translated.",
        impact="The record is kept as it came and waits; its page went on.",
        actions=(Action.RETRY, Action.DISCARD),
    ),
    ConflictKind.UNKNOWN_VALUE: KindText(
        meaning="A channel used a word that the mapping has never seen.",
        impact="The value counts as unknown; the order is taken in all the same. "
        "crossdock words set says what it means.",
        actions=(Action.ACKNOWLEDGE,),
    ),
    ConflictKind.MISSING_RECORD: KindText(
        meaning="A channel announced a record and then does not show it.",
        impact="If it is an order, it is not in the hub.",
        actions=(Action.RETRY, Action.DISCARD),
    ),
    ConflictKind.DRIFT: KindText(
        meaning="A channel shows another quantity than it was given, and no sale "
        "explains the difference.",
        impact="The hub has not written over it yet.",
        actions=(Action.OVERWRITE, Action.ADOPT),
    ),
    ConflictKind.REFUSED_PUSH: KindText(
        meaning="A channel refused a change for a reason that repeating will not mend.",
        impact="The channel does not show what the hub computed.",
        actions=(Action.RETRY, Action.DISCARD),
    ),
    ConflictKind.SHORTFALL: KindText(
        meaning="More units were sold than are on hand or may be backordered.",
        impact="The lines named wait for stock; nothing is allocated twice.",
        actions=(Action.RECEIVE, Action.ACKNOWLEDGE),
    ),
    ConflictKind.BRAKE: KindText(
        meaning="Much of a channel would be set to zero, or raised, at once.",
        impact="None of it is written; reductions to more than zero go on.",
        actions=(Action.LET_THROUGH, Action.KEEP_HOLDING),
    ),
    ConflictKind.FIGHT: KindText(
        meaning="A quantity was written over three times within hours: something else "
        "writes it too.",
        impact="The hub has stopped writing it; the channel shows the other's figure.",
        actions=(Action.OVERWRITE, Action.ADOPT),
    ),
}


class Proposal(Model):
    """One way to settle a conflict. Suggestions carry a score; none applies itself."""

    action: Action
    sku: str = ""
    units: int = Field(default=1, gt=0)
    reason: str
    score: int | None = Field(default=None, ge=0, le=100)


class ConflictFacts(Model):
    """A conflict as it is opened: its cause, its subject, and both sides' facts.

    At most one conflict per (kind, subject) is open. ``subject`` is readable:
    ``channel/thing``.
    """

    kind: ConflictKind
    subject: str
    channel: str = ""
    summary: str
    facts: dict[str, Any]
    proposals: tuple[Proposal, ...] = ()
