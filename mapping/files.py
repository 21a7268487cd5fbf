"""Orders and goods of CSV files into the canonical model, without any I/O.

``files_reading`` turns a file into payloads; the translator makes an order of one. A
row that cannot be understood spoils its own order alone, and the error names file and
line.
What each column may be called is in ``files_words``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from ..canonical.errors import MappingError, MoneyError
from ..canonical.listings import Listing
from ..canonical.money import Money, add_up
from ..canonical.orders import (
    Address,
    Customer,
    Order,
    OrderLine,
    ShippingLine,
)
from ..canonical.stock import QUANTITY_MAX
from .files_reading import FileOrder, Format
from .files_values import find_zone, read_date, read_number, read_whole
from .files_words import (
    UNKNOWN_STATUS,
    StatusMeaning,
    look_up_country,
    look_up_status,
)

_OF_THE_ORDER = ("currency", "status", "placed_at", "order_total", "shipping")
"""Columns that say the same in every row of an order."""
_ADDRESS = ("company", "street", "street_2", "city", "region", "postcode", "phone")


class FilesTranslator:
    """Translates what the files connector stored. Keeps nothing."""

    def read_order(self, payload: Mapping[str, Any]) -> Order:
        """Translate one order.

        Raises:
            MappingError: a row cannot be understood; the path names its line, the
                message its file.
        """
        try:
            wire = FileOrder.model_validate(payload)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"])) or "order"
            raise MappingError(first["msg"], path=place) from None
        if wire.refused:
            raise MappingError(
                wire.refused.message,
                path=wire.refused.path,
                next_step=wire.refused.next_step,
            )
        if wire.format is None or not wire.rows:
            raise MappingError("the record holds no rows of a file", path="rows")
        try:
            return _OrderReader(wire, wire.format).read()
        except MappingError as error:
            raise _blame(wire.file, error.message, error.path) from None
        except ValidationError as error:
            raise _blame(wire.file, error.errors()[0]["msg"], "rows") from None

    def read_listings(self, payload: Mapping[str, Any]) -> tuple[Listing, ...]:
        """Translate one row of a product file into the listing that it is.

        Raises:
            MappingError: the row names nothing.
        """
        identity = str(payload.get("id") or payload.get("sku") or "")
        if not identity:
            raise MappingError("the product has neither id nor SKU", path="sku")
        quantity = payload.get("quantity")
        counted = isinstance(quantity, int) and abs(quantity) <= QUANTITY_MAX
        return (
            Listing(
                external_id=identity,
                stock_external_id=identity,
                sku=str(payload.get("sku") or ""),
                barcode=str(payload.get("barcode") or ""),
                title=str(payload.get("title") or ""),
                quantity=quantity if counted else None,
            ),
        )


translator = FilesTranslator()


class _OrderReader:
    """Reads one order; knows at each moment which line it is at."""

    def __init__(self, wire: FileOrder, form: Format) -> None:
        self._wire = wire
        self._form = form
        self._unknown: list[str] = []

    def read(self) -> Order:
        rows = self._wire.rows
        for row in rows:
            self._require_sound(row)
        first = {name: self._agree(name) for name in _OF_THE_ORDER}
        self._currency = (first["currency"] or self._form.currency).upper()
        meaning = self._read_status(first["status"])
        lines = tuple(self._read_lines(meaning))
        shipping = self._money(rows[0], "shipping", first["shipping"])
        charges = (
            (ShippingLine(title="Shipping", total=shipping, tax=self._zero),)
            if shipping
            else ()
        )
        parts = add_up((one.total for one in (*lines, *charges)), self._currency)
        if not self._form.prices_include_tax:
            parts = add_up((parts, *(line.tax for line in lines)), self._currency)
        told = first["order_total"]
        total = self._money(rows[0], "order_total", told) if told else parts
        modified = self._wire.modified
        return Order(
            external_id=self._wire.order,
            number=self._wire.order,
            placed_at=self._read_placed(rows[0], first["placed_at"]),
            updated_at=modified,
            currency=self._currency,
            prices_include_tax=self._form.prices_include_tax,
            payment=meaning.payment,
            fulfillment=meaning.fulfillment,
            cancelled_at=modified if meaning.cancelled else None,
            cancel_reason="told by the file" if meaning.cancelled else "",
            held=meaning.held,
            lines=lines,
            shipping=charges,
            total=total,
            customer=self._read_customer(),
            shipping_address=self._read_address(),
            note=self._first("note"),
            unknown_values=tuple(self._unknown),
        )

    @property
    def _zero(self) -> Money:
        return Money.zero(self._currency)

    def _first(self, name: str) -> str:
        """Return the first word that the rows have for a column."""
        cells = (str(row.get(name) or "") for row in self._wire.rows)
        return next((cell for cell in cells if cell), "")

    def _agree(self, name: str) -> str:
        """Return what all rows of the order say, those that say nothing left out."""
        said = self._first(name)
        for row in self._wire.rows:
            cell = str(row.get(name) or "")
            if cell and cell != said:
                raise MappingError(
                    f"two rows of the order differ in {name}: {said!r} and {cell!r}",
                    path=_place(row, name),
                )
        return said

    def _require_sound(self, row: dict[str, Any]) -> None:
        if row.get("fault"):
            raise MappingError(str(row["fault"]), path=_place(row))
        if not row.get("order"):
            raise MappingError("the row has no order number", path=_place(row))
        if not (row.get("sku") or row.get("listing")):
            raise MappingError("the row names no SKU", path=_place(row, "sku"))

    def _read_status(self, word: str) -> StatusMeaning:
        meaning = look_up_status(word)
        if meaning is None:
            self._unknown.append(f"rows.status={word}")
        return meaning or UNKNOWN_STATUS

    def _read_placed(self, row: dict[str, Any], text: str) -> datetime:
        if not text:
            return self._wire.modified
        try:
            zone = find_zone(self._form.time_zone)
            return read_date(text, self._form.dates, zone)
        except ValueError as error:
            raise MappingError(str(error), path=_place(row, "placed_at")) from None

    def _money(self, row: dict[str, Any], name: str, text: str) -> Money:
        if not text:
            return self._zero
        try:
            plain = read_number(text, self._form.decimal_mark)
            return Money.of(plain, self._currency)
        except (ValueError, MoneyError) as error:
            raise MappingError(str(error), path=_place(row, name)) from None

    def _read_lines(self, meaning: StatusMeaning) -> Iterable[OrderLine]:
        met: dict[str, int] = {}
        for row in self._wire.rows:
            sku = str(row.get("sku") or "")
            identity = str(row.get("line_id") or sku or row["listing"])
            met[identity] = met.get(identity, 0) + 1
            if met[identity] > 1:
                identity = f"{identity}#{met[identity]}"
            yield self._read_line(row, identity, sku, meaning)

    def _read_line(
        self, row: dict[str, Any], identity: str, sku: str, meaning: StatusMeaning
    ) -> OrderLine:
        try:
            text = str(row.get("quantity") or "")
            quantity = read_whole(text, self._form.decimal_mark)
        except ValueError as error:
            raise MappingError(str(error), path=_place(row, "quantity")) from None
        if not 0 <= quantity <= QUANTITY_MAX:
            raise MappingError(
                f"{quantity} is no quantity that can be sold",
                path=_place(row, "quantity"),
            )
        price = self._money(row, "unit_price", str(row.get("unit_price") or ""))
        told = str(row.get("line_total") or "")
        total = self._money(row, "line_total", told) if told else price * quantity
        if told and not row.get("unit_price") and quantity:
            price = Money(total.minor // quantity, self._currency)
        wanted = 0 if meaning.cancelled else quantity
        return OrderLine(
            external_id=identity,
            listing_external_id=str(row.get("listing") or sku),
            sku=sku,
            barcode=str(row.get("barcode") or ""),
            title=str(row.get("title") or ""),
            quantity=quantity,
            quantity_current=wanted,
            unit_price=price,
            total=total,
            tax=self._money(row, "tax", str(row.get("tax") or "")),
            quantity_taken=wanted if self._form.takes_stock else 0,
        )

    def _read_customer(self) -> Customer | None:
        name, email, phone = map(self._first, ("customer", "email", "phone"))
        if not (name or email or phone):
            return None
        return Customer(name=name, email=email, phone=phone)

    def _read_address(self) -> Address | None:
        parts = {name: self._first(name) for name in _ADDRESS}
        word = self._first("country")
        country = look_up_country(word)
        if word and not country:
            self._unknown.append(f"rows.country={word}")
        if not (word or any(parts.values())):
            return None
        return Address(name=self._first("customer"), country=country, **parts)


def _place(row: Mapping[str, Any], column: str = "") -> str:
    line = f"line {row.get('line')}"
    return f"{line}, {column}" if column else line


def _blame(file: str, message: str, path: str) -> MappingError:
    """Return the error that says in which file the row is to be put right."""
    return MappingError(f"{message} (in {file})" if file else message, path=path)
