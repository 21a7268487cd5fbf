"""A page of keys is looked up at once, and what comes back is as it was written."""

from __future__ import annotations

from datetime import UTC, datetime

from crossdock.store.engine import Store
from crossdock.store.rows import insert_rows, select_rows
from crossdock.store.tables import leases, mapping_rules

MOMENT = datetime(2026, 3, 2, 9, 0, 0, 123456, tzinfo=UTC)


def test_the_rows_of_a_whole_page_of_keys_are_found(store: Store) -> None:
    lanes = [f"lane-{number}" for number in range(250)]
    with store.transaction() as connection:
        written = [(lane, "anna", 1, MOMENT) for lane in lanes]
        insert_rows(connection, leases, [*written, ("lane-0'x", "anna", 2, MOMENT)])
        found = select_rows(
            connection,
            leases,
            ("lane", "expires_at"),
            where={"holder": "anna", "token": 1},
            among=("lane", [*lanes, "lane-0'x", "unheard of"]),
        )
    assert sorted(found) == sorted((lane, MOMENT) for lane in lanes)


def test_no_keys_find_nothing(store: Store) -> None:
    with store.transaction() as connection:
        insert_rows(connection, leases, [("lane", "anna", 1, MOMENT)])
        among: tuple[str, list[str]] = ("lane", [])
        assert select_rows(connection, leases, ("lane",), where={}, among=among) == []


def test_flags_documents_and_times_come_back_as_what_they_were(store: Store) -> None:
    row = (7, "shop", "1", "", True, [{"sku": "A", "units": 2}], None, MOMENT)
    names = tuple(column.name for column in mapping_rules.columns)
    with store.transaction() as connection:
        insert_rows(connection, mapping_rules, [row])
        among = ("id", [7, 8])
        found = select_rows(connection, mapping_rules, names, where={}, among=among)
    assert found == [row]
    assert found[0][names.index("ignored")] is True
