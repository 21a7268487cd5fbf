"""How GraphQL shows the shop itself, the app, its subscriptions and its jobs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from .books import Books
from .calls import Call, FieldReader, FieldResolver
from .goods import gid
from .settings import API_VERSION
from .shapes import moment


def _offset(books: Books) -> timedelta:
    return books.now().astimezone(books.settings.zone).utcoffset() or timedelta()


def shop_fields(books: Books) -> dict[str, Any]:
    """Return the ``Shop``."""
    settings = books.settings
    local = books.now().astimezone(settings.zone)
    url = f"https://{settings.domain}"
    return {
        "__typename": "Shop",
        "contactEmail": "owner@shop.example",
        "currencyCode": settings.currency,
        "email": "owner@shop.example",
        "enabledPresentmentCurrencies": [
            settings.currency,
            *settings.presentment_rates,
        ],
        "ianaTimezone": settings.time_zone,
        "id": gid("Shop", settings.number),
        "myshopifyDomain": settings.domain,
        "name": settings.name,
        "plan": {
            "partnerDevelopment": False,
            "publicDisplayName": "Standard",
            "shopifyPlus": False,
        },
        "primaryDomain": {
            "__typename": "Domain",
            "host": settings.domain,
            "id": gid("Domain", settings.number),
            "url": url,
        },
        "taxesIncluded": settings.taxes_included,
        "timezoneAbbreviation": local.strftime("%Z"),
        "timezoneOffset": local.strftime("%z"),
        "timezoneOffsetMinutes": int(_offset(books).total_seconds() // 60),
        "url": url,
    }


def installation_fields(call: Call) -> dict[str, Any]:
    """Return the ``AppInstallation`` of the app that asks."""
    settings = call.books.settings
    return {
        "__typename": "AppInstallation",
        "accessScopes": [
            {"handle": name, "description": name.replace("_", " ").capitalize()}
            for name in sorted(call.scopes)
        ],
        "app": {
            "__typename": "App",
            "apiKey": settings.client_id,
            "handle": "simulated-app",
            "id": gid("App", settings.number + 1),
            "title": "Simulated app",
            "webhookApiVersion": API_VERSION,
        },
        "id": gid("AppInstallation", settings.number + 2),
    }


SUBSCRIPTION: Mapping[str, FieldReader] = {
    "apiVersion": lambda x: {
        "displayName": API_VERSION,
        "handle": API_VERSION,
        "supported": True,
    },
    "callbackUrl": lambda x: x.uri,
    "createdAt": lambda x: moment(x.created_at),
    "filter": lambda x: None,
    "format": lambda x: x.format,
    "id": lambda x: x.gid,
    "includeFields": lambda x: x.include_fields,
    "legacyResourceId": lambda x: str(x.number),
    "metafieldNamespaces": lambda x: [],
    "name": lambda x: x.name,
    "topic": lambda x: x.topic,
    "updatedAt": lambda x: moment(x.created_at),
    "uri": lambda x: x.uri,
}

JOB: Mapping[str, FieldReader] = {"done": lambda x: x.done, "id": lambda x: x.gid}

ADJUSTMENT_GROUP_WITH_ARGUMENTS: Mapping[str, FieldResolver] = {
    "changes": lambda x, call, args: [
        change
        for change in x["changes"]
        if not args.get("quantityNames") or change["name"] in args["quantityNames"]
    ],
}
