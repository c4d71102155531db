"""What a step's output leaves for later steps: its first line, JSON, a table, or a pattern's groups.

Texts are left as they stood. Whoever wrote into a log or a query wrote into them, so each is checked by its pattern
where it is used. At most 1 MB is read, 1,000 rows are kept, and 100 variables.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from runbooks.commands import CommandError, split
from runbooks.conditions import ANY_NAME
from runbooks.model import Step
from runbooks.patterns import PatternError, first
from runbooks.prepared import Outcome
from runbooks.psql import PsqlError, place_of, understood

LARGEST = 1_000_000
"""Characters of an output that is read."""
MOST_ROWS = 1_000
MOST_NAMES = 100
MOST_COLUMNS = 200
_LONGEST_LINE = 2_000
Row = Mapping[str, str]


class GleanError(Exception):
    """An output that is not what the step's `parse` says."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Gleaned:
    """Texts as they stood in the output. Each is checked against its pattern where it is used, not here."""

    values: Mapping[str, str] = field(default_factory=dict)
    rows: tuple[Row, ...] = ()
    table: str = ""
    """Name under which conditions speak of the rows, `*` where any will do; empty: the step left no table."""


def glean(step: Step, outcome: Outcome) -> Gleaned:
    """Reads an output as the step's `parse` says; of psql without one its rows are the last table.

    A step that failed leaves nothing. Raises GleanError.
    """
    if not outcome.ok:
        return Gleaned()
    as_csv = _is_csv(step)
    if step.parse is None:
        return _unasked(outcome) if as_csv else Gleaned()
    name, text = step.parse.name, outcome.output
    if len(text) > LARGEST:
        raise GleanError(f"the output has {len(text)} characters; at most {LARGEST} are read")
    match step.parse.kind:
        case "line":
            return Gleaned({name: _line(text, outcome) if not as_csv else _figure(text, outcome)})
        case "json":
            return _json(text, name, outcome)
        case "table":
            rows = _csv(text, outcome) if as_csv else _table(text, outcome)
            return Gleaned({}, rows, name or ANY_NAME)
        case "regex":
            return Gleaned(_groups(step.parse.pattern, text))


def _is_csv(step: Step) -> bool:
    """Whether it is a psql whose rows come as CSV."""
    if step.action != "exec":
        return False
    try:
        argv = split(step.command)
        place = place_of(argv)
        return place is not None and understood(argv[place:]).as_csv
    except (CommandError, PsqlError):
        return False


def _unasked(outcome: Outcome) -> Gleaned:
    """The rows of a psql that was not told what to leave. What is no table is left alone."""
    try:
        return Gleaned({}, _csv(outcome.output, outcome), ANY_NAME)
    except GleanError:
        return Gleaned()


def _line(text: str, outcome: Outcome) -> str:
    """The first line that is not empty; of a query its figure."""
    if outcome.value is not None and not text.strip():
        return f"{outcome.value:.15g}"
    found = next((line.strip() for line in text.splitlines() if line.strip()), "")
    if not found:
        raise GleanError("the output is empty; there is no first line")
    return found[:_LONGEST_LINE]


def _figure(text: str, outcome: Outcome) -> str:
    """The first field of the first row: in CSV the first line holds the names of the columns."""
    rows = _csv(text, outcome)
    if not rows:
        raise GleanError("the query found no row; there is no first line")
    return next(iter(rows[0].values()))[:_LONGEST_LINE]


def _whole(outcome: Outcome) -> None:
    if outcome.cut:
        raise GleanError("the output was cut, so its rows are not whole; ask for less, as with LIMIT or --tail")


def _csv(text: str, outcome: Outcome) -> tuple[Row, ...]:
    """Rows of CSV. What hostile text holds in a field (quotes, commas, line breaks) stays in that field."""
    _whole(outcome)
    if len(text) > LARGEST:
        raise GleanError(f"the output has {len(text)} characters; at most {LARGEST} are read")
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        lines = [line for line, _ in zip(reader, range(MOST_ROWS + 2), strict=False)]
    except csv.Error as error:
        raise GleanError(f"the output is not CSV ({error})") from error
    if not lines or not lines[0]:
        raise GleanError("the output is empty; there is no table")
    return _rows(lines[0], lines[1:])


def _rows(header: Sequence[str], lines: Sequence[Sequence[str]]) -> tuple[Row, ...]:
    _narrow(len(header))
    names = [_name(title) for title in header]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise GleanError(f"two columns are called `{twice}`; name them with AS")
    if len(lines) > MOST_ROWS:
        raise GleanError(f"the table has more than {MOST_ROWS} rows; ask for less, as with LIMIT")
    odd = next((number for number, line in enumerate(lines, 2) if len(line) != len(names)), None)
    if odd is not None:
        raise GleanError(f"row {odd} does not have the {len(names)} columns of the first; run one query in a step")
    return tuple(dict(zip(names, line, strict=True)) for line in lines)


def _narrow(columns: int) -> None:
    if columns > MOST_COLUMNS:
        raise GleanError(f"the table has {columns} columns; at most {MOST_COLUMNS} are read")


def _name(title: str) -> str:
    """`CPU(cores)` is cpu_cores, `MEMORY%` memory_percent, `?column?` column."""
    word = re.sub(r"[^a-z0-9]+", "_", title.strip().lower().replace("%", "_percent")).strip("_")
    return (f"_{word}" if word[:1].isdigit() else word)[:64] or "column"


def _table(text: str, outcome: Outcome) -> tuple[Row, ...]:
    """Columns under a header, as kubectl prints them: by where the header's words begin, else by spaces."""
    _whole(outcome)
    lines = [line.rstrip() for line in text.split("\n") if line.strip()][: MOST_ROWS + 2]
    if not lines:
        raise GleanError("the output is empty; there is no table")
    starts = [found.start() for found in re.finditer(r"(?:^|(?<=\s\s))\S", lines[0])]
    _narrow(len(starts))
    by_place = len(starts) > 1 or len(lines[0].split()) == 1
    if by_place and all(_aligned(line, starts) for line in lines):
        cells = [_cut(line, starts) for line in lines]
    else:
        cells = [line.split() for line in lines]
    return _rows(cells[0], cells[1:])


def _aligned(line: str, starts: Sequence[int]) -> bool:
    return line.isascii() and all(line[start - 1 : start].strip() == "" for start in starts if start)


def _cut(line: str, starts: Sequence[int]) -> list[str]:
    ends = [*starts[1:], len(line)]
    return [line[start : max(start, end)].strip() for start, end in zip(starts, ends, strict=True)]


def _json(text: str, name: str, outcome: Outcome) -> Gleaned:
    """Top-level keys with plain values; of a list of objects its rows."""
    _whole(outcome)
    try:
        found: Any = json.loads(text, parse_constant=_refused)
    except (ValueError, RecursionError) as error:
        raise GleanError("the output is not JSON") from error
    if isinstance(found, list) and all(isinstance(item, dict) for item in found):
        if len(found) > MOST_ROWS:
            raise GleanError(f"the list has more than {MOST_ROWS} entries; ask for less")
        return Gleaned({}, tuple(_plain(item) for item in found), name or ANY_NAME)
    if not isinstance(found, dict):
        raise GleanError("the output is neither a JSON object nor a list of objects")
    prefix = f"{name}_" if name else ""
    return Gleaned({f"{prefix}{key}": value for key, value in _plain(found).items()})


def _refused(constant: str) -> float:
    raise ValueError(constant)


def _plain(found: Mapping[str, Any]) -> dict[str, str]:
    pairs: Iterable[tuple[str, str | None]] = ((_name(key), _text(value)) for key, value in found.items())
    return {key: value for key, value in list(pairs)[:MOST_NAMES] if value is not None}


def _text(value: Any) -> str | None:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return value
        case int() | float():
            return str(value)
        case None:
            return ""
        case _:
            return None


def _groups(pattern: str, text: str) -> Mapping[str, str]:
    """The named groups of the first line that matches."""
    try:
        lines = (line[:_LONGEST_LINE] for line in text.splitlines())
        found = next((groups for groups in (first(pattern, line) for line in lines) if groups is not None), None)
    except PatternError as error:
        raise GleanError(str(error)) from error
    if found is None:
        raise GleanError(f"no line of the output matches `{pattern}`")
    return found
