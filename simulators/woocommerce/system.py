"""What the shop tells about itself: the site, its version, currency and settings."""

from __future__ import annotations

from typing import Any

from ..wire import Request, Response, json_response
from .errors import ApiError
from .state import Json, State


def get_site(state: State, _request: Request) -> Response:
    """Answer ``GET /wp-json``: the site's own description, open to everybody."""
    return json_response(
        {
            "name": state.simulator.channel,
            "description": "",
            "url": state.site_url,
            "home": state.site_url,
            "gmt_offset": "0",
            "timezone_string": state.settings.time_zone,
            "namespaces": ["oembed/1.0", "wc/v1", "wc/v2", "wc/v3", "wp/v2"],
            "authentication": [],
            "routes": {},
        }
    )


def get_system_status(state: State, _request: Request) -> Response:
    """Answer ``GET /system_status``, reduced to what a client of the API needs."""
    settings = state.settings
    return json_response(
        {
            "environment": {
                "home_url": state.site_url,
                "site_url": state.site_url,
                "version": settings.version,
                "wp_version": "7.0.4",
                "wp_multisite": False,
                "wp_cron": True,
                "language": "en_US",
                "server_info": "Apache/2.4",
                "php_version": "8.3.0",
                "default_timezone": "UTC",
            },
            "database": {"wc_database_version": settings.version},
            "active_plugins": [],
            "theme": {"name": "Storefront", "is_child_theme": False},
            "settings": {
                "api_enabled": False,
                "force_ssl": False,
                "currency": settings.currency,
                "currency_symbol": settings.currency,
                "currency_position": "right_space",
                "thousand_separator": ",",
                "decimal_separator": ".",
                "number_of_decimals": settings.decimals,
                "geolocation_enabled": False,
                "HPOS_enabled": True,
            },
            "security": {"secure_connection": False, "hide_errors": True},
            "pages": [],
        }
    )


def list_general_settings(state: State, _request: Request) -> Response:
    """Answer ``GET /settings/general``."""
    return json_response(list(_general_settings(state).values()))


def get_general_setting(state: State, _request: Request, name: str) -> Response:
    """Answer ``GET /settings/general/{id}``."""
    found = _general_settings(state).get(name)
    if found is None:
        raise ApiError(404, "rest_setting_setting_invalid", "Invalid setting.")
    return json_response(found)


def _general_settings(state: State) -> dict[str, Json]:
    settings = state.settings
    values: dict[str, tuple[str, Any]] = {
        "woocommerce_currency": ("select", settings.currency),
        "woocommerce_price_num_decimals": ("number", str(settings.decimals)),
        "woocommerce_calc_taxes": ("checkbox", "yes" if settings.tax_rate else "no"),
    }
    return {
        name: {
            "id": name,
            "label": name,
            "description": "",
            "type": kind,
            "default": value,
            "tip": "",
            "value": value,
        }
        for name, (kind, value) in values.items()
    }
