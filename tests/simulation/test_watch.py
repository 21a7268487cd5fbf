"""The checkers with a memory: each sees what it is there for, and nothing else."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest
from crossdock.cli.simulation.invariants import END, STEP, Invariant, find_invariant
from crossdock.cli.simulation.watch import MARKS_MAX, REQUESTS_MAX, Watch
from crossdock.simulators.switchboard import Passage
from crossdock.store import fsck
from crossdock.store.leases import Lease

_TABLES = """
    CREATE TABLE movements (id, sku, location, kind, on_hand_change, allocated_change);
    CREATE TABLE orders (id, channel, external_id, updated_at);
    CREATE TABLE fulfillments (id, order_id, told_at);
    CREATE TABLE leases (lane, holder, token);
    CREATE TABLE marks (id);
    INSERT INTO movements VALUES (1, 'GONG', 'main', 'received', 5, 0);
    INSERT INTO orders VALUES (7, 'north', '1001', 20);
    INSERT INTO fulfillments VALUES (3, 7, 30);
    INSERT INTO leases VALUES ('north', 'ada', 4);
"""


class Books:
    """As much of a database as the checkers ask."""

    def __init__(self) -> None:
        self.file = sqlite3.connect(":memory:")
        self.file.executescript(_TABLES)
        self.found: list[tuple[str, str, str]] = []
        self.watch = Watch(lambda *said: self.found.append(said))

    def exec_driver_sql(self, query: str, values: tuple[Any, ...] = ()) -> Any:
        rows = self.file.execute(query, values).fetchall()
        return _Rows(rows)

    def look(self) -> list[str]:
        """Return the rules that are broken by what is there now."""
        self.found.clear()
        self.watch.look(self)  # type: ignore[arg-type]  # asked in plain SQL only
        return [rule for rule, _, _ in self.found]


class _Rows(list[Any]):
    def first(self) -> Any:
        return self[0] if self else None

    def scalar(self) -> Any:
        return self[0][0]


@pytest.fixture
def books() -> Iterator[Books]:
    made = Books()
    assert made.look() == []
    yield made
    made.file.close()


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ("DELETE FROM movements", "movements_are_only_added"),
        ("UPDATE movements SET on_hand_change = 6", "movements_are_only_added"),
        ("UPDATE orders SET updated_at = 19", "no_older_version_overwrites"),
        ("UPDATE orders SET channel = 'south'", "no_older_version_overwrites"),
        ("DELETE FROM orders", "no_older_version_overwrites"),
        ("UPDATE fulfillments SET told_at = NULL", "what_was_told_stays_told"),
        ("UPDATE leases SET token = 3", "fencing_tokens_only_grow"),
        ("DELETE FROM leases", "fencing_tokens_only_grow"),
    ],
)
def test_what_goes_backwards_is_reported(books: Books, change: str, rule: str) -> None:
    books.file.execute(change)
    assert books.look() == [rule]
    assert books.look() == []  # once


@pytest.mark.parametrize(
    "change",
    [
        "INSERT INTO movements VALUES (2, 'GONG', 'main', 'shipped', -1, -1)",
        "UPDATE orders SET updated_at = 21",
        "INSERT INTO fulfillments VALUES (4, 7, 31)",
        "UPDATE leases SET token = 5, holder = 'bea'",
    ],
)
def test_what_goes_on_is_not_reported(books: Books, change: str) -> None:
    books.file.execute(change)
    assert books.look() == []


def test_i11_more_work_than_there_can_be_is_reported(books: Books) -> None:
    books.file.executemany(
        "INSERT INTO marks VALUES (?)", [(one,) for one in range(MARKS_MAX + 1)]
    )
    assert books.look() == ["work_stays_bounded"]


@pytest.mark.parametrize(
    ("lease", "broken"),
    [
        (Lease("north", "ada", 4), False),
        (Lease("north", "ada", 3), True),
        (Lease("north", "bea", 4), True),
        (Lease("south", "ada", 4), True),
    ],
)
def test_i7_a_transaction_goes_by_the_lease_that_the_lane_has(
    books: Books, lease: Lease, *, broken: bool
) -> None:
    books.watch.hear_hold(books, lease)  # type: ignore[arg-type]  # as above
    rules = [rule for rule, _, _ in books.found]
    assert rules == ["nothing_is_written_under_a_lost_lease"] * broken


def ask(books: Books, host: str, credentials: str, path: str = "/orders") -> list[str]:
    passage = Passage(host, "GET", path, credentials=credentials)
    books.watch.hear_passage(passage, 5.0)
    return [rule for rule, _, _ in books.found]


def test_i8_credentials_of_one_shop_are_not_shown_to_another(books: Books) -> None:
    assert ask(books, "north.example", "Bearer 1") == []
    assert ask(books, "south.example", "Bearer 2") == []
    assert ask(books, "north.example", "Bearer 1") == []
    assert ask(books, "south.example", "Bearer 1") == [
        "credentials_go_to_their_own_shop"
    ]


def test_i9_a_secret_in_an_address_is_reported(books: Books) -> None:
    assert ask(books, "north.example", "", "/hooks/canary-1") == [
        "no_secret_is_in_an_address"
    ]


def test_i11_a_shop_is_not_asked_without_end(books: Books) -> None:
    for _ in range(REQUESTS_MAX - 1):
        assert ask(books, "north.example", "") == []
    assert ask(books, "north.example", "") == ["requests_stay_bounded"]


def test_d10_a_listing_is_not_written_to_more_often_than_its_shop_allows(
    books: Books,
) -> None:
    for hour in (0, 1, 2, 25, 26):  # two of them are of another day
        books.watch.hear_revision("south/listing/7", hour * 3600.0, 3)
    assert books.found == []
    books.watch.hear_revision("south/listing/7", 26 * 3600.0 - 1, 2)
    assert [rule for rule, _, _ in books.found] == ["revisions_stay_in_budget"]


def test_every_rule_belongs_to_an_invariant_and_every_invariant_has_rules() -> None:
    rules = {**STEP, **END}
    assert set(rules.values()) == set(Invariant)
    for rule in (*rules, *(f"fsck.{name}" for name in fsck.RULES)):
        assert find_invariant(rule) in Invariant
    with pytest.raises(KeyError):
        find_invariant("a_rule_that_nobody_made")
