"""Vocabulary: the merchant says what a word of a channel means.

A rule is written, and the orders that carry the word are read again from the records
that were kept. Nothing is asked of the channel. What a rule does to a payload is in
``mapping.words``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..canonical.conflicts import ConflictKind
from ..canonical.errors import NotFoundError, RefusedError
from ..canonical.orders import Order
from ..canonical.remembered import KnownChannel
from ..mapping.words import CARRIER_PATH, WordRule, Words
from ..store import audit, channels, conflicts, figures, inbox, orders, words
from ..store.audit import AuditRow
from ..store.engine import Connection
from .apply import apply_orders
from .hub import Hub
from .ingest import UNREADABLE
from .reading import ReadOrder, load_reader, make_reader

WORD_CHARACTERS_MAX = 200
_AXES = ("payment", "fulfillment", "held", "cancelled_at")
"""What a word can change about an order, as the preview shows it."""


@dataclass(frozen=True, slots=True)
class Reread:
    """An order that carries a word, and what a rule changes about it."""

    order_external_id: str
    before: Mapping[str, str]
    after: Mapping[str, str]
    problem: str = ""
    """Why it cannot be read under the rule."""


def preview_word(hub: Hub, rule: WordRule) -> list[Reread]:
    """Return what a rule would change about the orders that carry its word.

    Raises:
        NotFoundError: no channel is called so.
        RefusedError: the rule cannot be one.
    """
    _check(rule)
    with hub.store.reading() as connection:
        channel = channels.load(connection, hub.vault, rule.channel)
        now = load_reader(hub, connection, channel)
        then = make_reader(hub, channel, _with(connection, rule))
        return [
            _compare(external_id, payload, now, then)
            for external_id, _, payload in _load_carriers_of(connection, channel, rule)
        ]


def set_word(hub: Hub, rule: WordRule, *, actor: str, reason: str = "") -> list[Reread]:
    """Write a rule and read the orders that carry its word again.

    Raises:
        NotFoundError: no channel is called so.
        RefusedError: the rule cannot be one.
    """
    changed = preview_word(hub, rule)
    lanes: set[str] = set()
    with hub.store.transaction() as connection:
        channel = channels.load(connection, hub.vault, rule.channel)
        now = hub.clock.now()
        before = words.load_words(connection, rule.channel).get(rule.path, {})
        words.write_rule(connection, rule, now)
        subject = f"{rule.channel}/value/{rule.path}={rule.value}"
        old = {"meaning": before.get(rule.value.casefold(), "")}
        entry = AuditRow(
            hub.ids.take(),
            now,
            actor,
            "word.set",
            subject,
            reason,
            old,
            {"meaning": rule.meaning},
        )
        audit.write(connection, entry)
        lanes = _read_again(hub, connection, channel, rule)
        by = {"by": actor, "why": f"{rule.value} means {rule.meaning}"}
        kind = ConflictKind.UNKNOWN_VALUE
        conflicts.close(connection, kind, [subject], by, now)
        hub.reach("words.before_commit")
    hub.wake(lanes)
    return changed


def forget_word(
    hub: Hub, channel: str, path: str, value: str, *, actor: str, reason: str = ""
) -> None:
    """Drop a rule. Orders that were read with it keep what it made of them until their
    channel tells of them again.

    Raises:
        NotFoundError: there is no such rule.
    """
    with hub.store.transaction() as connection:
        if not words.drop_rule(connection, channel, path, value):
            raise NotFoundError(
                f"{channel} has no rule for {path}={value}.",
                next_step="crossdock words list shows every rule.",
            )
        subject = f"{channel}/value/{path}={value}"
        row = AuditRow(
            hub.ids.take(),
            hub.clock.now(),
            actor,
            "word.forget",
            subject,
            reason,
            {},
            {},
        )
        audit.write(connection, row)


def _check(rule: WordRule) -> None:
    texts = {"path": rule.path, "value": rule.value, "meaning": rule.meaning}
    for name, text in texts.items():
        if not text or len(text) > WORD_CHARACTERS_MAX:
            raise RefusedError(
                f"The {name} of a word has 1 to {WORD_CHARACTERS_MAX} characters.",
                next_step="crossdock conflicts list --kind unknown_value shows words.",
            )
    if rule.value.casefold() == rule.meaning.casefold():
        raise RefusedError(f"{rule.value} would mean itself.")


def _with(connection: Connection, rule: WordRule) -> Words:
    known = words.load_words(connection, rule.channel)
    here = {**known.get(rule.path, {}), rule.value.casefold(): rule.meaning}
    return {**known, rule.path: here}


def _load_carriers_of(
    connection: Connection, channel: KnownChannel, rule: WordRule
) -> list[tuple[str, int, Mapping[str, Any]]]:
    """Return the orders that carry a word: id, record and payload of each."""
    if rule.path == CARRIER_PATH:
        return []
    word = f"{rule.path}={rule.value}"
    ids = words.find_orders_with(connection, channel.name, word)
    known = orders.load_by_external_id(connection, channel.name, ids)
    records = {
        figures.get_order(connection, order.id)["inbox_id"]: external_id
        for external_id, order in known.items()
    }
    return [
        (records[record.id], record.id, record.payload)
        for record in inbox.load_records(connection, list(records))
    ]


def _compare(
    external_id: str, payload: Mapping[str, Any], now: ReadOrder, then: ReadOrder
) -> Reread:
    before = _describe(now(payload))
    try:
        after = _describe(then(payload))
    except UNREADABLE as error:
        return Reread(external_id, before, {}, str(error)[:300])
    return Reread(external_id, before, after)


def _describe(order: Order) -> dict[str, str]:
    return {name: str(getattr(order, name) or "") for name in _AXES}


def _read_again(
    hub: Hub, connection: Connection, channel: KnownChannel, rule: WordRule
) -> set[str]:
    """Apply the orders that carry a word, under the rules as they are now."""
    read_order = load_reader(hub, connection, channel)
    readable = []
    for _, record_id, payload in _load_carriers_of(connection, channel, rule):
        try:
            readable.append((read_order(payload), record_id))
        except UNREADABLE:
            continue  # the preview said so; it stays as it was read before
    if not readable:
        return set()
    wanted, found = apply_orders(hub, connection, channel, readable, again=True)
    conflicts.report(connection, found, hub.ids, hub.clock.now())
    hub.mark(connection, wanted)
    return {mark.lane for mark in wanted}
