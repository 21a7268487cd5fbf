"""The routes of listings, of goods in Amazon's warehouses, and of the account."""

from __future__ import annotations

from ..wire import Request, Response, json_response
from . import catalogue
from .errors import ApiError, denied, invalid, not_found
from .render import render_listing
from .state import Json, Listing, State, write_time

_RESULTS_MAX = 1000
"""Page tokens reach no further."""


def search_listings(state: State, request: Request, seller_id: str) -> Response:
    """Answer a page of listings: the ones named, or all of them by their creation."""
    _check_scope(state, request, seller_id)
    size = int(request.argument("pageSize", "10"))
    if not 1 <= size <= 20:
        raise invalid("pageSize must be between 1 and 20.")
    found = _select(state, request)
    token = request.argument("pageToken")
    if token and not token.isdigit():
        raise invalid("The page token is invalid.")
    start = int(token or 0)
    datasets = _read_datasets(request)
    page = found[start : start + size]
    content: Json = {
        "numberOfResults": len(found),
        "items": [render_listing(state, listing, datasets) for listing in page],
    }
    following = start + size
    if following < min(len(found), _RESULTS_MAX):
        content["pagination"] = {"nextToken": str(following)}
    return json_response(content)


def get_listing(state: State, request: Request, seller_id: str, sku: str) -> Response:
    """Answer one listing."""
    _check_scope(state, request, seller_id)
    if sku not in state.listings:
        raise not_found(f"SKU '{sku}'")
    listing = state.listings[sku]
    return json_response(render_listing(state, listing, _read_datasets(request)))


def patch_listing(state: State, request: Request, seller_id: str, sku: str) -> Response:
    """Take patches for later, or answer 200 and INVALID with what is wrong."""
    _check_scope(state, request, seller_id)
    body = request.json()
    patches = body.get("patches", [])
    if not body.get("productType") or not patches:
        raise invalid("productType and patches are required.")
    fault = catalogue.find_fault(state, sku, patches)
    issues = []
    if fault:
        issues = [
            {
                "code": "90220",
                "message": fault,
                "severity": "ERROR",
                "categories": ["INVALID_ATTRIBUTE"],
            }
        ]
    else:
        catalogue.submit(state, sku, patches, state.settings.processing_seconds)
        catalogue.apply_due(state)
    return json_response(
        {
            "sku": sku,
            "status": "INVALID" if fault else "ACCEPTED",
            "submissionId": f"submission-{state.new_number()}",
            "issues": issues,
        }
    )


def sum_up_fba_stock(state: State, request: Request) -> Response:
    """Answer what Amazon's warehouses can ship of the SKUs asked for."""
    wanted = request.argument("sellerSkus").split(",")
    if len(wanted) > 50:
        raise invalid("sellerSkus holds at most 50 SKUs.")
    rows = [
        {
            "sellerSku": listing.sku,
            "asin": listing.asin,
            "condition": "NewItem",
            "totalQuantity": listing.stock,
            "lastUpdatedTime": write_time(listing.modified),
            "inventoryDetails": {"fulfillableQuantity": listing.stock},
        }
        for listing in state.listings.values()
        if listing.fulfilled_by_amazon and listing.sku in wanted
    ]
    granularity = {
        "granularityType": "Marketplace",
        "granularityId": state.settings.marketplace,
    }
    payload = {"granularity": granularity, "inventorySummaries": rows}
    return json_response({"payload": payload})


def list_participations(state: State) -> Response:
    """Answer in which stores the account sells."""
    settings = state.settings
    return json_response(
        {
            "payload": [
                {
                    "marketplace": {
                        "id": settings.marketplace,
                        "name": settings.marketplace_name,
                        "countryCode": settings.country,
                        "defaultCurrencyCode": settings.currency,
                        "defaultLanguageCode": "de_DE",
                        "domainName": f"www.{settings.marketplace_name.lower()}",
                    },
                    "participation": {
                        "isParticipating": True,
                        "hasSuspendedListings": False,
                    },
                    "storeName": "Harbour Tea",
                }
            ]
        }
    )


def _select(state: State, request: Request) -> list[Listing]:
    if request.argument("identifiers"):
        named = request.argument("identifiers").split(",")
        if request.argument("identifiersType") != "SKU" or len(named) > 20:
            raise ApiError(400, "BAD_REQUEST", "Invalid identifiers.")
        return [state.listings[sku] for sku in named if sku in state.listings]
    created_after = request.argument("createdAfter")
    found = [
        listing
        for listing in state.listings.values()
        if write_time(listing.created) >= created_after
    ]
    return sorted(found, key=lambda listing: (listing.created, listing.sku))


def _check_scope(state: State, request: Request, seller_id: str) -> None:
    if seller_id != state.settings.seller_id:
        raise denied("The seller is not the one who authorised the application.")
    if request.argument("marketplaceIds") != state.settings.marketplace:
        raise ApiError(400, "BAD_REQUEST", "Invalid marketplaceIds.")


def _read_datasets(request: Request) -> frozenset[str]:
    return frozenset(request.argument("includedData", "summaries").split(","))
