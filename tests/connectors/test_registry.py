"""Finding connectors: built in, installed beside the hub, broken, or twice."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from importlib import metadata
from typing import Any

import pytest
from crossdock.canonical.errors import SettingsError
from crossdock.connectors.registry import (
    BUILT_IN_KINDS,
    ENTRY_POINT_GROUP,
    Source,
    find_plugin,
    find_sources,
    list_plugins,
)
from crossdock.connectors.sdk import (
    SDK_VERSION,
    ConnectorSettings,
    Plugin,
    StockWriteMode,
    Traits,
)

TRAITS = Traits(
    stock_write=StockWriteMode.ABSOLUTE,
    stock_batch_max=10,
    fetch_batch_max=10,
    requests_per_second=1,
    burst=1,
    overlap_seconds=0,
    visibility_lag_seconds=0,
    settle_seconds=0,
)


class _NoTranslator:
    read_order: Any = None
    read_listings: Any = None


def _plugin(kind: str, **changes: Any) -> Plugin:
    plugin = Plugin(
        kind=kind,
        title=kind.title(),
        api_version="1",
        settings=ConnectorSettings,
        traits=TRAITS,
        translator=_NoTranslator(),
        connector=object,
        connect=lambda settings, context: pytest.fail("not to be called"),
    )
    return dataclasses.replace(plugin, **changes)


def _fail() -> object:
    raise ZeroDivisionError("at import")


def _source(kind: str, load: Callable[[], object], by: str = "acme 1.0") -> Source:
    return Source(kind, by, load)


def test_a_plugin_is_found_by_its_kind_and_no_other_is_imported() -> None:
    plugin = _plugin("bazaar")
    sources = [_source("bazaar", lambda: plugin), _source("kiosk", _fail)]
    assert find_plugin("bazaar", sources) is plugin


def test_an_unknown_kind_names_the_known_ones() -> None:
    with pytest.raises(
        SettingsError, match="no connector for 'bazar'; there is bazaar"
    ):
        find_plugin("bazar", [_source("bazaar", lambda: _plugin("bazaar"))])


def test_a_plugin_that_fails_to_import_does_not_stop_the_others() -> None:
    sources = [_source("kiosk", _fail), _source("bazaar", lambda: _plugin("bazaar"))]
    plugins = list_plugins(sources)
    assert list(plugins.usable) == ["bazaar"]
    (broken,) = plugins.broken
    assert (broken.kind, broken.distribution) == ("kiosk", "acme 1.0")
    assert "ZeroDivisionError: at import" in broken.reason


def test_two_packages_with_one_kind_are_both_refused_by_name() -> None:
    sources = [
        _source("shopify", lambda: _plugin("shopify"), by="crossdock"),
        _source("shopify", lambda: _plugin("shopify"), by="shopfy-fast 6.6.6"),
    ]
    with pytest.raises(SettingsError, match=r"crossdock, shopfy-fast 6\.6\.6"):
        find_plugin("shopify", sources)
    assert not list_plugins(sources).usable


def test_a_plugin_of_another_sdk_version_is_refused_at_load() -> None:
    old = _plugin("bazaar", sdk_version=SDK_VERSION + 1)
    with pytest.raises(SettingsError, match=f"SDK version {SDK_VERSION + 1}"):
        find_plugin("bazaar", [_source("bazaar", lambda: old)])


def test_an_entry_point_that_is_no_plugin_is_refused() -> None:
    with pytest.raises(SettingsError, match="is a str and not a Plugin"):
        find_plugin("bazaar", [_source("bazaar", lambda: "plugin")])


def test_a_plugin_under_another_kinds_name_is_refused() -> None:
    sources = [_source("bazaar", lambda: _plugin("kiosk"))]
    with pytest.raises(SettingsError, match="says 'bazaar' and the plugin 'kiosk'"):
        find_plugin("bazaar", sources)


def test_built_in_kinds_are_sources_without_being_imported() -> None:
    kinds = {source.kind: source.distribution for source in find_sources()}
    assert {kind: kinds[kind] for kind in BUILT_IN_KINDS} == dict.fromkeys(
        BUILT_IN_KINDS, "crossdock"
    )


def test_an_installed_package_adds_a_kind_by_its_entry_point(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    entry = metadata.EntryPoint("bazaar", "builtins:object", ENTRY_POINT_GROUP)
    monkeypatch.setattr(metadata, "entry_points", lambda *, group: [entry])
    (source,) = [source for source in find_sources() if source.kind == "bazaar"]
    assert source.distribution == "unknown"
    assert source.load() is object


def test_every_built_in_kind_can_be_used() -> None:
    plugins = list_plugins()
    assert plugins.broken == ()
    assert set(BUILT_IN_KINDS) <= set(plugins.usable)
