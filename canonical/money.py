"""Exact money: an integer of minor units and a currency.

Never a float, never arithmetic across currencies. The number of decimals comes from
ISO 4217 (the ``iso4217`` package). Not a price list and not an exchange office.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import (
    MAX_EMAX,
    MAX_PREC,
    MIN_EMIN,
    ROUND_HALF_UP,
    Context,
    Decimal,
    InvalidOperation,
)

from iso4217 import Currency

from .errors import MoneyError

EXPONENTS: dict[str, int] = {
    currency.code: currency.exponent or 0 for currency in Currency
}
"""Decimals per ISO 4217 code; codes without a minor unit (gold) count whole."""

MINOR_MAX = 2**63 - 1
"""What one column of either database holds; no channel's amount comes near."""

_HIGHEST = Decimal(MINOR_MAX)
_LOWEST = -_HIGHEST
_DIGITS_MAX = len(str(MINOR_MAX))

_EXACT = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN)
"""Decimal's own context rounds to 28 digits and says nothing; this one never rounds."""


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units (cents, yen, fils) of one currency."""

    minor: int
    currency: str

    @classmethod
    def of(cls, amount: str | int | Decimal, currency: str) -> Money:
        """Return ``amount`` (major units) held exactly.

        Raises:
            MoneyError: unknown currency, not a number in ASCII digits, more than
                ``MINOR_MAX``, or more decimals than the currency has.
        """
        scaled = _scale(amount, currency)
        minor = int(scaled)
        if minor != scaled:
            raise MoneyError(
                f"{amount} {currency} has more decimals than {currency} allows"
            )
        return cls(minor, currency)

    @classmethod
    def rounded(cls, amount: str | int | Decimal, currency: str) -> Money:
        """Return ``amount`` (major units) rounded half up to the minor unit.

        Half a unit goes away from zero, so that a refund mirrors its charge. For
        channels that state more decimals than the currency has; the residue shows up
        in the order's totals and is kept there.

        Raises:
            MoneyError: as ``of``, but for the decimals.
        """
        whole = _scale(amount, currency).to_integral_value(ROUND_HALF_UP, _EXACT)
        return cls(int(whole), currency)

    @classmethod
    def zero(cls, currency: str) -> Money:
        """Return nothing at all, in ``currency``."""
        return cls(0, currency)

    @property
    def amount(self) -> Decimal:
        """The amount in major units, with the currency's own number of decimals."""
        return Decimal(self.minor).scaleb(-EXPONENTS[self.currency])

    def __add__(self, other: Money) -> Money:
        self._require_same_currency(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._require_same_currency(other)
        return Money(self.minor - other.minor, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __mul__(self, count: int) -> Money:
        return Money(self.minor * count, self.currency)

    def __bool__(self) -> bool:
        return self.minor != 0

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"

    def split(self, weights: Sequence[int]) -> tuple[Money, ...]:
        """Return shares in proportion to ``weights`` whose sum is exactly this amount.

        Largest remainder: every share is rounded towards zero, and the units left
        over go to the largest remainders, earlier shares first. Equal shares when
        all weights are zero.

        Raises:
            MoneyError: no weights, or a negative one.
        """
        if not weights or min(weights) < 0:
            raise MoneyError("a split needs at least one weight, none below zero")
        if not any(weights):
            weights = [1] * len(weights)
        sign, size, total = (-1 if self.minor < 0 else 1), abs(self.minor), sum(weights)
        shares = [size * weight // total for weight in weights]
        remainders = [size * weight % total for weight in weights]
        by_remainder = sorted(range(len(weights)), key=lambda i: (-remainders[i], i))
        for index in by_remainder[: size - sum(shares)]:
            shares[index] += 1
        return tuple(Money(sign * share, self.currency) for share in shares)

    def _require_same_currency(self, other: Money) -> None:
        if self.currency != other.currency:
            raise MoneyError(
                f"{self.currency} and {other.currency} do not go into one sum"
            )


def add_up(amounts: Iterable[Money], currency: str) -> Money:
    """Return the sum of ``amounts``, zero ``currency`` when there are none."""
    total = Money.zero(currency)
    for amount in amounts:
        total += amount
    return total


def _scale(amount: str | int | Decimal, currency: str) -> Decimal:
    """Return ``amount`` in minor units, not yet rounded to whole ones."""
    exponent = EXPONENTS.get(currency)
    if exponent is None:
        raise MoneyError(f"{currency!r} is not an ISO 4217 currency code")
    number = _number(amount)
    # The magnitude is asked first: 1e400 is a short text and a very long integer.
    if number.adjusted() < _DIGITS_MAX:
        scaled = number.scaleb(exponent, _EXACT)
        if _LOWEST <= scaled <= _HIGHEST:
            return scaled
    raise MoneyError(f"{number:.3e} {currency} is more than the hub can hold")


def _number(amount: str | int | Decimal) -> Decimal:
    """Return the finite number that ``amount`` states, exactly."""
    if isinstance(amount, str):
        # Decimal also reads other scripts' digits and underscores; no channel means
        # them.
        if not amount.isascii() or "_" in amount:
            raise MoneyError(f"{amount!r} is not an amount in plain digits")
    elif isinstance(amount, bool) or not isinstance(amount, (int, Decimal)):
        raise MoneyError("an amount must be a string, an integer or a Decimal")
    try:
        number = Decimal(amount)
    except InvalidOperation as error:
        raise MoneyError(f"{amount!r} is not an amount") from error
    if not number.is_finite():
        raise MoneyError(f"{amount!r} is not a finite amount")
    return number
