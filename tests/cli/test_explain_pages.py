"""The pages that answer "why does this channel show 7?", word for word.

A page that was changed on purpose is written anew with CROSSDOCK_TEST_WRITE_PAGES=1.
"""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from crossdock.canonical.conflicts import Action, ConflictKind, Proposal
from crossdock.cli.conflict_pages import render
from crossdock.cli.explain import render_order, render_sku
from crossdock.cli.output import plain
from crossdock.store.conflicts import ConflictRow
from crossdock.sync.explain import (
    PolicyFigures,
    PositionFigures,
    ShownFigures,
    SkuExplanation,
    TermFigures,
)
from crossdock.sync.explain_order import LineFigures, OrderExplanation, ParcelFigures
from rich.console import Console, RenderableType

PAGES = Path(__file__).with_name("golden")
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LATER = datetime(2026, 3, 2, 12, 0, 4, tzinfo=UTC)


def require_page(name: str, pages: Sequence[RenderableType]) -> None:
    """Require that pages read as the kept file does."""
    console = Console(file=io.StringIO(), width=100, markup=False)
    for page in pages:
        console.print(page)
    assert isinstance(console.file, io.StringIO)
    lines = [line.rstrip() for line in console.file.getvalue().splitlines()]
    text = "\n".join(lines) + "\n"
    path = PAGES / f"{name}.txt"
    if os.environ.get("CROSSDOCK_TEST_WRITE_PAGES"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def show(**changes: Any) -> ShownFigures:
    facts: dict[str, Any] = {
        "channel": "shop",
        "stock_record": "101",
        "listings": ("101",),
        "components": {"TEA-GREEN": 2},
        "component": "TEA-GREEN",
        "units_per_sale": 2,
        "account": (
            TermFigures(what="available", units=18),
            TermFigures(what="safety stock", units=-2),
            TermFigures(what="buffer", units=-2),
        ),
        "policy": PolicyFigures(
            mode="pool",
            because="the policy of shop",
            threshold_units=0,
            buffer_units=1,
            dynamic_buffer=False,
        ),
        "makeable": 8,
        "buffer": 1,
        "computed": 7,
        "desired": 7,
        "desired_at": NOON,
        "sent": 7,
        "sent_at": LATER,
        "acknowledged": 7,
        "acknowledged_at": LATER,
        "expected": 7,
        "observed": 9,
        "observed_at": NOON,
        "in_flight": False,
        "stopped": False,
        "conflicts": (),
        "why": "7 can be sold: 18 of TEA-GREEN are available, 2 are kept as safety "
        "stock, 2 make one, and 1 are held back for this channel.",
    }
    return ShownFigures(**facts | changes)


def test_the_page_of_a_sku_accounts_for_every_unit() -> None:
    explained = SkuExplanation(
        sku="TEA-GREEN",
        title="Green tea, 50 g",
        positions=(
            PositionFigures(
                location="main", on_hand=1020, allocated=1002, reserved=0, available=18
            ),
        ),
        safety_stock=2,
        promisable=16,
        short=3,
        movements_by_kind=(),
        latest_movements=(
            {
                "moved_at": LATER,
                "kind": "allocated",
                "cause_kind": "order",
                "cause_id": "1/2",
                "on_hand_change": 0,
                "allocated_change": 2,
            },
            {
                "moved_at": NOON,
                "kind": "received",
                "cause_kind": "received",
                "cause_id": "5",
                "on_hand_change": 1020,
                "allocated_change": 0,
            },
        ),
        claims=(
            {
                "number": "#1001",
                "external_id": "gid://order/1",
                "channel": "atelier",
                "wanted": 2,
                "allocated": 2,
                "shipped": 0,
            },
            {
                "number": "",
                "external_id": "77",
                "channel": "shop",
                "wanted": 1003,
                "allocated": 1000,
                "shipped": 0,
            },
        ),
        shown=(
            show(),
            show(
                channel="atelier",
                expected=None,
                desired=None,
                sent=None,
                acknowledged=None,
                observed=None,
                in_flight=True,
                conflicts=("4711: [bold]Tea[/bold] is refused",),
                why="Nothing is written: what it sells waits for a person.",
            ),
        ),
    )
    require_page("sku", render_sku(explained))


def test_the_page_of_a_sku_that_nobody_sells_is_short() -> None:
    explained = SkuExplanation(
        sku="MUG",
        title="",
        positions=(),
        safety_stock=0,
        promisable=0,
        short=0,
        movements_by_kind=(),
        latest_movements=(),
        claims=(),
        shown=(),
    )
    require_page("sku-unsold", render_sku(explained))


def line(number: str, **changes: Any) -> LineFigures:
    facts: dict[str, Any] = {
        "line": number,
        "listing": "101",
        "sku": "TEA-GREEN",
        "title": "Green tea, 50 g",
        "quantity": 3,
        "wanted": 3,
        "shipped": 0,
        "returned": 0,
        "state": "mapped",
        "claims": (),
        "why": "Its units are allocated and can ship.",
    }
    return LineFigures(**facts | changes)


def parcel(**changes: Any) -> ParcelFigures:
    facts: dict[str, Any] = {
        "parcel": 9,
        "origin": "hub",
        "external_id": "",
        "carrier": "DHL",
        "tracking_number": "0034",
        "shipped_at": LATER,
        "told_at": None,
        "cancelled": False,
        "writes": (),
    }
    return ParcelFigures(**facts | changes)


def test_the_page_of_an_order_says_what_each_line_waits_for() -> None:
    explained = OrderExplanation(
        order_id=42,
        channel="shop",
        external_id="1001",
        number="",
        placed_at=NOON,
        payment="partially_paid",
        fulfillment="unfulfilled",
        cancelled_at=None,
        held=True,
        moves_stock=True,
        total_minor=12345,
        residue_minor=5,
        currency="EUR",
        lines=(
            line("1", wanted=2, shipped=2, returned=1, why="All of it has left."),
            line(
                "2",
                sku="",
                title="Gift \x1b[31mwrapping",
                why="It waits until a person says what it takes from stock.",
            ),
        ),
        parcels=(
            parcel(told_at=LATER),
            parcel(writes=({"reason": "the order is archived"},)),
            parcel(cancelled=True),
            parcel(origin="channel", carrier="", tracking_number=""),
        ),
        versions=(
            {"received_at": NOON, "outcome": "applied"},
            {"received_at": LATER, "outcome": "superseded"},
        ),
        conflicts=("4711: the hub does not know this SKU",),
    )
    require_page("order", render_order(explained))


def conflict(**changes: Any) -> ConflictRow:
    facts: dict[str, Any] = {
        "id": 29549024045641724,
        "kind": ConflictKind.UNMAPPED_SKU,
        "subject": "shop/listing/101",
        "channel": "shop",
        "status": "open",
        "summary": "Mug: SKU 'mug-blue' is not one that the hub knows.",
        "facts": {"sku": "mug-blue", "lines": {"1": 2}, "siblings": ["1", "2"]},
        "proposals": (
            Proposal(
                action=Action.MAP, sku="MUG BLUE", reason="resembles it", score=94
            ),
            Proposal(action=Action.MAP, sku="MUG", units=2, reason="the same barcode"),
        ),
        "occurrences": 3,
        "opened_at": NOON,
        "seen_at": LATER,
        "resolved_at": None,
        "resolution": None,
    }
    return ConflictRow(**facts | changes)


def test_the_page_of_a_conflict_ends_with_commands_to_choose_from() -> None:
    require_page("conflict", render(conflict()))


def test_the_page_of_a_settled_conflict_says_who_settled_it_and_the_way_back() -> None:
    settled = conflict(
        status="resolved",
        resolved_at=LATER,
        resolution={"by": "pat", "action": "map", "reason": ""},
    )
    require_page("conflict-settled", render(settled))


def test_text_from_a_channel_cannot_command_the_terminal() -> None:
    shown = plain("a\x1b[2Jb\x07c\u202ed\n[bold]e").plain
    assert "\x1b" not in shown
    assert "\x07" not in shown
    assert "\u202e" not in shown
    assert "[bold]e" in shown
