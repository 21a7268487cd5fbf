"""Words of channels: what the merchant says they mean, and which nobody knows yet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, select

from ..canonical.orders import Order
from ..mapping.words import WordRule, Words, group_rules
from .rows import insert_rows
from .tables import unknown_words, words
from .upsert import upsert


def load_words(connection: Connection, channel: str) -> Words:
    """Return a channel's rules, ready to be applied."""
    return group_rules(load_rules(connection, channel))


def load_rules(connection: Connection, channel: str | None = None) -> list[WordRule]:
    """Return the rules of a channel, or of all, in the order of their paths."""
    query = select(words).order_by(words.c.channel, words.c.path, words.c.value)
    if channel is not None:
        query = query.where(words.c.channel == channel)
    return [
        WordRule(row.channel, row.path, row.value, row.meaning)
        for row in connection.execute(query)
    ]


def write_rule(connection: Connection, rule: WordRule, written_at: datetime) -> None:
    """Remember a rule; one for the same word is replaced."""
    upsert(
        connection,
        words,
        [
            {
                "channel": rule.channel,
                "path": rule.path,
                "value": rule.value,
                "meaning": rule.meaning,
                "written_at": written_at,
            }
        ],
        key=("channel", "path", "value"),
        change=("meaning", "written_at"),
    )


def drop_rule(connection: Connection, channel: str, path: str, value: str) -> bool:
    """Forget a rule; False where there is none."""
    gone = connection.execute(
        delete(words).where(
            words.c.channel == channel, words.c.path == path, words.c.value == value
        )
    )
    return gone.rowcount > 0


def note_unknown(
    connection: Connection, channel: str, orders: Sequence[Order], *, again: bool
) -> None:
    """Remember which orders carry words that nobody knows.

    ``again`` says that some of the orders may have been noted before.
    """
    noted = [order for order in orders if again or order.unknown_values]
    if not noted:
        return
    ids = [order.external_id for order in noted]
    connection.execute(
        delete(unknown_words).where(
            unknown_words.c.channel == channel,
            unknown_words.c.order_external_id.in_(ids),
        )
    )
    rows = [
        (channel, order.external_id, word)
        for order in noted
        for word in dict.fromkeys(order.unknown_values)
    ]
    insert_rows(connection, unknown_words, rows)


def find_orders_with(connection: Connection, channel: str, word: str) -> list[str]:
    """Return the channel's ids of the orders that carry a word nobody knows."""
    found = connection.scalars(
        select(unknown_words.c.order_external_id)
        .where(unknown_words.c.channel == channel, unknown_words.c.word == word)
        .order_by(unknown_words.c.order_external_id)
    )
    return list(found)
