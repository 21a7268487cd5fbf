"""Writes the parts of the documentation that the code already knows.

Settings, conflict kinds and commands are read off the code, and what a merchant enters
for each kind of channel off its connector, so that the pages cannot drift from it. Text
around the marked blocks is written by hand and left alone. Run by ``scripts/docs``;
``tests/test_docs.py`` runs it with ``--check``.
"""

from __future__ import annotations

import dataclasses
import importlib
import importlib.util
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer
from crossdock.canonical.conflicts import KIND_TEXTS
from crossdock.cli.asking import describe_settings
from crossdock.config.reference import SettingEntry, list_settings
from crossdock.connectors.quality import read_scorecard
from crossdock.connectors.registry import BUILT_IN_KINDS, find_plugin
from crossdock.connectors.sdk import CAPABILITIES, Traits, capabilities_of

REPOSITORY = Path(__file__).resolve().parent.parent
NOTE = "written by scripts/docs"


def render_settings() -> str:
    """Return one table of settings for each section."""
    lines: list[str] = []
    section = None
    for entry in list_settings():
        head, _, _ = entry.key.rpartition(".")
        if head != section:
            section = head
            lines += [
                "",
                f"## {f'[{head}]' if head else 'Top of the file'}",
                "",
                "| setting | meaning | allowed | default |",
                "|---|---|---|---|",
            ]
        default = f"`{entry.default}`" if entry.default else "empty"
        lines.append(
            f"| `{entry.key}`<br>`{entry.environment}` | {entry.meaning} "
            f"| {entry.allowed} | {default} |"
        )
    return "\n".join(lines).strip()


def render_example() -> str:
    """Return a settings file in which everything stands, commented out."""
    lines = [
        "# The settings of a Crossdock hub. Copy this file to crossdock.toml, and take",
        "# the # away from what you want to change; the values shown are the defaults.",
        "# Every setting can also come from the environment, which wins over the file:",
        "# CROSSDOCK_SERVER__PORT=9000 sets port in [server].",
        "",
    ]
    section = ""
    for entry in list_settings():
        head, _, name = entry.key.rpartition(".")
        if head != section:
            section = head
            lines += [f"[{head}]", ""]
        default = f" Default: {entry.default}." if entry.key == "home" else ""
        lines += _wrap(f"{entry.meaning} Allowed: {entry.allowed}.{default}")
        lines += [f"# {name} = {_as_toml(entry)}", ""]
    return "\n".join(lines)


def _as_toml(entry: SettingEntry) -> str:
    if entry.key == "home":
        return '"."'
    is_text = entry.allowed == "text" or entry.allowed.startswith("one of")
    return json.dumps(entry.default) if is_text else entry.default


def _wrap(text: str, width: int = 86) -> Iterator[str]:
    line = "##"
    for word in text.split():
        if len(line) + len(word) + 1 > width:
            yield line
            line = "##"
        line += f" {word}"
    yield line


def render_conflicts() -> str:
    """Return a section for each kind of conflict."""
    parts = []
    for kind, words in KIND_TEXTS.items():
        actions = ", ".join(f"[`{action}`](#actions)" for action in words.actions)
        parts.append(
            f"### `{kind}`\n\n{words.meaning}\n\n"
            f"- **Until it is resolved:** {words.impact}\n"
            f"- **You can:** {actions}"
        )
    return "\n\n".join(parts)


def render_commands() -> str:
    """Return a section for each command of the terminal, with its options."""
    app = importlib.import_module("crossdock.cli.main").app
    command = typer.main.get_command(app)
    return "\n\n".join(_describe_command(command, "crossdock", None))


def _describe_command(command: Any, name: str, parent: Any) -> Iterator[str]:
    # Typer carries its own Click, so the classes of a Click beside it do not fit.
    context = command.context_class(command, info_name=name, parent=parent)
    if hasattr(command, "list_commands"):
        for child_name in command.list_commands(context):
            child = command.get_command(context, child_name)
            if not child.hidden:
                yield from _describe_command(child, child_name, context)
        return
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    lines = [f"### `{context.command_path}`", "", f"`{usage}`", ""]
    lines.append((command.help or "").strip())
    records = [parameter.get_help_record(context) for parameter in command.params]
    cells = [[cell.replace("|", "\\|") for cell in row] for row in records if row]
    rows = [f"| `{option}` | {meaning} |" for option, meaning in cells]
    if rows:
        lines += ["", "| option | meaning |", "|---|---|", *rows]
    yield "\n".join(lines)


def render_connector_settings(kind: str) -> str:
    """Return a table of what a merchant enters to connect a channel of this kind."""
    lines = ["| setting | what to enter | |", "|---|---|---|"]
    for setting in describe_settings(find_plugin(kind).settings):
        words = ["required"] if setting["required"] else ["optional"]
        words += ["secret"] if setting["secret"] else []
        if setting["default"] is not None:
            words.append(f"default `{str(setting['default']).lower()}`")
        examples = ", ".join(f"`{example}`" for example in setting["examples"])
        meaning = f"**{setting['title']}.** {setting['description']}"
        if examples:
            meaning += f" For example {examples}."
        lines.append(f"| `{setting['name']}` | {meaning} | {', '.join(words)} |")
    return "\n".join(lines)


def render_kinds() -> str:
    """Return a table of the built-in kinds: tier, capabilities, checked operations."""
    able = [protocol.__name__ for protocol in CAPABILITIES]
    lines = [
        "| kind | tier | API | cannot | operations held to the vendor's contract | "
        "seen on |",
        "|---|---|---|---|---|---|",
    ]
    for kind in BUILT_IN_KINDS:
        plugin = find_plugin(kind)
        can = capabilities_of(plugin)
        lacking = ", ".join(f"`{name}`" for name in able if name not in can)
        card = read_scorecard(plugin)
        tier = card.tier.name.lower()
        lines.append(
            f"| [{plugin.title}]({kind}.md) | {tier} | {plugin.api_version} "
            f"| {lacking or 'nothing of it'} | {len(plugin.operations) or 'none'} "
            f"| {card.seen_on or 'no real server yet'} |"
        )
    return "\n".join(lines)


def render_traits() -> str:
    """Return a table of what the hub knows about each built-in kind."""
    names = [field.name for field in dataclasses.fields(Traits)]
    lines = [
        "| " + " | ".join(["trait", *BUILT_IN_KINDS]) + " |",
        "|---" * (len(BUILT_IN_KINDS) + 1) + "|",
    ]
    known = [find_plugin(kind).traits for kind in BUILT_IN_KINDS]
    for name in names:
        values = (_write_trait(getattr(traits, name)) for traits in known)
        lines.append("| " + " | ".join([f"`{name}`", *values]) + " |")
    return "\n".join(lines)


def _write_trait(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value).replace("_", " ")


def replace_block(page: str, name: str, body: str) -> str:
    """Return ``page`` with ``body`` between the marks called ``name``.

    Raises:
        ValueError: the page has no such marks.
    """
    start, end = f"<!-- {name}: {NOTE} -->", f"<!-- end of {name} -->"
    pattern = re.compile(f"{re.escape(start)}.*?{re.escape(end)}", re.DOTALL)
    if not pattern.search(page):
        raise ValueError(f"the marks of {name!r} are missing: {start} ... {end}")
    return pattern.sub(lambda _: f"{start}\n\n{body}\n\n{end}", page)


def render_all() -> dict[Path, str]:
    """Return every generated file as it should be."""
    docs = REPOSITORY / "docs"
    blocks = {
        docs / "settings.md": ("settings", render_settings()),
        docs / "conflicts.md": ("kinds", render_conflicts()),
    }
    for kind in BUILT_IN_KINDS:
        page = docs / "connectors" / f"{kind}.md"
        blocks[page] = ("settings", render_connector_settings(kind))
    if importlib.util.find_spec("crossdock.cli.main"):
        blocks[docs / "commands.md"] = ("commands", render_commands())
    wanted = {
        path: replace_block(path.read_text(encoding="utf-8"), name, body)
        for path, (name, body) in blocks.items()
    }
    overview = docs / "connectors" / "README.md"
    text = overview.read_text(encoding="utf-8")
    text = replace_block(text, "kinds", render_kinds())
    wanted[overview] = replace_block(text, "traits", render_traits())
    wanted[REPOSITORY / "config" / "crossdock.example.toml"] = render_example()
    return wanted


def main() -> int:
    """Write what is stale, or with ``--check`` say what is; return the exit code."""
    check_only = "--check" in sys.argv[1:]
    stale = [
        (path, text)
        for path, text in render_all().items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    for path, text in stale:
        print(f"{'stale' if check_only else 'written'}: {path.name}")
        if not check_only:
            path.write_text(text, encoding="utf-8")
    if stale and check_only:
        print("Run ./scripts/docs and commit what it writes.")
    return 1 if stale and check_only else 0


if __name__ == "__main__":
    sys.exit(main())
