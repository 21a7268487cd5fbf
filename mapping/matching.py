"""Which SKUs a listing sells: decided from what people said and what the texts prove.

    a person's rule for the listing   decides
    the same SKU text                 decides
    a person's alias for the text     decides
    the same valid barcode            decides
    the same text but separators      is proposed
    resemblance (RapidFuzz)           is proposed

The first step that finds something ends the search; where it finds more than one thing,
nothing is guessed. An alias stands below the SKU itself, so that none can hide a SKU
that exists. Not a place that opens conflicts or writes rules: callers do, with what
they get from here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from ..canonical.conflicts import Action, ConflictKind, Proposal
from ..canonical.listings import Component, Listing, ListingState
from ..canonical.orders import OrderLine
from .catalogue import SUGGESTIONS_MAX, Catalogue, CatalogueSku, MappingRule
from .identity import barcode_key, loose_key, sku_key

__all__ = [
    "Catalogue",
    "CatalogueSku",
    "Duplicate",
    "MappingRule",
    "Match",
    "MatchReason",
    "Unmatched",
    "find_duplicates",
    "match_line",
    "match_listing",
]

SAME_SCORE = 100
LOOSE_SCORE = 95
RESEMBLANCE_SCORE_MAX = 94
"""However alike two texts are, resemblance ranks below every kind of sameness."""


class MatchReason(StrEnum):
    """What decided a match."""

    LISTING_RULE = "listing_rule"
    SKU = "sku"
    ALIAS = "alias"
    BARCODE = "barcode"


@dataclass(frozen=True, slots=True)
class Match:
    """What a listing sells. ``ignored``: a person said that it is none of ours."""

    components: tuple[Component, ...]
    reason: MatchReason
    ignored: bool = False


@dataclass(frozen=True, slots=True)
class Unmatched:
    """What stopped the decision (unmapped or ambiguous), and proposals, best first."""

    kind: ConflictKind
    summary: str
    proposals: tuple[Proposal, ...] = ()


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Listings of one channel with the same SKU text, but not the same stock record."""

    sku_text: str
    listing_external_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Clues:
    """All that a channel says about what it sells. Keys are empty where unusable."""

    listing_external_id: str
    sku_text: str
    sku: str
    barcode: str
    title: str


def match_listing(
    listing: Listing, channel: str, catalogue: Catalogue
) -> Match | Unmatched:
    """Decide what ``listing`` of ``channel`` sells.

    Whether siblings carry the same SKU is not seen here: ``find_duplicates`` is.
    """
    return _match(
        _clues(listing.external_id, listing.sku, listing.barcode, listing.title),
        channel,
        catalogue,
    )


def match_line(
    line: OrderLine, channel: str, catalogue: Catalogue
) -> Match | Unmatched:
    """Decide what an order line of ``channel`` sold, by the same steps as a listing.

    For lines whose listing the hub does not know or that name none: it was deleted, or
    never had an id.
    """
    return _match(
        _clues(line.listing_external_id, line.sku, line.barcode, line.title),
        channel,
        catalogue,
    )


def find_duplicates(
    listings: Iterable[Listing], channel: str, catalogue: Catalogue
) -> tuple[Duplicate, ...]:
    """Return the SKU texts that several of ``channel``'s ``listings`` carry.

    Siblings that share one stock record are one thing to the channel, and no
    duplicate. Left out are listings that a person's rule speaks about, and those
    that nobody can buy at present: an archived predecessor keeps its SKU.
    """
    by_key: dict[str, list[Listing]] = {}
    for listing in listings:
        key = _usable_key(listing.sku)
        if not key or listing.state is not ListingState.ACTIVE:
            continue
        if not catalogue.listing_rules(channel, listing.external_id):
            by_key.setdefault(key, []).append(listing)
    return tuple(
        Duplicate(siblings[0].sku, tuple(one.external_id for one in siblings))
        for siblings in by_key.values()
        if len({one.stock_external_id for one in siblings}) > 1
    )


def _match(clues: _Clues, channel: str, catalogue: Catalogue) -> Match | Unmatched:
    rules = catalogue.listing_rules(channel, clues.listing_external_id)
    if rules:
        return _by_rules(rules, MatchReason.LISTING_RULE, catalogue)
    skus = catalogue.with_key(clues.sku)
    if skus:
        return _by_skus(skus, MatchReason.SKU, f"the SKU text {clues.sku_text!r}")
    rules = catalogue.alias_rules(channel, clues.sku)
    if rules:
        return _by_rules(rules, MatchReason.ALIAS, catalogue)
    skus = catalogue.with_barcode(clues.barcode)
    if skus:
        return _by_skus(skus, MatchReason.BARCODE, f"the barcode {clues.barcode}")
    return _propose(clues, catalogue)


def _by_rules(
    rules: tuple[MappingRule, ...], reason: MatchReason, catalogue: Catalogue
) -> Match | Unmatched:
    """Follow the rule; never one of several, and never to a SKU that is gone."""
    if len(rules) > 1:
        return Unmatched(
            ConflictKind.AMBIGUOUS_SKU,
            f"{len(rules)} mapping rules about the same thing contradict one another.",
            tuple(proposal for rule in rules for proposal in _restate(rule)),
        )
    rule = rules[0]
    gone = [part.sku for part in rule.components if part.sku not in catalogue]
    if gone:
        return Unmatched(
            ConflictKind.UNMAPPED_SKU,
            f"A mapping rule names {', '.join(gone)}, which the hub does not know.",
        )
    return Match(rule.components, reason, ignored=rule.ignored)


def _by_skus(
    skus: tuple[str, ...], reason: MatchReason, clue: str
) -> Match | Unmatched:
    if len(skus) == 1:
        return Match((Component(sku=skus[0], units=1),), reason)
    return Unmatched(
        ConflictKind.AMBIGUOUS_SKU,
        f"{len(skus)} SKUs fit {clue} equally well.",
        tuple(
            _proposal(sku, f"fits {clue}", SAME_SCORE) for sku in skus[:SUGGESTIONS_MAX]
        ),
    )


def _propose(clues: _Clues, catalogue: Catalogue) -> Unmatched:
    alike = catalogue.with_loose_key(loose_key(clues.sku))
    proposals = [
        _proposal(sku, "the same SKU text but for separators", LOOSE_SCORE)
        for sku in alike
    ]
    proposals += [
        _proposal(sku, "resembles it", min(score, RESEMBLANCE_SCORE_MAX))
        for sku, score in catalogue.resembling(clues.sku, clues.title)
        if sku not in alike
    ]
    named = f"SKU {clues.sku_text!r}" if clues.sku_text else "A thing without a SKU"
    if len(alike) > 1:
        return Unmatched(
            ConflictKind.AMBIGUOUS_SKU,
            f"{named} is unknown and like {len(alike)} SKUs but for separators.",
            tuple(proposals[:SUGGESTIONS_MAX]),
        )
    return Unmatched(
        ConflictKind.UNMAPPED_SKU,
        f"{named} is not one that the hub knows.",
        tuple(proposals[:SUGGESTIONS_MAX]),
    )


def _restate(rule: MappingRule) -> tuple[Proposal, ...]:
    """Return the rule as a proposal; none for a bundle, which no proposal can state."""
    if rule.ignored:
        reason = "a mapping rule ignores it"
        return (Proposal(action=Action.IGNORE_LISTING, reason=reason),)
    if len(rule.components) > 1:
        return ()
    part = rule.components[0]
    reason = "a mapping rule says so"
    return (Proposal(action=Action.MAP, sku=part.sku, units=part.units, reason=reason),)


def _proposal(sku: str, reason: str, score: int) -> Proposal:
    return Proposal(action=Action.MAP, sku=sku, reason=reason, score=score)


def _clues(listing_external_id: str, sku: str, barcode: str, title: str) -> _Clues:
    return _Clues(
        listing_external_id, sku, _usable_key(sku), barcode_key(barcode) or "", title
    )


def _usable_key(text: str) -> str:
    """Return the SKU key; empty for a text that no SKU of the merchant can carry."""
    try:
        return sku_key(text)
    except ValueError:
        return ""
