"""What lines and listings take from stock, as far as the hub knows it.

Joins what the store remembers with the matching of ``mapping``: loads, asks, answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ..canonical.listings import Component, Listing
from ..canonical.orders import OrderLine
from ..canonical.remembered import LineState
from ..mapping.identity import sku_key
from ..mapping.matching import Catalogue, CatalogueSku, MappingRule
from ..store import listings, stock
from ..store.engine import Connection
from .decide.facts import PARKED, Sells


def load_sells(
    connection: Connection, channel: str, lines: Iterable[OrderLine]
) -> tuple[Callable[[str, str], Sells], set[str]]:
    """Return what lines sell, by (listing id, SKU text), and every SKU concerned.

    A listing that the hub knows decides; where it does not (deleted, not scanned yet,
    none named) a person's rule decides, then the line's own SKU text if it is a SKU
    of the merchant.
    """
    asked = {
        (line.listing_external_id, line.sku): line for line in lines if line.tracked
    }
    known = listings.load_listings(
        connection, channel, {listing for listing, _ in asked if listing}
    )
    keys = {
        pair: _key_of(pair[1]) for pair in asked if pair[0] not in known and pair[1]
    }
    spelled = stock.find_skus(connection, set(keys.values())) if keys else {}
    unknown = [pair for pair in asked if pair[0] not in known]
    ruled = _by_rules(connection, channel, unknown) if unknown else {}
    answers: dict[tuple[str, str], Sells] = {}
    for pair in asked:
        row = known.get(pair[0])
        if row is not None:
            answers[pair] = _by_listing(row)
        elif pair in ruled:
            answers[pair] = ruled[pair]
        elif keys.get(pair) in spelled:
            component = Component(sku=spelled[keys[pair]], units=1)
            answers[pair] = Sells(LineState.MAPPED, (component,))
    skus = {part.sku for sells in answers.values() for part in sells.components}
    return lambda listing, sku: answers.get((listing, sku), PARKED), skus


def _by_rules(
    connection: Connection, channel: str, unknown: list[tuple[str, str]]
) -> dict[tuple[str, str], Sells]:
    """Answer for listings that the hub never saw, by what a person said of them."""
    about: dict[tuple[str, str, str], Sells] = {}
    for rule in listings.load_rules(connection):
        state = LineState.UNTRACKED if rule.ignored else LineState.MAPPED
        text = _key_of(rule.sku_text)
        about[rule.channel, rule.listing_external_id, text] = Sells(
            state, rule.components
        )
    found = {}
    for listing, sku in unknown:
        wanted = [(channel, listing, "")] if listing else []
        key = _key_of(sku)
        wanted += [(channel, "", key), ("", "", key)] if key else []
        sells = next((about[one] for one in wanted if one in about), None)
        if sells is not None:
            found[listing, sku] = sells
    return found


def _by_listing(row: listings.ListingRow) -> Sells:
    if row.held_by_channel:  # its goods lie with the channel: none of ours
        return Sells(LineState.UNTRACKED, (), row.stock_external_id)
    if row.mapping == listings.MAPPED:
        parts = tuple(row.components)
        return Sells(LineState.MAPPED, parts, row.stock_external_id)
    if row.mapping == listings.IGNORED:
        return Sells(LineState.UNTRACKED, (), row.stock_external_id)
    return Sells(LineState.PARKED, (), row.stock_external_id)


def _key_of(sku: str) -> str:
    try:
        return sku_key(sku)
    except ValueError:
        return ""


def load_catalogue(connection: Connection) -> Catalogue:
    """Return all SKUs and rules, ready for matching."""
    return Catalogue(
        [
            CatalogueSku(sku=row.sku, title=row.title, barcode=row.barcode)
            for row in stock.load_skus(connection)
        ],
        [
            MappingRule(
                channel=rule.channel,
                listing_external_id=rule.listing_external_id,
                sku_text=rule.sku_text,
                components=rule.components,
                ignored=rule.ignored,
            )
            for rule in listings.load_rules(connection)
        ],
    )


def read_listing(row: listings.ListingRow) -> Listing:
    """Return a remembered listing in the shape that matching works on."""
    return Listing(
        external_id=row.external_id,
        stock_external_id=row.stock_external_id,
        sku=row.sku,
        barcode=row.barcode,
        title=row.title,
        tracked=row.tracked,
        held_by_channel=row.held_by_channel,
        state=row.state,
    )
