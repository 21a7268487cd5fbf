"""What a merchant has to say to connect a folder.

Field titles and descriptions are what the set-up form, the terminal and the docs show.
What is left empty is found out from each file, or asked for where it stays in doubt.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated
from urllib.parse import unquote, urlsplit

from pydantic import AfterValidator, Field, SecretStr

from ...mapping.files_reading import Reading
from ...mapping.files_values import DateOrder, DecimalMark, find_zone
from ...mapping.files_words import ORDER_FIELDS
from ..sdk import ConnectorSettings


class Delimiter(StrEnum):
    """What stands between two cells."""

    AUTO = "auto"
    COMMA = "comma"
    SEMICOLON = "semicolon"
    TAB = "tab"
    PIPE = "pipe"


class Encoding(StrEnum):
    """How letters are written as bytes."""

    AUTO = "auto"
    UTF_8 = "utf-8"
    UTF_16 = "utf-16"
    WINDOWS = "cp1252"


class DecimalSetting(StrEnum):
    """Which sign stands before the cents."""

    AUTO = "auto"
    POINT = "point"
    COMMA = "comma"


class DatesSetting(StrEnum):
    """In which order a date is written."""

    AUTO = "auto"
    YEAR_FIRST = "ymd"
    DAY_FIRST = "dmy"
    MONTH_FIRST = "mdy"


class Finished(StrEnum):
    """How a file says that it is complete."""

    SETTLED = "settled"
    MARKER = "marker"


_SIGNS = {
    Delimiter.AUTO: "",
    Delimiter.COMMA: ",",
    Delimiter.SEMICOLON: ";",
    Delimiter.TAB: "\t",
    Delimiter.PIPE: "|",
}
_PATH = re.compile(r"[\w][\w .-]*(/[\w][\w .-]*)*")


def _check_location(text: str) -> str:
    if not text.startswith("sftp://"):
        if text.startswith(("/", "~")) or re.match(r"[A-Za-z]:[\\/]", text):
            return text
        raise ValueError("must be a whole path, or sftp://user@host/path")
    try:
        parts = urlsplit(text)
        usable = bool(parts.hostname and parts.username) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or parts.query or parts.fragment:
        raise ValueError("must look like sftp://user@host:22/path")
    if parts.password is not None:
        raise ValueError("must not hold the password, which is a setting of its own")
    return text


def _check_place(text: str) -> str:
    if not _PATH.fullmatch(text):
        raise ValueError("must be the name of a folder inside the folder")
    return text


def _check_columns(text: str) -> str:
    read_columns(text)
    return text


def _check_zone(text: str) -> str:
    find_zone(text)
    return text


def read_columns(text: str) -> dict[str, str]:
    """Return header by field of ``order=Bestellung; sku=Artikel``.

    Raises:
        ValueError: a part has no "=", or names no field.
    """
    named: dict[str, str] = {}
    for part in filter(None, (piece.strip() for piece in text.split(";"))):
        field, separator, header = (each.strip() for each in part.partition("="))
        if not separator or not header or field not in ORDER_FIELDS:
            raise ValueError(
                f"{part!r} must be FIELD=HEADER with one of {', '.join(ORDER_FIELDS)}"
            )
        named[field] = header
    return named


Place = Annotated[str, AfterValidator(_check_place)]


class FilesSettings(ConnectorSettings):
    """One folder, and how the files in it are to be read."""

    location: Annotated[str, AfterValidator(_check_location)] = Field(
        title="Folder",
        description="A folder that both sides can reach: a path of this machine, or a "
        "folder on an SFTP server.",
        examples=["/srv/exchange/shop", "sftp://shop@files.example.com/exchange"],
    )
    password: SecretStr = Field(
        default=SecretStr(""),
        title="Password",
        description="SFTP only: the user's password, or what opens the private key.",
    )
    private_key: SecretStr = Field(
        default=SecretStr(""),
        title="Private key",
        description="SFTP only: the whole text of an OpenSSH key, instead of a "
        "password.",
    )
    host_key: str = Field(
        default="",
        title="Host key",
        description="SFTP only: fingerprint of the server's key, as ssh-keygen -l "
        "shows it. Several are separated by spaces.",
        examples=["SHA256:uNiVztksCsDhcc0u9e8BrrJXVGDKOfDn3U7M4WZ0h1s"],
        pattern=r"^(SHA256:[A-Za-z0-9+/]{43}( |$))*$",
    )
    known_hosts: str = Field(
        default="",
        title="Known hosts",
        description="SFTP only: path of a known_hosts file, instead of a fingerprint.",
    )
    orders_folder: Place = Field(
        default="orders",
        title="Orders come in here",
        description="Folder inside the folder into which files of orders are dropped.",
    )
    products_folder: Place = Field(
        default="products",
        title="Products come in here",
        description="Folder inside the folder with the file of what is for sale.",
    )
    stock_folder: Place = Field(
        default="stock",
        title="Observed stock comes in here",
        description="Folder inside the folder into which the other side drops files of "
        "what it shows. May stay empty.",
    )
    out_folder: Place = Field(
        default="out",
        title="Stock and tracking go out here",
        description="Folder inside the folder into which the hub writes.",
    )
    finished: Finished = Field(
        default=Finished.SETTLED,
        title="How a file is known to be complete",
        description="settled: it has not changed for settle_seconds. marker: beside "
        "orders.csv there is an empty file orders.csv.done.",
    )
    settle_seconds: int = Field(
        default=10,
        ge=1,
        le=86_400,
        title="Seconds without change",
        description="How long a file must not have changed before it is read. More "
        "than the longest pause of whoever writes it.",
    )
    move_read_files: bool = Field(
        default=True,
        title="Move files that were read",
        description="On: to the folder done beside them. Off: they stay where they "
        "are, and are recognised by their content.",
    )
    columns: Annotated[str, AfterValidator(_check_columns)] = Field(
        default="",
        title="Columns",
        description="Headers that are not recognised by themselves, as FIELD=HEADER; "
        "crossdock files preview shows what is recognised.",
        examples=["order=Beleg; sku=Art.Nr.; quantity=Stk"],
    )
    delimiter: Delimiter = Field(
        default=Delimiter.AUTO, title="Delimiter", description="What separates cells."
    )
    encoding: Encoding = Field(
        default=Encoding.AUTO, title="Encoding", description="How letters are written."
    )
    decimal_mark: DecimalSetting = Field(
        default=DecimalSetting.AUTO,
        title="Decimal mark",
        description="auto: told by the numbers of each file; one that leaves a doubt "
        "is not taken in.",
    )
    dates: DatesSetting = Field(
        default=DatesSetting.AUTO,
        title="Dates",
        description="auto: told by the dates of each file; a file that leaves a doubt "
        "is not taken in.",
    )
    time_zone: Annotated[str, AfterValidator(_check_zone)] = Field(
        default="UTC",
        title="Time zone",
        description="Of dates that name none.",
        examples=["Europe/Berlin"],
    )
    currency: str = Field(
        default="EUR",
        pattern=r"^[A-Z]{3}$",
        title="Currency",
        description="Of amounts in files without a currency column.",
    )
    prices_include_tax: bool = Field(
        default=True,
        title="Prices include tax",
        description="Off: the tax column comes on top of prices and line totals.",
    )
    takes_stock: bool = Field(
        default=True,
        title="The other side counts down by itself",
        description="On: it lowers its own quantity when it sells. Off: it shows what "
        "the hub told it until the hub tells it again.",
    )

    @property
    def reading(self) -> Reading:
        """How files of orders are to be read."""
        auto = DecimalSetting.AUTO
        encoding = "" if self.encoding is Encoding.AUTO else self.encoding.value
        return Reading(
            columns=read_columns(self.columns),
            delimiter=_SIGNS[self.delimiter],
            encoding=encoding,
            decimal_mark=None
            if self.decimal_mark is auto
            else DecimalMark(self.decimal_mark),
            dates=None if self.dates is DatesSetting.AUTO else DateOrder(self.dates),
            time_zone=self.time_zone,
            currency=self.currency,
            prices_include_tax=self.prices_include_tax,
            takes_stock=self.takes_stock,
        )

    @property
    def remote(self) -> tuple[str, str, int, str] | None:
        """User, host, port and path of an SFTP folder; None for a local one."""
        if not self.location.startswith("sftp://"):
            return None
        parts = urlsplit(self.location)
        # "/exchange" is a path of the server, "/~/exchange" one of the user's home.
        path = unquote(parts.path)
        path = path.removeprefix("/~/") if path.startswith("/~/") else path
        return (
            unquote(parts.username or ""),
            parts.hostname or "",
            parts.port or 22,
            path,
        )
