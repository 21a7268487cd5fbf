"""A listing: what one channel offers under one id, and which SKUs it is made of.

A listing is the channel's; a SKU is the merchant's. Components join the two. Not a
product catalogue: descriptions and pictures stay where they are.
"""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from .model import Model


class ListingState(StrEnum):
    """Whether shoppers can see the listing."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    DELETED = "deleted"


class Listing(Model):
    """One sellable thing on one channel.

    ``stock_external_id`` names the record that carries its quantity on the channel:
    the listing itself, or (WooCommerce variations) a parent shared by several.
    ``tracked`` is False where the channel keeps no quantity for it; writing one
    would change nothing.
    """

    external_id: str = Field(min_length=1)
    stock_external_id: str = Field(min_length=1)
    sku: str = ""
    barcode: str = ""
    title: str = ""
    tracked: bool = True
    quantity: int | None = None
    """What the channel showed when it was read; None where it keeps no quantity."""
    state: ListingState = ListingState.ACTIVE
    held_by_channel: bool = False
    """The goods lie in the channel's own warehouse (FBA and the like): its quantity is
    shown, never written, and never allocated by the hub."""


class Component(Model):
    """One SKU inside a listing, and how many units of it one sale takes."""

    sku: str = Field(min_length=1)
    units: int = Field(gt=0)
