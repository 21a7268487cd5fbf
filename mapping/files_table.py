"""The bytes of a CSV file as a table: encoding, delimiter, columns, rows with lines.

What can be told from the bytes alone is sniffed here; a file that is no such table is
refused with a sentence. Pure, and no meaning of any cell: that is ``files_values``.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from ..canonical.errors import MappingError
from .files_words import fold

DELIMITERS = (",", ";", "\t", "|")
ROWS_MAX = 200_000
COLUMNS_MAX = 500
CELL_CHARACTERS_MAX = 32_768
"""As much as a spreadsheet's cell holds."""
_SAMPLE_LINES = 30
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
_MAGIC = {
    b"PK\x03\x04": "a ZIP archive or a spreadsheet",
    b"\x1f\x8b": "a gzip archive",
    b"%PDF": "a PDF document",
    b"\xd0\xcf\x11\xe0": "an old spreadsheet",
}
_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row: the line of the file that it begins at, its cells, what is wrong."""

    line: int
    cells: Mapping[str, str]
    """By field; what is no field stands under its header in ``rest``."""
    rest: Mapping[str, str]
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A file as it was understood."""

    encoding: str
    delimiter: str
    headers: tuple[str, ...]
    columns: Mapping[str, str]
    """Header by field, for the fields that were recognised."""
    rows: tuple[TableRow, ...]


def guard_cell(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula.

    OWASP: what begins with one of = + - @, a tab or a carriage return gets a quote in
    front. A text that looks like one of ours already gets another, so that
    ``unguard_cell`` gives back exactly what was written.
    """
    inner = text.lstrip("'")
    return f"'{text}" if inner.startswith(_DANGEROUS) else text


def unguard_cell(text: str) -> str:
    """Return a cell without the quote that guards it, if there is one."""
    guarded = text.startswith("'") and text.lstrip("'").startswith(_DANGEROUS)
    return text[1:] if guarded else text


def read_table(
    body: bytes,
    aliases: Mapping[str, str],
    *,
    columns: Mapping[str, str] | None = None,
    delimiter: str = "",
    encoding: str = "",
) -> Table:
    """Return a file as a table.

    Args:
        body: the whole file.
        aliases: fields by folded header.
        columns: header by field, as the merchant says; goes before ``aliases``.
        delimiter: the one to use; empty: it is sniffed.
        encoding: the one to use; empty: it is sniffed.

    Raises:
        MappingError: the file is no table; says why, and where.
    """
    text, used = _decode(body, encoding)
    text, announced = _take_announcement(text)
    chosen = announced or delimiter or _sniff_delimiter(text, aliases, columns or {})
    lines = _split(text, chosen)
    header_line, headers = next(lines, (1, []))
    headers = [header.strip() for header in headers]
    if len(headers) > COLUMNS_MAX:
        raise MappingError(
            f"the file has {len(headers)} columns; {COLUMNS_MAX} are the most",
            path=f"line {header_line}",
        )
    fields = _name_columns(headers, aliases, columns or {})
    rows: list[TableRow] = []
    for line, cells in lines:
        if len(rows) >= ROWS_MAX:
            raise MappingError(
                f"the file has more than {ROWS_MAX} rows", path=f"line {line}"
            )
        rows.append(_read_row(line, cells, headers, fields))
    return Table(used, chosen, tuple(headers), dict(fields), tuple(rows))


def _decode(body: bytes, encoding: str) -> tuple[str, str]:
    for magic, name in _MAGIC.items():
        if body.startswith(magic):
            raise MappingError(
                f"it is {name}, and not a CSV file",
                path="file",
                next_step="Unpack it, or save it as CSV, and drop it again.",
            )
    marked = next((name for mark, name in _MARKS if body.startswith(mark)), "")
    for name in (marked or encoding,) if marked or encoding else ("utf-8", "cp1252"):
        try:
            text = body.decode(name)
        except (UnicodeDecodeError, UnicodeError):
            continue
        if "\x00" in text:
            break
        return text, name
    raise MappingError(
        "it is not text in UTF-8, UTF-16 or Windows-1252",
        path="file",
        next_step="Save it as UTF-8, or say its encoding in the channel's settings.",
    )


def _take_announcement(text: str) -> tuple[str, str]:
    """Return the text without Excel's first line ``sep=;``, and what that says."""
    found = re.match(r"sep=(.)\r?\n", text, re.IGNORECASE)
    if not found:
        return text, ""
    # An empty line in its place keeps the numbers of the lines.
    return "\n" + text[found.end() :], found.group(1)


def _sniff_delimiter(
    text: str, aliases: Mapping[str, str], columns: Mapping[str, str]
) -> str:
    """Return the delimiter under which most columns are known, and rows are even."""
    sample = "".join(text.splitlines(keepends=True)[:_SAMPLE_LINES])

    def score(delimiter: str) -> tuple[int, int, int]:
        lines: list[list[str]] = []
        # The sample may end inside of a cell; what came before it counts all the same.
        with suppress(MappingError):
            lines.extend(cells for _, cells in _split(sample, delimiter))
        headers = lines[0] if lines else []
        known = len(_name_columns(headers, aliases, columns))
        even = sum(len(cells) == len(headers) for cells in lines)
        return known, even * (len(headers) > 1), len(headers)

    return max(DELIMITERS, key=score)


def _split(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each row that is not empty, with the number of the line it begins at."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise MappingError(
                f"the quotes of the row do not fit together ({error})",
                path=f"line {line}",
                next_step="Mend the row in the file and drop it again.",
            ) from None
        if cells is None:
            return
        if any(cell.strip() for cell in cells):
            yield line, cells


def _name_columns(
    headers: Sequence[str], aliases: Mapping[str, str], columns: Mapping[str, str]
) -> dict[str, str]:
    """Return header by field; the merchant's word first, then the first that fits."""
    present = {fold(header): header for header in reversed(headers)}
    named = {
        field: present[fold(header)]
        for field, header in columns.items()
        if fold(header) in present
    }
    taken = set(named.values())
    for header in headers:
        field = aliases.get(fold(header))
        if field and field not in named and header not in taken:
            named[field] = header
            taken.add(header)
    return named


def _read_row(
    line: int, cells: list[str], headers: list[str], fields: Mapping[str, str]
) -> TableRow:
    fault = ""
    if len(cells) > len(headers) and any(cells[len(headers) :]):
        fault = f"the row has {len(cells)} cells under {len(headers)} headers"
    if any(len(cell) > CELL_CHARACTERS_MAX for cell in cells):
        fault = f"a cell is longer than {CELL_CHARACTERS_MAX} characters"
        cells = [cell[:100] for cell in cells]
    values = [unguard_cell(cell.strip(" \u00a0")) for cell in cells]
    by_header = dict(zip(headers, values, strict=False))
    known = set(fields.values())
    return TableRow(
        line,
        {field: by_header.get(header, "") for field, header in fields.items()},
        {name: cell for name, cell in by_header.items() if cell and name not in known},
        fault,
    )
