"""What is changed of a listing, as Amazon's JSON patches, and the answers to them.

Patches and rows of feeds say the same. ``merge`` leaves alone what is not named (the
handling time beside a quantity, a business price beside a price), which ``replace``
deletes. The product type PRODUCT is good for what every listing has, so the listing's
own need not be known.
"""

from __future__ import annotations

from ...canonical.errors import (
    ContractBrokenError,
    OutcomeUnknownError,
    RejectedError,
)
from ...canonical.money import Money
from ...canonical.pushes import Outcome, PushResult
from ...mapping.amazon_words import OWN_WAREHOUSE
from .operations import Operation, SellingPartner
from .wire import Json, Submission, encode, join_issues, read_answer

PRODUCT_TYPE = "PRODUCT"


def describe_quantity(quantity: int) -> Json:
    """Return the patch that sets what the merchant's own warehouse has."""
    return {
        "op": "merge",
        "path": "/attributes/fulfillment_availability",
        "value": [{"fulfillment_channel_code": OWN_WAREHOUSE, "quantity": quantity}],
    }


def describe_price(price: Money, marketplace: str) -> Json:
    """Return the patch that sets the price for everybody in one store."""
    # Amazon wants a JSON number here. The shortest text of the nearest float is the
    # amount itself, far beyond any price.
    amount = float(price.amount)
    offer = {
        "marketplace_id": marketplace,
        "currency": price.currency,
        "audience": "ALL",
        "our_price": [{"schedule": [{"value_with_tax": amount}]}],
    }
    return {"op": "merge", "path": "/attributes/purchasable_offer", "value": [offer]}


def send_patch(seller: SellingPartner, sku: str, patch: Json) -> PushResult:
    """Patch one listing, and say what Amazon answered.

    Accepted means taken: Amazon shows the new value some minutes later. Not repeated
    by itself: between two attempts Amazon may have sold a unit.

    Raises:
        RetryLaterError: nothing was sent, or Amazon wants it later.
    """
    try:
        answer = seller.send(
            Operation.PATCH_LISTING,
            ids={"sellerId": seller.settings.seller_id, "sku": encode(sku)},
            params={"marketplaceIds": seller.settings.marketplace},
            json={"productType": PRODUCT_TYPE, "patches": [patch]},
        )
        submission = read_answer(Submission, answer)
    except RejectedError as error:
        return PushResult(Outcome.REFUSED, error.message)
    except (OutcomeUnknownError, ContractBrokenError) as error:
        return PushResult(Outcome.UNKNOWN, error.message)
    if submission.status == "ACCEPTED":
        return PushResult(Outcome.ACCEPTED, external_id=submission.submission_id)
    reason = join_issues(submission.issues) or f"Amazon calls it {submission.status}"
    return PushResult(Outcome.REFUSED, f"Amazon refused: {reason}")
