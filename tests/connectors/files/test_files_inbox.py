"""Dropped files are read once, whole, and never lost; what is no file is refused."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from crossdock.canonical.errors import (
    ContractBrokenError,
    MappingError,
    RejectedError,
    RetryLaterError,
)
from crossdock.canonical.orders import FulfilledLine
from crossdock.canonical.pages import Page, Record
from crossdock.canonical.pushes import FulfillmentPush, Outcome, StockWrite
from crossdock.connectors.files import folder as folders
from crossdock.connectors.files import inbox, plugin
from crossdock.connectors.files.connector import FilesConnector
from crossdock.connectors.files.folder import LocalFolder

HEADER = "order,sku,quantity,price"
Open = Callable[..., Any]


def walk(stand: Any, cursor: str | None = None, **changes: Any) -> list[Page]:
    pages: list[Page] = []
    since = stand.clock.now() - timedelta(days=1)
    while not pages or not pages[-1].complete:
        pages.append(stand.connect(**changes).pull_orders(cursor, since=since))
        cursor = pages[-1].cursor
    return pages


def ids(pages: list[Page]) -> list[str]:
    return [record.external_id for page in pages for record in page.records]


def why(record: Record) -> MappingError:
    with pytest.raises(MappingError) as caught:
        plugin.translator.read_order(record.payload)
    return caught.value


def test_a_file_that_still_grows_is_left_until_it_has_settled(stand: Any) -> None:
    path = stand.drop("a.csv", HEADER, "1,LAMP,1,2.00", "2,LA")
    pages = walk(stand)
    assert ids(pages) == []
    stand.clock.advance(5)
    stand.drop("a.csv", HEADER, "1,LAMP,1,2.00", "2,LAMP,1,2.00")
    stand.clock.advance(9)
    assert ids(walk(stand, pages[-1].cursor)) == []
    stand.clock.advance(1)
    assert ids(walk(stand, pages[-1].cursor)) == ["1", "2"]
    assert path.exists()


def test_with_markers_a_file_waits_for_its_own(open_folder: Open) -> None:
    stand = open_folder(finished="marker")
    stand.drop("a.csv", HEADER, "1,LAMP,1,2.00")
    stand.clock.advance(3600)
    assert ids(walk(stand)) == []
    stand.drop("a.csv.done")
    pages = walk(stand)
    assert ids(pages) == ["1"]
    walk(stand, pages[-1].cursor)
    assert os.listdir(stand.folder / "orders") == ["done"]


def test_a_file_is_moved_only_after_the_hub_has_saved_what_was_in_it(
    stand: Any,
) -> None:
    path = stand.drop("a.csv", HEADER, "1,LAMP,1,2.00")
    stand.clock.advance(60)
    first = walk(stand)
    assert path.exists()
    # The hub died before it saved the page: the same cursor brings the same order.
    assert ids(walk(stand)) == ids(first) == ["1"]
    again = walk(stand, first[-1].cursor)
    assert not path.exists()
    assert ids(again) == []
    (moved,) = os.listdir(stand.folder / "orders" / "done")
    assert moved.endswith("-a.csv")


def test_a_cursor_from_a_backup_finds_what_was_moved_since(stand: Any) -> None:
    old = walk(stand)[-1].cursor
    stand.drop("a.csv", HEADER, "1,LAMP,1,2.00")
    stand.clock.advance(60)
    later = walk(stand, old)[-1].cursor
    stand.clock.advance(3600)
    last = walk(stand, later)[-1].cursor
    stand.clock.advance(3600)
    assert ids(walk(stand, old)) == ["1"]
    assert ids(walk(stand, last)) == []


@pytest.mark.parametrize("moves", [True, False])
def test_the_same_content_under_another_name_is_no_news(
    open_folder: Open, moves: bool
) -> None:
    stand = open_folder(move_read_files=moves)
    stand.drop("a.csv", HEADER, "1,LAMP,1,2.00")
    stand.clock.advance(60)
    cursor = walk(stand)[-1].cursor
    for day in range(3):
        stand.drop(f"copy-{day}.csv", HEADER, "1,LAMP,1,2.00")
        stand.clock.advance(60)
        pages = walk(stand, cursor)
        assert ids(pages) == []
        cursor = pages[-1].cursor


def test_a_file_that_keeps_an_old_time_is_read_all_the_same(stand: Any) -> None:
    stand.drop("a.csv", HEADER, "1,LAMP,1,2.00")
    stand.clock.advance(60)
    cursor = walk(stand)[-1].cursor
    stand.drop(
        "b.csv",
        HEADER,
        "2,LAMP,1,2.00",
        at=stand.clock.now() - timedelta(days=300),
    )
    assert ids(walk(stand, cursor)) == ["2"]


def test_a_file_replaced_between_two_pages_is_read_from_its_start(stand: Any) -> None:
    many = [f"{number},LAMP,1,2.00" for number in range(150)]
    stand.drop("a.csv", HEADER, *many)
    stand.clock.advance(60)
    since = stand.clock.now() - timedelta(days=1)
    page = stand.connect().pull_orders(None, since=since)
    assert (len(page.records), page.complete) == (100, False)
    stand.drop("a.csv", HEADER, "new,LAMP,1,2.00", *many)
    stand.clock.advance(60)
    assert set(ids(walk(stand, page.cursor))) == {"new", *map(str, range(150))}


def test_a_later_file_tells_the_newer_version_of_an_order(stand: Any) -> None:
    stand.drop("a.csv", HEADER, "1,LAMP,1,2.00")
    stand.clock.advance(60)
    stand.drop("b.csv", HEADER, "1,LAMP,3,2.00")
    stand.clock.advance(60)
    (record,) = stand.connect().fetch_orders(["1", "unknown"])
    assert plugin.translator.read_order(record.payload).lines[0].quantity == 3
    assert [one.updated_at for one in walk(stand)[0].records][1] == record.updated_at


def test_a_bad_row_is_one_record_and_the_others_go_on(stand: Any) -> None:
    stand.drop("a.csv", HEADER, "1,LAMP,1,2.00", ",LAMP,1,2.00", "3,LAMP,x,2.00")
    stand.clock.advance(60)
    one, two, three = walk(stand)[0].records
    assert plugin.translator.read_order(one.payload).external_id == "1"
    assert why(two).path == "line 3"
    assert why(three).path == "line 4, quantity"


def test_a_file_in_doubt_stays_and_is_read_once_a_setting_says_more(
    stand: Any,
) -> None:
    path = stand.drop("a.csv", HEADER, "1,LAMP,1,1.234")
    stand.clock.advance(60)
    pages = walk(stand)
    assert "decimal_mark" in why(pages[0].records[0]).next_step
    again = walk(stand, pages[-1].cursor)
    assert ids(again) == []
    assert path.exists()
    stand.drop("b.csv", HEADER, "2,LAMP,1,2.00")
    settled = walk(stand, None, decimal_mark="comma")
    assert ids(settled) == ["1"]


def test_a_setting_that_settles_a_doubt_makes_the_file_news_to_an_old_cursor(
    stand: Any,
) -> None:
    stand.drop("a.csv", HEADER, "1,LAMP,1,1.234")
    stand.clock.advance(60)
    cursor = walk(stand)[-1].cursor
    assert ids(walk(stand, cursor, decimal_mark="comma")) == ["1"]


@pytest.mark.parametrize(
    ("name", "body", "said"),
    [
        ("bomb.zip", b"PK\x03\x04", "archive"),
        ("book.xlsx", b"PK\x03\x04", "archive"),
        ("wrong.csv", b"\x1f\x8b\x00", "gzip"),
        ("picture.csv", b"\x00\x01", "not text"),
    ],
)
def test_what_is_no_csv_file_is_refused_with_a_sentence(
    stand: Any, name: str, body: bytes, said: str
) -> None:
    path = stand.drop(name)
    path.write_bytes(body)
    moment = stand.clock.now().timestamp()
    os.utime(path, (moment, moment))
    stand.clock.advance(60)
    pages = walk(stand)
    assert ids(pages) == [f"file:{name}"]
    assert said in why(pages[0].records[0]).message
    assert ids(walk(stand, pages[-1].cursor)) == []


def test_a_giant_file_is_refused_unread(
    stand: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand.drop("a.csv", HEADER, *["1,LAMP,1,2.00"] * 50)
    stand.clock.advance(60)
    monkeypatch.setattr("crossdock.connectors.files.orders.FILE_BYTES_MAX", 100)
    assert "bytes" in why(walk(stand)[0].records[0]).message


def test_a_file_larger_than_its_folder_said_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.csv").write_bytes(b"x" * 200)
    monkeypatch.setattr(folders, "FILE_BYTES_MAX", 100)
    with pytest.raises(RejectedError, match="are the most"):
        LocalFolder(str(tmp_path)).read("", "a.csv")


def test_links_and_pipes_are_refused_and_not_followed(
    stand: Any, tmp_path: Path
) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text(f"{HEADER}\n1,LAMP,1,2.00\n")
    (stand.folder / "orders" / "link.csv").symlink_to(secret)
    os.mkfifo(stand.folder / "orders" / "pipe.csv")
    stand.clock.advance(10_000_000)
    stand.drop("good.csv", HEADER, "2,LAMP,1,2.00")
    stand.clock.advance(60)
    pages = walk(stand)
    found = {one.external_id: one for page in pages for one in page.records}
    assert {"2"} < set(found) <= {"2", "file:link.csv", "file:pipe.csv"}
    for name in set(found) - {"2"}:
        assert "ordinary" in why(found[name]).message


def test_a_link_that_is_asked_for_is_refused_too(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "secret").write_text("x")
    (tmp_path / "in" / "link").symlink_to(tmp_path / "secret")
    os.mkfifo(tmp_path / "in" / "pipe")
    folder = LocalFolder(str(tmp_path / "in"))
    for name in ("link", "pipe"):
        with pytest.raises(RejectedError, match="ordinary"):
            folder.read("", name)
    for name in ("../secret", "..", "", "a\\b", "a\x00"):
        with pytest.raises(RejectedError, match="plain file name"):
            folder.read("", name)


def test_a_place_that_links_out_of_the_folder_is_refused(
    stand: Any, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (stand.folder / "orders").rmdir()
    (stand.folder / "orders").symlink_to(elsewhere)
    with pytest.raises(RejectedError, match="leads out"):
        walk(stand)


def test_a_file_from_the_far_future_is_refused(stand: Any) -> None:
    stand.drop("a.csv", HEADER, "1,LAMP,1,2.00", at=stand.clock.now() + timedelta(9))
    assert "future" in why(walk(stand)[0].records[0]).message


def test_a_file_that_grows_while_it_is_read_waits(
    stand: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand.drop("a.csv", HEADER, "1,LAMP,1,2.00")
    stand.clock.advance(60)
    monkeypatch.setattr(LocalFolder, "read", lambda *args: b"order,sku,quantity\n")
    with pytest.raises(RetryLaterError, match="growing"):
        walk(stand)


def test_other_names_and_hidden_ones_are_left_alone(stand: Any) -> None:
    for name in ("notes.md", ".a.csv", "a.csv.part"):
        stand.drop(name, HEADER, "1,LAMP,1,2.00")
    stand.clock.advance(60)
    assert ids(walk(stand)) == []


def test_a_folder_that_is_not_mounted_is_not_taken_for_an_empty_one(
    stand: Any,
) -> None:
    connector = stand.connect(location=str(stand.folder / "gone"))
    for act in (connector.check, lambda: connector.pull_listings(None)):
        with pytest.raises(RejectedError, match="is not there"):
            act()


def test_a_folder_with_too_many_files_is_refused(
    stand: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folders, "ENTRIES_MAX", 1)
    for name in ("a.csv", "b.csv"):
        stand.drop(name)
    with pytest.raises(RejectedError, match="more than 1 files"):
        walk(stand)


def test_a_cursor_that_is_none_of_ours_says_so() -> None:
    with pytest.raises(ContractBrokenError, match="cursor"):
        inbox.Cursor.decode("{}")


def test_the_check_makes_the_places_and_names_what_is_missing(
    stand: Any, tmp_path: Path
) -> None:
    (tmp_path / "new").mkdir()
    account = stand.connect(location=str(tmp_path / "new")).check()
    assert sorted(os.listdir(tmp_path / "new")) == [
        "orders",
        "out",
        "products",
        "stock",
    ]
    assert "products" in account.warnings[0]
    assert stand.connect().check().external_id != account.external_id


def test_a_folder_without_rights_is_refused(stand: Any) -> None:
    if os.getuid() == 0:
        pytest.skip("root may do everything")
    (stand.folder / "out").chmod(0o500)
    with pytest.raises(RejectedError, match="not possible"):
        stand.connect().check()


# Stock and parcels


def write_of(sku: str, quantity: int) -> StockWrite:
    return StockWrite(sku, quantity, None, f"key-{sku}-{quantity}")


def test_stock_goes_out_as_a_snapshot_and_as_changes(stand: Any) -> None:
    connector: FilesConnector = stand.connect()
    connector.push_stock([write_of("BRASS-LAMP", 5), write_of("OAK-STOOL", 6)])
    stand.clock.advance(60)
    connector.push_stock([write_of("BRASS-LAMP", 4)])
    out = stand.folder / "out"
    lines = (out / "stock.csv").read_text().splitlines()
    assert [line.rsplit(",", 1)[0] for line in lines] == [
        "id,sku,quantity",
        "BRASS-LAMP,BRASS-LAMP,4",
        "OAK-STOOL,OAK-STOOL,6",
    ]
    changes = sorted(out.glob("stock-changes-*.csv"))
    assert [len(path.read_text().splitlines()) for path in changes] == [3, 2]
    assert [path.name for path in out.iterdir() if path.name.startswith(".")] == []


def test_an_old_row_of_the_snapshot_does_not_undo_a_sale(stand: Any) -> None:
    connector: FilesConnector = stand.connect()
    connector.push_stock([write_of("BRASS-LAMP", 5)])
    assert stand.shop.shown("BRASS-LAMP") == 5
    stand.clock.advance(60)
    stand.shop.set_stock("BRASS-LAMP", 3)
    stand.clock.advance(60)
    connector.push_stock([write_of("OAK-STOOL", 6)])
    assert (stand.shop.shown("BRASS-LAMP"), stand.shop.shown("OAK-STOOL")) == (3, 6)
    readings = connector.read_stock(["BRASS-LAMP", "OAK-STOOL", "GONE"])
    assert [reading.quantity for reading in readings] == [3, 6, None]


def test_what_the_hub_wrote_counts_where_the_other_side_tells_nothing(
    stand: Any,
) -> None:
    (stand.folder / "stock" / "stock.csv").unlink()
    connector: FilesConnector = stand.connect()
    assert [one.quantity for one in connector.read_stock(["BRASS-LAMP"])] == [None]
    connector.push_stock([write_of("BRASS-LAMP", 5)])
    assert [one.quantity for one in connector.read_stock(["BRASS-LAMP"])] == [5]


def test_no_text_that_goes_out_is_a_formula(stand: Any) -> None:
    stand.drop(
        "products.csv", "sku,title", "=cmd|calc,Lamp", "'-x,Other", place="products"
    )
    stand.clock.advance(60)
    connector: FilesConnector = stand.connect()
    (page,) = [connector.pull_listings(None)]
    assert [one.external_id for one in page.records] == ["=cmd|calc", "-x"]
    connector.push_stock([write_of("=cmd|calc", 5), write_of("-x", 6)])
    text = (stand.folder / "out" / "stock.csv").read_text()
    assert [line[:2] for line in text.splitlines()[1:]] == ["'-", "'="]
    readings = connector.read_stock(["=cmd|calc", "-x"])
    assert [one.quantity for one in readings] == [5, 6]


def test_a_spoilt_file_of_products_is_named_with_its_line(stand: Any) -> None:
    for line, said in (
        ("LAMP,many", "line 2, quantity"),
        (",7", "line 2"),
        ("LAMP,1.5", "line 2, quantity"),
    ):
        stand.drop("products.csv", "sku,quantity", line, place="products")
        with pytest.raises(RejectedError, match=said):
            stand.connect().pull_listings(None)
    stand.drop("products.csv", "colour,size", "red,7", place="products")
    with pytest.raises(RejectedError, match="header"):
        stand.connect().fetch_listings(["LAMP"])


def test_with_markers_products_wait_for_theirs(open_folder: Open) -> None:
    stand = open_folder(finished="marker")
    assert stand.connect().pull_listings(None).records == ()
    stand.drop("products.csv.done", place="products")
    assert len(stand.connect().pull_listings(None).records) == 3


def test_a_parcel_is_one_file_and_the_same_when_it_is_told_again(stand: Any) -> None:
    push = FulfillmentPush(
        "parcel-1",
        "F1",
        (FulfilledLine(line_external_id="1", quantity=2),),
        "DHL",
        "+49 0301",
        "",
        stand.clock.now(),
        True,
        "key",
    )
    connector: FilesConnector = stand.connect()
    assert connector.find_fulfillment(push) is None
    first, again = connector.push_fulfillment(push), connector.push_fulfillment(push)
    assert first == again
    assert first.outcome is Outcome.ACCEPTED
    (path,) = (stand.folder / "out").glob("tracking-*.csv")
    assert "'+49 0301" in path.read_text()
    (stand.folder / "out" / "taken").mkdir()
    path.rename(stand.folder / "out" / "taken" / path.name)
    assert connector.find_fulfillment(push) == first.external_id


def test_a_folder_that_takes_nothing_refuses_each_write(
    stand: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "replace", refuse)
    (result,) = stand.connect().push_stock([write_of("BRASS-LAMP", 5)])
    assert result.outcome is Outcome.REFUSED
    assert "Permission denied" in result.reason


def test_a_full_disk_is_waited_out(stand: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(RetryLaterError, match="No space left"):
        stand.connect().push_stock([write_of("BRASS-LAMP", 5)])


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("location", "relative/path"),
        ("location", "sftp://host/path"),
        ("location", "sftp://me:secret@host/path"),
        ("location", "sftp://me@host:99999/path"),
        ("orders_folder", "../elsewhere"),
        ("orders_folder", "/etc"),
        ("columns", "order"),
        ("columns", "colour=Farbe"),
        ("time_zone", "Middle/Earth"),
        ("host_key", "MD5:00"),
    ],
)
def test_a_setting_that_cannot_be_meant_is_refused(
    stand: Any, setting: str, value: str
) -> None:
    with pytest.raises(ValueError, match=setting):
        stand.connect(**{setting: value})
