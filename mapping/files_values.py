"""What the numbers and dates of a file mean: decided once for each file, then read.

"1,234" and "03/04/2026" mean two things each. All values of a file are looked at
together; where they leave a doubt, that is said, and a setting decides. Nothing is
guessed. Pure; no clock.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ..canonical.errors import MappingError

_MONEY_SIGNS = re.compile(
    r"[\s\u00a0\u202f'\u2019\u20ac$\u00a3\u00a5]|(?<![A-Za-z])[A-Z]{3}(?![A-Za-z])"
)
_PLAIN = re.compile(r"-?[0-9]{1,14}(\.[0-9]{1,20})?")
_DATE = re.compile(
    r"(\d{1,4})([./-])(\d{1,2})\2(\d{1,4})"
    r"(?:[T ,]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*([AaPp][Mm])?)?"
    r"\s*(Z|UTC|[+-]\d{2}:?\d{2})?"
)


class DecimalMark(StrEnum):
    """Which sign stands before the cents."""

    POINT = "point"
    COMMA = "comma"


class DateOrder(StrEnum):
    """In which order a date is written."""

    YEAR_FIRST = "ymd"
    DAY_FIRST = "dmy"
    MONTH_FIRST = "mdy"


def decide_decimal_mark(texts: Iterable[str]) -> DecimalMark:
    """Return the decimal mark of a file's numbers.

    Raises:
        MappingError: they could mean either, or mean both.
    """
    seen: set[DecimalMark] = set()
    doubtful = ""
    for text in texts:
        told = _tell_mark(_MONEY_SIGNS.sub("", text))
        if told == "?":
            doubtful = doubtful or text
        elif told:
            seen.add(DecimalMark(told))
    if len(seen) > 1:
        raise MappingError(
            "some numbers have a decimal comma and others a decimal point",
            path="numbers",
            next_step="Say in the setting decimal_mark which of them is meant.",
        )
    if not seen and doubtful:
        raise MappingError(
            f"{doubtful!r} may be a thousand or a fraction",
            path="numbers",
            next_step="Say in the setting decimal_mark whether it is point or comma.",
        )
    return seen.pop() if seen else DecimalMark.POINT


def _tell_mark(number: str) -> str:
    """Return the mark that one number proves, "?" for a doubt, "" for no mark."""
    point, comma = number.rfind("."), number.rfind(",")
    if point < 0 and comma < 0:
        return ""
    if point >= 0 and comma >= 0:
        return DecimalMark.POINT if point > comma else DecimalMark.COMMA
    sign, mark = (".", DecimalMark.POINT) if point >= 0 else (",", DecimalMark.COMMA)
    other = DecimalMark.COMMA if mark is DecimalMark.POINT else DecimalMark.POINT
    if number.count(sign) > 1:
        return other
    whole, _, rest = number.partition(sign)
    thousands = len(rest) == 3 and 0 < len(whole.lstrip("-")) <= 3
    return "?" if thousands and whole.lstrip("-0") else mark


def read_number(text: str, mark: DecimalMark) -> str:
    """Return a number as plain digits with a point.

    Raises:
        ValueError: it is no number as this file writes them.
    """
    bare = _MONEY_SIGNS.sub("", text)
    if bare.endswith("-"):  # as accounting programs write what is owed
        bare = f"-{bare[:-1]}"
    group, point = (",", ".") if mark is DecimalMark.POINT else (".", ",")
    whole, dot, rest = bare.partition(point)
    if group in rest or not re.fullmatch(
        rf"-?(\d+|\d{{1,3}}({re.escape(group)}\d{{3}})+)", whole, re.ASCII
    ):
        raise ValueError(f"{text!r} is not a number with a decimal {mark}")
    plain = f"{whole.replace(group, '')}{'.' if dot else ''}{rest}"
    if not _PLAIN.fullmatch(plain):
        raise ValueError(f"{text!r} is not a number with a decimal {mark}")
    return plain


def read_whole(text: str, mark: DecimalMark) -> int:
    """Return a number of units.

    Raises:
        ValueError: it is no number, or no whole one.
    """
    whole, _, rest = read_number(text, mark).partition(".")
    if rest.strip("0"):
        raise ValueError(f"{text!r} is no whole number of units")
    return int(whole)


def decide_date_order(texts: Iterable[str]) -> DateOrder:
    """Return the order of day and month in a file's dates.

    Raises:
        MappingError: they could mean either, or mean both.
    """
    seen: set[DateOrder] = set()
    doubtful = ""
    for text in texts:
        found = _DATE.fullmatch(text.strip())
        if not found or len(found.group(1)) == 4:
            continue
        first, mark, second = int(found.group(1)), found.group(2), int(found.group(3))
        if first > 12 or mark == ".":  # with points, the day stands first everywhere
            seen.add(DateOrder.DAY_FIRST)
        elif second > 12:
            seen.add(DateOrder.MONTH_FIRST)
        elif first != second:
            doubtful = doubtful or text
    if len(seen) > 1:
        raise MappingError(
            "some dates begin with the day and others with the month",
            path="dates",
            next_step="Say in the setting dates which of them is meant.",
        )
    if not seen and doubtful:
        raise MappingError(
            f"{doubtful!r} may begin with the day or with the month",
            path="dates",
            next_step="Say in the setting dates whether it is dmy or mdy.",
        )
    return seen.pop() if seen else DateOrder.YEAR_FIRST


def read_date(text: str, order: DateOrder, zone: tzinfo) -> datetime:
    """Return a date, with or without a time, in UTC.

    Raises:
        ValueError: it is no date as this file writes them.
    """
    found = _DATE.fullmatch(text.strip())
    if not found:
        raise ValueError(f"{text!r} is no date")
    one, _, two, three, *clock = found.groups()
    if len(one) == 4:
        year, month, day = one, two, three
    elif order is DateOrder.MONTH_FIRST:
        month, day, year = one, two, three
    else:
        day, month, year = one, two, three
    hour, minute, second, half, offset = clock
    hours = int(hour or 0)
    if half:
        hours = hours % 12 + (12 if half.lower() == "pm" else 0)
    full_year = int(year) + (2000 if len(year) == 2 else 0)
    try:
        moment = datetime(
            full_year,
            int(month),
            int(day),
            hours,
            int(minute or 0),
            int(second or 0),
            tzinfo=_read_offset(offset) or zone,
        )
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} is no date of the calendar") from None


def _read_offset(offset: str | None) -> tzinfo | None:
    if not offset:
        return None
    if offset in {"Z", "UTC"}:
        return UTC
    return datetime.strptime(offset.replace(":", ""), "%z").tzinfo


def find_zone(name: str) -> tzinfo:
    """Return a time zone by its name.

    Raises:
        ValueError: there is none of that name.
    """
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{name!r} is no time zone; Europe/Berlin is one") from None
