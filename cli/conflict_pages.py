"""How a conflict is shown: a line of the list, its page, its document for programs.

Decides nothing; the commands are in ``conflicts``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from ..canonical.conflicts import KIND_TEXTS, Action, Proposal
from ..store import conflicts
from ..store.conflicts import ConflictRow
from .output import (
    count,
    headline,
    indent,
    list_facts,
    make_table,
    plain,
    say_time,
)

_SHORT_DIGITS = 5
"""How much of a number is set off in lists: enough to be typed in its place."""


def set_off(id_: int) -> Text:
    """Return a number whose last digits, which suffice to type, stand out."""
    digits = str(id_)
    head, tail = digits[:-_SHORT_DIGITS], digits[-_SHORT_DIGITS:]
    return Text.assemble((head, "dim"), (tail, "bold"))


def say_summary(one: ConflictRow) -> Text:
    """Return what a conflict is about, and who settled it."""
    if one.status == conflicts.OPEN:
        return plain(one.summary)
    by = (one.resolution or {}).get("by", "")
    return Text.assemble((f"resolved by {by}: ", "dim"), plain(one.summary))


def document(one: ConflictRow) -> dict[str, Any]:
    """Return a conflict as programs read it."""
    return {
        "id": one.id,
        "kind": one.kind,
        "subject": one.subject,
        "channel": one.channel,
        "status": one.status,
        "summary": one.summary,
        "facts": one.facts,
        "proposals": one.proposals,
        "actions": KIND_TEXTS[one.kind].actions,
        "occurrences": one.occurrences,
        "opened_at": one.opened_at,
        "seen_at": one.seen_at,
        "resolved_at": one.resolved_at,
        "resolution": one.resolution,
    }


def render(one: ConflictRow) -> Sequence[RenderableType]:
    """Return the page about a conflict."""
    words = KIND_TEXTS[one.kind]
    pages: list[RenderableType] = [
        headline(str(one.kind).replace("_", " "), f"{one.subject} · {one.status}"),
        plain(one.summary),
        "",
        list_facts(
            [
                ("what it means", words.meaning),
                ("until then", words.impact),
                ("opened", say_time(one.opened_at)),
                (
                    "last seen",
                    f"{say_time(one.seen_at)}, {count(one.occurrences, 'time')}",
                ),
                ("resolved", say_time(one.resolved_at)),
            ]
        ),
        "",
        headline("Facts"),
        indent(list_facts([(key, _say(value)) for key, value in one.facts.items()])),
    ]
    if one.status != conflicts.OPEN:
        facts = [(key, _say(value)) for key, value in (one.resolution or {}).items()]
        undo = f"crossdock conflicts undo {one.id} takes it back"
        return [*pages, "", headline("Resolution", undo), indent(list_facts(facts))]
    return [*pages, "", headline("What you can do"), indent(_list_choices(one))]


def _say(value: Any) -> Text:
    if isinstance(value, dict):
        return plain(", ".join(f"{key}: {part}" for key, part in value.items()))
    if isinstance(value, list):
        return plain(", ".join(str(part) for part in value))
    return plain("" if value is None else value)


def _list_choices(one: ConflictRow) -> RenderableType:
    """Return the command for each proposal, then for the other actions."""
    table = make_table("command", "why", "score", numbers=("score",))
    proposed = {proposal.action for proposal in one.proposals}
    for proposal in one.proposals:
        score = "" if proposal.score is None else str(proposal.score)
        command = _write_command(one.id, proposal)
        table.add_row(Text(command, "bold"), plain(proposal.reason), score)
    for action in KIND_TEXTS[one.kind].actions:
        if action not in proposed:
            extra = " --sku SKU" if action is Action.MAP else ""
            command = f"crossdock conflicts resolve {one.id} {action}{extra}"
            table.add_row(Text(command, "bold"), "", "")
    return table


def _write_command(id_: int, proposal: Proposal) -> str:
    command = f"crossdock conflicts resolve {id_} {proposal.action}"
    if proposal.sku:
        quoted = f"'{proposal.sku}'" if " " in proposal.sku else proposal.sku
        command += f" --sku {quoted}"
        if proposal.units != 1:
            command += f" --units {proposal.units}"
    return command
