"""``crossdock init``: the settings file, the secret key, the database. Safe to repeat.

It makes what is missing and leaves what is there; an older database is brought up to
date. Channels are connected by ``channels add``.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import typer

from ..config.keys import keep_secret_key, read_secret_key
from ..config.load import EXAMPLE_FILE, FILE_NAME, FILE_VARIABLE, load_settings
from ..config.settings import HubSettings
from ..store import channels, schema
from ..store.engine import Store
from ..store.vault import Vault
from .output import Output, headline, list_facts
from .session import Json, read_invocation


@dataclass(frozen=True, slots=True)
class SetUp:
    """What there is now, and which parts of it were made this time."""

    settings_file: str
    settings_file_made: bool
    key: str
    key_made: bool
    database: str
    schema: str
    schema_before: str | None


def init(context: typer.Context, as_json: Json = False) -> None:
    """Make the settings file, the secret key and the database, where they are missing.

    Safe to repeat: what is there stays, and an older database is brought up to date
    (back it up before with `crossdock backup`).

    Example:

        crossdock init
    """
    output = Output(as_json=as_json)
    path, made = _write_settings_file(read_invocation(context).config)
    done = _set_up(load_settings(path), path, settings_file_made=made)
    database = "made"
    if done.schema_before is not None:
        brought = f"brought from schema {done.schema_before}"
        database = "up to date" if done.schema_before == done.schema else brought
    output.show(
        done,
        headline("The hub is set up."),
        list_facts(
            [
                ("settings", f"{_say_made(made)}  {done.settings_file}"),
                ("secret key", f"{_say_made(done.key_made)}  {done.key}"),
                ("database", f"{database}, schema {done.schema}  {done.database}"),
            ]
        ),
    )
    if done.key_made:
        output.note("Keep a copy of the secret key apart from the database's backups.")
    output.note("Next: crossdock channels add woocommerce (or shopify)")


def _say_made(made: bool) -> str:
    return "made" if made else "there already"


def _write_settings_file(given: Path | None) -> tuple[Path, bool]:
    named = given or Path(os.environ.get(FILE_VARIABLE) or FILE_NAME)
    try:
        with named.open("x", encoding="utf-8") as file:
            file.write(EXAMPLE_FILE.read_text(encoding="utf-8"))
    except FileExistsError:
        return named, False
    return named, True


def _set_up(settings: HubSettings, path: Path, *, settings_file_made: bool) -> SetUp:
    given = bool(settings.secret_key.get_secret_value())
    fresh = not given and not settings.secret_key_file.exists()
    key = Vault.generate_key() if fresh else read_secret_key(settings)
    vault = Vault(key)
    store = Store(settings.database_url)
    try:
        before = schema.read_version(store)
        revision = schema.upgrade(store)
        if before is not None:
            _prove_key(store, vault)
    finally:
        store.close()
    if fresh:
        keep_secret_key(settings, key)
    return SetUp(
        str(path),
        settings_file_made,
        "from the setting secret_key" if given else str(settings.secret_key_file),
        fresh,
        store.engine.url.render_as_string(hide_password=True),
        revision,
        before,
    )


def _prove_key(store: Store, vault: Vault) -> None:
    """Open every channel's secrets: a lost key must not be replaced by another one.

    Raises:
        SettingsError: the key is not the one that they were sealed with.
    """
    with store.reading() as connection:
        channels.load_all(connection, vault)
