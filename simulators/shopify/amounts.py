"""Money in the shop's books: minor units, in the shop's and in the buyer's currency.

The simulator's own arithmetic, because it shares none with what it tests. Both sides of
an amount are computed by themselves from unit prices, so that each adds up to the cent.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import floor

_EXPONENTS = {"BHD": 3, "CLP": 0, "JPY": 0, "KRW": 0, "KWD": 3, "VND": 0}
_EXPONENT_DEFAULT = 2

BASIS_POINTS = 10_000
"""Tax rates are kept in hundredths of a percent."""


def exponent_of(currency: str) -> int:
    """Return how many decimals a currency has."""
    return _EXPONENTS.get(currency, _EXPONENT_DEFAULT)


def round_half_up(value: Fraction) -> int:
    """Round to the nearest whole number, halves away from zero."""
    if value < 0:
        return -floor(-value + Fraction(1, 2))
    return floor(value + Fraction(1, 2))


@dataclass(frozen=True, slots=True)
class Amount:
    """Minor units of the shop's currency and of the currency that the buyer saw."""

    shop: int = 0
    presentment: int = 0

    def __add__(self, other: Amount) -> Amount:
        return Amount(self.shop + other.shop, self.presentment + other.presentment)

    def __sub__(self, other: Amount) -> Amount:
        return Amount(self.shop - other.shop, self.presentment - other.presentment)

    def times(self, quantity: int) -> Amount:
        """Return the amount for ``quantity`` units."""
        return Amount(self.shop * quantity, self.presentment * quantity)

    def share(self, part: int, whole: int) -> Amount:
        """Return ``part`` of ``whole`` of this amount, rounded; nothing of nothing."""
        if whole == 0:
            return ZERO
        ratio = Fraction(part, whole)
        return Amount(
            round_half_up(self.shop * ratio), round_half_up(self.presentment * ratio)
        )

    def tax(self, rate_basis_points: int, *, included: bool) -> Amount:
        """Return the tax on this amount, or the tax that is inside it."""
        whole = BASIS_POINTS + rate_basis_points if included else BASIS_POINTS
        return self.share(rate_basis_points, whole)


ZERO = Amount()


def add_up(amounts: list[Amount]) -> Amount:
    """Return the sum; of nothing, nothing."""
    return sum(amounts, ZERO)


@dataclass(frozen=True, slots=True)
class Currencies:
    """The two currencies of an order and the rate between them at its time."""

    shop: str
    presentment: str
    rate: Decimal = Decimal(1)
    """Units of the presentment currency for one unit of the shop's."""

    def amount(self, shop_minor: int) -> Amount:
        """Return an amount from the shop's minor units, converted for the buyer."""
        scale = Fraction(10) ** (exponent_of(self.presentment) - exponent_of(self.shop))
        return Amount(
            shop_minor, round_half_up(shop_minor * Fraction(self.rate) * scale)
        )

    def from_presentment(self, minor: int) -> Amount:
        """Return an amount from the buyer's minor units, converted for the shop."""
        scale = Fraction(10) ** (exponent_of(self.shop) - exponent_of(self.presentment))
        return Amount(round_half_up(minor * scale / Fraction(self.rate)), minor)


def decimal_text(minor: int, currency: str) -> str:
    """Return an amount as GraphQL's ``Decimal`` shows it: ``20.0``, ``19.99``.

    Shopify leaves out trailing zeros but the first, whatever the currency.
    """
    plain = Decimal(minor).scaleb(-exponent_of(currency)).normalize()
    text = f"{plain:f}"
    return text if "." in text else f"{text}.0"


def fixed_text(minor: int, currency: str) -> str:
    """Return an amount as webhooks and ``Money`` show it: ``20.00``, ``500`` yen."""
    return f"{Decimal(minor).scaleb(-exponent_of(currency)):f}"


def minor_units(text: str, currency: str) -> int:
    """Return the minor units of a decimal text.

    Raises:
        ValueError: the text has more decimals than the currency, or is no number.
    """
    try:
        scaled = Decimal(text).scaleb(exponent_of(currency))
    except ArithmeticError:
        raise ValueError(f"{text!r} is not an amount of money") from None
    if scaled != scaled.to_integral_value():
        raise ValueError(f"{text!r} has more decimals than {currency} has")
    return int(scaled)
