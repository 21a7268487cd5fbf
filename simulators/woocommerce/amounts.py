"""Amounts as WooCommerce writes them: decimal text, rounded only for showing."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation


def rounded(amount: Decimal, decimals: int) -> Decimal:
    """Round half up, as shops do."""
    return amount.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)


def amount_text(amount: Decimal, decimals: int) -> str:
    """Write an amount with exactly ``decimals`` places."""
    shown = rounded(amount, decimals)
    return f"{abs(shown) if shown == 0 else shown:f}"


def read_amount(value: object) -> Decimal:
    """Read an amount that a client sent as text or as a number.

    Raises:
        ValueError: it is no amount.
    """
    try:
        amount = Decimal(str(value))
    except InvalidOperation as error:
        raise ValueError(f"{value!r} is not an amount") from error
    if not amount.is_finite():
        raise ValueError(f"{value!r} is not an amount")
    return amount


def price_number(total: Decimal, quantity: int) -> float | int:
    """Write a line's price per unit: a JSON number, whole where it is whole."""
    price = total / max(1, quantity)
    return int(price) if price == price.to_integral_value() else float(price)
