"""What a TOML file says about a REST API, as models; and which line is wrong.

The fields of orders and listings are in ``mapping/http_orders``. Nothing here sends
anything, and nothing in a file can run.
"""

from __future__ import annotations

import re
import tomllib
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, model_validator

from ...canonical.errors import SettingsError
from ...mapping.http_orders import ListingFields, OrderFields, Part
from ...mapping.http_orders import Path as FieldPath
from ..sdk import StockWriteMode, Traits

FILE_BYTES_MAX = 262_144
_BLANK = re.compile(r"\{(\w*)\}")


class AuthType(StrEnum):
    """How requests prove who sends them."""

    HEADER = "header"
    BASIC = "basic"
    QUERY = "query"
    OAUTH2 = "oauth2"


class AuthPart(Part):
    """``[auth]``: header and query carry a token, oauth2 fetches its own."""

    type: AuthType
    name: str = "authorization"
    prefix: str = ""
    token_url: str = ""
    scope: str = ""

    @model_validator(mode="after")
    def _require_token_url(self) -> AuthPart:
        if self.type is AuthType.OAUTH2 and not self.token_url.startswith("https://"):
            raise ValueError("oauth2 needs token_url, beginning with https://")
        return self


class PageStyle(StrEnum):
    """How a list goes on after its first page."""

    NONE = "none"
    PAGE = "page"
    OFFSET = "offset"
    CURSOR = "cursor"
    LINK = "link"
    NEXT_URL = "next_url"


class PagesPart(Part):
    """``pages`` of a list. ``feed``: the last cursor is good for ever, and is kept."""

    style: PageStyle = PageStyle.NONE
    parameter: str = "page"
    size: int = Field(default=100, ge=1, le=1000)
    size_parameter: str = ""
    next: FieldPath = ""
    more: FieldPath = ""
    feed: bool = False


class TimeFormat(StrEnum):
    """How the moment of a "changed since" is written."""

    ISO = "iso"
    UNIX = "unix"
    UNIX_MS = "unix_ms"


class SincePart(Part):
    """``since`` of the orders: they are told from this moment on, inclusively."""

    parameter: str
    format: TimeFormat = TimeFormat.ISO


class ListPart(Part):
    """A GET that answers with records."""

    path: str = Field(pattern=r"^/")
    params: dict[str, str] = Field(default_factory=dict)
    records: FieldPath = ""
    pages: PagesPart = PagesPart()


class FetchPart(Part):
    """How named records are asked for: ``{id}`` in the path, or joined ids."""

    path: str = Field(pattern=r"^/")
    ids: str = ""
    records: FieldPath = ""

    @model_validator(mode="after")
    def _require_ids(self) -> FetchPart:
        if bool(self.ids) == ("{id}" in self.path):
            raise ValueError("needs either {id} in path, or ids, a parameter's name")
        return self


class OrdersPart(ListPart):
    """``[orders]``."""

    since: SincePart
    fetch: FetchPart
    fields: OrderFields


class ListingsPart(ListPart):
    """``[listings]``."""

    fetch: FetchPart
    fields: ListingFields = ListingFields()


class StockReadPart(FetchPart):
    """``[stock.read]``: rows with id and quantity, or an object of quantities by id."""

    by_id: bool = False
    id: FieldPath = "id"
    quantity: FieldPath = "quantity"


class RequestPart(Part):
    """A request that changes something; texts of its body may hold blanks."""

    method: Literal["POST", "PUT", "PATCH", "DELETE"] = "POST"
    path: str = Field(pattern=r"^/")
    body: dict[str, Any] = Field(default_factory=dict)


class StockWritePart(RequestPart):
    """``[stock.write]``: one request for each, or ``rows`` with a ``row`` for each."""

    rows: str = ""
    row: dict[str, Any] = Field(default_factory=dict)
    results: FieldPath = ""
    accepted: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()


class StockPart(Part):
    """``[stock]``."""

    read: StockReadPart | None = None
    write: StockWritePart | None = None


class FindPart(ListPart):
    """How what was pushed is found again: the record whose ``reference`` is ours."""

    id: FieldPath = "id"
    reference: FieldPath = "reference"


class FulfillmentPart(Part):
    """``[fulfillment]``."""

    push: RequestPart
    id: FieldPath = "id"
    line: dict[str, Any] = Field(default_factory=dict)
    find: FindPart


class WebhookPart(Part):
    """``[webhook]``: how a delivery is signed, and where subscriptions are."""

    topic: str
    signature_header: str
    time_header: str = ""
    encoding: Literal["hex", "base64"] = "hex"
    order: FieldPath
    event: tuple[FieldPath, ...] = ()
    subscriptions: str = Field(pattern=r"^/")
    records: FieldPath = ""
    id: FieldPath = "id"
    topic_field: str = "topic"
    url_field: str = "url"


class AccountPart(Part):
    """``[account]``: who the credentials belong to."""

    path: str = Field(pattern=r"^/")
    id: FieldPath = "id"
    name: FieldPath = "name"
    currency: FieldPath = ""


class TraitsPart(Part):
    """``[traits]``: facts that change what the hub decides."""

    stock_write: Literal["compare_and_set", "absolute"] = "absolute"
    stock_batch_max: int = Field(default=50, ge=1, le=1000)
    fetch_batch_max: int = Field(default=20, ge=1, le=1000)
    requests_per_second: float = Field(default=2.0, gt=0, le=1000)
    burst: int = Field(default=4, ge=1, le=1000)
    overlap_seconds: int = Field(default=60, ge=0, le=86_400)
    visibility_lag_seconds: int = Field(default=5, ge=0, le=86_400)
    settle_seconds: int = Field(default=5, ge=0, le=86_400)
    honours_zero: bool = True

    def as_traits(self) -> Traits:
        """Return the traits as the hub wants them."""
        values = self.model_dump(exclude={"stock_write"})
        return Traits(stock_write=StockWriteMode(self.stock_write), **values)


class Description(Part):
    """A whole file."""

    kind: str = Field(pattern=r"^[a-z][a-z0-9_]{1,30}$")
    title: str = Field(min_length=1)
    api_version: str = "1"
    address: str = ""
    auth: AuthPart
    traits: TraitsPart = TraitsPart()
    account: AccountPart
    orders: OrdersPart
    listings: ListingsPart | None = None
    stock: StockPart = StockPart()
    fulfillment: FulfillmentPart | None = None
    webhook: WebhookPart | None = None


def read_description(path: Path) -> Description:
    """Return what a file says.

    Raises:
        SettingsError: it cannot be read, is no TOML, or says something that cannot be
            meant; the message names the line.
    """
    try:
        body = path.read_bytes()
        if len(body) > FILE_BYTES_MAX:
            raise SettingsError(f"{path.name} is larger than {FILE_BYTES_MAX:,} bytes")
        text = body.decode("utf-8")
        values = tomllib.loads(text)
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path.name} is no TOML: {error}") from None
    try:
        return Description.model_validate(values)
    except ValidationError as error:
        raise SettingsError(
            "; ".join(
                f"{path.name}, line {find_line(text, one['loc'])}: "
                f"{'.'.join(map(str, one['loc']))}: "
                f"{one['msg'].removeprefix('Value error, ')}"
                for one in error.errors(include_url=False, include_input=False)[:5]
            ),
            next_step="docs/connectors/http.md describes every table and name.",
        ) from None


def find_line(text: str, place: tuple[str | int, ...]) -> int:
    """Return the line on which a value stands, or the table that it should be in."""
    wanted = [str(part) for part in place]
    best, best_depth, table = 1, 0, list[str]()
    for number, line in enumerate(text.splitlines(), start=1):
        bare = line.strip()
        if header := re.fullmatch(r"\[([\w.\" -]+)\]\s*(#.*)?", bare):
            table = [part.strip(' "') for part in header[1].split(".")]
            here = table
        elif entry := re.match(r"([\w.\"-]+)\s*=", bare):
            here = [*table, *(part.strip('"') for part in entry[1].split("."))]
        else:
            continue
        depth = len(here)
        if here == wanted[:depth] and depth > best_depth:
            best, best_depth = number, depth
    return best


def fill(template: Any, values: dict[str, Any]) -> Any:
    """Return a template with its blanks filled.

    A text that is one blank becomes the value itself, a number for a number.

    Raises:
        SettingsError: a blank has no meaning here.
    """
    if isinstance(template, dict):
        return {name: fill(part, values) for name, part in template.items()}
    if isinstance(template, list):
        return [fill(part, values) for part in template]
    if not isinstance(template, str):
        return template
    for name in _BLANK.findall(template):
        if name not in values:
            known = ", ".join(sorted(values))
            raise SettingsError(f"{{{name}}} means nothing here; there is {known}")
    whole = _BLANK.fullmatch(template)
    if whole:
        return values[whole[1]]
    return _BLANK.sub(lambda found: str(values[found[1]]), template)
