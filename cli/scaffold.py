"""``crossdock scaffold``: writes the beginnings of a connector, ready to be changed.

What is written is a package of its own with the connector of an invented channel. It
passes the conformance suite as it stands, so whoever changes it sees what they break.
Nothing is installed and no hub is asked.
"""

from __future__ import annotations

import importlib.metadata
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Annotated

import typer

from ..canonical.errors import RefusedError, SettingsError
from ..connectors.registry import find_sources
from .output import Output, headline, list_facts
from .session import Json

app = typer.Typer(no_args_is_help=True, help="Write the beginnings of something.")

_KIND = re.compile(r"[a-z][a-z0-9]{1,30}(_[a-z0-9]+)*", re.ASCII)
_FILES = {
    "pyproject.toml": "pyproject.toml",
    "package_init.py": "crossdock_@kind@/__init__.py",
    "connector.py": "crossdock_@kind@/connector.py",
    "mapping.py": "crossdock_@kind@/mapping.py",
    "settings.py": "crossdock_@kind@/settings.py",
    "simulator.py": "crossdock_@kind@/simulator.py",
    "wire.py": "crossdock_@kind@/wire.py",
    "quality.yaml": "crossdock_@kind@/quality.yaml",
    "README.md": "crossdock_@kind@/README.md",
    "test_conformance.py": "tests/test_conformance.py",
    "test_mapping.py": "tests/test_mapping.py",
    "order.json": "tests/samples/order.json",
}
"""Where each template goes; the folder ``scaffolding`` has them all."""


@dataclass(frozen=True, slots=True)
class Scaffold:
    """What was written."""

    kind: str
    folder: str
    files: tuple[str, ...]


@app.callback()
def _group() -> None:
    """Write the beginnings of something."""


@app.command("connector")
def connector(
    name: Annotated[
        str, typer.Argument(help="The kind, in small letters, as bazaar or my_shop.")
    ],
    folder: Annotated[
        Path | None,
        typer.Option("--folder", help="Where to write; else crossdock-NAME, here."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Write a connector in a package of its own, with a simulator and its tests.

    It is bronze from the start and talks to an invented channel: change one file after
    the other until it talks to yours. docs/connectors/writing.md says how.

    Example:

        crossdock scaffold connector bazaar
        crossdock scaffold connector my_shop --folder ~/code/my-shop
    """
    output = Output(as_json=as_json)
    written = write_connector(name, folder or Path(f"crossdock-{name}"))
    output.show(
        written,
        headline(f"{len(written.files)} files in {written.folder}"),
        list_facts(
            [
                ("install it", f"pip install -e {written.folder}"),
                ("try it", f"cd {written.folder} && pytest"),
                ("see it", "crossdock connectors"),
            ]
        ),
    )


def write_connector(kind: str, folder: Path) -> Scaffold:
    """Write the package of a connector and return what was written.

    Raises:
        SettingsError: the name is none, or a connector that is installed has it.
        RefusedError: there is something in the folder, or it cannot be written.
    """
    _require_free(kind)
    words = _find_words(kind)
    files = {
        fill(place, words): fill(_read_template(f"{template}.tmpl"), words)
        for template, place in _FILES.items()
    }
    files[f"crossdock_{kind}/py.typed"] = ""
    try:
        if folder.exists() and any(folder.iterdir()):
            raise RefusedError(
                f"{folder} is not empty, and nothing is written over.",
                next_step="Name another folder with --folder.",
            )
        for place, text in files.items():
            path = folder / place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise RefusedError(f"{folder} cannot be written: {error.strerror}.") from error
    return Scaffold(kind, str(folder), tuple(sorted(files)))


def fill(text: str, words: Mapping[str, str]) -> str:
    """Return a template with its words between @ signs filled in."""
    for name, word in words.items():
        text = text.replace(f"@{name}@", word)
    return text


def _require_free(kind: str) -> None:
    if not _KIND.fullmatch(kind):
        raise SettingsError(
            f"{kind!r} cannot be the name of a kind: small letters, digits and single "
            "underscores, and a letter first",
            next_step="For example: crossdock scaffold connector my_shop",
        )
    taken = next((one for one in find_sources() if one.kind == kind), None)
    if taken is not None:
        raise SettingsError(
            f"there is a connector for {kind!r} already, of {taken.distribution}",
            next_step="crossdock connectors lists the kinds that are taken.",
        )


def _find_words(kind: str) -> dict[str, str]:
    parts = kind.split("_")
    return {
        "kind": kind,
        "Kind": "".join(part.capitalize() for part in parts),
        "Title": " ".join(part.capitalize() for part in parts),
        "version": importlib.metadata.version("crossdock"),
    }


def _read_template(name: str) -> str:
    place = resources.files(__package__) / "scaffolding" / name
    return place.read_text(encoding="utf-8")
