"""A process of its own that fights for units of one SKU; a script, not a test.

Called with the database's URL, the contender's number, how many threads and how many
attempts each makes; prints how many units it was granted.
"""

from __future__ import annotations

import random
import sys
import threading
from datetime import UTC, datetime, timedelta

from crossdock.canonical.clock import ManualClock
from crossdock.canonical.stock import Cause, StockKey
from crossdock.store import stock
from crossdock.store.engine import Store
from crossdock.store.ids import IdSource
from crossdock.sync.decide.ledger import Ledger

KEY = StockKey("LAMP", "main")
START = datetime(2026, 3, 2, 9, tzinfo=UTC)


def allocate_one(store: Store, ids: IdSource, cause: Cause) -> int:
    with store.transaction() as connection:
        locked = stock.lock_positions(connection, [KEY.sku])
        ledger = Ledger(locked)
        granted = ledger.allocate(KEY, 1, cause)
        changed = {
            key: stock.Counts(account.on_hand, account.allocated, account.reserved)
            for key, account in ledger.changed_positions().items()
        }
        stock.save_positions(connection, changed, locked)
        stock.add_movements(connection, ledger.movements, ids, START)
        return granted


def fight(url: str, number: int, thread_count: int, attempts: int) -> int:
    # An hour apart, so that two processes do not draw the same ids.
    clock = ManualClock(START + timedelta(hours=number))
    store, ids = Store(url), IdSource(clock, random.Random(number))
    granted: list[int] = []

    def attempt(name: str) -> None:
        for turn in range(attempts):
            cause = Cause("order", f"{name}/{turn}")
            granted.append(allocate_one(store, ids, cause))

    threads = [
        threading.Thread(target=attempt, args=(f"{number}-{thread}",))
        for thread in range(thread_count)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    store.close()
    return sum(granted)


if __name__ == "__main__":
    _, database, *figures = sys.argv
    sys.stdout.write(str(fight(database, *map(int, figures))))
