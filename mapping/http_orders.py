"""Orders and listings of a described API into the canonical model.

The description says where each field is and what the words mean; this reads by it. It
knows no request and no page, and does no I/O.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from ..canonical.errors import MappingError, MoneyError
from ..canonical.listings import Listing
from ..canonical.money import EXPONENTS, Money, add_up
from ..canonical.orders import (
    Address,
    Customer,
    FulfillmentState,
    Order,
    OrderLine,
    PaymentState,
    ShippingLine,
)
from .http_paths import look_up, parse_path

State = TypeVar("State", PaymentState, FulfillmentState)


def _check_path(path: str) -> str:
    parse_path(path)
    return path


Path = Annotated[str, AfterValidator(_check_path)]


class Part(BaseModel):
    """Base of every table of a description: frozen, and strict about names."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Amounts(StrEnum):
    """How amounts are written."""

    MAJOR = "major"
    MINOR = "minor"


class LineFields(Part):
    """Where the lines of an order are, and what is where in one."""

    at: Path
    id: Path = "id"
    listing: Path = ""
    sku: Path = ""
    barcode: Path = ""
    title: Path = ""
    quantity: Path = "quantity"
    unit_price: Path
    total: Path = ""
    tax: Path = ""


class AddressFields(Part):
    """What is where in an address; paths are those of the order."""

    name: Path = ""
    company: Path = ""
    street: Path = ""
    street_2: Path = ""
    city: Path = ""
    region: Path = ""
    postcode: Path = ""
    country: Path = ""
    phone: Path = ""


class Words(Part):
    """What the channel's words mean; an empty table: everything is paid and waits."""

    payment: Mapping[str, PaymentState] = {}
    fulfillment: Mapping[str, FulfillmentState] = {}
    cancelled: tuple[str, ...] = ()
    """Words at ``status`` of an order that nobody wants any more."""


class OrderFields(Part):
    """What is where in an order."""

    id: Path = "id"
    number: Path = ""
    placed_at: Path
    updated_at: Path
    currency: Path = ""
    total: Path = ""
    shipping: Path = ""
    status: Path = ""
    payment: Path = ""
    fulfillment: Path = ""
    note: Path = ""
    customer_name: Path = ""
    customer_email: Path = ""
    amounts: Amounts = Amounts.MAJOR
    prices_include_tax: bool = True
    takes_stock: bool = True
    default_currency: str = Field(default="EUR", pattern=r"^[A-Z]{3}$")
    lines: LineFields
    address: AddressFields = AddressFields()
    words: Words = Words()


class ListingFields(Part):
    """What is where in a product; ``each`` is where its variants are, if any."""

    id: Path = "id"
    stock_id: Path = ""
    sku: Path = "sku"
    barcode: Path = ""
    title: Path = ""
    quantity: Path = ""
    each: Path = ""


def read_time(value: Any, where: str) -> datetime:
    """Return a moment from ISO 8601 text, or from seconds or milliseconds since 1970.

    Raises:
        MappingError: it is none of these.
    """
    try:
        if isinstance(value, str) and not value.isdigit():
            moment = datetime.fromisoformat(value)
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        seconds = int(value)
        scale = 1000 if seconds > 100_000_000_000 else 1
        return datetime.fromtimestamp(seconds / scale, UTC)
    except (ValueError, TypeError, OverflowError, OSError):
        raise MappingError("it is no time that can be read", path=where) from None


class HttpTranslator:
    """Translates the records of one described API. Keeps only the description."""

    def __init__(self, orders: OrderFields, listings: ListingFields) -> None:
        self._orders = orders
        self._listings = listings

    def read_order(self, payload: Mapping[str, Any]) -> Order:
        """Translate one order.

        Raises:
            MappingError: a required part is missing or cannot be understood.
        """
        try:
            return _OrderReader(dict(payload), self._orders).read()
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"])) or "order"
            raise MappingError(first["msg"], path=place) from None

    def read_listings(self, payload: Mapping[str, Any]) -> tuple[Listing, ...]:
        """Translate one product into its listings.

        Raises:
            MappingError: one of them has no id.
        """
        fields = self._listings
        parts = look_up(dict(payload), fields.each)
        rows = parts if isinstance(parts, list) else [parts]
        return tuple(self._read_listing(row, fields) for row in rows)

    def _read_listing(self, row: Any, fields: ListingFields) -> Listing:
        identity = _text(row, fields.id)
        if not identity:
            raise MappingError("the product has no id", path=fields.id)
        quantity = look_up(row, fields.quantity) if fields.quantity else None
        return Listing(
            external_id=identity,
            stock_external_id=_text(row, fields.stock_id) or identity,
            sku=_text(row, fields.sku),
            barcode=_text(row, fields.barcode),
            title=_text(row, fields.title),
            quantity=quantity if isinstance(quantity, int) else None,
        )


class _OrderReader:
    def __init__(self, payload: dict[str, Any], fields: OrderFields) -> None:
        self._payload = payload
        self._fields = fields
        self._unknown: list[str] = []
        self._currency = _text(payload, fields.currency) or fields.default_currency

    def read(self) -> Order:
        fields, payload = self._fields, self._payload
        updated_at = self._time(fields.updated_at)
        cancelled = _text(payload, fields.status) in fields.words.cancelled
        lines = self._read_lines(cancelled=cancelled)
        shipping = self._money(payload, fields.shipping)
        zero = Money.zero(self._currency) if shipping else shipping
        charges = (ShippingLine(title="Shipping", total=shipping, tax=zero),)
        kept = charges if shipping else ()
        parts = [one.total for one in (*lines, *kept)]
        if not fields.prices_include_tax:
            parts += [line.tax for line in lines]
        told = look_up(payload, fields.total) if fields.total else None
        total = (
            add_up(parts, self._currency)
            if told is None
            else self._money(payload, fields.total)
        )
        return Order(
            external_id=_text(payload, fields.id),
            number=_text(payload, fields.number),
            placed_at=self._time(fields.placed_at),
            updated_at=updated_at,
            currency=self._currency,
            prices_include_tax=fields.prices_include_tax,
            payment=self._word(fields.payment, fields.words.payment, PaymentState.PAID),
            fulfillment=self._word(
                fields.fulfillment,
                fields.words.fulfillment,
                FulfillmentState.UNFULFILLED,
            ),
            cancelled_at=updated_at if cancelled else None,
            lines=lines,
            shipping=kept,
            total=total,
            customer=self._read_customer(),
            shipping_address=self._read_address(),
            note=_text(payload, fields.note),
            unknown_values=tuple(self._unknown),
        )

    def _time(self, path: str) -> datetime:
        return read_time(look_up(self._payload, path), path)

    def _word(self, path: str, words: Mapping[str, State], otherwise: State) -> State:
        word = _text(self._payload, path)
        if not word:
            return otherwise
        if word not in words:
            self._unknown.append(f"{path}={word}")
        return words.get(word, type(otherwise)("unknown"))

    def _money(self, part: Any, path: str) -> Money:
        value = look_up(part, path) if path else None
        try:
            if value is None:
                return Money.zero(_require_currency(self._currency))
            text = str(value)
            if self._fields.amounts is Amounts.MINOR:
                shift = EXPONENTS[_require_currency(self._currency)]
                text = format(Decimal(text).scaleb(-shift), "f")
            return Money.of(text, self._currency)
        except (MoneyError, ArithmeticError):
            raise MappingError(
                f"it is no amount of {self._currency[:8]!r}", path=path or "currency"
            ) from None

    def _read_lines(self, *, cancelled: bool) -> tuple[OrderLine, ...]:
        at = self._fields.lines.at
        rows = look_up(self._payload, at)
        if not isinstance(rows, list):
            raise MappingError("there is no list of lines", path=at)
        return tuple(
            self._read_line(row, f"{at}[{index}]", cancelled=cancelled)
            for index, row in enumerate(rows)
        )

    def _read_line(self, row: Any, where: str, *, cancelled: bool) -> OrderLine:
        fields = self._fields.lines
        quantity = look_up(row, fields.quantity)
        if isinstance(quantity, str) and quantity.isdigit():
            quantity = int(quantity)
        if not isinstance(quantity, int) or look_up(row, fields.unit_price) is None:
            raise MappingError("quantity or price is missing", path=where)
        price = self._money(row, fields.unit_price)
        wanted = 0 if cancelled else quantity
        return OrderLine(
            external_id=_text(row, fields.id),
            listing_external_id=_text(row, fields.listing),
            sku=_text(row, fields.sku),
            barcode=_text(row, fields.barcode),
            title=_text(row, fields.title),
            quantity=quantity,
            quantity_current=wanted,
            unit_price=price,
            total=self._money(row, fields.total) if fields.total else price * quantity,
            tax=self._money(row, fields.tax),
            quantity_taken=wanted if self._fields.takes_stock else 0,
        )

    def _read_customer(self) -> Customer | None:
        fields = self._fields
        name = _text(self._payload, fields.customer_name)
        email = _text(self._payload, fields.customer_email)
        return Customer(name=name, email=email) if name or email else None

    def _read_address(self) -> Address | None:
        parts = {
            name: _text(self._payload, path)
            for name, path in self._fields.address.model_dump().items()
        }
        return Address(**parts) if any(parts.values()) else None


def _require_currency(code: str) -> str:
    if code not in EXPONENTS:
        raise MoneyError(f"{code!r} is not an ISO 4217 currency code")
    return code


def _text(part: Any, path: str) -> str:
    """Return a text or number at a path as text; empty where there is none."""
    value = look_up(part, path) if path else None
    plain = isinstance(value, str | int | float) and not isinstance(value, bool)
    return str(value) if plain else ""
