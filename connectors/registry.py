"""Which channel kinds there are: the built-in ones, and what other packages add.

A dict and ``importlib.metadata`` are the whole plugin system, with a folder of files
that describe REST APIs beside them. A connector of somebody
else is an entry point in the group ``crossdock.connectors`` whose name is its kind and
whose object is a ``Plugin``. It runs with all rights of the hub: install only what you
trust. One that cannot be loaded is reported and does not stop the others.
"""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module, metadata
from pathlib import Path

from ..canonical.errors import SettingsError
from .sdk import SDK_VERSION, Plugin
from .shield import shield

ENTRY_POINT_GROUP = "crossdock.connectors"
BUILT_IN_KINDS = (
    "amazon",
    "bigcommerce",
    "ebay",
    "etsy",
    "files",
    "medusa",
    "shopify",
    "square",
    "vendure",
    "woocommerce",
)
_OURS = "crossdock"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a plugin for a kind comes from; loading it imports its code."""

    kind: str
    distribution: str
    load: Callable[[], object]
    foreign: bool = False
    """Whether it is code of somebody else; the hub then calls it through a shield."""


@dataclass(frozen=True, slots=True)
class BrokenPlugin:
    """A plugin that cannot be used, and why."""

    kind: str
    distribution: str
    reason: str


@dataclass(frozen=True, slots=True)
class Plugins:
    """All kinds that can be used, by kind, and those that cannot."""

    usable: dict[str, Plugin]
    broken: tuple[BrokenPlugin, ...]


def find_sources(folder: Path | None = None) -> tuple[Source, ...]:
    """Return every source of a plugin on this machine. Imports none of them.

    Args:
        folder: where files lie that each describe a kind; None: there are none.
    """
    built_in = [Source(kind, _OURS, _load_built_in(kind)) for kind in BUILT_IN_KINDS]
    others = [
        Source(
            entry.name,
            f"{entry.dist.name} {entry.dist.version}" if entry.dist else "unknown",
            entry.load,
            foreign=True,
        )
        for entry in metadata.entry_points(group=ENTRY_POINT_GROUP)
    ]
    return (*built_in, *others, *_find_described(folder))


def find_plugin(kind: str, sources: Iterable[Source] | None = None) -> Plugin:
    """Return the plugin for a kind, importing that one only.

    Raises:
        SettingsError: nobody offers this kind, several do, or the one that does
            cannot be used; says which and why.
    """
    by_kind = _group(find_sources() if sources is None else sources)
    if kind not in by_kind:
        raise SettingsError(
            f"no connector for {kind!r}; there is {', '.join(sorted(by_kind))}",
            next_step="Check the spelling, or install the package that brings it.",
        )
    found = _load(kind, by_kind[kind])
    if isinstance(found, BrokenPlugin):
        raise SettingsError(
            f"the connector for {kind!r} cannot be used: {found.reason}",
            next_step=f"Update or remove {found.distribution}.",
        )
    return found


def list_plugins(sources: Iterable[Source] | None = None) -> Plugins:
    """Return all plugins, importing each of them."""
    usable: dict[str, Plugin] = {}
    broken: list[BrokenPlugin] = []
    by_kind = _group(find_sources() if sources is None else sources)
    for kind, rivals in sorted(by_kind.items()):
        found = _load(kind, rivals)
        if isinstance(found, BrokenPlugin):
            broken.append(found)
        else:
            usable[kind] = found
    return Plugins(usable, tuple(broken))


def _find_described(folder: Path | None) -> Iterator[Source]:
    """Yield a source for each TOML file of a folder; its ``kind`` is the kind.

    A file that is no TOML is a source, too, under its own name: loading it says why.
    """
    if folder is None:
        return
    for path in sorted(folder.glob("*.toml")):
        try:
            kind = tomllib.loads(path.read_text(encoding="utf-8")).get("kind")
        except (OSError, ValueError):
            kind = None
        named = kind if isinstance(kind, str) else path.stem
        yield Source(named, path.name, _load_described(path))


def _load_described(path: Path) -> Callable[[], object]:
    package = __name__.rpartition(".")[0]
    return lambda: import_module(f"{package}.http").load_plugin(path)


def _load_built_in(kind: str) -> Callable[[], object]:
    package = __name__.rpartition(".")[0]
    return lambda: import_module(f"{package}.{kind}").plugin


def _group(sources: Iterable[Source]) -> dict[str, list[Source]]:
    by_kind: defaultdict[str, list[Source]] = defaultdict(list)
    for source in sources:
        by_kind[source.kind].append(source)
    return dict(by_kind)


def _load(kind: str, rivals: list[Source]) -> Plugin | BrokenPlugin:
    names = ", ".join(source.distribution for source in rivals)
    if len(rivals) > 1:
        return BrokenPlugin(kind, names, f"several packages offer it: {names}")
    try:
        plugin = rivals[0].load()
    except Exception as error:  # noqa: BLE001 - foreign code may raise anything at all
        return BrokenPlugin(
            kind, names, f"it fails to import ({type(error).__name__}: {error})"
        )
    judged = _judge(kind, names, plugin)
    if rivals[0].foreign and isinstance(judged, Plugin):
        return shield(judged)
    return judged


def _judge(kind: str, distribution: str, plugin: object) -> Plugin | BrokenPlugin:
    if not isinstance(plugin, Plugin):
        reason = f"its entry point is a {type(plugin).__name__} and not a Plugin"
    elif plugin.sdk_version != SDK_VERSION:
        reason = (
            f"it was written for SDK version {plugin.sdk_version}, "
            f"and this is version {SDK_VERSION}"
        )
    elif plugin.kind != kind:
        reason = f"its entry point says {kind!r} and the plugin {plugin.kind!r}"
    else:
        return plugin
    return BrokenPlugin(kind, distribution, reason)
