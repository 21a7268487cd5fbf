"""The invariants: what the hub promises whatever happens, and who asks for it.

A rule is one question that a checker asks. Every rule that is reported belongs to an
invariant; one that belongs to none is a mistake of the checker and raises.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Invariant(StrEnum):
    """What must hold, by its name in every report."""

    CONSERVATION = "I1 conservation"
    ALLOCATION = "I2 allocation bound"
    ONE_EFFECT = "I3 one fact, one effect"
    MONOTONE = "I4 monotone orders"
    CONVERGENCE = "I5 convergence"
    NO_LOSS = "I6 no silent loss"
    SINGLE_WRITER = "I7 single writer"
    ISOLATION = "I8 isolation"
    NO_LEAK = "I9 no leak"
    REPLAY = "I10 replay"
    BOUNDED = "I11 bounded"


STEP: Mapping[str, Invariant] = {
    "movements_are_only_added": Invariant.CONSERVATION,
    "staff_move_what_they_say": Invariant.CONSERVATION,
    "no_raise_covers_an_unseen_sale": Invariant.ALLOCATION,
    "reductions_go_first": Invariant.ALLOCATION,
    "no_older_version_overwrites": Invariant.MONOTONE,
    "what_was_told_stays_told": Invariant.MONOTONE,
    "nothing_is_written_under_a_lost_lease": Invariant.SINGLE_WRITER,
    "fencing_tokens_only_grow": Invariant.SINGLE_WRITER,
    "credentials_go_to_their_own_shop": Invariant.ISOLATION,
    "no_secret_is_in_an_address": Invariant.NO_LEAK,
    "work_stays_bounded": Invariant.BOUNDED,
    "revisions_stay_in_budget": Invariant.BOUNDED,
    "requests_stay_bounded": Invariant.BOUNDED,
    "no_error_is_unexpected": Invariant.NO_LOSS,
    "nothing_is_raised": Invariant.NO_LOSS,
}
"""Asked after every step."""

END: Mapping[str, Invariant] = {
    "the_hub_counts_what_the_books_count": Invariant.CONSERVATION,
    "escrow_sells_nothing_twice": Invariant.ALLOCATION,
    "races_are_as_predicted": Invariant.ALLOCATION,
    "no_order_is_doubled": Invariant.ONE_EFFECT,
    "every_parcel_is_told_once": Invariant.ONE_EFFECT,
    "lines_agree_with_the_books": Invariant.CONVERGENCE,
    "every_listing_shows_what_the_hub_computes": Invariant.CONVERGENCE,
    "what_is_wanted_is_what_is_computed": Invariant.CONVERGENCE,
    "all_work_is_done": Invariant.CONVERGENCE,
    "no_order_is_lost": Invariant.NO_LOSS,
    "no_line_is_lost": Invariant.NO_LOSS,
    "every_listing_is_known": Invariant.NO_LOSS,
    "waiting_listings_have_a_conflict": Invariant.NO_LOSS,
    "no_secret_leaks": Invariant.NO_LEAK,
    "the_same_seed_is_the_same_day": Invariant.REPLAY,
}
"""Asked when troubles have stopped and time has passed."""

FSCK: Mapping[str, Invariant] = {
    "positions_are_the_sum_of_their_movements": Invariant.CONSERVATION,
    "goods_in_transit_are_those_of_transfers": Invariant.CONSERVATION,
    "allocated_is_what_lines_hold": Invariant.ALLOCATION,
    "allocated_is_on_hand": Invariant.ALLOCATION,
    "claims_stay_within_what_is_wanted": Invariant.ALLOCATION,
    "claims_want_what_their_line_wants": Invariant.ALLOCATION,
    "lines_wait_at_one_home": Invariant.ALLOCATION,
    "lines_wait_only_while_there_is_no_stock": Invariant.ALLOCATION,
    "shipped_is_what_parcels_carry": Invariant.ONE_EFFECT,
    "orders_come_from_an_applied_record": Invariant.ONE_EFFECT,
    "applied_records_are_orders": Invariant.ONE_EFFECT,
    "one_conflict_is_open_per_cause": Invariant.ONE_EFFECT,
    "mapped_listings_are_published": Invariant.CONVERGENCE,
}
"""Rules of ``crossdock fsck`` that are about more than the tables agreeing."""

_OTHER_FSCK = Invariant.NO_LOSS


def find_invariant(rule: str) -> Invariant:
    """Return the invariant that a rule belongs to.

    Raises:
        KeyError: no invariant has such a rule.
    """
    _, is_fsck, name = rule.partition("fsck.")
    if is_fsck:
        return FSCK.get(name, _OTHER_FSCK)
    return STEP[rule] if rule in STEP else END[rule]
