"""The seller's listings: put on sale, shown, and patched some time after the asking."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from ..faults import Fault
from .state import Json, Listing, State, Submission

_QUANTITY = "/attributes/fulfillment_availability"
_OFFER = "/attributes/purchasable_offer"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewProduct:
    """What a merchant enters to sell something."""

    name: str
    sku: str
    price: Decimal
    stock: int = 0
    fulfilled_by_amazon: bool = False
    child_skus: tuple[str, ...] = ()


def add_product(state: State, new: NewProduct) -> Listing:
    """Put a product on sale."""
    now = state.now()
    listing = Listing(
        sku=new.sku,
        title=new.name,
        asin=f"B0{state.new_number():08d}",
        price=new.price,
        stock=new.stock,
        created=now,
        modified=now,
        fulfilled_by_amazon=new.fulfilled_by_amazon,
        child_skus=new.child_skus,
    )
    state.listings[new.sku] = listing
    show(state, listing, new.stock, written=False)
    return listing


def show(state: State, listing: Listing, quantity: int, *, written: bool) -> None:
    """Set a counter, and tell the world what the listing shows. Never below zero."""
    listing.stock = max(0, quantity)
    state.touch(listing)
    if not listing.fulfilled_by_amazon:
        state.simulator.world.record_shown(
            state.simulator.channel, listing.sku, listing.stock, written=written
        )


def find_fault(state: State, sku: str, patches: list[Json]) -> str:
    """Return what is wrong with patches of a listing; empty where nothing is."""
    if sku not in state.listings:
        return f"The SKU '{sku}' does not exist in this store."
    for patch in patches:
        values = patch.get("value") or [{}]
        if patch.get("op") not in {"replace", "merge"}:
            return f"The operation '{patch.get('op')}' is not supported here."
        if patch.get("path") == _QUANTITY:
            quantity = values[0].get("quantity")
            if type(quantity) is not int or quantity < 0:
                return "'quantity' must be a whole number of at least 0."
        elif patch.get("path") == _OFFER:
            if not values[0].get("our_price"):
                return "'our_price' is required but not supplied."
        else:
            return f"The attribute '{patch.get('path')}' does not exist."
    return ""


def submit(state: State, sku: str, patches: list[Json], seconds: float) -> None:
    """Take patches that are right; they show after ``seconds``."""
    due = state.later(seconds)
    state.submissions.append(Submission(due=due, sku=sku, patches=patches))


def apply_due(state: State) -> None:
    """Let everything show that was taken long enough ago, in the order of its time."""
    due = [each for each in state.submissions if each.due <= state.now()]
    state.submissions = [each for each in state.submissions if each not in due]
    for submission in sorted(due, key=lambda each: each.due):
        listing = state.listings.get(submission.sku)
        if listing is None:
            continue
        with state.acting(submission.due):
            for patch in submission.patches:
                _apply(state, listing, patch)


def _apply(state: State, listing: Listing, patch: Json) -> None:
    value = patch["value"][0]
    if patch["path"] == _OFFER:
        price = value["our_price"][0]["schedule"][0]["value_with_tax"]
        listing.price = Decimal(str(price))
        state.touch(listing)
        return
    if patch["op"] == "replace":
        listing.handling_days = value.get("lead_time_to_ship_max_days", 0)
    # Whoever writes an own quantity to goods in Amazon's warehouse takes them out.
    listing.fulfilled_by_amazon = value["fulfillment_channel_code"] != "DEFAULT"
    if not state.simulator.faults.strikes(Fault.IGNORED_WRITE):
        show(state, listing, value["quantity"], written=True)
