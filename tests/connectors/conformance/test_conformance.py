"""The suite has teeth: a good connector passes, and each defect is found by name."""

from __future__ import annotations

import itertools
import logging
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from unittest import SkipTest

import httpx
import pytest
from crossdock.canonical.clock import Clock
from crossdock.canonical.errors import (
    OutcomeUnknownError,
    RejectedError,
    RetryLaterError,
)
from crossdock.canonical.money import Money
from crossdock.canonical.orders import Order
from crossdock.canonical.pages import Delivery, Page, Record
from crossdock.canonical.pushes import (
    Account,
    CancellationPush,
    FulfillmentPush,
    Outcome,
    PriceWrite,
    PushResult,
    RefundPush,
    StockWrite,
)
from crossdock.canonical.stock import StockReading
from crossdock.connectors.conformance import (
    CHECKS,
    Check,
    ConformanceCase,
    NonconformityError,
    verify,
)
from crossdock.connectors.conformance.case import is_write
from crossdock.connectors.sdk import ConnectorSettings, Context, Translator
from crossdock.connectors.transport import Call, Transport
from pydantic import Field, SecretStr, field_validator

MakeCase = Callable[..., ConformanceCase]
BY_NAME = {str(check): check for check in CHECKS}


@pytest.mark.parametrize("check", CHECKS, ids=str)
def test_a_connector_that_can_do_everything_keeps_every_promise(
    check: Check, make_case: MakeCase
) -> None:
    verify(check, make_case())


def test_what_a_connector_cannot_do_is_not_asked_of_it(
    make_case: MakeCase, example: Any
) -> None:
    check = BY_NAME["orders_are_cancelled_once"]
    with pytest.raises(SkipTest, match="bazaar has no PushesCancellation"):
        verify(check, example.CASE)


@pytest.mark.parametrize(
    ("request_", "writes"),
    [
        (httpx.Request("GET", "https://x.example"), False),
        (httpx.Request("POST", "https://x.example", json={"a": 1}), True),
        (httpx.Request("POST", "https://x.example", json={"query": "{ a }"}), False),
        (
            httpx.Request("POST", "https://x.example", json={"query": "mutation m"}),
            True,
        ),
    ],
)
def test_a_write_is_known_in_rest_and_in_graphql(
    request_: httpx.Request, writes: bool
) -> None:
    assert is_write(request_) is writes


class _Connector:
    """What the defects below find in the connector that they spoil."""

    _transport: Transport
    _clock: Clock

    def __init__(self, settings: Any, context: Context) -> None:
        super().__init__(settings, context)  # type: ignore[call-arg] # a mixin
        self.settings = settings
        self.context = context

    def _good(self, name: str) -> Any:
        """Return the method of the connector proper."""
        return getattr(super(), name)


class CallsAtOnce(_Connector):
    def __init__(self, settings: Any, context: Context) -> None:
        super().__init__(settings, context)
        self._good("check")()


class HasManyAccounts(_Connector):
    numbers = itertools.count()

    def check(self) -> Account:
        account: Account = self._good("check")()
        return replace(account, external_id=str(next(self.numbers)))


class TakesRefusalsForAnswers(_Connector):
    def check(self) -> Account:
        call = Call("GET", "/account", safe=True, accept_statuses=(401, 403, 429, 500))
        self._transport.send(call)
        return Account("stand-7", "")


class TakesForbiddenForABusyLine(_Connector):
    def check(self) -> Account:
        try:
            account: Account = self._good("check")()
        except RejectedError as error:
            raise RetryLaterError(error.message) from error
        return account


class TalksToItsMaker(_Connector):
    def check(self) -> Account:
        transport = self.context.transports.open(
            base_url="https://metrics.example",
            auth=None,
            requests_per_second=1,
            burst=1,
        )
        transport.send(Call("GET", "/account", safe=True))
        account: Account = self._good("check")()
        return account


class LogsItsToken(_Connector):
    def check(self) -> Account:
        token = self.settings.token.get_secret_value()
        logging.getLogger("bazaar").debug("using %s", token)
        account: Account = self._good("check")()
        return account


class RaisesItsToken(_Connector):
    def check(self) -> Account:
        try:
            account: Account = self._good("check")()
        except RejectedError as error:
            token = self.settings.token.get_secret_value()
            raise RejectedError(f"{token} was refused") from error
        return account


class LosesTheLastOfAPage(_Connector):
    def pull_orders(self, cursor: str | None, *, since: datetime) -> Page:
        page: Page = self._good("pull_orders")(cursor, since=since)
        return replace(page, records=page.records[:-1])


class RemembersWhereItWas(_Connector):
    where: str | None = None

    def pull_orders(self, cursor: str | None, *, since: datetime) -> Page:
        if cursor and self.where is None:
            return Page((), cursor, complete=True)
        page: Page = self._good("pull_orders")(self.where, since=since)
        self.where = page.cursor
        return replace(page, cursor="more")


class RunsAhead(_Connector):
    def pull_orders(self, cursor: str | None, *, since: datetime) -> Page:
        page: Page = self._good("pull_orders")(cursor, since=since)
        return replace(page, cursor="9999") if page.complete else page


class HasNoCursorForNothing(_Connector):
    def pull_orders(self, cursor: str | None, *, since: datetime) -> Page:
        page: Page = self._good("pull_orders")(cursor, since=since)
        return page if page.records else replace(page, cursor="")


class NumbersItsVersions(_Connector):
    numbers = itertools.count(1)

    def pull_orders(self, cursor: str | None, *, since: datetime) -> Page:
        page: Page = self._good("pull_orders")(cursor, since=since)
        moment = datetime.fromtimestamp(next(self.numbers), tz=since.tzinfo)
        records = tuple(replace(record, updated_at=moment) for record in page.records)
        return replace(page, records=records)


class FollowsForEver(_Connector):
    def pull_orders(self, cursor: str | None, *, since: datetime) -> Page:
        place = {"after": cursor} if cursor else {"since": since.isoformat()}
        call = Call("GET", "/orders", params=place, safe=True)
        feed = self._transport.send(call).json()
        records = tuple(Record(order["id"], since, order) for order in feed["orders"])
        return Page(records, feed["last"], not feed["more"])


class TakesFailureForNothing(_Connector):
    def pull_orders(self, cursor: str | None, *, since: datetime) -> Page:
        try:
            page: Page = self._good("pull_orders")(cursor, since=since)
        except RetryLaterError:
            return Page((), cursor or "0", complete=True)
        return page


class InventsWhatIsUnknown(_Connector):
    def fetch_orders(self, external_ids: Sequence[str]) -> tuple[Record, ...]:
        return tuple(Record(name, self._clock.now(), {}) for name in external_ids)


class OverlooksAListing(_Connector):
    def pull_listings(self, cursor: str | None) -> Page:
        page: Page = self._good("pull_listings")(cursor)
        return replace(page, records=page.records[1:])


class ReadsInItsOwnOrder(_Connector):
    def read_stock(self, ids: Sequence[str]) -> tuple[StockReading, ...]:
        readings: tuple[StockReading, ...] = self._good("read_stock")(sorted(ids))
        return readings


class AddsInsteadOfSets(_Connector):
    def push_stock(self, writes: Sequence[StockWrite]) -> tuple[PushResult, ...]:
        return _push_each(
            self._good("push_stock"),
            (replace(w, quantity=w.quantity + (w.expected or 0)) for w in writes),
        )


class TakesZeroForNothing(_Connector):
    def push_stock(self, writes: Sequence[StockWrite]) -> tuple[PushResult, ...]:
        if all(write.quantity for write in writes):
            results: tuple[PushResult, ...] = self._good("push_stock")(writes)
            return results
        return (PushResult(Outcome.ACCEPTED),) * len(writes)


class RefusesTheWholeBatch(_Connector):
    def push_stock(self, writes: Sequence[StockWrite]) -> tuple[PushResult, ...]:
        results: tuple[PushResult, ...] = self._good("push_stock")(writes)
        bad = [r for r in results if r.outcome is Outcome.REFUSED]
        return (bad[0],) * len(results) if bad else results


class WritesTheFirstOnly(_Connector):
    def push_stock(self, writes: Sequence[StockWrite]) -> tuple[PushResult, ...]:
        self._good("push_stock")(writes[:1])
        return (PushResult(Outcome.ACCEPTED),) * len(writes)


class WritesOver(_Connector):
    def push_stock(self, writes: Sequence[StockWrite]) -> tuple[PushResult, ...]:
        shown = self._good("read_stock")([w.stock_external_id for w in writes])
        current = zip(writes, shown, strict=True)
        return _push_each(
            self._good("push_stock"),
            (replace(write, expected=reading.quantity) for write, reading in current),
        )


class BelievesInSuccess(_Connector):
    def push_stock(self, writes: Sequence[StockWrite]) -> tuple[PushResult, ...]:
        results = self._good("push_stock")(writes)
        return tuple(
            replace(r, outcome=Outcome.ACCEPTED) if r.outcome is Outcome.UNKNOWN else r
            for r in results
        )

    def push_fulfillment(self, push: FulfillmentPush) -> PushResult:
        result: PushResult = self._good("push_fulfillment")(push)
        return replace(result, outcome=Outcome.ACCEPTED)


class ShipsAgainAndAgain(_Connector):
    def push_fulfillment(self, push: FulfillmentPush) -> PushResult:
        body = {"reference": push.reference}
        path = f"/orders/{push.order_external_id}/parcels"
        answer = self._transport.send(Call("POST", path, json=body, safe=True))
        return PushResult(Outcome.ACCEPTED, external_id=answer.json()["id"])


class SaysThatNothingWasSent(_Connector):
    def push_stock(self, writes: Sequence[StockWrite]) -> tuple[PushResult, ...]:
        results: tuple[PushResult, ...] = self._good("push_stock")(writes)
        if any(result.outcome is Outcome.UNKNOWN for result in results):
            raise RetryLaterError("nothing was sent")
        return results


class ForgetsItsParcels(_Connector):
    def find_fulfillment(self, push: FulfillmentPush) -> str | None:
        return None


class CancelsOnce(_Connector):
    cancelled = False

    def push_cancellation(self, push: CancellationPush) -> PushResult:
        if self.cancelled:
            return PushResult(Outcome.REFUSED, "already cancelled")
        self.cancelled = True
        result: PushResult = self._good("push_cancellation")(push)
        return result


class ForgetsItsRefunds(_Connector):
    def find_refund(self, push: RefundPush) -> str | None:
        return None


class PaysTwice(_Connector):
    def push_refund(self, push: RefundPush) -> PushResult:
        self._good("push_refund")(push)
        result: PushResult = self._good("push_refund")(push)
        return result

    def find_refund(self, push: RefundPush) -> str | None:
        found: str | None = self._good("find_refund")(push)
        return found and "refund-1"


class PutsGoodsBack(_Connector):
    def push_refund(self, push: RefundPush) -> PushResult:
        body = {"reference": push.reference, "amount": "1", "restock": True}
        path = f"/orders/{push.order_external_id}/refunds"
        made = self._transport.send(Call("POST", path, json=body)).json()
        return PushResult(Outcome.ACCEPTED, external_id=made["id"])


class PaysWhatIsLeft(_Connector):
    def push_refund(self, push: RefundPush) -> PushResult:
        lines = (replace(push.lines[0], amount=Money(100, "EUR")),)
        result: PushResult = self._good("push_refund")(replace(push, lines=lines))
        return result


class BelievesItPaid(_Connector):
    def push_refund(self, push: RefundPush) -> PushResult:
        result: PushResult = self._good("push_refund")(push)
        return replace(result, outcome=Outcome.ACCEPTED)


class WritesNoPrices(_Connector):
    def push_prices(self, writes: Sequence[PriceWrite]) -> tuple[PushResult, ...]:
        return (PushResult(Outcome.ACCEPTED),) * len(writes)


class LetsOneBadPriceSpoilAll(_Connector):
    def push_prices(self, writes: Sequence[PriceWrite]) -> tuple[PushResult, ...]:
        results: tuple[PushResult, ...] = self._good("push_prices")(writes)
        worst = max(results, key=lambda result: result.outcome.value, default=None)
        return (worst,) * len(results) if worst else ()


class NamesNoRecord(_Connector):
    def read_webhook(self, headers: Mapping[str, str], body: bytes) -> Delivery:
        delivery: Delivery = self._good("read_webhook")(headers, body)
        return replace(delivery, external_id="")


class HasOneEvent(_Connector):
    def read_webhook(self, headers: Mapping[str, str], body: bytes) -> Delivery:
        delivery: Delivery = self._good("read_webhook")(headers, body)
        return replace(delivery, event_id="event")


class BelievesEverybody(_Connector):
    def _verify(self, stamp: str, signature: str | None, body: bytes) -> None:
        """Let everybody in."""


class BelievesOldNews(_Connector):
    def _verify(self, stamp: str, signature: str | None, body: bytes) -> None:
        now = str(int(self._clock.now().timestamp()))
        if stamp == now:
            self._good("_verify")(stamp, signature, body)


class InventsARecord(_Connector):
    def read_webhook(self, headers: Mapping[str, str], body: bytes) -> Delivery:
        return Delivery("event", "orders/changed", None, "o1")


class NeverUnsubscribes(_Connector):
    def unsubscribe(self, external_id: str) -> None:
        """Do nothing about it."""


def _push_each(push: Any, writes: Any) -> tuple[PushResult, ...]:
    results: tuple[PushResult, ...] = push(list(writes))
    return results


class _RestlessSettings(ConnectorSettings):
    address: str = Field(title="Address", description="Changes at every look.")
    token: SecretStr = Field(title="Token", description="Secret.")

    @field_validator("address")
    @classmethod
    def _grow(cls, address: str) -> str:
        return address + "/"


class _OpenSettings(ConnectorSettings):
    address: str = Field(title="Address", description="As it is.")
    token: SecretStr = Field(title="Token", description="Shown to everybody.")

    def __repr__(self) -> str:
        return f"settings with {self.token.get_secret_value()}"


class _SpoiltTranslator:
    """A translator that does one thing wrong; the rest is the good one's."""

    def __init__(self, good: Translator) -> None:
        self._good = good

    def read_listings(self, payload: Mapping[str, Any]) -> Any:
        return self._good.read_listings(payload)

    def read_order(self, payload: Mapping[str, Any]) -> Order:
        return self._good.read_order(payload)


class _CountsFields(_SpoiltTranslator):
    def read_order(self, payload: Mapping[str, Any]) -> Order:
        order = super().read_order(payload)
        return order.model_copy(update={"number": str(len(payload))})


class _TrustsThePayload(_SpoiltTranslator):
    def read_order(self, payload: Mapping[str, Any]) -> Order:
        payload["buyer"].upper()
        return super().read_order(payload)


class _KnowsOnlyAscii(_SpoiltTranslator):
    def read_order(self, payload: Mapping[str, Any]) -> Order:
        plain = unicodedata.normalize("NFKD", payload["buyer"])
        buyer = plain.encode("ascii", "ignore").decode()
        return super().read_order({**payload, "buyer": buyer})


class _CountsInCents(_SpoiltTranslator):
    def read_order(self, payload: Mapping[str, Any]) -> Order:
        order = super().read_order(payload)
        if order.currency != "JPY":
            return order
        lines = tuple(
            line.model_copy(
                update={"unit_price": Money(line.unit_price.minor * 100, "JPY")}
            )
            for line in order.lines
        )
        return order.model_copy(update={"lines": lines})


class _RoundsUpToOne(_SpoiltTranslator):
    def read_order(self, payload: Mapping[str, Any]) -> Order:
        order = super().read_order(payload)
        lines = tuple(
            line.model_copy(update={"quantity_current": line.quantity_current or 1})
            for line in order.lines
        )
        return order.model_copy(update={"lines": lines})


@dataclass(frozen=True)
class Hostile:
    """A defect, the check that must find it, and a word of what it must say."""

    check: str
    word: str
    defect: type | None = None
    settings: type[ConnectorSettings] | None = None
    translator: type[_SpoiltTranslator] | None = None

    def __str__(self) -> str:
        spoilt = self.defect or self.settings or self.translator
        return f"{self.check}-{spoilt.__name__ if spoilt else 'nothing'}"


HOSTILE = (
    Hostile("settings_survive_being_saved", "same", settings=_RestlessSettings),
    Hostile("settings_hide_their_secrets", "never shows", settings=_OpenSettings),
    Hostile("connecting_makes_no_call", "makes no call", CallsAtOnce),
    Hostile("check_tells_one_account", "every time", HasManyAccounts),
    Hostile("wrong_credentials_ask_for_new_ones", "401", TakesRefusalsForAnswers),
    Hostile("missing_permission_is_told_apart", "403", TakesForbiddenForABusyLine),
    Hostile("an_outage_is_waited_out", "outage", TakesRefusalsForAnswers),
    Hostile("retry_after_is_honoured", "Retry-After", TakesRefusalsForAnswers),
    Hostile("only_declared_hosts_are_called", "metrics", TalksToItsMaker),
    Hostile("no_secret_is_told", "never shows", LogsItsToken),
    Hostile("no_secret_is_told", "never shows", RaisesItsToken),
    Hostile("a_pull_brings_every_order", "missing", LosesTheLastOfAPage),
    Hostile("a_pull_goes_on_from_any_cursor", "going on after", RemembersWhereItWas),
    Hostile("a_later_pull_brings_what_is_new", "placed after it", RunsAhead),
    Hostile("an_empty_pull_can_be_repeated", "has a cursor", HasNoCursorForNothing),
    Hostile("records_keep_their_identity", "same id and version", NumbersItsVersions),
    Hostile("a_list_that_never_ends_is_left", "given twice", FollowsForEver),
    Hostile("half_a_page_is_no_page", "cut at byte", TakesFailureForNothing),
    Hostile("named_orders_are_fetched", "exactly the named", InventsWhatIsUnknown),
    Hostile("listings_are_told_with_their_stock", "every listing", OverlooksAListing),
    Hostile("stock_is_read_in_order", "order asked", ReadsInItsOwnOrder),
    Hostile("stock_is_written_once_per_key", "leave 7", AddsInsteadOfSets),
    Hostile("zero_can_be_written", "leaves zero", TakesZeroForNothing),
    Hostile("each_write_has_its_own_result", "bad write", RefusesTheWholeBatch),
    Hostile("a_full_batch_is_written", "takes effect", WritesTheFirstOnly),
    Hostile("a_stale_write_changes_nothing", "stale write", WritesOver),
    Hostile("a_lost_answer_is_unknown", "is unknown", BelievesInSuccess),
    Hostile("a_lost_answer_is_unknown", "no reason", SaysThatNothingWasSent),
    Hostile("fulfillments_are_told_and_found_again", "finds", ForgetsItsParcels),
    Hostile(
        "a_fulfillment_whose_answer_was_lost_is_found", "is unknown", BelievesInSuccess
    ),
    Hostile(
        "a_fulfillment_whose_answer_was_lost_is_found", "does not", ShipsAgainAndAgain
    ),
    Hostile("orders_are_cancelled_once", "second time", CancelsOnce),
    Hostile("a_refund_is_paid_once", "finds", ForgetsItsRefunds),
    Hostile("a_refund_is_paid_once", "not 2 times", PaysTwice),
    Hostile("a_refund_moves_no_stock", "leaves stock", PutsGoodsBack),
    Hostile("too_large_a_refund_is_refused", "is refused", PaysWhatIsLeft),
    Hostile("a_refund_whose_answer_was_lost_is_found", "unknown", BelievesItPaid),
    Hostile("prices_are_shown", "shoppers see", WritesNoPrices),
    Hostile("each_price_has_its_own_result", "bad price", LetsOneBadPriceSpoilAll),
    Hostile("a_genuine_delivery_names_its_order", "names it", NamesNoRecord),
    Hostile("two_facts_are_two_events", "two events", HasOneEvent),
    Hostile("a_forged_delivery_is_refused", "is refused", BelievesEverybody),
    Hostile("a_stale_delivery_is_refused", "301 s ago", BelievesOldNews),
    Hostile("an_unreadable_delivery_is_refused", "names no record", InventsARecord),
    Hostile("subscriptions_come_and_go", "is gone", NeverUnsubscribes),
    Hostile("unknown_fields_change_nothing", "unknown", translator=_CountsFields),
    Hostile("missing_fields_are_named", "KeyError", translator=_TrustsThePayload),
    Hostile("names_and_notes_stay_as_written", "name", translator=_KnowsOnlyAscii),
    Hostile("currencies_keep_their_own_decimals", "JPY", translator=_CountsInCents),
    Hostile("lines_of_nothing_are_kept", "nothing", translator=_RoundsUpToOne),
)


@pytest.mark.parametrize("hostile", HOSTILE, ids=str)
def test_each_defect_is_found_by_the_check_for_it(
    hostile: Hostile, make_case: MakeCase, example: Any
) -> None:
    changes: dict[str, Any] = {}
    if hostile.settings:
        changes["settings"] = hostile.settings
    if hostile.translator:
        changes["translator"] = hostile.translator(example.plugin.translator)
    case = make_case(*[hostile.defect] if hostile.defect else [], **changes)
    with pytest.raises(NonconformityError, match=hostile.word):
        verify(BY_NAME[hostile.check], case)


def test_no_check_is_without_teeth() -> None:
    assert {hostile.check for hostile in HOSTILE} == BY_NAME.keys()


def test_a_lost_answer_that_a_connector_lets_through_is_no_result(
    make_case: MakeCase,
) -> None:
    class LetsItThrough(_Connector):
        def push_stock(self, writes: Sequence[StockWrite]) -> tuple[PushResult, ...]:
            raise OutcomeUnknownError("the answer was lost")

    with pytest.raises(OutcomeUnknownError):
        verify(BY_NAME["a_lost_answer_is_unknown"], make_case(LetsItThrough))
