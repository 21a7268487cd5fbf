"""Checks of orders and listings coming out of a channel: all, whatever happens."""

from __future__ import annotations

import httpx
import orjson

from ...canonical.errors import ContractBrokenError, RetryLaterError
from ...canonical.pages import Page
from .bench import PAGES_MAX, Bench, NonconformityError, always, demand, ids_of
from .touring import place, sample


def a_pull_brings_every_order(bench: Bench) -> None:
    """The walk ends, its cursors are usable, and nothing is missing."""
    placed = _fill(bench)
    pages = bench.walk()
    demand(ids_of(pages) == placed, _difference("a pull", placed, ids_of(pages)))
    demand(all(page.cursor for page in pages), "every page has a cursor")
    demand(len(pages) > 1, f"{len(placed)} orders take more than one page to pull")


def a_pull_goes_on_from_any_cursor(bench: Bench) -> None:
    """After a restart at any page, the rest comes: cursors are valid for ever."""
    placed = _fill(bench)
    pages = bench.walk()
    for number, page in enumerate(pages[:-1]):
        before = ids_of(pages[: number + 1])
        rest = ids_of(bench.walk(page.cursor, bench.connect()))
        demand(
            before | rest >= placed,
            _difference(f"going on after page {number + 1}", placed, before | rest),
        )


def a_later_pull_brings_what_is_new(bench: Bench) -> None:
    """The last cursor finds what was placed after it, at every later pull."""
    _fill(bench)
    cursor = bench.walk()[-1].cursor
    for _ in range(2):
        external_id = place(bench)
        pages = bench.walk(cursor, bench.connect())
        demand(
            external_id in ids_of(pages), "the last cursor finds orders placed after it"
        )
        cursor = pages[-1].cursor


def an_empty_pull_can_be_repeated(bench: Bench) -> None:
    """Where there is nothing, the cursor stays usable and finds the first order."""
    cursor: str | None = None
    for _ in range(3):
        page = bench.walk(cursor)[-1]
        demand(bool(page.cursor), "an empty page has a cursor, too")
        cursor = page.cursor
        bench.clock.pause(60)
    external_id = place(bench)
    demand(
        external_id in ids_of(bench.walk(cursor)),
        "the cursor of an empty pull finds the first order",
    )


def records_keep_their_identity(bench: Bench) -> None:
    """Two pulls of the same orders give the same ids and versions."""
    _fill(bench)
    one, two = (_versions(bench.walk(None, bench.connect())) for _ in range(2))
    demand(one == two, "an unchanged record has the same id and version in every pull")


def a_list_that_never_ends_is_left(bench: Bench) -> None:
    """A channel that gives its first page again and again is not followed for ever."""
    _fill(bench)
    first = bench.pull_page(None)
    if first.complete:
        raise NonconformityError(
            "orders_for_three_pages must be high enough for more than one page"
        )
    heard = {_place_of(request): response for request, response in bench.wire.answers}
    bench.wire.stand_in = lambda request: _repeat(heard.get(_place_of(request)))
    cursor: str | None = first.cursor
    for _ in range(PAGES_MAX):
        try:
            page = bench.pull_page(cursor)
        except (ContractBrokenError, RetryLaterError):
            return
        if page.complete:
            return
        cursor = page.cursor
    raise NonconformityError(
        f"a page token given twice stops the walk ({PAGES_MAX} pages did not)"
    )


def half_a_page_is_no_page(bench: Bench) -> None:
    """A page cut off anywhere is a failure, and never a shorter or empty page."""
    _fill(bench)
    whole = bench.pull_page(None)
    body = bench.wire.answers[-1][1].content
    for cut in range(1, len(body), max(1, len(body) // 20)):
        bench.wire.stand_in = always(200, content=body[:cut])
        connector = bench.connect()
        try:
            page = bench.pull_page(None, connector)
        except (RetryLaterError, ContractBrokenError):
            continue
        raise NonconformityError(
            f"a page cut at byte {cut} is a failure; it gave {len(page.records)} of "
            f"{len(whole.records)} records"
        )


def named_orders_are_fetched(bench: Bench) -> None:
    """``fetch_orders`` gives the named ones as they are, and leaves out the unknown."""
    one, two = place(bench), place(bench)
    unknown = _unlike(one)
    records = bench.connector.fetch_orders([one, unknown, two])
    found = sorted(record.external_id for record in records)
    demand(
        found == sorted([one, two]),
        f"fetch_orders gives exactly the named orders that exist, and not {found}",
    )
    demand(bench.connector.fetch_orders([]) == (), "fetching nothing gives nothing")


def listings_are_told_with_their_stock(bench: Bench) -> None:
    """A full scan ends, and tells each SKU once with the record that carries stock."""
    cursor: str | None = None
    listed: dict[str, str] = {}
    for _ in range(PAGES_MAX):
        page: Page = bench.connector.pull_listings(cursor)
        for record in page.records:
            for listing in bench.plugin.translator.read_listings(record.payload):
                listed[listing.sku] = listing.stock_external_id
        cursor = page.cursor
        if page.complete:
            break
    else:
        raise NonconformityError(f"a scan of the listings ends ({PAGES_MAX} pages)")
    wanted = {sku: bench.channel.stock_id_of(sku) for sku in bench.channel.skus}
    told = {sku: listed.get(sku) for sku in wanted}
    demand(told == wanted, f"every listing is told: {wanted}, and not {told}")


def stock_is_read_in_order(bench: Bench) -> None:
    """One reading for each id, in the order asked, ``None`` for an unknown id."""
    skus = list(reversed(bench.channel.skus))
    ids = [bench.channel.stock_id_of(sku) for sku in skus]
    ids.insert(1, _unlike(ids[0]))
    readings = bench.connector.read_stock(ids)
    demand(
        [reading.stock_external_id for reading in readings] == ids,
        "read_stock gives one reading for each id, in the order asked",
    )
    quantities: list[int | None] = [bench.channel.quantity_of(sku) for sku in skus]
    quantities.insert(1, None)
    shown = [reading.quantity for reading in readings]
    demand(shown == quantities, f"the channel shows {quantities}, and not {shown}")


def _fill(bench: Bench) -> set[str]:
    """Place enough orders for three pages, some of them in the same second."""
    placed: set[str] = set()
    for number in range(bench.case.orders_for_three_pages):
        external_id = bench.channel.place_order(sample(bench))
        if external_id is not None:
            placed.add(external_id)
        if number % 4 == 3:
            bench.clock.pause(1)
    bench.settle()
    return placed


def _versions(pages: list[Page]) -> set[tuple[str, str]]:
    return {
        (record.external_id, record.updated_at.isoformat())
        for page in pages
        for record in page.records
    }


def _difference(what: str, wanted: set[str], found: set[str]) -> str:
    missing, strange = sorted(wanted - found)[:5], sorted(found - wanted)[:5]
    return (
        f"{what} brings every order; {len(wanted - found)} missing {missing}, "
        f"{len(found - wanted)} never placed {strange}"
    )


def _place_of(request: httpx.Request) -> tuple[str, str, str]:
    """Return what a request asks for, without where in the list it asks."""
    try:
        body = orjson.loads(request.content)
    except orjson.JSONDecodeError:
        body = {}
    document = body.get("query", "") if isinstance(body, dict) else ""
    # GraphQL's is a text; a REST search has an object of that name, which moves on.
    document = document if isinstance(document, str) else ""
    return request.method, request.url.path, document


def _repeat(response: httpx.Response | None) -> httpx.Response | None:
    if response is None:
        return None
    headers = [
        (name, value)
        for name, value in response.headers.items()
        if name not in {"content-encoding", "content-length", "transfer-encoding"}
    ]
    return httpx.Response(
        response.status_code, headers=headers, content=response.content
    )


def _unlike(external_id: str) -> str:
    """Return an id of the same shape that names nothing."""
    return external_id + ("99887766" if external_id[-1:].isdigit() else "-unknown")
