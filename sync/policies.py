"""Policies: writing down what a merchant says about shares, and what it would change.

A policy is a row; what channels show follows when the SKUs that it is about are
reconciled. The preview asks the same scene the same question with both sets of rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace

from ..canonical.errors import RefusedError
from ..canonical.policies import StockMode, StockPolicy
from ..store import audit, channels, policies
from ..store.audit import AuditRow
from ..store.engine import Connection
from ..store.marks import Mark, MarkKind, Priority
from ..store.policies import Seller
from .decide.policies import PolicyBook, describe_scope
from .escrow import foresee_quotas
from .hub import STOCK_LANE, Hub
from .showing import Key, can_hold_quotas, load_scene, make_book
from .stocktaking import require_sku

PAGE = 250


@dataclass(frozen=True, slots=True)
class Difference:
    """A stock record that would show something else."""

    channel: str
    stock_record: str
    skus: tuple[str, ...]
    before: int | None
    after: int | None
    at_zero_first: bool
    """Whether it goes to zero first, until it is certain what it sold before."""


def set_policy(
    hub: Hub, said: StockPolicy, *, actor: str, reason: str = ""
) -> StockPolicy:
    """Write a policy in place of an earlier one about the same, and let it take effect.

    Returns:
        The policy as written, with the SKU as the hub spells it.

    Raises:
        NotFoundError: there is no such channel or SKU.
        RefusedError: a channel that it is about cannot be bound by a quota.
    """
    with hub.store.transaction() as connection:
        policy = _require_possible(hub, connection, said)
        before = _find(connection, policy)
        policies.write_policy(connection, policy, hub.clock.now())
        _note(hub, connection, "policy.set", before, policy, (actor, reason))
        _mark_all(hub, connection, policy)
    hub.wake([STOCK_LANE])
    return policy


def clear_policy(
    hub: Hub, channel: str, sku: str, *, actor: str, reason: str = ""
) -> bool:
    """Forget a policy; what is less specific applies again. False: there was none.

    Raises:
        NotFoundError: there is no such channel or SKU.
    """
    with hub.store.transaction() as connection:
        scope = _require_known(hub, connection, StockPolicy(channel, sku))
        before = _find(connection, scope)
        if before is None:
            return False
        policies.drop_policy(connection, scope.channel, scope.sku)
        _note(hub, connection, "policy.clear", before, None, (actor, reason))
        _mark_all(hub, connection, scope)
    hub.wake([STOCK_LANE])
    return True


def list_policies(hub: Hub) -> list[StockPolicy]:
    """Return every policy that is written down."""
    with hub.store.reading() as connection:
        return policies.load_policies(connection)


def preview_policy(
    hub: Hub, channel: str, sku: str, proposed: StockPolicy | None
) -> list[Difference]:
    """Return what would show something else with a policy, or without it.

    Args:
        hub: what to work with.
        channel: whom it is about; empty for all.
        sku: what it is about; empty for all.
        proposed: the policy; None for clearing it.

    Raises:
        NotFoundError: there is no such channel or SKU.
        RefusedError: a channel that it is about cannot be bound by a quota.
    """
    with hub.store.reading() as connection:
        if proposed is not None:
            scope = proposed = _require_possible(hub, connection, proposed)
        else:
            scope = _require_known(hub, connection, StockPolicy(channel, sku))
        sellers = policies.load_sellers(connection)
        found: dict[Key, Difference] = {}
        for skus in _page_skus(connection, scope):
            books = _make_books(hub, connection, skus, scope, proposed, sellers)
            for one in _compare(hub, connection, skus, books):
                found[one.channel, one.stock_record] = one
        return list(found.values())


def _make_books(
    hub: Hub,
    connection: Connection,
    skus: Sequence[str],
    scope: StockPolicy,
    proposed: StockPolicy | None,
    sellers: dict[str, Seller],
) -> tuple[PolicyBook, PolicyBook]:
    # Sets tie SKUs together: those of a page are not all that the page decides about.
    said = policies.load_policies(connection)
    keys = (scope.channel, scope.sku)
    others = [one for one in said if (one.channel, one.sku) != keys]
    changed = [*others, proposed] if proposed else others
    return make_book(hub, said, sellers), make_book(hub, changed, sellers)


def _compare(
    hub: Hub,
    connection: Connection,
    skus: Sequence[str],
    books: tuple[PolicyBook, PolicyBook],
) -> Iterator[Difference]:
    now = load_scene(hub, connection, skus, book=books[0])
    then = replace(now, book=books[1])
    then.quotas = {
        key: quota
        for key, quota in now.quotas.items()
        if key not in now.records or then.find_mode(key) is StockMode.ESCROW
    }
    foreseen = foresee_quotas(connection, then)
    for key in sorted(now.records):
        before = now.decide(key)
        after = foreseen[key] if key in foreseen else then.decide(key)
        enters = key in foreseen and key not in now.quotas
        if before != after or enters:
            parts = {part.sku for row in now.records[key] for part in row.components}
            yield Difference(*key, tuple(sorted(parts)), before, after, enters)


def _page_skus(connection: Connection, scope: StockPolicy) -> Iterator[list[str]]:
    """Yield the SKUs that a policy is about, a page at a time."""
    if scope.sku:
        yield [scope.sku]
        return
    after = ""
    while skus := policies.list_skus_sold(connection, scope.channel, after, PAGE):
        yield skus
        after = skus[-1]


def _require_known(hub: Hub, connection: Connection, said: StockPolicy) -> StockPolicy:
    if said.channel:
        channels.load(connection, hub.vault, said.channel)
    sku = require_sku(connection, said.sku) if said.sku else ""
    return replace(said, sku=sku)


def _require_possible(
    hub: Hub, connection: Connection, said: StockPolicy
) -> StockPolicy:
    policy = _require_known(hub, connection, said)
    if policy.mode is not StockMode.ESCROW:
        return policy
    sellers = policies.load_sellers(connection)
    names = {policy.channel} if policy.channel else set(sellers)
    if policy.sku and not policy.channel:
        selling = policies.load_selling_channels(connection, [policy.sku])
        names &= selling.get(policy.sku, set())
    unfit = sorted(one for one in names if not can_hold_quotas(hub, sellers[one].kind))
    if unfit:
        raise RefusedError(
            f"{', '.join(unfit)} cannot be in escrow: a listing at zero can still be "
            "bought there, or its orders and stock cannot be read and written.",
            next_step="Set escrow for the other channels one by one, with --channel.",
        )
    return policy


def _find(connection: Connection, scope: StockPolicy) -> StockPolicy | None:
    said = policies.load_policies(connection, [scope.sku] if scope.sku else [])
    keys = (scope.channel, scope.sku)
    return next((one for one in said if (one.channel, one.sku) == keys), None)


def _mark_all(hub: Hub, connection: Connection, scope: StockPolicy) -> None:
    now = hub.clock.now()
    for skus in _page_skus(connection, scope):
        hub.mark(
            connection,
            [
                Mark(MarkKind.RECONCILE, sku, STOCK_LANE, Priority.PERSON, now)
                for sku in skus
            ],
        )
    hub.reach("policy.before_commit")


def _note(
    hub: Hub,
    connection: Connection,
    action: str,
    before: StockPolicy | None,
    after: StockPolicy | None,
    said: tuple[str, str],
) -> None:
    scope = after or before or StockPolicy()
    actor, reason = said
    audit.write(
        connection,
        AuditRow(
            hub.ids.take(),
            hub.clock.now(),
            actor,
            action,
            f"policy/{describe_scope(scope.channel, scope.sku)}",
            reason,
            asdict(before) if before else {},
            asdict(after) if after else {},
        ),
    )
