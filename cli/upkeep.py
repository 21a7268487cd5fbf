"""``crossdock replay``, ``fsck``, ``backup`` and ``audit``: keeping the books sound.

None of them talks to a channel, except where replayed orders change what it shows.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..canonical.errors import SchemaMismatchError
from ..config.settings import HubSettings
from ..store import audit, schema
from ..store.backup import BackupReport, write_backup
from ..store.engine import Store
from ..store.fsck import Violation
from ..store.fsck import check as check_books
from ..sync.compose import SystemClock
from ..sync.replay import replay_quarantined
from .failures import ExitCode
from .output import (
    Output,
    count,
    headline,
    list_facts,
    make_table,
    plain,
    say_time,
)
from .session import Json, open_session, read_settings
from .working import show_effect

AUDIT_LINES_MAX = 50


def replay(
    context: typer.Context,
    channel: Annotated[
        str | None, typer.Option("--channel", help="Only this channel's records.")
    ] = None,
    external_id: Annotated[
        str | None, typer.Option("--external-id", help="Only this record.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Read the records again that could not be read, after a mapping was mended.

    They were kept as they came; no channel is asked for them again.

    Example:

        crossdock replay
        crossdock replay --channel shop --external-id 1001
    """
    output = Output(as_json=as_json)
    with open_session(context, output) as hub:
        with output.watch("Reading kept records again"):
            report = replay_quarantined(hub, channel=channel, external_id=external_id)
        show_effect(hub, output, "Bringing stock in step")
    left = report.still_unreadable
    output.show(
        report,
        headline(f"{count(report.read, 'record')} read again."),
        list_facts(
            [
                ("applied", str(report.applied)),
                ("older than what came since", str(report.superseded)),
                ("still unreadable", str(left)),
            ]
        ),
    )
    if left:
        output.note("crossdock conflicts list --kind unreadable_record says why.")


def fsck(context: typer.Context, as_json: Json = False) -> None:
    """Prove the books: every promise of the tables, asked of the database.

    Changes nothing, and may run beside a working hub. Exit code 1 where a promise does
    not hold.

    Example:

        crossdock fsck
    """
    output = Output(as_json=as_json)
    with (
        open_session(context, output) as hub,
        output.watch("Asking for every promise"),
        hub.store.reading() as connection,
    ):
        found = check_books(connection)
    table = make_table("promise", "about", "what is wrong")
    for one in found:
        table.add_row(one.rule.replace("_", " "), one.subject, plain(one.message))
    output.show(
        {"violations": found},
        table if found else "Every promise of the books holds.",
    )
    if found:
        _advise(output, found)
        raise typer.Exit(ExitCode.REFUSED)


def _advise(output: Output, found: list[Violation]) -> None:
    output.warn(
        f"{count(len(found), 'promise does', 'promises do')} not hold. Nothing was "
        "changed. Make a backup, and report it with this list."
    )


def backup(
    context: typer.Context,
    target: Annotated[
        Path | None,
        typer.Argument(
            help="The file to write; else one in backups/ of the home folder."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Copy the database to a file while the hub works, and check the copy.

    The secret key is not in it; keep that apart.

    Example:

        crossdock backup
        crossdock backup /mnt/safe/hub.sqlite3
    """
    output = Output(as_json=as_json)
    report = _back_up(read_settings(context), target, output)
    output.show(
        report,
        headline("The backup is written and checked."),
        list_facts(
            [
                ("file", str(report.path)),
                ("size", f"{report.size_bytes:,} bytes"),
                ("schema", report.revision),
            ]
        ),
    )
    if report.violations:
        output.warn(
            f"The hub that it copied breaks {count(len(report.violations), 'promise')}:"
            " crossdock fsck"
        )


def _back_up(
    settings: HubSettings, target: Path | None, output: Output
) -> BackupReport:
    store = Store(settings.database_url)
    try:
        # An older database may be backed up: that is what one does before an update.
        if schema.read_version(store) is None:
            raise SchemaMismatchError(
                "The database has not been set up yet: there is nothing to back up.",
                next_step="Run crossdock init, or correct database in the settings.",
            )
        path = target or _name_backup(settings, store)
        with output.measure("Copying") as on_progress:
            return write_backup(store, path, on_progress)
    finally:
        store.close()


def _name_backup(settings: HubSettings, store: Store) -> Path:
    folder = settings.home / "backups"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    ending = "sqlite3" if store.is_sqlite else "dump"
    return folder / f"crossdock-{SystemClock().now():%Y%m%d-%H%M%S}.{ending}"


def show_audit(
    context: typer.Context,
    subject: Annotated[
        str | None,
        typer.Option("--subject", help="Only about this, such as conflict/4711."),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help=f"Not only the last {AUDIT_LINES_MAX}.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show who decided what, when and why, oldest first.

    Example:

        crossdock audit
        crossdock audit --subject conflict/4711
    """
    output = Output(as_json=as_json)
    with open_session(context, output) as hub, hub.store.reading() as connection:
        rows = audit.load(connection, subject)
    shown = rows if everything else rows[-AUDIT_LINES_MAX:]
    table = make_table("when", "who", "what", "about", "why")
    for row in shown:
        table.add_row(
            say_time(row.at),
            plain(row.actor),
            row.action,
            row.subject,
            plain(row.reason),
        )
    output.show(shown, table if shown else "Nobody has decided anything yet.")
    if len(shown) < len(rows):
        output.note(f"{len(rows) - len(shown)} older ones: --all")
