"""Every kind of conflict explains itself and says what can be done."""

from __future__ import annotations

import pytest
from crossdock.canonical.conflicts import (
    KIND_TEXTS,
    Action,
    ConflictFacts,
    ConflictKind,
    Proposal,
)
from pydantic import ValidationError


@pytest.mark.parametrize("kind", ConflictKind)
def test_every_kind_says_what_it_means_what_it_costs_and_what_can_be_done(
    kind: ConflictKind,
) -> None:
    text = KIND_TEXTS[kind]
    assert text.meaning.endswith(".")
    assert text.impact.endswith(".")
    assert text.actions
    assert len(set(text.actions)) == len(text.actions)


@pytest.mark.parametrize("action", Action)
def test_every_action_settles_some_kind_of_conflict(action: Action) -> None:
    assert any(action in text.actions for text in KIND_TEXTS.values())


def test_no_two_kinds_are_explained_in_the_same_words() -> None:
    assert len({text.meaning for text in KIND_TEXTS.values()}) == len(ConflictKind)


@pytest.mark.parametrize("score", [-1, 101])
def test_a_score_is_a_percentage(score: int) -> None:
    with pytest.raises(ValidationError, match="score"):
        Proposal(action=Action.MAP, sku="MUG", reason="resembles it", score=score)


def test_a_proposal_maps_to_one_unit_unless_it_says_more() -> None:
    proposal = Proposal(action=Action.MAP, sku="MUG", reason="same barcode")
    assert proposal.units == 1
    with pytest.raises(ValidationError, match="units"):
        Proposal(action=Action.MAP, sku="MUG", units=0, reason="same barcode")


def test_a_conflict_survives_the_way_through_json() -> None:
    conflict = ConflictFacts(
        kind=ConflictKind.DRIFT,
        subject="north/listing-1",
        channel="north",
        summary="Shows 7 instead of 5.",
        facts={"shown": 7, "acknowledged": 5, "reads": [7, 7]},
        proposals=(Proposal(action=Action.OVERWRITE, reason="no sale explains it"),),
    )
    assert ConflictFacts.model_validate_json(conflict.model_dump_json()) == conflict
