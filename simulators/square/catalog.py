"""The catalogue: items and variations, read in pages, written as whole objects."""

from __future__ import annotations

from ..wire import Request, Response, json_response
from . import hooks, inventory
from .errors import ApiError, invalid
from .paging import page_of, read_body
from .state import Item, Json, NewItem, State, Variation, format_time


def add_item(state: State, new: NewItem) -> tuple[str, ...]:
    """Put an item on sale and return the ids of its variations."""
    item = Item(item_id=state.take_id("IT"), name=new.name, variations=[])
    scale = 1 if state.settings.currency in {"JPY", "KRW"} else 100
    for each in new.variations:
        variation = Variation(
            variation_id=state.take_id("VA"),
            item_id=item.item_id,
            name=each.name,
            sku=each.sku,
            upc=each.upc,
            price_minor=int(each.price * scale),
            tracked=each.stock is not None,
            version=_next_version(state),
            changed_at=state.now(),
        )
        item.variations.append(variation)
        state.variations[variation.variation_id] = variation
        if each.stock is not None:
            inventory.recount(state, variation, each.stock, state.now(), written=False)
    state.items[item.item_id] = item
    hooks.announce_catalog(state)
    return tuple(each.variation_id for each in item.variations)


def list_catalog(state: State, request: Request) -> Response:
    """Answer ``GET /v2/catalog/list``."""
    types = request.argument("types", "ITEM").upper().split(",")
    rows: list[Json] = []
    if "ITEM" in types:
        rows += [render_item(state, item) for item in state.items.values()]
    if "ITEM_VARIATION" in types:
        rows += [render_variation(state, each) for each in state.variations.values()]
    size = state.settings.catalog_page
    asked = {"cursor": request.argument("cursor"), "limit": size}
    return page_of(rows, asked, "objects", limit_max=size, default=size)


def post_objects_search(state: State, request: Request) -> Response:
    """Answer ``POST /v2/catalog/batch-retrieve``."""
    ids = read_body(request).get("object_ids") or []
    if len(ids) > 1000:
        raise invalid("object_ids", "Too many ids.", "ARRAY_LENGTH_TOO_LONG")
    rows = []
    for id_ in dict.fromkeys(ids):
        if id_ in state.items:
            rows.append(render_item(state, state.items[id_]))
        elif id_ in state.variations:
            rows.append(render_variation(state, state.variations[id_]))
    return json_response({"objects": rows})


def post_objects(state: State, request: Request) -> Response:
    """Answer ``POST /v2/catalog/batch-upsert``: each batch whole, or not at all."""
    body = read_body(request)
    key = str(body.get("idempotency_key") or "")
    if not key:
        raise invalid("idempotency_key", "Field must be set.", "VALUE_EMPTY")
    known = state.answer_once("upsert", key, request.body)
    if known is not None:
        return json_response(known)
    written: list[Json] = []
    errors: list[Json] = []
    for number, batch in enumerate(body.get("batches") or []):
        try:
            targets = [
                _check_object(state, row, f"batches[{number}]")
                for row in batch.get("objects") or []
            ]
        except ApiError as error:
            errors += error.response().json()["errors"]
            continue
        for variation, row in targets:
            _write_object(state, variation, row)
            written.append(render_variation(state, variation))
    answer: Json = {"updated_at": format_time(state.now())}
    if errors:
        answer["errors"] = errors
    if written:
        answer["objects"] = written
        hooks.announce_catalog(state)
    elif errors:
        return json_response(answer, status=400)
    state.answered["upsert", key] = (request.body, answer)
    return json_response(answer)


def render_item(state: State, item: Item) -> Json:
    """Return an item with all of its variations."""
    versions = [each.version for each in item.variations]
    changed = max(each.changed_at for each in item.variations)
    return {
        "type": "ITEM",
        "id": item.item_id,
        "updated_at": format_time(changed),
        "version": max(versions),
        "is_deleted": False,
        "present_at_all_locations": item.present,
        "item_data": {
            "name": item.name,
            "is_archived": item.archived,
            "product_type": "REGULAR",
            "variations": [render_variation(state, each) for each in item.variations],
        },
    }


def render_variation(state: State, variation: Variation) -> Json:
    """Return a variation: the SKU is here, and nowhere else."""
    details: Json = {
        "item_id": variation.item_id,
        "name": variation.name,
        "sku": variation.sku,
        "pricing_type": "FIXED_PRICING",
        "price_money": state.money(variation.price_minor),
        "track_inventory": variation.tracked,
        "sellable": True,
        "stockable": True,
    }
    if variation.upc:
        details["upc"] = variation.upc
    if variation.override:
        details["location_overrides"] = [variation.override]
    return {
        "type": "ITEM_VARIATION",
        "id": variation.variation_id,
        "updated_at": format_time(variation.changed_at),
        "version": variation.version,
        "is_deleted": False,
        "present_at_all_locations": True,
        "item_variation_data": details,
    }


def touch(state: State, variation: Variation) -> None:
    """Give a changed variation its new version."""
    variation.version = _next_version(state)
    variation.changed_at = state.now()


def _next_version(state: State) -> int:
    state.catalog_version += 1
    return state.catalog_version


def _check_object(state: State, row: Json, path: str) -> tuple[Variation, Json]:
    """Return the variation that an object would replace.

    Raises:
        ApiError: there is none, its version is old, or its price is no price here.
    """
    variation = state.variation(str(row.get("id")))
    if row.get("version") != variation.version:
        raise ApiError(
            409, "VERSION_MISMATCH", "Object version does not match latest.", field=path
        )
    details = row.get("item_variation_data") or {}
    for override in details.get("location_overrides") or []:
        price = override.get("price_money") or {}
        if price.get("currency") not in {None, state.settings.currency}:
            raise invalid(path, "Currency mismatch.", "CURRENCY_MISMATCH")
        if int(price.get("amount", 0)) < 0:
            raise invalid(path, "A price below zero.", "VALUE_TOO_LOW")
    return variation, details


def _write_object(state: State, variation: Variation, details: Json) -> None:
    """Replace a variation; what the object leaves out is gone."""
    overrides = details.get("location_overrides") or []
    ours = [
        each
        for each in overrides
        if each.get("location_id") == state.settings.location_id
    ]
    variation.override = dict(ours[0]) if ours else None
    variation.sku = str(details.get("sku") or "")
    variation.name = str(details.get("name") or "")
    touch(state, variation)
