"""Feeds: documents that Amazon works through later, and what became of their rows.

A feed is three steps: ask for a document, put the content at the presigned address that
comes with it, name the document in a new feed. Amazon may take minutes to hours, and
then has a report by row.
"""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from ...canonical.errors import (
    ContractBrokenError,
    OutcomeUnknownError,
    RejectedError,
)
from ...canonical.pushes import Outcome, PendingWrite, PushResult, StockWrite
from .operations import DOCUMENT_TYPE, Operation, SellingPartner
from .patches import PRODUCT_TYPE, describe_quantity
from .wire import (
    CreatedDocument,
    CreatedFeed,
    Feed,
    ProcessingReport,
    StoredDocument,
    encode,
    join_issues,
    read_answer,
)

LISTINGS_FEED = "JSON_LISTINGS_FEED"
_WAITING = frozenset({"IN_QUEUE", "IN_PROGRESS"})


def submit_writes(
    seller: SellingPartner, writes: Sequence[StockWrite]
) -> list[PushResult]:
    """Write quantities by one feed: each unknown so far, with the feed's id.

    Raises:
        RetryLaterError: no feed was made.
    """
    rows = [
        {
            "messageId": number,
            "sku": write.stock_external_id,
            "operationType": "PATCH",
            "productType": PRODUCT_TYPE,
            "patches": [describe_quantity(write.quantity)],
        }
        for number, write in enumerate(writes, start=1)
    ]
    header = {"sellerId": seller.settings.seller_id, "version": "2.0"}
    content = orjson.dumps({"header": header, "messages": rows})
    try:
        feed_id = submit_feed(seller, LISTINGS_FEED, content)
    except RejectedError as error:
        return [PushResult(Outcome.REFUSED, error.message)] * len(writes)
    except OutcomeUnknownError as error:
        return [PushResult(Outcome.UNKNOWN, error.message)] * len(writes)
    reason = "Amazon took it for later, in a feed"
    return [PushResult(Outcome.UNKNOWN, reason, feed_id)] * len(writes)


def submit_feed(
    seller: SellingPartner,
    feed_type: str,
    content: bytes,
    content_type: str = DOCUMENT_TYPE,
) -> str:
    """Hand a document in, and return the id of its feed.

    A document without a feed does nothing, so all but the last step may be repeated.

    Raises:
        RetryLaterError: no feed was made.
        OutcomeUnknownError: the feed may have been made or not.
        RejectedError: Amazon refuses it.
    """
    answer = seller.send(
        Operation.CREATE_DOCUMENT, json={"contentType": content_type}, safe=True
    )
    document = read_answer(CreatedDocument, answer)
    seller.store("PUT", document.url, content, content_type)
    answer = seller.send(
        Operation.CREATE_FEED,
        json={
            "feedType": feed_type,
            "marketplaceIds": [seller.settings.marketplace],
            "inputFeedDocumentId": document.feed_document_id,
        },
    )
    try:
        return read_answer(CreatedFeed, answer).feed_id
    except ContractBrokenError as error:
        raise OutcomeUnknownError(error.message) from error


def read_submissions(
    seller: SellingPartner, pending: Sequence[PendingWrite]
) -> tuple[PushResult, ...]:
    """Return what became of each write, in the same order; unknown: not yet."""
    feeds = dict.fromkeys(each.submission_external_id for each in pending)
    verdicts = {feed_id: _read_verdict(seller, feed_id) for feed_id in feeds}
    return tuple(
        verdicts[each.submission_external_id].get(
            each.write.stock_external_id, verdicts[each.submission_external_id][""]
        )
        for each in pending
    )


def _read_verdict(seller: SellingPartner, feed_id: str) -> dict[str, PushResult]:
    """Return what a feed did, by SKU; under the empty SKU what holds for the others."""
    try:
        answer = seller.send(Operation.GET_FEED, ids={"feedId": encode(feed_id)})
    except RejectedError as error:
        # Amazon forgets feeds after some weeks, and patches have no feed at all.
        return {"": PushResult(Outcome.UNKNOWN, error.message)}
    feed = read_answer(Feed, answer)
    status = feed.processing_status
    if status in _WAITING:
        reason = f"Amazon has not worked through it yet ({status})"
        return {"": PushResult(Outcome.UNKNOWN, reason, feed_id)}
    if status != "DONE" or feed.result_feed_document_id is None:
        # Amazon may have worked through some rows before it gave up.
        reason = f"Amazon gave up the feed ({status}); read the quantity back"
        return {"": PushResult(Outcome.REFUSED, reason, feed_id)}
    report = _read_report(seller, feed.result_feed_document_id)
    faulty = {issue.sku for issue in report.issues if issue.severity == "ERROR"}
    verdict = {
        sku: PushResult(
            Outcome.REFUSED,
            join_issues([issue for issue in report.issues if issue.sku == sku]),
            feed_id,
        )
        for sku in faulty
    }
    # An error that names no SKU is about the feed as a whole.
    verdict.setdefault("", PushResult(Outcome.ACCEPTED, external_id=feed_id))
    return verdict


def _read_report(seller: SellingPartner, document_id: str) -> ProcessingReport:
    answer = seller.send(
        Operation.GET_DOCUMENT,
        ids={"feedDocumentId": encode(document_id)},
        # The storage then says that it is zipped, and the transport unpacks it.
        params={"enableContentEncodingUrlHeader": "true"},
    )
    document = read_answer(StoredDocument, answer)
    return read_answer(ProcessingReport, seller.store("GET", document.url))
