"""Every built-in connector claims what is true, and shows where its figures come from.

``quality.find_false_claims`` checks what a connector's class can tell. What only this
repository can tell is checked here: a rule that is done has its evidence in a file.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib import resources
from pathlib import Path

import pytest
from crossdock.connectors.quality import (
    RULES,
    Status,
    Tier,
    find_false_claims,
    read_scorecard,
)
from crossdock.connectors.registry import BUILT_IN_KINDS, find_plugin
from crossdock.connectors.sdk import CAPABILITIES, Traits, capabilities_of

REPOSITORY = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.parametrize("kind", BUILT_IN_KINDS)


def read_readme(kind: str) -> str:
    package = find_plugin(kind).connector.__module__.rpartition(".")[0]
    return (resources.files(package) / "README.md").read_text(encoding="utf-8")


def read_figures(kind: str) -> dict[str, tuple[str, str]]:
    """Return value and source of every trait in the README's table."""
    rows = (
        [cell.strip(" `") for cell in line.strip("|").split("|")]
        for line in read_readme(kind).splitlines()
        if line.count("|") == 4
    )
    return {
        name: (value, source)
        for name, value, source in rows
        if name in Traits.__dataclass_fields__
    }


def find_tests(pattern: str, words: str) -> list[str]:
    """Return the test files of a pattern in which some words occur."""
    return [
        path.name
        for path in sorted((REPOSITORY / "tests").glob(pattern))
        if re.search(words, path.read_text(encoding="utf-8"))
    ]


EVIDENCE: dict[str, Callable[[str], list[str]]] = {
    "conformance-suite": lambda kind: find_tests(
        f"connectors/{kind}/test_*.py", r"verify\(check, "
    ),
    "mapping-golden-files": lambda kind: find_tests(
        f"mapping/test_{kind}_*.py", r"specs: Path"
    ),
    "recorded-cassettes": lambda kind: find_tests(
        f"recordings/{kind}*.yaml", "interactions:"
    ),
    "simulator-exists": lambda kind: find_tests(
        f"simulators/{kind}/test_*.py", f"crossdock.simulators.{kind}"
    ),
    # A demonstration with both shops, of which every figure has to be right; or the
    # connector alone against its simulated channel, with the same faults.
    "chaos-passes": lambda kind: (
        find_tests("demo/test_*.py", rf'(?s){kind.upper()}.*"--faults", "all"')
        or find_tests(f"connectors/{kind}/test_*_chaos.py", r'FAULTS\["all"\]')
    ),
    "contract-validated": lambda kind: (
        find_tests(f"connectors/{kind}/test_*.py", r"specs: Path|vendor_schema")
        or find_tests(f"contract/test_{kind}_*.py", r"OPERATIONS")
    ),
}
"""What has to be there when a rule is said to be done."""


def test_no_claim_is_false(kind: str) -> None:
    plugin = find_plugin(kind)
    assert find_false_claims(plugin, read_scorecard(plugin)) == []


def test_whatever_is_done_has_its_evidence_in_this_repository(kind: str) -> None:
    claims = read_scorecard(find_plugin(kind)).rules
    bare = [
        rule
        for rule, find_evidence in EVIDENCE.items()
        if claims[rule].status is Status.DONE and not find_evidence(kind)
    ]
    assert bare == []


def test_the_tier_is_what_the_rules_left_to_do_allow(kind: str) -> None:
    scorecard = read_scorecard(find_plugin(kind))
    left = [
        RULES[name].tier
        for name, claim in scorecard.rules.items()
        if claim.status is Status.TODO
    ]
    assert scorecard.tier == (min(left) - 1 if left else Tier.PLATINUM)
    assert scorecard.tier >= Tier.GOLD


def test_the_readme_says_on_which_real_server_it_was_seen_or_that_it_was_on_none(
    kind: str,
) -> None:
    card = read_scorecard(find_plugin(kind))
    text = " ".join(read_readme(kind).split())
    seen = f"seen on a real server, {card.seen_on}"
    none = r"Nothing( here)? was seen on a real "
    assert seen in text if card.seen_on else re.search(none, text)


def test_every_trait_is_told_with_its_source(kind: str) -> None:
    traits = find_plugin(kind).traits
    figures = read_figures(kind)
    told = {name: value for name, (value, _) in figures.items()}
    assert told == {
        name: str(getattr(traits, name)).removesuffix(".0")
        for name in Traits.__dataclass_fields__
    }
    assert [name for name, (_, source) in figures.items() if len(source) < 4] == []


def test_the_readme_says_with_which_server_recordings_were_held(kind: str) -> None:
    assert re.search(rf"## Recordings\s+`tests/recordings/{kind}", read_readme(kind))


def test_the_page_in_the_docs_leads_to_everything_a_merchant_enters(kind: str) -> None:
    page = (REPOSITORY / "docs/connectors" / f"{kind}.md").read_text(encoding="utf-8")
    fields = find_plugin(kind).settings.model_fields
    assert [name for name in fields if f"| `{name}` |" not in page] == []
    assert f"crossdock channels add {kind}" in page
    assert f"connectors/{kind}/README.md" in page


def test_what_a_connector_cannot_do_is_told_in_its_readme(kind: str) -> None:
    lacking = {one.__name__ for one in CAPABILITIES} - set(
        capabilities_of(find_plugin(kind))
    )
    text = read_readme(kind)
    assert [name for name in sorted(lacking) if f"`{name}`" not in text] == []
