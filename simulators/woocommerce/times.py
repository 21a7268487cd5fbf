"""Times as WooCommerce writes and reads them: naive, in site time or UTC.

Reading copies the server's mistakes, because a client must live with them.
"""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo


def gmt_text(moment: datetime | None) -> str | None:
    """Write a moment in UTC, naive, in whole seconds."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S") if moment is not None else None


def local_text(moment: datetime | None, zone: ZoneInfo) -> str | None:
    """Write a moment in the site's time, naive, in whole seconds."""
    return gmt_text(moment.astimezone(zone)) if moment is not None else None


def read_filter_time(text: str, zone: ZoneInfo, *, dates_are_gmt: bool) -> datetime:
    """Read ``modified_after`` and its kind as the server does.

    Seen on a 11.0.1 server: a naive time is site time unless ``dates_are_gmt``; a time
    with a zone *and* ``dates_are_gmt`` is converted twice; fractions of a second make
    the server forget the zone.

    Raises:
        ValueError: it is no date and time.
    """
    # In a query a bare plus sign before the zone arrives as a space.
    moment = datetime.fromisoformat(text[:11] + text[11:].replace(" ", "+"))
    if moment.microsecond or "." in text:
        moment = moment.replace(microsecond=0, tzinfo=None)
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC if dates_are_gmt else zone).astimezone(UTC)
    moment = moment.astimezone(UTC)
    if dates_are_gmt:
        # Turned into site time because of its zone, and then taken for UTC.
        return moment.astimezone(zone).replace(tzinfo=UTC)
    return moment
