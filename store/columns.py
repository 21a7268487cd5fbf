"""Column types that mean the same on SQLite and on PostgreSQL.

Times are integers of microseconds since 1970 in UTC, since SQLite has no time type and
text times compare wrongly across zones. Money has no type of its own: it is a column
of minor units beside a currency.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import BigInteger, Dialect, Integer, Text, TypeDecorator

Id = BigInteger().with_variant(Integer(), "sqlite")
"""A primary key that SQLite keeps as its row id instead of in an index of its own."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class UtcMicroseconds(TypeDecorator[datetime]):
    """A UTC moment, stored as microseconds since 1970."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(
        self, value: datetime | None, dialect: Dialect
    ) -> int | None:
        """Return the integer that the database keeps."""
        return None if value is None else to_microseconds(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Return the moment that the integer stands for."""
        return None if value is None else to_moment(value)


class Json(TypeDecorator[Any]):
    """A JSON document kept as text: the databases are never asked to look inside."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Return the document as text."""
        return None if value is None else encode_json(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """Return the document."""
        return None if value is None else decode_json(value)


def to_microseconds(moment: datetime) -> int:
    """Return microseconds since 1970 for a moment that has a zone."""
    return (moment - _EPOCH) // _MICROSECOND


def to_moment(microseconds: int) -> datetime:
    """Return the UTC moment that lies so many microseconds after 1970."""
    return _EPOCH + microseconds * _MICROSECOND


def encode_json(document: Any) -> str:
    """Return the text that a JSON column keeps."""
    return orjson.dumps(document).decode()


def decode_json(text: str) -> Any:
    """Return the document that a JSON column kept."""
    return orjson.loads(text)
