"""The verdict at the end: faults have stopped, time has passed, and all must agree.

The shops' books say what was sold, shipped and shown; the hub is asked only for what it
remembers, to be compared with them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from ...canonical.conflicts import ConflictKind
from ...canonical.remembered import KnownLine, KnownOrder, LineState
from ...simulators.books import SoldLine, SoldOrder
from ...store import conflicts, figures, listings, marks, orders, publications, stock
from ...store.conflicts import ConflictRow
from ...store.engine import Connection
from ...sync.explain import explain_sku
from .customs import Sharing
from .scene import Scene
from .shops import Shop


def judge(scene: Scene) -> None:
    """Report every promise that does not hold."""
    with scene.hub.store.reading() as connection:
        waiting = conflicts.load_many(connection)
        _judge_orders(scene, connection)
        _judge_listings(scene, connection, waiting)
        _judge_stock(scene, connection)
        _judge_parcels(scene, connection, waiting)
        _judge_work(scene, connection)
        everything = conflicts.load_many(connection, status=None)
    _judge_figures(scene)
    _judge_escrow(scene)
    _judge_secrets(scene, everything)


def _judge_orders(scene: Scene, connection: Connection) -> None:
    for shop in scene.shops:
        placed = {order.order_id: order for order in scene.town.world.orders(shop.name)}
        known = orders.load_by_external_id(connection, shop.name, set(placed))
        for order_id in placed.keys() - known.keys():
            scene.orders_lost += 1
            scene.report(
                "no_order_is_lost", f"{shop.name}/{order_id}", "not in the hub"
            )
        extra = figures.count_orders(connection, shop.name) - len(known)
        if extra:
            scene.orders_duplicated += extra
            scene.report(
                "no_order_is_doubled", shop.name, f"{extra} orders that nobody placed"
            )
        for order_id, order in known.items():
            _judge_lines(scene, placed[order_id], order)


def _judge_lines(scene: Scene, placed: SoldOrder, known: KnownOrder) -> None:
    for line_id, line in placed.lines.items():
        subject = f"{placed.channel}/{placed.order_id}/{line_id}"
        ours = known.lines.get(line_id)
        if ours is None:
            if line.sold > line.cancelled:  # else an edit was faster than the hub
                scene.report("no_line_is_lost", subject, "not in the hub")
            continue
        problem = _compare_line(line, ours)
        if problem:
            scene.report("lines_agree_with_the_books", subject, problem)


def _compare_line(line: SoldLine, ours: KnownLine) -> str:
    if ours.shipped > line.sold:
        return f"{line.sold} were ever sold, and the hub shipped {ours.shipped}"
    if ours.shipped < line.shipped:
        return f"{line.shipped} left by the books, the hub knows of {ours.shipped}"
    kept = line.sold - line.cancelled
    # Staff may have shipped what the shop gave up before it heard of the parcel.
    wanted = {max(kept, ours.shipped), max(kept - line.returned, ours.shipped)}
    if ours.wanted not in wanted:
        return (
            f"sold {line.sold}, cancelled {line.cancelled}, returned {line.returned}, "
            f"shipped {line.shipped}; the hub has wanted {ours.wanted}, shipped "
            f"{ours.shipped}, returned {ours.returned}"
        )
    return ""


def _judge_listings(
    scene: Scene, connection: Connection, waiting: list[ConflictRow]
) -> None:
    about = {conflict.subject for conflict in waiting}
    braked = {one.channel for one in waiting if one.kind is ConflictKind.BRAKE}
    for shop in scene.shops:
        offered = [
            one for one in scene.town.world.listings(shop.name) if one not in shop.gone
        ]
        known = listings.load_listings(connection, shop.name, offered)
        records = {row.stock_external_id for row in known.values()}
        shown = publications.load(connection, shop.name, records)
        for listing in offered:
            subject = f"{shop.name}/listing/{listing}"
            row = known.get(listing)
            if row is None:
                scene.report("every_listing_is_known", subject, "not in the hub")
            elif row.mapping == listings.WAITING:
                if subject not in about:
                    scene.report("waiting_listings_have_a_conflict", subject, "none")
            elif shop.name not in braked and (
                f"{shop.name}/stock/{row.stock_external_id}" not in about
            ):
                one = shown.get(row.stock_external_id)
                desired = None if one is None else one.desired
                _judge_shown(scene, shop, listing, desired)


def _judge_shown(scene: Scene, shop: Shop, listing: str, desired: int | None) -> None:
    there = shop.shown(listing)
    if desired is None or there != desired:
        scene.report(
            "every_listing_shows_what_the_hub_computes",
            f"{shop.name}/listing/{listing}",
            f"it shows {there}, the hub wants {desired}",
        )


def _judge_stock(scene: Scene, connection: Connection) -> None:
    """Free units by the hub are what exists less what was sold, by the books."""
    world = scene.town.world
    skus = [row.sku for row in stock.load_skus(connection)]
    free = dict.fromkeys(skus, 0)
    for key, counts in stock.load_positions(connection, skus).items():
        free[key.sku] += counts.on_hand - counts.allocated
    for claim in stock.load_claims(connection, skus, short_only=True):
        free[claim.holding.key.sku] -= claim.holding.short
    parked = _count_parked(scene, connection)
    left = _count_left_unsold(scene, connection)
    unclear = _count_unclear(scene)
    for sku in skus:
        expected = world.physical_units(sku) - world.sold_units(sku) - left[sku]
        if not 0 <= free[sku] - parked[sku] - expected <= unclear[sku]:
            scene.report(
                "the_hub_counts_what_the_books_count",
                sku,
                f"free by the hub {free[sku]}, less {parked[sku]} parked; by the books "
                f"{expected}",
            )


def _count_unclear(scene: Scene) -> Counter[str]:
    """Return the units, by SKU, of which no shop says whether they had left by then.

    They were given up while the news of their parcel was on its way: in the second in
    which it arrived, or at a shop that keeps no times of parcels.
    """
    facts = scene.town.world.facts()
    left = {
        (fact.channel, fact.order_id): fact.at.replace(microsecond=0)
        for fact in facts
        if fact.kind == "shipped"
    }
    unclear: Counter[str] = Counter()
    for fact in facts:
        arrived = left.get((fact.channel, fact.order_id))
        if fact.kind != "cancelled" or arrived is None:
            continue
        untimed = not scene.town.shops[fact.channel].times_parcels
        if arrived == fact.at.replace(microsecond=0) or (untimed and fact.at < arrived):
            unclear[fact.sku] += fact.units
    return unclear


def _count_parked(scene: Scene, connection: Connection) -> Counter[str]:
    """Return the units, by SKU, that lines want which wait for a mapping."""
    parked: Counter[str] = Counter()
    for order, placed in _pair_orders(scene, connection):
        for line_id, line in placed.lines.items():
            ours = order.lines.get(line_id)
            if ours is not None and ours.state is LineState.PARKED:
                for sku, units in _sells(scene, placed, line).items():
                    parked[sku] += units * (ours.wanted - ours.returned)
    return parked


def _count_left_unsold(scene: Scene, connection: Connection) -> Counter[str]:
    """Return the units, by SKU, that staff shipped of what the shop had given up.

    Its books count them as there; they are on their way to somebody who cancelled.
    """
    left: Counter[str] = Counter()
    for order, placed in _pair_orders(scene, connection):
        for line_id, line in placed.lines.items():
            ours = order.lines.get(line_id)
            shipped = 0 if ours is None else _count_shipped_here(order, ours.id)
            unsold = shipped - (line.sold - line.cancelled)
            if unsold > 0:
                for sku, units in _sells(scene, placed, line).items():
                    left[sku] += units * unsold
    return left


def _count_shipped_here(order: KnownOrder, line_id: int) -> int:
    return sum(
        parcel.quantities.get(line_id, 0)
        for parcel in order.parcels
        if parcel.origin == "hub" and not parcel.cancelled
    )


def _sells(scene: Scene, placed: SoldOrder, line: SoldLine) -> Mapping[str, int]:
    return scene.town.world.sells(placed.channel, line.listing)


def _pair_orders(
    scene: Scene, connection: Connection
) -> Iterator[tuple[KnownOrder, SoldOrder]]:
    for shop in scene.shops:
        placed = {order.order_id: order for order in scene.town.world.orders(shop.name)}
        known = orders.load_by_external_id(connection, shop.name, set(placed))
        for order_id, order in known.items():
            yield order, placed[order_id]


def _judge_parcels(
    scene: Scene, connection: Connection, waiting: list[ConflictRow]
) -> None:
    """Every parcel that staff shipped is in its shop's books exactly once."""
    about = {conflict.subject for conflict in waiting}
    for shop in scene.shops:
        held = shop.count_parcels()
        placed = [order.order_id for order in scene.town.world.orders(shop.name)]
        known = orders.load_by_external_id(connection, shop.name, set(placed))
        for order in known.values():
            for parcel in order.parcels:
                if parcel.origin != "hub" or parcel.cancelled:
                    continue
                times = held[parcel.tracking_number]
                subject = f"{shop.name}/parcel/{parcel.id}"
                if times > 1 or (times == 0 and subject not in about):
                    scene.report(
                        "every_parcel_is_told_once",
                        f"{subject} ({parcel.tracking_number})",
                        f"the shop holds it {times} times; order {order.external_id}",
                    )


def _judge_work(scene: Scene, connection: Connection) -> None:
    left = marks.count(connection)
    if left:
        scene.report("all_work_is_done", "marks", f"{left} marks are left")


def _judge_figures(scene: Scene) -> None:
    """What was computed before is what would be computed now."""
    with scene.hub.store.reading() as connection:
        skus = [row.sku for row in stock.load_skus(connection)]
    for sku in skus:
        for shown in explain_sku(scene.hub, sku).shown:
            if shown.computed != shown.desired:
                scene.report(
                    "what_is_wanted_is_what_is_computed",
                    f"{shown.channel}/{shown.stock_record}",
                    f"computed {shown.computed}, wanted {shown.desired}",
                )


def find_oversold(scene: Scene) -> dict[str, int]:
    """Return the units, by SKU, that were sold twice by nothing but a race."""
    oversold = scene.town.world.oversold_by_sku()
    return {sku: n for sku, n in oversold.items() if sku not in scene.disturbed}


def _judge_escrow(scene: Scene) -> None:
    """Where every channel has units of its own, there is no race."""
    if scene.customs.sharing is Sharing.ESCROW:
        for sku, units in find_oversold(scene).items():
            scene.report("escrow_sells_nothing_twice", sku, f"{units} units")


def _judge_secrets(scene: Scene, everything: list[ConflictRow]) -> None:
    """No credential, callback path or buyer is in a log line or in a conflict."""
    said = scene.listener.said + [
        f"{one.summary} {one.facts} {one.resolution}" for one in everything
    ]
    for text in said:
        if "canary" in text.lower():
            scene.report("no_secret_leaks", "log or conflict", text[:200])
