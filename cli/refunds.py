"""``crossdock refund``: paying money of an order back through its channel.

Shows what it comes to, asks, stores it and lets the channel know. What may be paid back
is decided in ``sync``.
"""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ..canonical.errors import MoneyError, RefusedError, SettingsError
from ..canonical.money import Money
from ..canonical.pushes import Outcome
from ..store import figures, outbox
from ..sync.decide.refunds import RefundWish
from ..sync.hub import Hub
from ..sync.refund import Refund, preview_refund, request_refund
from ..sync.ship import find_order
from .goods import Channel, Reference
from .output import Output, headline, list_facts, make_table, plain
from .session import Actor, Json, Reason, open_session
from .working import show_effect

Lines = Annotated[
    list[str] | None,
    typer.Option(
        "--line",
        metavar="ID=UNITS[:AMOUNT]",
        help="Only so many of a line, by the channel's id of it, for what they cost or "
        "for AMOUNT; may be repeated. Without --line and --shipping: all that is left.",
    ),
]
Shipping = Annotated[
    str | None,
    typer.Option("--shipping", metavar="AMOUNT", help="Shipping costs to pay back."),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Show what it comes to and pay nothing.")
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask before paying.")]


def refund(
    context: typer.Context,
    reference: Reference,
    actor: Actor,
    lines: Lines = None,
    shipping: Shipping = None,
    reason: Reason = "",
    channel: Channel = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Pay money of an order back through its channel. Goods are another matter.

    Example:

        crossdock refund 1001 --line 55=1 --reason "arrived broken"
        crossdock refund 1001 --line 55=1:4.50 --shipping 3.90 --dry-run
    """
    output = Output(as_json=as_json)
    with open_session(context, output) as hub:
        currency = _find_currency(hub, reference, channel)
        wishes = [_read_wish(text, currency) for text in lines or ()]
        back = None if shipping is None else _read_amount(shipping, currency)
        planned = preview_refund(hub, reference, wishes, back, channel=channel)
        if dry_run:
            _show(output, planned, None)
            return
        _require_consent(planned, as_json=as_json, yes=yes)
        asked = request_refund(
            hub,
            reference,
            wishes,
            back,
            channel=channel,
            reason=reason,
            actor=actor,
        )
        show_effect(hub, output, f"Asking {asked.channel}")
        answer = _find_answer(hub, asked)
    _show(output, asked, answer)


def _find_currency(hub: Hub, reference: str, channel: str | None) -> str:
    with hub.store.reading() as connection:
        order = find_order(connection, reference, channel)
        currency: str = figures.get_order(connection, order.id)["currency"]
    return currency


def _read_wish(text: str, currency: str) -> RefundWish:
    line, _, rest = text.rpartition("=")
    units, _, amount = rest.partition(":")
    if not line or not (units.isascii() and units.isdecimal()):
        raise SettingsError(
            f"--line {text} is not ID=UNITS or ID=UNITS:AMOUNT",
            next_step="crossdock explain order ORDER lists the lines with ids.",
        )
    money = _read_amount(amount, currency) if amount else None
    return RefundWish(line, int(units), money)


def _read_amount(text: str, currency: str) -> Money:
    try:
        amount = Money.of(text, currency)
    except MoneyError as error:
        raise SettingsError(f"{text} is no amount of {currency}: {error}") from error
    if amount.minor < 0:
        raise SettingsError(f"{text} is negative; a refund is a positive amount")
    return amount


def _require_consent(planned: Refund, *, as_json: bool, yes: bool) -> None:
    if yes:
        return
    if as_json:
        raise RefusedError(
            f"This would pay {planned.plan.total} back.",
            next_step="Add --yes to do it, or --dry-run to look.",
        )
    question = f"Pay {planned.plan.total} of order {planned.order_external_id} back?"
    typer.confirm(question, abort=True)


def _find_answer(hub: Hub, asked: Refund) -> dict[str, Any]:
    with hub.store.reading() as connection:
        writes = figures.list_writes(connection, asked.channel, asked.order_external_id)
    return next(one for one in writes if one["kind"] == outbox.REFUND)


def _show(output: Output, shown: Refund, answer: dict[str, Any] | None) -> None:
    plan, name = shown.plan, shown.channel
    outcome = answer["outcome"] if answer else None
    said = {
        Outcome.ACCEPTED: f"{name} paid {plan.total} back.",
        Outcome.REFUSED: f"{name} refused: {answer['reason'] if answer else ''}",
    }
    waiting = f"{name} has not answered yet; crossdock run goes on asking."
    if answer is None:
        title = f"{plan.total} would be paid back."
    else:
        title = said.get(outcome, waiting) if outcome else waiting
    table = make_table("line", "units", "amount")
    for line in plan.lines:
        table.add_row(
            plain(line.line_external_id), str(line.quantity), str(line.amount)
        )
    output.show(
        {
            "order": shown.order_id,
            "channel": name,
            "total": str(plan.total),
            "shipping": str(plan.shipping),
            "lines": {
                line.line_external_id: {
                    "units": line.quantity,
                    "amount": str(line.amount),
                }
                for line in plan.lines
            },
            "left_before": str(plan.left_before),
            "outcome": outcome,
            "refund": answer["external_id"] if answer else None,
        },
        headline(title),
        table,
        list_facts(
            [
                ("shipping", plain(str(plan.shipping))),
                ("could be paid back", plain(str(plan.left_before))),
            ]
        ),
    )
