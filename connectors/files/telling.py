"""Parcels out: one small file for each, with the hub's reference in it and in its name.

The same push makes the same file again, so that repeating does no harm.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

from ...canonical.errors import OutcomeUnknownError, RejectedError
from ...canonical.pushes import FulfillmentPush, Outcome, PushResult
from .folder import Folder
from .goods import render_csv
from .settings import FilesSettings

COLUMNS = (
    "order",
    "line",
    "quantity",
    "carrier",
    "tracking_number",
    "tracking_url",
    "shipped_at",
    "completes_order",
    "reference",
)
TAKEN = "taken"
"""Where the other side may put what it has taken over, so that it is still found."""


def push_fulfillment(
    folder: Folder, settings: FilesSettings, push: FulfillmentPush, now: datetime
) -> PushResult:
    """Write the file of a parcel; its name is the id.

    Raises:
        RetryLaterError: it was not written.
    """
    name = name_parcel(push.reference)
    rows = (
        (
            push.order_external_id,
            line.line_external_id,
            str(line.quantity),
            push.carrier,
            push.tracking_number,
            push.tracking_url,
            push.shipped_at.isoformat(),
            "yes" if push.completes_order else "no",
            push.reference,
        )
        for line in push.lines
    )
    try:
        folder.write(settings.out_folder, name, render_csv(COLUMNS, rows), now)
    except OutcomeUnknownError as error:
        return PushResult(Outcome.UNKNOWN, error.message)
    except RejectedError as error:
        return PushResult(Outcome.REFUSED, error.message)
    return PushResult(Outcome.ACCEPTED, external_id=name)


def find_fulfillment(
    folder: Folder, settings: FilesSettings, push: FulfillmentPush
) -> str | None:
    """Return the name of the parcel's file, if it is there or was taken over."""
    name = name_parcel(push.reference)
    for place in (settings.out_folder, f"{settings.out_folder}/{TAKEN}"):
        if any(entry.name == name for entry in folder.list_entries(place)):
            return name
    return None


def name_parcel(reference: str) -> str:
    """Return the name of a parcel's file: short, plain, and the same every time."""
    digest = hashlib.sha256(reference.encode()).hexdigest()[:16]
    return f"tracking-{digest}.csv"
