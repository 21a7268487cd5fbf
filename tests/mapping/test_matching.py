"""What decides which SKUs a listing sells, in which order, and what only proposes."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from crossdock.canonical.conflicts import Action, ConflictKind, Proposal
from crossdock.canonical.listings import Component, Listing, ListingState
from crossdock.canonical.money import Money
from crossdock.canonical.orders import OrderLine
from crossdock.mapping.catalogue import SUGGESTION_SCORE_MIN, SUGGESTIONS_MAX
from crossdock.mapping.identity import sku_key
from crossdock.mapping.matching import (
    LOOSE_SCORE,
    RESEMBLANCE_SCORE_MAX,
    Catalogue,
    CatalogueSku,
    Duplicate,
    MappingRule,
    Match,
    MatchReason,
    Unmatched,
    find_duplicates,
    match_line,
    match_listing,
)
from hypothesis import given
from hypothesis import strategies as st

EAN = "4006381333931"
UPC = "036000291452"

MUG = CatalogueSku(sku="MUG-01", title="Enamel mug, white", barcode=EAN)
SHIRT = CatalogueSku(sku="SHIRT-RED-M", title="Cotton shirt red medium")
LAMP = CatalogueSku(sku="LAMP/7", title="Desk lamp brass", barcode=UPC)

TWO_MUGS = (Component(sku="MUG-01", units=2),)
GIFT_SET = (Component(sku="MUG-01", units=1), Component(sku="LAMP/7", units=1))


def _catalogue(*rules: MappingRule, extra: Iterable[CatalogueSku] = ()) -> Catalogue:
    return Catalogue([MUG, SHIRT, LAMP, *extra], rules)


def _listing(external_id: str = "1", sku: str = "", **changes: object) -> Listing:
    facts = {"external_id": external_id, "stock_external_id": external_id, "sku": sku}
    return Listing.model_validate(facts | changes)


def _match(listing: Listing, catalogue: Catalogue) -> Match:
    found = match_listing(listing, "north", catalogue)
    assert isinstance(found, Match)
    return found


def _miss(listing: Listing, catalogue: Catalogue) -> Unmatched:
    found = match_listing(listing, "north", catalogue)
    assert isinstance(found, Unmatched)
    return found


def test_the_same_sku_text_is_one_unit_of_that_sku() -> None:
    match = _match(_listing(sku=" mug-01 "), _catalogue())
    assert match == Match((Component(sku="MUG-01", units=1),), MatchReason.SKU)
    assert not match.ignored


def test_the_same_valid_barcode_matches_a_listing_without_a_known_sku() -> None:
    match = _match(_listing(sku="4711", barcode=f"0{EAN}"), _catalogue())
    assert match == Match((Component(sku="MUG-01", units=1),), MatchReason.BARCODE)


def test_g20_a_barcode_with_a_wrong_check_digit_matches_nothing() -> None:
    broken = EAN[:-1] + "2"
    catalogue = _catalogue(extra=[CatalogueSku(sku="B", barcode=broken)])
    assert _miss(_listing(barcode=broken), catalogue).kind is ConflictKind.UNMAPPED_SKU


@pytest.mark.parametrize("channel", ["north", ""])
def test_an_alias_says_what_a_text_stands_for(channel: str) -> None:
    rule = MappingRule(channel=channel, sku_text="Mug Twin", components=TWO_MUGS)
    match = _match(_listing(sku="MUG TWIN"), _catalogue(rule))
    assert match == Match(TWO_MUGS, MatchReason.ALIAS)


def test_a_channels_own_alias_goes_before_the_one_for_all_channels() -> None:
    own = MappingRule(channel="north", sku_text="TWIN", components=TWO_MUGS)
    everywhere = MappingRule(sku_text="TWIN", components=GIFT_SET)
    catalogue = _catalogue(everywhere, own)
    assert _match(_listing(sku="TWIN"), catalogue).components == TWO_MUGS
    elsewhere = match_listing(_listing(sku="TWIN"), "south", catalogue)
    assert elsewhere == Match(GIFT_SET, MatchReason.ALIAS)


def test_an_alias_cannot_hide_a_sku_that_exists() -> None:
    rule = MappingRule(sku_text="MUG-01", components=GIFT_SET)
    assert _match(_listing(sku="MUG-01"), _catalogue(rule)).reason is MatchReason.SKU


def test_an_alias_goes_before_the_barcode() -> None:
    rule = MappingRule(sku_text="TWIN", components=TWO_MUGS)
    match = _match(_listing(sku="TWIN", barcode=UPC), _catalogue(rule))
    assert match.reason is MatchReason.ALIAS


def test_c15_a_persons_rule_for_the_listing_goes_before_everything() -> None:
    rule = MappingRule(channel="north", listing_external_id="1", components=GIFT_SET)
    match = _match(_listing(sku="MUG-01", barcode=UPC), _catalogue(rule))
    assert match == Match(GIFT_SET, MatchReason.LISTING_RULE)


def test_a_rule_for_a_listing_says_nothing_about_another_channel() -> None:
    rule = MappingRule(channel="south", listing_external_id="1", components=GIFT_SET)
    assert _match(_listing(sku="MUG-01"), _catalogue(rule)).reason is MatchReason.SKU


@pytest.mark.parametrize(
    "scope", [{"channel": "north", "listing_external_id": "1"}, {"sku_text": "FEE"}]
)
def test_an_ignored_listing_matches_and_sells_nothing(scope: dict[str, str]) -> None:
    rule = MappingRule.model_validate({**scope, "ignored": True})
    match = _match(_listing(sku="FEE"), _catalogue(rule))
    assert match.ignored
    assert match.components == ()


def test_c14_a_rule_by_id_survives_that_the_channel_renames_the_sku() -> None:
    rule = MappingRule(channel="north", listing_external_id="1", components=TWO_MUGS)
    catalogue = _catalogue(rule)
    before = _match(_listing(sku="TWIN"), catalogue)
    assert _match(_listing(sku="TWIN-NEW"), catalogue) == before


def test_a_rule_to_a_sku_that_is_gone_is_not_followed_and_not_replaced() -> None:
    gone = (Component(sku="GONE", units=1),)
    rule = MappingRule(channel="north", listing_external_id="1", components=gone)
    miss = _miss(_listing(sku="MUG-01"), _catalogue(rule))
    assert miss.kind is ConflictKind.UNMAPPED_SKU
    assert "GONE" in miss.summary


def test_c16_two_skus_with_one_key_are_ambiguous() -> None:
    catalogue = _catalogue(extra=[CatalogueSku(sku="mug-01")])
    miss = _miss(_listing(sku="Mug-01"), catalogue)
    assert miss.kind is ConflictKind.AMBIGUOUS_SKU
    assert {proposal.sku for proposal in miss.proposals} == {"MUG-01", "mug-01"}


def test_c16_two_skus_with_one_barcode_are_ambiguous() -> None:
    catalogue = _catalogue(extra=[CatalogueSku(sku="MUG-01-B", barcode=EAN)])
    miss = _miss(_listing(barcode=EAN), catalogue)
    assert miss.kind is ConflictKind.AMBIGUOUS_SKU
    assert [proposal.sku for proposal in miss.proposals] == ["MUG-01", "MUG-01-B"]


def test_c16_an_ambiguous_sku_text_is_not_settled_by_a_barcode() -> None:
    catalogue = _catalogue(extra=[CatalogueSku(sku="mug-01")])
    miss = _miss(_listing(sku="MUG-01", barcode=UPC), catalogue)
    assert miss.kind is ConflictKind.AMBIGUOUS_SKU


def test_rules_that_contradict_one_another_are_ambiguous_and_restated() -> None:
    rules = (
        MappingRule(sku_text="TWIN", components=TWO_MUGS),
        MappingRule(sku_text="twin", components=GIFT_SET),
        MappingRule(sku_text="TWIN", ignored=True),
    )
    miss = _miss(_listing(sku="TWIN"), _catalogue(*rules))
    assert miss.kind is ConflictKind.AMBIGUOUS_SKU
    assert [(one.action, one.sku, one.units) for one in miss.proposals] == [
        (Action.MAP, "MUG-01", 2),
        (Action.IGNORE_LISTING, "", 1),
    ]


def test_a_rule_that_is_there_twice_does_not_contradict_itself() -> None:
    rule = MappingRule(sku_text="TWIN", components=TWO_MUGS)
    match = _match(_listing(sku="TWIN"), _catalogue(rule, rule))
    assert match.components == TWO_MUGS


def test_the_same_text_but_for_separators_is_proposed_and_not_merged() -> None:
    miss = _miss(_listing(sku="mug 01"), _catalogue())
    assert miss.kind is ConflictKind.UNMAPPED_SKU
    assert miss.proposals[0] == Proposal(
        action=Action.MAP,
        sku="MUG-01",
        reason="the same SKU text but for separators",
        score=LOOSE_SCORE,
    )


def test_c16_several_skus_alike_but_for_separators_are_ambiguous() -> None:
    catalogue = _catalogue(extra=[CatalogueSku(sku="MUG_01")])
    miss = _miss(_listing(sku="MUG01"), catalogue)
    assert miss.kind is ConflictKind.AMBIGUOUS_SKU
    assert [one.sku for one in miss.proposals[:2]] == ["MUG-01", "MUG_01"]


def test_c14_a_renamed_sku_is_suggested_and_not_merged() -> None:
    miss = _miss(_listing(sku="SHIRT-RED-MED"), _catalogue())
    assert miss.kind is ConflictKind.UNMAPPED_SKU
    assert miss.proposals[0].sku == "SHIRT-RED-M"


def test_a_title_suggests_whatever_the_order_of_its_words() -> None:
    miss = _miss(_listing(title="Medium COTTON Shirt - Red"), _catalogue())
    assert [one.sku for one in miss.proposals] == ["SHIRT-RED-M"]
    assert miss.proposals[0].score == RESEMBLANCE_SCORE_MAX


def test_one_word_of_a_title_does_not_suggest_every_title_that_has_it() -> None:
    shirts = [
        CatalogueSku(sku=f"S-{size}", title=f"Organic cotton shirt in blue, {size}")
        for size in ("small", "medium", "large")
    ]
    assert _miss(_listing(title="Shirt"), _catalogue(extra=shirts)).proposals == ()


def test_nothing_like_it_gives_no_proposals() -> None:
    miss = _miss(_listing(sku="ZZZZZZ", title="Qi"), _catalogue())
    assert miss.proposals == ()
    assert "'ZZZZZZ'" in miss.summary


def test_a_listing_without_any_text_is_unmapped() -> None:
    miss = _miss(_listing(), _catalogue(extra=[CatalogueSku(sku="- -")]))
    assert miss.kind is ConflictKind.UNMAPPED_SKU
    assert miss.proposals == ()


@pytest.mark.parametrize("text", ["MUG-01\x00", "\u200b"])
def test_g11_a_text_that_no_sku_can_have_is_unmapped_and_does_not_raise(
    text: str,
) -> None:
    alias = MappingRule(sku_text="TWIN", components=TWO_MUGS)
    assert (
        _miss(_listing(sku=text), _catalogue(alias)).kind is ConflictKind.UNMAPPED_SKU
    )


NOISE = st.text(st.sampled_from("MUG-01/LAMP 7shirt\u00e9dm\x00\u200b☕"), max_size=12)
SKUS = st.sampled_from(["MUG-01", "mug-01\u200b", "MUG 01", "lamp/7", ""]) | NOISE
BARCODES = st.sampled_from(["", EAN, f"0{UPC}"]) | NOISE


@given(SKUS, BARCODES, NOISE)
def test_only_sameness_matches_and_proposals_are_few_and_ranked(
    sku: str, barcode: str, title: str
) -> None:
    catalogue = _catalogue()
    listing = _listing(sku=sku, barcode=barcode, title=title)
    found = match_listing(listing, "north", catalogue)
    if isinstance(found, Match):
        (component,) = found.components
        same_text = "\x00" not in sku and sku_key(sku) == sku_key(component.sku)
        assert same_text == (found.reason is MatchReason.SKU)
        assert same_text or barcode in (EAN, f"0{UPC}")
        return
    scores = [proposal.score or 0 for proposal in found.proposals]
    assert scores == sorted(scores, reverse=True)
    assert len(scores) <= SUGGESTIONS_MAX
    assert all(score >= SUGGESTION_SCORE_MIN for score in scores)
    assert all(proposal.sku in catalogue for proposal in found.proposals)


def test_there_are_never_more_proposals_than_a_person_can_weigh() -> None:
    many = [CatalogueSku(sku="A" + "-" * i + "B", barcode=EAN) for i in range(9)]
    catalogue = Catalogue(many)
    for listing in (_listing(sku="A_B"), _listing(barcode=EAN)):
        miss = _miss(listing, catalogue)
        assert miss.kind is ConflictKind.AMBIGUOUS_SKU
        assert len(miss.proposals) == SUGGESTIONS_MAX


def _line(**changes: object) -> OrderLine:
    nothing = Money.zero("EUR")
    facts = {
        "external_id": "line-1",
        "quantity": 1,
        "quantity_current": 1,
        "quantity_taken": 1,
        "unit_price": nothing,
        "total": nothing,
        "tax": nothing,
    }
    return OrderLine.model_validate(facts | changes)


def test_c13_a_line_whose_listing_is_gone_matches_by_what_it_says_itself() -> None:
    rule = MappingRule(channel="north", listing_external_id="9", components=TWO_MUGS)
    catalogue = _catalogue(rule)
    by_text = match_line(_line(sku="mug-01"), "north", catalogue)
    assert by_text == Match((Component(sku="MUG-01", units=1),), MatchReason.SKU)
    by_rule = match_line(_line(listing_external_id="9"), "north", catalogue)
    assert by_rule == Match(TWO_MUGS, MatchReason.LISTING_RULE)
    by_barcode = match_line(_line(barcode=UPC), "north", catalogue)
    assert isinstance(by_barcode, Match)
    assert by_barcode.reason is MatchReason.BARCODE


def test_a_line_that_says_nothing_is_unmapped() -> None:
    assert isinstance(match_line(_line(), "north", _catalogue()), Unmatched)


def test_siblings_with_one_sku_and_stock_of_their_own_are_a_duplicate() -> None:
    siblings = [_listing("1", "SHIRT"), _listing("2", "MUG-01"), _listing("3", "shirt")]
    assert find_duplicates(siblings, "north", _catalogue()) == (
        Duplicate("SHIRT", ("1", "3")),
    )


def test_siblings_that_share_one_stock_record_are_no_duplicate() -> None:
    siblings = [
        _listing("1", "SHIRT", stock_external_id="parent"),
        _listing("2", "SHIRT", stock_external_id="parent"),
    ]
    assert find_duplicates(siblings, "north", _catalogue()) == ()


@pytest.mark.parametrize("state", [ListingState.INACTIVE, ListingState.DELETED])
def test_a_predecessor_that_nobody_can_buy_is_no_duplicate(state: ListingState) -> None:
    listings = [_listing("1", "SHIRT", state=state), _listing("2", "SHIRT")]
    assert find_duplicates(listings, "north", _catalogue()) == ()


@pytest.mark.parametrize("sku", ["", " ", "SHIRT\x00"])
def test_listings_without_a_usable_sku_are_no_duplicates(sku: str) -> None:
    listings = [_listing("1", sku), _listing("2", sku)]
    assert find_duplicates(listings, "north", _catalogue()) == ()


def test_c15_a_persons_rule_says_that_two_listings_may_sell_one_sku() -> None:
    rules = [
        MappingRule(channel="north", listing_external_id=one, components=TWO_MUGS)
        for one in ("1", "2")
    ]
    listings = [_listing("1", "SHIRT"), _listing("2", "SHIRT"), _listing("3", "SHIRT")]
    assert find_duplicates(listings, "north", _catalogue(*rules)) == ()
    assert find_duplicates(listings, "south", _catalogue(*rules)) == (
        Duplicate("SHIRT", ("1", "2", "3")),
    )
