"""What matching looks up: the merchant's SKUs and the rules that people wrote.

Built once, asked often: exact look-ups are dictionaries, and what only suggestions need
is prepared at the first suggestion. Not the store: it hands in what is to be known.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from pydantic import Field, model_validator
from rapidfuzz import fuzz, process, utils

from ..canonical.listings import Component
from ..canonical.model import Model
from .identity import barcode_key, loose_key, sku_key

SUGGESTIONS_MAX = 5
SUGGESTION_SCORE_MIN = 60


class CatalogueSku(Model):
    """One SKU of the merchant, as matching needs to know it."""

    sku: str = Field(min_length=1)
    title: str = ""
    barcode: str = ""


class MappingRule(Model):
    """What a person said a listing, or a SKU text, stands for.

    Either ``listing_external_id`` (then ``channel`` names whose listing) or
    ``sku_text`` (an alias; ``channel`` empty: on every channel). ``components`` are
    what it sells; none when it is ``ignored``.
    """

    channel: str = ""
    listing_external_id: str = ""
    sku_text: str = ""
    components: tuple[Component, ...] = ()
    ignored: bool = False

    @model_validator(mode="after")
    def _check_scope(self) -> MappingRule:
        if bool(self.listing_external_id) == bool(sku_key(self.sku_text)):
            raise ValueError("a rule is about either a listing or a SKU text")
        if self.listing_external_id and not self.channel:
            raise ValueError("a rule about a listing names the channel of the listing")
        return self

    @model_validator(mode="after")
    def _check_components(self) -> MappingRule:
        if self.ignored == bool(self.components):
            raise ValueError("a rule names components, or ignores; one of the two")
        if len({part.sku for part in self.components}) != len(self.components):
            raise ValueError("a rule names each SKU once, with all of its units")
        return self


class Catalogue:
    """An index over the merchant's SKUs and the mapping rules."""

    def __init__(
        self, skus: Iterable[CatalogueSku], rules: Iterable[MappingRule] = ()
    ) -> None:
        """Index ``skus`` and ``rules``.

        Raises:
            ValueError: a SKU that no key can be made of (``identity.sku_key``).
        """
        self._skus: dict[str, CatalogueSku] = {known.sku: known for known in skus}
        self._by_key: dict[str, list[str]] = {}
        self._by_barcode: dict[str, list[str]] = {}
        self._rules: dict[tuple[str, str, str], list[MappingRule]] = {}
        for known in self._skus.values():
            key = sku_key(known.sku)
            if not key:
                raise ValueError(f"{known.sku!r} holds nothing visible")
            self._by_key.setdefault(key, []).append(known.sku)
            barcode = barcode_key(known.barcode)
            if barcode is not None:
                self._by_barcode.setdefault(barcode, []).append(known.sku)
        for rule in rules:
            scope = (rule.channel, rule.listing_external_id, sku_key(rule.sku_text))
            same_scope = self._rules.setdefault(scope, [])
            if rule not in same_scope:
                same_scope.append(rule)

    def __contains__(self, sku: object) -> bool:
        return sku in self._skus

    def with_key(self, key: str) -> tuple[str, ...]:
        """Return the SKUs whose ``sku_key`` is ``key``; none for the empty key."""
        return tuple(self._by_key.get(key, ()))

    def with_barcode(self, key: str) -> tuple[str, ...]:
        """Return the SKUs whose ``barcode_key`` is ``key``; none for the empty key."""
        return tuple(self._by_barcode.get(key, ()))

    def with_loose_key(self, key: str) -> tuple[str, ...]:
        """Return the SKUs whose ``loose_key`` is ``key``; none for the empty key."""
        return tuple(self._by_loose_key.get(key, ())) if key else ()

    def listing_rules(
        self, channel: str, listing_external_id: str
    ) -> tuple[MappingRule, ...]:
        """Return what people said about one listing; more than one: they disagree."""
        if not listing_external_id:
            return ()
        return tuple(self._rules.get((channel, listing_external_id, ""), ()))

    def alias_rules(self, channel: str, key: str) -> tuple[MappingRule, ...]:
        """Return what the text of ``key`` stands for; the channel's own go first."""
        if not key:
            return ()
        own = self._rules.get((channel, "", key))
        return tuple(own or self._rules.get(("", "", key), []))

    def resembling(self, sku: str, title: str) -> list[tuple[str, int]]:
        """Return SKUs like ``sku`` or ``title`` and their scores (0-100), best first.

        At most ``SUGGESTIONS_MAX``, none below ``SUGGESTION_SCORE_MIN``. The better of
        both resemblances counts; of equal scores those of the SKU go first.
        """
        folded = utils.default_process(title)
        scores: dict[str, int] = {}
        for text, choices, scorer in (
            (sku, self._keys, fuzz.ratio),
            # Words in any order; a subset of the words must not count as the whole,
            # or "shirt" would equal every shirt.
            (folded, self._titles, fuzz.token_sort_ratio),
        ):
            if not text:
                continue
            for _, score, name in process.extract(
                text,
                choices,
                scorer=scorer,
                limit=SUGGESTIONS_MAX,
                score_cutoff=SUGGESTION_SCORE_MIN,
            ):
                scores[name] = max(scores.get(name, 0), round(score))
        ranked = sorted(scores.items(), key=lambda pair: -pair[1])
        return ranked[:SUGGESTIONS_MAX]

    @cached_property
    def _by_loose_key(self) -> dict[str, list[str]]:
        index: dict[str, list[str]] = {}
        for sku in self._skus:
            index.setdefault(loose_key(sku), []).append(sku)
        return index

    @cached_property
    def _keys(self) -> dict[str, str]:
        return {sku: sku_key(sku) for sku in self._skus}

    @cached_property
    def _titles(self) -> dict[str, str]:
        return {
            known.sku: utils.default_process(known.title)
            for known in self._skus.values()
            if known.title
        }
