"""What people do in the shops: they buy and change their minds; merchants interfere.

All of it behind the hub's back: the hub has to find out.
"""

from __future__ import annotations

from collections.abc import Callable

from ...simulators.books import BasketLine, SoldLine, SoldOrder
from .events import Event, Kind
from .scene import Scene
from .shops import REFUSALS, Shop, ShopifyStand

Act = Callable[[Scene, Event], str]
"""Does what an event says and returns a sentence about it for the trace."""

NOTHING = "nothing to do"

_STUBBORN = 0.85
"""Above this a draw makes a shopper look at anything, sold out or not."""


def act_in_shops(scene: Scene, event: Event) -> str:
    """Do what an event says; shops may refuse it."""
    try:
        return ACTS[event.kind](scene, event)
    except REFUSALS as error:
        return f"refused: {error}"


def _buy(scene: Scene, event: Event) -> str:
    shop = event.choose(0, scene.shops)
    on_sale = _list_tempting(scene, shop, event)
    first = event.choose(1, on_sale)
    basket = [BasketLine(first, event.count(2, 1, 3))]
    second = event.choose(3, on_sale)
    if event.draws[4] < 0.3 and second != first:
        basket.append(BasketLine(second, 1))
    buyer = f"Canary Shopper{event.number}"
    order_id = scene.town.world.buy_basket(shop.name, basket, buyer)
    if order_id is None:
        return f"{shop.name} is sold out of {first}"
    scene.bought.append((shop.name, order_id))
    return f"{shop.name} sold {order_id}: {basket}"


def _list_tempting(scene: Scene, shop: Shop, event: Event) -> list[str]:
    """Return what shoppers look at: sets first, and seldom what is sold out."""
    on_sale = list_on_sale(scene, shop)
    if event.draws[4] > _STUBBORN:
        return on_sale
    there = [one for one in on_sale if (shop.shown(one) or 0) > 0]
    sets = [one for one in there if len(scene.town.world.sells(shop.name, one)) > 1]
    return there + sets or on_sale


def list_on_sale(scene: Scene, shop: Shop) -> list[str]:
    """Return the listings of a shop that were not taken down."""
    listings = scene.town.world.listings(shop.name)
    return [one for one in listings if one not in shop.gone]


def _choose_order(scene: Scene, event: Event) -> tuple[Shop, SoldOrder] | None:
    """Return an order, the later ones more likely."""
    if not scene.bought:
        return None
    recent = scene.bought[-12:] if event.draws[1] < 0.7 else scene.bought
    channel, order_id = event.choose(0, recent)
    for order in scene.town.world.orders(channel):
        if order.order_id == order_id:
            return scene.town.shops[channel], order
    return None


def _choose_line(event: Event, order: SoldOrder) -> SoldLine | None:
    left = [line for line in order.lines.values() if units_left(line) > 0]
    return event.choose(2, left) if left else None


def units_left(line: SoldLine) -> int:
    """Return how many units of a line the buyer still wants or keeps."""
    return line.sold - line.cancelled - line.returned


def _cancel(scene: Scene, event: Event) -> str:
    chosen = _choose_order(scene, event)
    if chosen is None or any(line.shipped for line in chosen[1].lines.values()):
        return NOTHING
    shop, order = chosen
    scene.town.world.cancel(shop.name, order.order_id)
    return f"{shop.name} cancelled {order.order_id}"


def _edit(scene: Scene, event: Event) -> str:
    chosen = _choose_order(scene, event)
    line = _choose_line(event, chosen[1]) if chosen else None
    if chosen is None or line is None or line.shipped:
        return NOTHING
    shop, order = chosen
    left = units_left(line)
    more = event.draws[3] < 0.5
    if more and not (shop.shown(line.listing) or 0) > 0:
        return NOTHING
    quantity = left + 1 if more else left - 1
    shop.check_edit(order.order_id, line.line_id)
    scene.town.world.edit(shop.name, order.order_id, line.line_id, quantity)
    return f"{shop.name} edited {order.order_id}: {line.line_id} to {quantity}"


def _refund(scene: Scene, event: Event) -> str:
    chosen = _choose_order(scene, event)
    line = _choose_line(event, chosen[1]) if chosen else None
    if chosen is None or line is None:
        return NOTHING
    shop, order = chosen
    restock = event.draws[3] < 0.6
    scene.town.world.refund(
        shop.name, order.order_id, {line.line_id: 1}, restock=restock
    )
    kept = "restocked" if restock else "lost"
    return f"{shop.name} refunded 1 of {line.line_id} of {order.order_id}, {kept}"


def _ship_there(scene: Scene, event: Event) -> str:
    chosen = _choose_order(scene, event)
    if chosen is None:
        return NOTHING
    shop, order = chosen
    identity = (shop.name, order.order_id)
    touched = identity in scene.shipped_there or identity in scene.shipped_here
    if touched or not any(units_left(line) for line in order.lines.values()):
        return NOTHING
    number = f"VP{event.number:05d}"
    shop.ship(order.order_id, number)
    scene.shipped_there.add(identity)
    return f"{shop.name} shipped {order.order_id} under {number}"


def _move(scene: Scene, event: Event) -> str:
    chosen = _choose_order(scene, event)
    if chosen is None or any(line.shipped for line in chosen[1].lines.values()):
        return NOTHING
    shop, order = chosen
    if (shop.name, order.order_id) in scene.shipped_here:
        return NOTHING
    world = scene.town.world
    for line in order.lines.values():  # back in process, it takes its units again
        scene.disturb(world.sells(shop.name, line.listing))
    where = shop.move(order.order_id, event.draws[2])
    return f"{shop.name} moved {order.order_id}: {where}"


def _rename(scene: Scene, event: Event) -> str:
    shop = event.choose(0, scene.shops)
    listing = event.choose(1, list_on_sale(scene, shop))
    text = f"renamed-{event.number}"
    scene.disturb(scene.town.world.sells(shop.name, listing))
    shop.rename(listing, text)
    return f"{shop.name} renamed the SKU of {listing} to {text}"


def _type_in(scene: Scene, event: Event) -> str:
    shop = event.choose(0, scene.shops)
    listing = event.choose(1, list_on_sale(scene, shop))
    shown = shop.shown(listing)
    if shown is None:
        return NOTHING
    quantity = max(0, shown + event.choose(2, (-3, -2, -1, 1, 2, 5)))
    scene.disturb(scene.town.world.sells(shop.name, listing))
    shop.type_in(listing, quantity)
    return f"{shop.name} typed in {quantity} for {listing} in place of {shown}"


def _put_up(scene: Scene, event: Event) -> str:
    """Put up a listing whose SKU text says nothing to the hub."""
    shop = event.choose(0, scene.shops)
    if shop.name == scene.shops[0].name:
        shop = scene.shops[1]
    sku = event.choose(1, ("ANVIL", "GONG", "HARPOON", "LOBSTER-POT"))
    text = f"mystery-{event.number}"
    stock = event.count(2, 1, 5)
    scene.disturb([sku])
    shop.put_up(text, f"Mystery {event.number}", stock, {sku: event.count(3, 1, 2)})
    return f"{shop.name} put up {text}, which is {sku}"


def _take_down(scene: Scene, event: Event) -> str:
    shop = event.choose(0, scene.shops)
    simple = [one for one in list_on_sale(scene, shop) if _can_go(shop, one)]
    listing = event.choose(1, simple)
    shop.take_down(listing)
    return f"{shop.name} took down {listing}"


def _can_go(shop: Shop, listing: str) -> bool:
    return isinstance(shop, ShopifyStand) or "/" not in listing


ACTS: dict[Kind, Act] = {
    Kind.BUY: _buy,
    Kind.CANCEL_THERE: _cancel,
    Kind.EDIT: _edit,
    Kind.REFUND: _refund,
    Kind.SHIP_THERE: _ship_there,
    Kind.TYPE_IN: _type_in,
    Kind.MOVE: _move,
    Kind.RENAME: _rename,
    Kind.LIST: _put_up,
    Kind.DELIST: _take_down,
}
