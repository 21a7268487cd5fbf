"""Feeds and their documents: handed in at a presigned address, worked through later."""

from __future__ import annotations

import csv
import gzip
import json

from ..wire import Request, Response, json_response
from . import catalogue, orders
from .errors import invalid, not_found
from .state import Document, Feed, Json, State, write_time

STORAGE = "/documents/"
_PRESIGNED_SECONDS = 300
_LISTINGS = "JSON_LISTINGS_FEED"
_CANCELLATIONS = "POST_FLAT_FILE_ORDER_ACKNOWLEDGEMENT_DATA"


def create_document(state: State, request: Request) -> Response:
    """Answer an address where a document may be put within five minutes."""
    content_type = request.json().get("contentType")
    if not content_type:
        raise invalid("contentType is required.")
    document = _new_document(state, content_type)
    address = {
        "feedDocumentId": document.document_id,
        "url": _presign(state, request, document),
    }
    return json_response(address, status=201)


def get_document(state: State, request: Request, document_id: str) -> Response:
    """Answer an address where a document can be had within five minutes."""
    if document_id not in state.documents:
        raise not_found(f"Document {document_id}")
    document = state.documents[document_id]
    document.ends = state.later(_PRESIGNED_SECONDS)
    content: Json = {
        "feedDocumentId": document_id,
        "url": _presign(state, request, document),
    }
    if document.zipped:
        content["compressionAlgorithm"] = "GZIP"
    return json_response(content)


def exchange_document(state: State, request: Request) -> Response:
    """Take or give a document's bytes: the address is the permission, and no token.

    As the storage does, with 403 for an address that has ended, and 400 where a second
    way of proving oneself comes along.
    """
    document = state.documents.get(request.path.removeprefix(STORAGE))
    if "x-amz-access-token" in request.headers or "authorization" in request.headers:
        return Response(400, {"content-type": "application/xml"}, b"<Error/>")
    if document is None or document.ends <= state.now():
        return Response(403, {"content-type": "application/xml"}, b"<Error/>")
    if request.method == "PUT":
        if request.headers.get("content-type") != document.content_type:
            return Response(403, {"content-type": "application/xml"}, b"<Error/>")
        document.content = request.body
        return Response(200)
    headers = {"content-type": document.content_type}
    if document.zipped:
        headers["content-encoding"] = "gzip"
    return Response(200, headers, document.content)


def create_feed(state: State, request: Request) -> Response:
    """Take a feed into the queue."""
    body = request.json()
    if body.get("feedType") not in {_LISTINGS, _CANCELLATIONS}:
        raise invalid(f"The feed type {body.get('feedType')} is not supported.")
    if body.get("marketplaceIds") != [state.settings.marketplace]:
        raise invalid("marketplaceIds is not the seller's.")
    if body.get("inputFeedDocumentId") not in state.documents:
        raise invalid("inputFeedDocumentId is unknown.")
    feed = Feed(
        feed_id=str(state.new_number()),
        feed_type=body["feedType"],
        document_id=body["inputFeedDocumentId"],
        created=state.now(),
        due=state.later(state.settings.feed_seconds),
    )
    state.feeds[feed.feed_id] = feed
    return json_response({"feedId": feed.feed_id}, status=202)


def get_feed(state: State, feed_id: str) -> Response:
    """Answer how far Amazon has come with a feed."""
    if feed_id not in state.feeds:
        raise not_found(f"Feed {feed_id}")
    feed = state.feeds[feed_id]
    content: Json = {
        "feedId": feed_id,
        "feedType": feed.feed_type,
        "marketplaceIds": [state.settings.marketplace],
        "createdTime": write_time(feed.created),
        "processingStatus": feed.status,
    }
    if feed.result_id:
        content["resultFeedDocumentId"] = feed.result_id
    return json_response(content)


def work_through_due(state: State) -> None:
    """Work through the feeds that have waited long enough."""
    waiting = [each for each in state.feeds.values() if each.status == "IN_QUEUE"]
    for feed in waiting:
        if feed.due > state.now():
            continue
        content = state.documents[feed.document_id].content
        try:
            with state.acting(feed.due):
                feed.result_id = _WORKERS[feed.feed_type](state, feed, content)
            feed.status = "DONE"
        except (ValueError, KeyError):
            feed.status = "FATAL"


def _write_listings(state: State, feed: Feed, content: bytes) -> str:
    parsed = json.loads(content)
    if parsed["header"]["sellerId"] != state.settings.seller_id:
        raise ValueError("another seller's feed")
    issues = []
    for message in parsed["messages"]:
        fault = catalogue.find_fault(state, message["sku"], message["patches"])
        if fault:
            issues.append(
                {
                    "messageId": message["messageId"],
                    "sku": message["sku"],
                    "code": "90220",
                    "severity": "ERROR",
                    "message": fault,
                }
            )
        else:
            catalogue.submit(state, message["sku"], message["patches"], 0)
    count = len(parsed["messages"])
    report = {
        "header": {
            "sellerId": state.settings.seller_id,
            "version": "2.0",
            "feedId": feed.feed_id,
        },
        "issues": issues,
        "summary": {
            "errors": len(issues),
            "warnings": 0,
            "messagesProcessed": count,
            "messagesAccepted": count - len(issues),
            "messagesInvalid": len(issues),
        },
    }
    result = _new_document(state, "application/json; charset=UTF-8")
    result.content = gzip.compress(json.dumps(report).encode(), mtime=0)
    result.zipped = True
    return result.document_id


def _cancel_orders(state: State, feed: Feed, content: bytes) -> str:
    del feed
    for row in csv.DictReader(content.decode().splitlines(), delimiter="\t"):
        order = state.orders.get(row["order-id"])
        if order is None or order.status != "UNSHIPPED":
            continue
        line = order.line(row["amazon-order-item-code"])
        if line is not None:
            cause = orders.Cause("MERCHANT", row["cancellation-reason-code"])
            orders.cancel_units(state, order, line, line.left, cause)
    result = _new_document(state, "text/plain; charset=UTF-8")
    result.content = b"Feed Processing Summary"
    return result.document_id


_WORKERS = {_LISTINGS: _write_listings, _CANCELLATIONS: _cancel_orders}


def _new_document(state: State, content_type: str) -> Document:
    document = Document(
        document_id=f"amzn1.tortuga.{state.new_number()}",
        content_type=content_type,
        ends=state.later(_PRESIGNED_SECONDS),
    )
    state.documents[document.document_id] = document
    return document


def _presign(state: State, request: Request, document: Document) -> str:
    root = state.settings.storage_url or f"{request.scheme}://{request.host}"
    query = f"X-Amz-Expires={_PRESIGNED_SECONDS}&X-Amz-Signature=simulated%2F1"
    return f"{root}{STORAGE}{document.document_id}?{query}"
