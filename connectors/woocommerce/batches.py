"""The batch routes of products and variations: where a record lives, what fits in one.

Each entry of a batch has an answer of its own in a 200. What is written, and what the
answer means, is the business of ``stock`` and ``prices``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from ...canonical.errors import ChannelError
from ..calls import Answer
from .wire import Json, is_id

BATCH_MAX = 100
"""The most objects in one batch; 101 is a 413."""


def collection_of(record: str) -> str:
    """Return the route of a product or variation; empty where the id is none."""
    product, _, variation = record.partition("/")
    numbers = (product, variation) if "/" in record else (product,)
    if not all(is_id(number) for number in numbers):
        return ""
    return f"/products/{product}/variations" if "/" in record else "/products"


def record_id(record: str) -> int:
    """Return the number under which a batch knows a product or variation."""
    return int(record.rpartition("/")[2])


def plan_batches(records: Sequence[str]) -> Iterator[tuple[str, list[int]]]:
    """Yield (route, places in ``records``), at most 100 places at a time.

    No batch names a record twice; what is no id of this shop is left out.
    """
    rounds: defaultdict[tuple[int, str], list[int]] = defaultdict(list)
    times_seen: defaultdict[str, int] = defaultdict(int)
    for place, record in enumerate(records):
        collection = collection_of(record)
        if collection:
            rounds[times_seen[record], collection].append(place)
            times_seen[record] += 1
    for (_, collection), places in sorted(rounds.items(), key=lambda each: each[0][0]):
        for start in range(0, len(places), BATCH_MAX):
            yield collection, places[start : start + BATCH_MAX]


def index_entries(answer: Answer) -> dict[int, Json]:
    """Return a batch's answers by record id; an answer of another shape holds none.

    The write was sent: what cannot be read leaves its outcome unknown, and no error.
    """
    try:
        parsed = answer.json()
    except ChannelError:
        return {}
    entries = parsed.get("update") if isinstance(parsed, dict) else None
    found = {}
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict) and isinstance(entry.get("id"), int):
            found[entry["id"]] = entry
    return found
