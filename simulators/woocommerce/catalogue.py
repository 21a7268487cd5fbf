"""The shop's staff put products into the catalogue, and say what they really are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from . import hooks
from .state import Product, State


@dataclass(frozen=True, slots=True, kw_only=True)
class NewProduct:
    """A simple product; ``stock`` None leaves its stock unmanaged."""

    name: str
    price: Decimal
    sku: str = ""
    stock: int | None = 0
    barcode: str = ""
    backorders: str = "no"
    sells: Mapping[str, int] | None = None
    """What one unit takes from the warehouse; its SKU once when not said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVariation:
    """A variation; ``stock`` None inherits its parent's."""

    options: Mapping[str, str]
    price: Decimal
    sku: str = ""
    stock: int | None = None
    barcode: str = ""
    sells: Mapping[str, int] | None = None
    """What one unit takes from the warehouse; its SKU once when not said."""


def add_product(state: State, new: NewProduct) -> Product:
    """Put a simple product into the catalogue."""
    product = Product(
        product_id=state.new_id(),
        kind="simple",
        name=new.name,
        sku=new.sku,
        price=new.price,
        manage_stock=new.stock is not None,
        stock=new.stock or 0,
        backorders=new.backorders,
        barcode=new.barcode,
        created=state.now(),
        modified=state.now(),
        changed_at=state.simulator.clock.now(),
    )
    _offer(state, product, new.sells)
    return product


def add_variable_product(
    state: State,
    *,
    name: str,
    sku: str,
    variations: Sequence[NewVariation],
    parent_stock: int | None,
) -> Product:
    """Put a product with variations into the catalogue.

    Args:
        parent_stock: one counter for all variations that keep none of their own; None
            where the parent manages no stock.
    """
    parent = Product(
        product_id=state.new_id(),
        kind="variable",
        name=name,
        sku=sku,
        price=Decimal(0),
        manage_stock=parent_stock is not None,
        stock=parent_stock or 0,
        created=state.now(),
        modified=state.now(),
        changed_at=state.simulator.clock.now(),
    )
    state.products[parent.product_id] = parent
    for new in variations:
        variation = Product(
            product_id=state.new_id(),
            kind="variation",
            name=name,
            sku=new.sku,
            price=new.price,
            parent_id=parent.product_id,
            manage_stock=new.stock is not None,
            stock=new.stock or 0,
            barcode=new.barcode,
            options=dict(new.options),
            created=state.now(),
            modified=state.now(),
            changed_at=state.simulator.clock.now(),
        )
        _offer(state, variation, new.sells)
    return parent


def _offer(state: State, product: Product, sells: Mapping[str, int] | None) -> None:
    state.products[product.product_id] = product
    components = sells if sells is not None else {product.sku: 1} if product.sku else {}
    world, channel = state.simulator.world, state.simulator.channel
    world.offer(channel, product.listing, components)
    owner = state.stock_owner(product)
    if owner is not None:
        world.record_shown(channel, product.listing, owner.stock, written=False)
    hooks.notify(state, "product.created", product.product_id, product.created)
