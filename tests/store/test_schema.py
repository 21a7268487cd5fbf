"""The schema: built by the migrations as the tables say it, and never guessed at."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from crossdock.canonical.errors import SchemaMismatchError
from crossdock.store import locations, schema, stock
from crossdock.store.engine import Store
from crossdock.store.tables import metadata
from sqlalchemy import BigInteger, Connection, Integer, create_engine, inspect, text


@pytest.fixture
def empty(database_url: str) -> Iterator[Store]:
    """A database that nobody set up yet."""
    opened = Store(database_url)
    yield opened
    opened.close()


def set_revision(store: Store, revision: str) -> None:
    with store.transaction() as connection:
        connection.execute(
            text("UPDATE alembic_version SET version_num = :revision"),
            {"revision": revision},
        )


def test_an_empty_database_is_brought_up_and_then_left_alone(empty: Store) -> None:
    assert schema.read_version(empty) is None
    assert schema.upgrade(empty) == schema.head_revision()
    assert schema.read_version(empty) == schema.head_revision()
    assert schema.upgrade(empty) == schema.head_revision()
    schema.require_current(empty)


def test_the_migrations_build_what_the_tables_say(store: Store) -> None:
    with store.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def describe_rules(connection: Connection) -> set[tuple[str, str]]:
    """Return every CHECK and every index as text; Alembic compares neither."""
    inspector = inspect(connection)
    found = {
        (f"{table}.{check['name']}", check["sqltext"])
        for table in metadata.tables
        for check in inspector.get_check_constraints(table)
    }
    for table in metadata.tables:
        for index in inspector.get_indexes(table):
            where = index.get("dialect_options", {})
            conditions = [str(value) for value in where.values()]
            found.add((f"{table}.{index['name']}", f"{index['unique']} {conditions}"))
    return found


def test_the_migrations_write_the_same_conditions_as_the_tables(store: Store) -> None:
    with store.reading() as connection:
        migrated = describe_rules(connection)
    with store.transaction() as connection:
        metadata.drop_all(connection)
        metadata.create_all(connection)
        assert describe_rules(connection) == migrated
    assert len(migrated) > 20


def test_a_database_that_was_never_set_up_is_not_worked_on(empty: Store) -> None:
    with pytest.raises(SchemaMismatchError, match="not been set up") as caught:
        schema.require_current(empty)
    assert caught.value.next_step.startswith("Run crossdock init")


def test_a_hub_with_stock_goes_on_selling_it_after_the_upgrade(empty: Store) -> None:
    """Positions of the first schema name their locations; nobody else did."""
    upgrade_to(empty, "0001")
    with empty.transaction() as connection:
        for statement in (
            "INSERT INTO skus VALUES ('LAMP', 'lamp', '', '', 0, 0)",
            "INSERT INTO positions VALUES ('LAMP', 'attic', 3, 0, 0)",
            "INSERT INTO conflicts (id, kind, subject, channel, status, summary, facts,"
            " proposals, occurrences, opened_at, seen_at) VALUES (1, 'shortfall',"
            " 'sku/LAMP@attic', '', 'open', '', '{}', '[]', 1, 0, 0)",
        ):
            connection.execute(text(statement))
    schema.upgrade(empty)
    with empty.reading() as connection:
        rows = {row.name: row.sells for row in locations.load_all(connection)}
        assert rows == {"attic": True, "in-transit": False}
        subjects = connection.scalars(text("SELECT subject FROM conflicts")).all()
        assert subjects == ["sku/LAMP"]
        assert stock.load_terms(connection, ["LAMP"]) == {"LAMP": stock.SkuTerms()}


def upgrade_to(store: Store, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(schema._SCRIPTS))
    with store.transaction() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def test_a_newer_schema_is_refused_and_not_touched(store: Store) -> None:
    set_revision(store, "9999")
    with pytest.raises(SchemaMismatchError, match="9999, which this version"):
        schema.upgrade(store)
    assert schema.read_version(store) == "9999"


SET_UP = """
import sys
from crossdock.store import schema
from crossdock.store.engine import Store
schema.upgrade(Store(sys.argv[1]))
"""


def test_several_processes_may_set_up_a_new_database_at_once(empty: Store) -> None:
    url = empty.engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-c", SET_UP, url]
    started = [subprocess.Popen(command) for _ in range(3)]
    assert [process.wait(timeout=60) for process in started] == [0, 0, 0]
    schema.require_current(empty)


def test_another_schema_is_named_with_the_one_that_is_needed(store: Store) -> None:
    set_revision(store, "9999")
    expected = f"at schema 9999; this Crossdock needs {schema.head_revision()}"
    with pytest.raises(SchemaMismatchError, match=expected):
        schema.require_current(store)


def test_a_migration_that_fails_leaves_an_empty_database(
    empty: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object, **options: object) -> None:
        raise RuntimeError("the power went")

    monkeypatch.setattr("alembic.operations.Operations.create_index", fail)
    with pytest.raises(RuntimeError, match="the power went"):
        schema.upgrade(empty)
    with empty.reading() as connection:
        assert inspect(connection).get_table_names() == []
    monkeypatch.undo()
    assert schema.upgrade(empty) == schema.head_revision()


def test_f21_no_column_holds_a_fraction() -> None:
    exact = {"BIGINT", "INTEGER", "TEXT", "BLOB", "BOOLEAN", "BYTEA"}
    dialect = create_engine("sqlite://").dialect
    kinds = {
        str(column.type.compile(dialect))
        for table in metadata.sorted_tables
        for column in table.columns
    }
    assert kinds <= exact


def test_f21_money_is_counted_in_minor_units_of_64_bits() -> None:
    columns = [
        column
        for table in metadata.sorted_tables
        for column in table.columns
        if column.name.endswith("_minor")
    ]
    assert {str(column) for column in columns} == {
        "order_lines.total_minor",
        "orders.residue_minor",
        "orders.total_minor",
    }
    assert all(isinstance(column.type, BigInteger) for column in columns)


def test_only_small_counters_of_the_hub_itself_have_32_bits() -> None:
    small = {
        column.name
        for table in metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, Integer) and not isinstance(column.type, BigInteger)
    }
    assert small == {
        "attempts",
        "buffer_units",
        "credentials_version",
        "occurrences",
        "priority",
        "version",
    }
