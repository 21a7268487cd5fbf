"""Checks of the translation: tolerant of what is new, exact about what it needs."""

from __future__ import annotations

from typing import Any

from ...canonical.errors import MappingError
from ...canonical.money import Money
from ...canonical.orders import Order
from .bench import CARELESS, Bench, NonconformityError, demand
from .case import SampleLine, SampleOrder
from .touring import place

_NAME = "Zoë Müller-Øster 😀 محمد"
_NOTE = "Bitte läuten 🔔 — «merci»\nありがとう"


def unknown_fields_change_nothing(bench: Bench) -> None:
    """A field that the vendor adds anywhere in the payload is passed over."""
    payload = dict(bench.pull_order(place(bench)).payload)
    plain = _translate(bench, payload)
    demand(
        _translate(bench, _with_extras(payload)) == plain,
        "unknown fields in a payload change nothing in the order",
    )


def missing_fields_are_named(bench: Bench) -> None:
    """A payload without a needed part is a MappingError that says where."""
    record = bench.pull_order(place(bench))
    needed = 0
    for key in record.payload:
        for spoilt in (
            {name: value for name, value in record.payload.items() if name != key},
            {**record.payload, key: None},
            {**record.payload, key: {"unexpected": ["shape"]}},
        ):
            needed += _is_needed(bench, key, spoilt)
    demand(needed > 0, "at least one part of an order is needed, its id")
    demand(_is_needed(bench, "everything", {}), "an empty payload is a MappingError")


def names_and_notes_stay_as_written(bench: Bench) -> None:
    """Letters of any script and emoji arrive as the buyer wrote them."""
    line = SampleLine(bench.channel.skus[0])
    order = _pull(bench, SampleOrder((line,), customer_name=_NAME, note=_NOTE))
    if order is None:
        return
    addresses = (order.shipping_address, order.billing_address)
    names = [part.name for part in (order.customer, *addresses) if part]
    demand(
        not names or _NAME in names,
        f"the buyer's name stays as written, and is not one of {names}",
    )
    demand(
        order.note in {"", _NOTE}, f"the note stays as written, and not {order.note!r}"
    )


def currencies_keep_their_own_decimals(bench: Bench) -> None:
    """Yen have no decimals and dinars three; no amount is off by a factor."""
    for currency, price in (("JPY", "1500"), ("KWD", "1.234"), ("EUR", "0.01")):
        line = SampleLine(bench.channel.skus[0], quantity=2, unit_price=price)
        order = _pull(bench, SampleOrder((line,), currency=currency))
        if order is None:
            continue
        wanted = Money.of(price, currency)
        told = order.lines[0].unit_price
        demand(told == wanted, f"{price} {currency} are {wanted!r}, and not {told!r}")


def lines_of_nothing_are_kept(bench: Bench) -> None:
    """A line whose quantity is zero is a fact, and no error."""
    first, second = bench.channel.skus[:2]
    lines = (SampleLine(first, quantity=0), SampleLine(second, quantity=1))
    order = _pull(bench, SampleOrder(lines))
    if order is None:
        return
    wanted = sorted(line.quantity_current for line in order.lines if line.sku == second)
    demand(wanted == [1], f"the other line is one unit, and not {wanted}")
    nothing = sum(line.quantity_current for line in order.lines if line.sku == first)
    demand(nothing == 0, f"a line of nothing stays nothing, and not {nothing}")


def _pull(bench: Bench, sample: SampleOrder) -> Order | None:
    external_id = bench.channel.place_order(sample)
    if external_id is None:
        return None
    bench.settle()
    return _translate(bench, dict(bench.pull_order(external_id).payload))


def _translate(bench: Bench, payload: dict[str, Any]) -> Order:
    try:
        return bench.plugin.translator.read_order(payload)
    except MappingError as error:
        raise NonconformityError(
            f"an order of the channel can be translated; it could not at "
            f"{error.path}: {error}"
        ) from error


def _is_needed(bench: Bench, key: str, payload: dict[str, Any]) -> bool:
    try:
        bench.plugin.translator.read_order(payload)
    except MappingError as error:
        demand(bool(error.path), f"a MappingError says where: {key!r} did not")
        return True
    except CARELESS as error:
        raise NonconformityError(
            f"a payload with a spoilt {key!r} is a MappingError, and not "
            f"{type(error).__name__}: {error}"
        ) from error
    return False


def _with_extras(value: Any) -> Any:
    if isinstance(value, dict):
        grown = {name: _with_extras(part) for name, part in value.items()}
        return {**grown, "conformance_unknown_field": {"of": ["any", 1, None]}}
    if isinstance(value, list):
        return [_with_extras(part) for part in value]
    return value
