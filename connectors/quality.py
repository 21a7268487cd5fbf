"""How good a connector is: about twenty rules in four tiers, claimed in quality.yaml.

A connector claims each rule as done, todo or exempt, the last two with a reason. What a
machine can check is checked against the connector's class, so that a claim cannot be
wishful. The tier is computed and never written down. Beside it stands on which real
server of the vendor the connector was tried, if on any: that is an event, and no
quality that can be worked for everywhere. Not a test of behaviour: that is
``conformance``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from importlib import resources
from typing import get_args

import yaml
from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError, model_validator

from ..canonical.errors import SettingsError
from .sdk import ConnectorSettings, Plugin, capabilities_of

_SECRET_WORDS = ("secret", "token", "password", "private_key")


class Tier(IntEnum):
    """How far a connector can be trusted; each tier includes those before it."""

    NONE = 0
    BRONZE = 1
    SILVER = 2
    GOLD = 3
    PLATINUM = 4


class Status(StrEnum):
    """What a connector says about a rule."""

    DONE = "done"
    TODO = "todo"
    EXEMPT = "exempt"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. ``find_fault`` says what contradicts the claim that it is done."""

    name: str
    tier: Tier
    meaning: str
    find_fault: Callable[[Plugin], str] | None = None
    capability: str = ""
    """The capability that the rule is about; one that has it cannot be exempt."""


class Claim(BaseModel):
    """What a connector says about one rule, and why it is not done."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    status: Status
    comment: str = ""

    @model_validator(mode="before")
    @classmethod
    def _read_bare_status(cls, value: object) -> object:
        return {"status": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _require_reason(self) -> Claim:
        if self.status is not Status.DONE and not self.comment.strip():
            raise ValueError(f"a rule that is {self.status} needs a comment")
        return self


class Scorecard(BaseModel):
    """The claims of one connector, one for each rule."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rules: dict[str, Claim]
    seen_on: str = ""
    """The vendor's server, with its version, on which it was tried."""
    not_seen: str = ""
    """Why it was tried on none."""

    @model_validator(mode="after")
    def _require_every_rule(self) -> Scorecard:
        missing = sorted(RULES.keys() - self.rules.keys())
        unknown = sorted(self.rules.keys() - RULES.keys())
        if missing or unknown:
            raise ValueError(f"missing rules: {missing}; unknown rules: {unknown}")
        return self

    @model_validator(mode="after")
    def _require_evidence_or_reason(self) -> Scorecard:
        if bool(self.seen_on.strip()) == bool(self.not_seen.strip()):
            raise ValueError("it needs seen_on or not_seen, and not both")
        return self

    @property
    def tier(self) -> Tier:
        """The highest tier of which, and below which, nothing is left to do."""
        reached = Tier.NONE
        for tier in list(Tier)[1:]:
            names = [rule.name for rule in RULES.values() if rule.tier is tier]
            if any(self.rules[name].status is Status.TODO for name in names):
                break
            reached = tier
        return reached


def parse_scorecard(text: str) -> Scorecard:
    """Return the scorecard that a quality.yaml holds.

    Raises:
        SettingsError: it is not YAML, a rule is missing or unknown, or a reason is.
    """
    try:
        return Scorecard.model_validate(yaml.safe_load(text))
    except (yaml.YAMLError, ValidationError) as error:
        raise SettingsError(f"quality.yaml cannot be used: {error}") from error


def read_scorecard(plugin: Plugin) -> Scorecard:
    """Return the scorecard in the folder of a connector.

    Raises:
        SettingsError: there is none, or it cannot be used.
    """
    text = _read_beside(plugin, "quality.yaml")
    if not text:
        raise SettingsError(f"the connector {plugin.kind!r} has no quality.yaml")
    return parse_scorecard(text)


def find_false_claims(plugin: Plugin, scorecard: Scorecard) -> list[str]:
    """Return what the connector claims and is not so, one sentence for each."""
    capabilities = capabilities_of(plugin)
    found: list[str] = []
    for name, claim in scorecard.rules.items():
        rule = RULES[name]
        able = rule.capability in capabilities
        if claim.status is Status.DONE:
            if rule.capability and not able:
                found.append(f"{name} is done, but the class lacks {rule.capability}")
            fault = rule.find_fault(plugin) if rule.find_fault else ""
            if fault:
                found.append(f"{name} is done, but {fault}")
        if claim.status is Status.EXEMPT and able:
            found.append(f"{name} is exempt, but the class has {rule.capability}")
    return found


def _read_beside(plugin: Plugin, filename: str) -> str:
    package = plugin.connector.__module__.rpartition(".")[0]
    try:
        return (resources.files(package) / filename).read_text(encoding="utf-8")
    except (FileNotFoundError, ModuleNotFoundError, ValueError):
        return ""


def _fault_of_settings(plugin: Plugin) -> str:
    if not issubclass(plugin.settings, ConnectorSettings):
        return f"{plugin.settings.__name__} is no ConnectorSettings"
    for name, field in plugin.settings.model_fields.items():
        if not field.title or not field.description:
            return f"the setting {name} has no title or no description"
        types = {field.annotation, *get_args(field.annotation)}
        if any(word in name for word in _SECRET_WORDS) and SecretStr not in types:
            return f"the setting {name} is no SecretStr"
    return ""


def _fault_of_check(plugin: Plugin) -> str:
    return "" if hasattr(plugin.connector, "check") else "the class has no check()"


def _fault_of_pace(plugin: Plugin) -> str:
    traits = plugin.traits
    paced = traits.requests_per_second > 0 and traits.burst >= 1
    return "" if paced else "its traits declare no pace"


def _needs_heading(word: str) -> Callable[[Plugin], str]:
    def find_fault(plugin: Plugin) -> str:
        lines = _read_beside(plugin, "README.md").lower().splitlines()
        if any(line.startswith("#") and word in line for line in lines):
            return ""
        return f"its README.md has no heading with {word!r}"

    return find_fault


_RULES = (
    Rule(
        "settings-model",
        Tier.BRONZE,
        "Every question of the set-up is a field with title and description; secrets "
        "are SecretStr.",
        _fault_of_settings,
    ),
    Rule(
        "check-before-enable",
        Tier.BRONZE,
        "check() proves credentials, scopes and account before anything is saved.",
        _fault_of_check,
    ),
    Rule(
        "unique-account",
        Tier.BRONZE,
        "check() tells an account id that never changes, so that one account is "
        "connected once.",
    ),
    Rule(
        "pull-resumable",
        Tier.BRONZE,
        "Orders are pulled from any cursor ever given, without loss.",
        capability="PullsOrders",
    ),
    Rule(
        "conformance-suite",
        Tier.BRONZE,
        "The shipped conformance suite runs in the connector's tests.",
    ),
    Rule(
        "mapping-golden-files",
        Tier.BRONZE,
        "The vendor's own sample payloads are translated, and compared field by field.",
    ),
    Rule(
        "docs-setup",
        Tier.BRONZE,
        "README.md says how to set it up, step by step.",
        _needs_heading("set up"),
    ),
    Rule(
        "reauth",
        Tier.SILVER,
        "Credentials that stop working lead to ReauthRequiredError, and only that.",
    ),
    Rule(
        "log-once",
        Tier.SILVER,
        "The connector logs no failure: what it raises is told once, by the hub.",
    ),
    Rule(
        "paced",
        Tier.SILVER,
        "The traits declare a pace that the channel tolerates, with its source.",
        _fault_of_pace,
    ),
    Rule(
        "push-per-write",
        Tier.SILVER,
        "One bad write of a batch is refused alone.",
        capability="PushesStock",
    ),
    Rule(
        "webhook-verified",
        Tier.SILVER,
        "Deliveries are verified on raw bytes, with more than one secret while one is "
        "rotated if the channel rotates them.",
        capability="ReceivesWebhooks",
    ),
    Rule(
        "diagnostics-redacted",
        Tier.SILVER,
        "No secret and no customer's data in any error text, repr or log line.",
    ),
    Rule(
        "recorded-cassettes",
        Tier.SILVER,
        "Tests replay recorded exchanges, scrubbed; README.md says with which server "
        "they were held.",
    ),
    Rule(
        "stock-read-back",
        Tier.GOLD,
        "What a listing shows can be read, to find writes that were accepted and lost.",
        capability="ReadsStock",
    ),
    Rule(
        "returns",
        Tier.GOLD,
        "Refunds, restocked units and returns of goods come in as separate facts.",
    ),
    Rule(
        "cancellation-stock-rule",
        Tier.GOLD,
        "It is known, and tested, whether the channel gives units back when an order "
        "is cancelled.",
    ),
    Rule(
        "known-limits-documented",
        Tier.GOLD,
        "README.md names what the channel cannot do, and its figures with sources.",
        _needs_heading("limit"),
    ),
    Rule(
        "simulator-exists",
        Tier.GOLD,
        "A simulated channel keeps its own books and shares no code with it.",
    ),
    Rule(
        "chaos-passes",
        Tier.GOLD,
        "With every fault of the simulated channel switched on, all still converges.",
    ),
    Rule(
        "contract-validated",
        Tier.PLATINUM,
        "Every request that the connector can send is validated against the vendor's "
        "own machine-readable contract.",
    ),
)
RULES: Mapping[str, Rule] = {rule.name: rule for rule in _RULES}
