"""The routes of webhooks: subscribe, look, change, end."""

from __future__ import annotations

from ..wire import Request, Response, json_response
from .batch import read_body, run_batch
from .errors import ApiError, not_found
from .hooks import EVENTS, RESOURCES, ping
from .listing import page_response, read_choice, read_paging
from .render import encode
from .render_products import webhook_json
from .state import Json, State, Webhook

_STATUSES = ("active", "paused", "disabled")


def list_webhooks(state: State, request: Request) -> Response:
    """Answer ``GET /webhooks``."""
    status = read_choice(request, "status", ("all", *_STATUSES), "all")
    order = read_choice(request, "order", ("asc", "desc"), "desc")
    rows = sorted(
        (one for one in state.webhooks.values() if status in {"all", one.status}),
        key=lambda webhook: webhook.webhook_id,
        reverse=order == "desc",
    )
    return page_response(
        request,
        read_paging(request),
        rows,
        lambda webhook: encode(webhook_json(state, webhook)),
    )


def get_webhook(state: State, _request: Request, webhook_id: int) -> Response:
    """Answer ``GET /webhooks/{id}``."""
    return json_response(webhook_json(state, find_webhook(state, webhook_id)))


def post_webhook(state: State, request: Request) -> Response:
    """Answer ``POST /webhooks``."""
    return json_response(create_webhook(state, read_body(request)), status=201)


def put_webhook(state: State, request: Request, webhook_id: int) -> Response:
    """Answer ``PUT /webhooks/{id}``."""
    return json_response(update_webhook(state, webhook_id, read_body(request)))


def delete_webhook(state: State, request: Request, webhook_id: int) -> Response:
    """Answer ``DELETE /webhooks/{id}``; there is no trash, so force is required."""
    find_webhook(state, webhook_id)
    if request.argument("force").lower() not in {"true", "1"}:
        raise ApiError(
            501,
            "woocommerce_rest_trash_not_supported",
            "Webhooks do not support trashing.",
        )
    return json_response(remove_webhook(state, webhook_id))


def batch_webhooks(state: State, request: Request) -> Response:
    """Answer ``POST /webhooks/batch``."""
    return run_batch(
        request,
        create=lambda content: create_webhook(state, content),
        update=lambda webhook_id, content: update_webhook(state, webhook_id, content),
        delete=lambda webhook_id: remove_webhook(state, webhook_id),
    )


def find_webhook(state: State, webhook_id: int) -> Webhook:
    """Return a webhook.

    Raises:
        ApiError: 404, there is none of that id.
    """
    if webhook_id not in state.webhooks:
        raise not_found("shop_webhook")
    return state.webhooks[webhook_id]


def create_webhook(state: State, content: Json) -> Json:
    """Subscribe, greet the receiver, and return the webhook.

    Raises:
        ApiError: 400 for a topic or an address that cannot be.
    """
    topic = str(content.get("topic", ""))
    address = str(content.get("delivery_url", ""))
    resource, _, event = topic.partition(".")
    if resource not in RESOURCES or event not in EVENTS:
        raise ApiError(
            400,
            "woocommerce_rest_shop_webhook_invalid_topic",
            "Webhook topic must be valid.",
        )
    if not address.startswith(("http://", "https://")):
        raise ApiError(
            400,
            "woocommerce_rest_shop_webhook_invalid_delivery_url",
            "Webhook delivery URL must be a valid URL starting with http:// or https://.",
        )
    webhook = Webhook(
        webhook_id=state.new_id(),
        name=str(content.get("name") or f"Webhook for {topic}"),
        topic=topic,
        delivery_url=address,
        secret=str(content.get("secret") or f"secret-{state.settings.consumer_key}"),
        created=state.now(),
        modified=state.now(),
        status=str(content.get("status") or "active"),
    )
    state.webhooks[webhook.webhook_id] = webhook
    if webhook.status == "active":
        ping(state, webhook)
    return webhook_json(state, webhook)


def update_webhook(state: State, webhook_id: int, content: Json) -> Json:
    """Change a webhook; ``active`` also forgives its failures."""
    webhook = find_webhook(state, webhook_id)
    webhook.name = str(content.get("name") or webhook.name)
    webhook.secret = str(content.get("secret") or webhook.secret)
    webhook.delivery_url = str(content.get("delivery_url") or webhook.delivery_url)
    if content.get("status") in _STATUSES:
        webhook.status = content["status"]
        webhook.failures = 0
    webhook.modified = state.now()
    return webhook_json(state, webhook)


def remove_webhook(state: State, webhook_id: int) -> Json:
    """End a subscription and return what it was."""
    webhook = find_webhook(state, webhook_id)
    del state.webhooks[webhook_id]
    state.simulator.deliverer.forget(str(webhook_id))
    return webhook_json(state, webhook)
