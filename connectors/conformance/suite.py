"""The list of all checks, and how one is run. Knows no test framework."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from unittest import SkipTest

from ..sdk import capabilities_of
from . import paying, pulling, pushing, receiving, setting_up, translating
from .bench import Bench
from .case import ConformanceCase


@dataclass(frozen=True, slots=True)
class Check:
    """One promise of the SDK, and the function that holds a connector to it."""

    act: Callable[[Bench], None]
    needs: frozenset[str] = frozenset()
    """Capabilities without which the promise means nothing."""

    @property
    def over_http(self) -> bool:
        """Whether the suite makes a fault of HTTP for it."""
        return self.act in _OVER_HTTP

    def __str__(self) -> str:
        return self.act.__name__


def verify(check: Check, case: ConformanceCase) -> None:
    """Hold a connector to one promise, with a fresh simulated channel.

    Raises:
        NonconformityError: the promise is broken; says how.
        unittest.SkipTest: the connector lacks the capability, or speaks no HTTP and
            the promise is about that (pytest skips, too).
    """
    missing = check.needs - set(capabilities_of(case.plugin))
    if missing:
        raise SkipTest(f"{case.plugin.kind} has no {', '.join(sorted(missing))}")
    if check.over_http and not case.hosts:
        raise SkipTest(f"{case.plugin.kind} speaks no HTTP")
    with Bench(case) as bench:
        check.act(bench)


def _checks(capability: str, *acts: Callable[[Bench], None]) -> tuple[Check, ...]:
    needs = frozenset({capability} if capability else ())
    return tuple(Check(act, needs) for act in acts)


_OVER_HTTP = frozenset(
    {
        setting_up.wrong_credentials_ask_for_new_ones,
        setting_up.missing_permission_is_told_apart,
        setting_up.an_outage_is_waited_out,
        setting_up.retry_after_is_honoured,
        pulling.a_list_that_never_ends_is_left,
        pulling.half_a_page_is_no_page,
        pushing.a_lost_answer_is_unknown,
        pushing.a_fulfillment_whose_answer_was_lost_is_found,
        paying.a_refund_whose_answer_was_lost_is_found,
    }
)

CHECKS: tuple[Check, ...] = (
    *_checks(
        "",
        setting_up.settings_survive_being_saved,
        setting_up.settings_hide_their_secrets,
        setting_up.connecting_makes_no_call,
        setting_up.check_tells_one_account,
        setting_up.wrong_credentials_ask_for_new_ones,
        setting_up.missing_permission_is_told_apart,
        setting_up.an_outage_is_waited_out,
        setting_up.retry_after_is_honoured,
        setting_up.only_declared_hosts_are_called,
        setting_up.no_secret_is_told,
    ),
    *_checks(
        "PullsOrders",
        pulling.a_pull_brings_every_order,
        pulling.a_pull_goes_on_from_any_cursor,
        pulling.a_later_pull_brings_what_is_new,
        pulling.an_empty_pull_can_be_repeated,
        pulling.records_keep_their_identity,
        pulling.a_list_that_never_ends_is_left,
        pulling.half_a_page_is_no_page,
        pulling.named_orders_are_fetched,
        translating.unknown_fields_change_nothing,
        translating.missing_fields_are_named,
        translating.names_and_notes_stay_as_written,
        translating.currencies_keep_their_own_decimals,
        translating.lines_of_nothing_are_kept,
    ),
    *_checks("ReadsListings", pulling.listings_are_told_with_their_stock),
    *_checks("ReadsStock", pulling.stock_is_read_in_order),
    *_checks(
        "PushesStock",
        pushing.stock_is_written_once_per_key,
        pushing.zero_can_be_written,
        pushing.each_write_has_its_own_result,
        pushing.a_full_batch_is_written,
        pushing.a_stale_write_changes_nothing,
        pushing.a_lost_answer_is_unknown,
    ),
    *_checks(
        "PushesFulfillment",
        pushing.fulfillments_are_told_and_found_again,
        pushing.a_fulfillment_whose_answer_was_lost_is_found,
    ),
    *_checks("PushesCancellation", pushing.orders_are_cancelled_once),
    *_checks(
        "PushesRefund",
        paying.a_refund_is_paid_once,
        paying.a_refund_moves_no_stock,
        paying.too_large_a_refund_is_refused,
        paying.a_refund_whose_answer_was_lost_is_found,
    ),
    *_checks(
        "PushesPrice", paying.prices_are_shown, paying.each_price_has_its_own_result
    ),
    *_checks(
        "ReceivesWebhooks",
        receiving.a_genuine_delivery_names_its_order,
        receiving.two_facts_are_two_events,
        receiving.a_forged_delivery_is_refused,
        receiving.a_stale_delivery_is_refused,
        receiving.an_unreadable_delivery_is_refused,
        receiving.subscriptions_come_and_go,
    ),
)
"""Every promise that a connector makes; each is tried on a fresh channel."""
