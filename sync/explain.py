"""Explain a SKU: where every unit of it is, and why each channel shows what it shows.

Accounts in which every term stands by itself and which add up to the number shown, and
a sentence. The terms come from the same scene that reconciling decides by. Reads only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from ..canonical.model import Model
from ..canonical.policies import Quota, QuotaState, StockMode
from ..canonical.stock import QUANTITY_MAX, StockKey
from ..store import conflicts, figures, listings, stock
from ..store.engine import Connection
from ..store.listings import ListingRow
from .decide.policies import (
    Entry,
    Part,
    account_for,
    count_sellable,
    find_buffer,
    find_scarcest,
)
from .decide.supplies import Supply
from .hub import Hub
from .places import load_places
from .showing import Key, Scene, load_scene
from .stocktaking import require_sku

CLAIMS_MAX = 50
MOVEMENTS_MAX = 20


class PositionFigures(Model):
    """What a SKU counts at one location."""

    location: str
    on_hand: int
    allocated: int
    reserved: int
    available: int
    sells: bool = True
    """Whether units there can be sold at all."""


class TermFigures(Model):
    """One term of an account: units of a SKU, less where they are negative."""

    what: str
    units: int


class PolicyFigures(Model):
    """The policy behind a number, and whose word it is."""

    mode: str
    because: str
    threshold_units: int
    buffer_units: int
    dynamic_buffer: bool


class QuotaFigures(Model):
    """What a record in escrow was granted, and where it stands."""

    granted: int
    state: str
    closing_at: datetime | None
    zeroed_at: datetime | None


class ShownFigures(Model):
    """One stock record of a channel: what it should show and how that came about.

    ``account`` is about the scarcest component, ``component``, of which one sale takes
    ``units_per_sale``; its terms add up to ``computed`` times that.
    """

    channel: str
    stock_record: str
    listings: tuple[str, ...]
    components: dict[str, int]
    component: str = ""
    units_per_sale: int = 1
    account: tuple[TermFigures, ...] = ()
    policy: PolicyFigures | None = None
    dynamic_buffer: dict[str, Any] | None = None
    quota: QuotaFigures | None = None
    held_by_channel: bool = False
    makeable: int | None
    buffer: int
    computed: int | None
    desired: int | None
    desired_at: datetime | None
    sent: int | None
    sent_at: datetime | None
    acknowledged: int | None
    acknowledged_at: datetime | None
    expected: int | None
    observed: int | None
    observed_at: datetime | None
    drifting_since: datetime | None = None
    in_flight: bool
    stopped: bool
    conflicts: tuple[str, ...]
    why: str


class SkuExplanation(Model):
    """Every unit of a SKU accounted for, and every listing that sells it.

    The terms of ``account`` add up to ``promisable``.
    """

    sku: str
    title: str
    positions: tuple[PositionFigures, ...]
    account: tuple[TermFigures, ...] = ()
    safety_stock: int
    in_transit: int = 0
    incoming: int = 0
    promisable: int
    granted: int = 0
    """Units that quotas hold."""
    short: int
    movements_by_kind: tuple[dict[str, Any], ...]
    latest_movements: tuple[dict[str, Any], ...]
    claims: tuple[dict[str, Any], ...]
    shown: tuple[ShownFigures, ...]


def explain_sku(hub: Hub, sku: str) -> SkuExplanation:
    """Account for every unit of a SKU and for what each channel shows of it.

    Raises:
        NotFoundError: the hub does not know the SKU.
    """
    with hub.store.reading() as connection:
        name = require_sku(connection, sku)
        rows = {row.sku: row for row in stock.load_skus(connection)}
        places = load_places(hub, connection)
        scene = load_scene(hub, connection, [name])
        supply = scene.supplies[name]
        positions = [
            _show_position(key, counts, places.selling)
            for key, counts in stock.load_positions(connection, [name]).items()
        ]
        claims = figures.list_claims(connection, name, CLAIMS_MAX)
        return SkuExplanation(
            sku=name,
            title=rows[name].title,
            positions=tuple(positions),
            account=_show_terms(account_for_sku(positions, supply)),
            safety_stock=supply.safety_stock,
            in_transit=supply.in_transit,
            incoming=supply.headroom.incoming,
            promisable=supply.promisable,
            granted=scene.count_held().get((name, ()), 0),
            short=supply.headroom.short,
            movements_by_kind=tuple(figures.sum_movements(connection, name)),
            latest_movements=tuple(
                figures.list_movements(connection, name, MOVEMENTS_MAX)
            ),
            claims=tuple(claims),
            shown=tuple(
                _explain_record(connection, scene, key) for key in sorted(scene.records)
            ),
        )


def account_for_sku(
    positions: Sequence[PositionFigures], supply: Supply
) -> list[Entry]:
    """Say where the units of a SKU are, one by one, down to what can be promised."""
    entries = []
    for one in positions:
        at = f"at {one.location}"
        lacking = one.available - (one.on_hand - one.allocated - one.reserved)
        entries += [
            Entry(f"on hand {at}", one.on_hand),
            Entry(f"allocated {at}", -one.allocated),
            Entry(f"reserved {at}", -one.reserved),
            Entry(f"counted as missing {at}", lacking),
        ]
        if not one.sells:
            entries.append(Entry(f"not for sale {at}", -one.available))
    entries += [
        Entry("safety stock", -min(supply.safety_stock, supply.available)),
        Entry("may be sold beyond what is there", supply.headroom.left),
    ]
    return [one for one in entries if one.units]


def _show_position(
    key: StockKey, counts: stock.Counts, selling: Sequence[str]
) -> PositionFigures:
    free = max(0, counts.on_hand - counts.allocated - counts.reserved)
    return PositionFigures(
        location=key.location,
        available=free,
        sells=key.location in selling,
        **counts._asdict(),
    )


def _show_terms(entries: Sequence[Entry]) -> tuple[TermFigures, ...]:
    return tuple(TermFigures(what=one.what, units=one.units) for one in entries)


def _explain_record(connection: Connection, scene: Scene, key: Key) -> ShownFigures:
    channel, record = key
    group = scene.records[key]
    row = figures.get_publication(connection, channel, record) or {}
    writes = figures.list_writes(connection, channel, record)
    computed = scene.decide(key)
    subjects = [f"{channel}/stock/{record}"]
    subjects += [f"{channel}/listing/{one.external_id}" for one in group]
    opened = conflicts.list_open_about(connection, subjects)
    in_flight = any(write["status"] != "done" for write in writes)
    if computed is None:
        origin: dict[str, Any] = {"makeable": None, "buffer": 0}
        why = _say_why_not(group, row)
    else:
        origin, said = _explain_figure(scene, key, computed)
        why = f"{said} {_say_state(row, computed, opened, in_flight)}"
    return ShownFigures(
        channel=channel,
        stock_record=record,
        listings=tuple(one.external_id for one in group),
        components={part.sku: part.units for one in group for part in one.components},
        held_by_channel=any(one.held_by_channel for one in group),
        computed=computed,
        in_flight=in_flight,
        conflicts=tuple(opened),
        why=why,
        **origin,
        **{name: row.get(name) for name in _PUBLICATION_FIELDS},
        stopped=bool(row.get("stopped")),
    )


_PUBLICATION_FIELDS = (
    "desired",
    "desired_at",
    "sent",
    "sent_at",
    "acknowledged",
    "acknowledged_at",
    "expected",
    "observed",
    "observed_at",
    "drifting_since",
)


def _explain_figure(
    scene: Scene, key: Key, computed: int
) -> tuple[dict[str, Any], str]:
    """Return what a figure is made of, and the same as a sentence."""
    listed = [scene.list_parts(one) for one in scene.records[key]]
    parts = min(listed, key=count_sellable)
    scarce, buffer = find_scarcest(parts), find_buffer(parts)
    in_escrow = scene.find_mode(key) is StockMode.ESCROW
    quota = scene.quotas.get(key) if in_escrow else None
    granted = (quota.shown if quota else 0) if in_escrow else None
    account = account_for(scarce, shown=computed, buffer=buffer, quota=granted)
    origin = {
        "component": scarce.sku,
        "units_per_sale": scarce.units,
        "account": _show_terms(account),
        "policy": _show_policy(parts, scarce, buffer),
        "makeable": scarce.makeable,
        "buffer": buffer,
    }
    if in_escrow:
        return origin | {"quota": _show_quota(quota)}, _say_quota(quota, computed)
    dynamic = scene.buffers.get((key[0], scarce.sku))
    if dynamic and scarce.terms.dynamic_buffer:
        told = {"units": dynamic.units, "computed_at": dynamic.computed_at}
        origin["dynamic_buffer"] = told | dynamic.inputs
    return origin, _say_sum(scarce, computed, buffer)


def _show_policy(parts: Sequence[Part], scarce: Part, buffer: int) -> PolicyFigures:
    """Return the terms that decide: escrow of one component is escrow of all."""
    escrowed = (one.terms for one in parts if one.terms.mode is StockMode.ESCROW)
    terms = next(escrowed, scarce.terms)
    return PolicyFigures(
        mode=terms.mode,
        because=terms.because,
        threshold_units=terms.threshold_units,
        buffer_units=buffer,
        dynamic_buffer=terms.dynamic_buffer,
    )


def _show_quota(quota: Quota | None) -> QuotaFigures | None:
    if quota is None:
        return None
    return QuotaFigures(
        granted=quota.granted,
        state=quota.state,
        closing_at=quota.closing_at,
        zeroed_at=quota.zeroed_at,
    )


def _say_sum(part: Part, computed: int, buffer: int) -> str:
    supply = part.supply
    said = [
        f"{supply.available} of {part.sku} are available",
        f"{supply.safety_stock} are kept as safety stock",
    ]
    if supply.headroom.left:
        said.append(f"{supply.headroom.left} may be sold beyond that")
    if part.held_units:
        said.append(f"{part.held_units} are in the quotas of others")
    if part.funnelled_units:
        said.append(
            f"{part.funnelled_units} are left to more important channels, being no "
            f"more than {part.terms.threshold_units}"
        )
    if part.buffer_units:
        said.append(f"{part.buffer_units} are held back for sales not heard of yet")
    said.append(f"{part.units} make one")
    return (
        f"{computed} can be sold: {', '.join(said)}, and {buffer} are held back for "
        "this channel."
    )


def _say_quota(quota: Quota | None, computed: int) -> str:
    if quota is None:
        return "Nothing can be sold yet: it is about to enter escrow."
    if quota.state is QuotaState.OPEN:
        return f"{computed} can be sold: its own quota, which nobody else shows."
    if quota.granted >= QUANTITY_MAX:
        return (
            "Nothing can be sold: the database was restored, so what it may have sold "
            "is not known until its quota is closed."
        )
    since = quota.zeroed_at
    waits = "its last sales may be unread" if since else "it is not known to show zero"
    return (
        f"Nothing can be sold: its quota is being closed. {quota.granted} stay with it "
        f"because {waits}."
    )


def _say_why_not(group: Sequence[ListingRow], row: Mapping[str, Any]) -> str:
    if any(one.held_by_channel for one in group):
        observed = row.get("observed")
        seen = "" if observed is None else f", which showed {observed} of its own"
        return f"Nothing is written: the goods lie with the channel{seen}."
    if any(one.mapping == listings.WAITING for one in group):
        return "Nothing is written: what it sells waits for a person."
    if any(one.mapping == listings.IGNORED for one in group):
        return "Nothing is written: a person said that it is none of the stock."
    return "Nothing is written: the channel does not count this listing."


def _say_state(
    row: Mapping[str, Any], computed: int, opened: Sequence[str], in_flight: bool
) -> str:
    expected = row.get("expected")
    if row.get("stopped") or opened:
        return "The channel is left alone until the open conflict is settled."
    if in_flight:
        return f"A write of {row.get('sent')} was sent and its answer is not known yet."
    if row.get("drifting_since"):
        return (
            f"The channel showed {row.get('observed')} where {expected} was expected; "
            "the sale behind it is being looked for."
        )
    if expected == computed:
        return "The channel shows that, as far as the hub knows."
    return f"The channel shows {expected} at present; a write is on its way."
