"""Shoppers: they buy what a shop shows them, and some change their minds.

One thread per shop makes the visits that were planned for it. Nothing here knows the
hub.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from itertools import count

from ...simulators.books import SoldLine, SoldOrder, SoldOutError
from .people import CHANGES_OF_MIND, Bought, Fate, Street, Visit
from .stage import Stage

_LOOK_SECONDS_MAX = 0.2


def go_shopping(
    stage: Stage, street: Street, visits: Sequence[Visit], started_seconds: float
) -> None:
    """Make all visits to one shop, each when its time comes; then return.

    Args:
        stage: where the shops are.
        street: where it is noted; once it is closed nothing more is begun.
        visits: of one shop, in order of time.
        started_seconds: the clock's reading that the plans count from.
    """
    clock = stage.clock
    sequence = count()
    agenda: list[tuple[float, int, Visit | Bought]] = [
        (visit.at_seconds, next(sequence), visit) for visit in visits
    ]
    while agenda and not street.closed.is_set():
        due_seconds, _, errand = agenda[0]
        passed_seconds = clock.monotonic_seconds() - started_seconds
        if due_seconds > passed_seconds:
            street.closed.wait(min(_LOOK_SECONDS_MAX, due_seconds - passed_seconds))
            continue
        heapq.heappop(agenda)
        if isinstance(errand, Bought):
            change_mind(stage, street, errand)
            continue
        bought = buy(stage, street, errand)
        if errand.fate in CHANGES_OF_MIND:
            later = passed_seconds + errand.change_after_seconds
            heapq.heappush(agenda, (later, next(sequence), bought))


def buy(stage: Stage, street: Street, visit: Visit) -> Bought:
    """Buy what the plan says, or the fallback where the shop shows too little."""
    world = stage.world
    basket = visit.basket
    order_id = world.buy_basket(visit.channel, basket, visit.buyer)
    if order_id is None:
        basket = visit.fallback
        order_id = world.buy_basket(visit.channel, basket, visit.buyer)
    if order_id is None:
        raise SoldOutError(f"{visit.channel} has nothing left of what never runs out")
    bought = Bought(visit, order_id, stage.name_basket(visit.channel, basket))
    street.bought.append(bought)
    street.news.append(f"{visit.buyer} bought {bought.title} on {visit.channel}")
    return bought


def change_mind(stage: Stage, street: Street, bought: Bought) -> None:
    """Cancel, edit or refund an order, as its plan says; skip what cannot be."""
    world, channel, order_id = stage.world, bought.channel, bought.order_id
    fate = bought.visit.fate
    line = find_line(stage, bought)
    if line is None:
        return
    if fate is Fate.CANCEL:
        world.cancel(channel, order_id)
    elif fate is Fate.REFUND:
        world.refund(channel, order_id, {line.line_id: 1}, restock=True)
    elif not _edit(stage, bought, line):
        return
    street.changes[fate] += 1
    street.news.append(f"{bought.visit.buyer}: {fate} of {bought.title} on {channel}")


def find_line(stage: Stage, bought: Bought) -> SoldLine | None:
    """Return the first line of an order of which something is left."""
    order = find_order(stage, bought)
    return next((line for line in order.lines.values() if units_left(line)), None)


def find_order(stage: Stage, bought: Bought) -> SoldOrder:
    """Return an order's rows in the world's books."""
    return next(
        order
        for order in stage.world.orders(bought.channel)
        if order.order_id == bought.order_id
    )


def units_left(line: SoldLine) -> int:
    """Return how many of a line the buyer still wants or keeps."""
    return line.sold - line.cancelled - line.returned


def _edit(stage: Stage, bought: Bought, line: SoldLine) -> bool:
    """Take one unit off a line, or add one where that would leave nothing."""
    left = units_left(line)
    several = len(find_order(stage, bought).lines) > 1
    shown = stage.shop(bought.channel).shown(line.listing) or 0
    quantity = left - 1 if left > 1 or several else left + 1
    if quantity > left and not shown:
        return False
    try:
        stage.world.edit(bought.channel, bought.order_id, line.line_id, quantity)
    except SoldOutError:
        return False
    return True
