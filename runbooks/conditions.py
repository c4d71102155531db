"""Conditions in CEL, and the spellings that teams write, translated when a runbook is loaded.

What a condition may hold: variables (`{{name}}` or the bare name), numbers, texts, spans of time (`'10 minutes'`),
`== != < > <= >=`, `and or not`, `in ['a', 'b']`, arithmetic, `size()`, `.contains()`, `.startsWith()`, `.endsWith()`,
`.matches()`, and `any(row.column > 5)` over the rows of the last table, alone or joined to the rest by `and`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import isfinite
from typing import Any

from runbooks.showing import escaped
from runbooks.spans import seconds
from runbooks.spelling import Kind, Spelled, Use, spelled
from runbooks.tokens import ConditionError, Token, tokens

__all__ = ["ANY_NAME", "Condition", "ConditionError", "Held", "condition", "expected", "holds"]


ANY_NAME = "*"
"""Name of a table that the runbook did not name: conditions may call it as they like."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition, understood."""

    written: str
    names: tuple[str, ...]
    """Variables that it uses; not the row's columns."""
    row: str
    """What it calls a row of the last table (`any(query.duration > …)`: query); empty: it looks at no rows."""
    columns: tuple[str, ...]
    plain: Spelled | None
    """What is said of variables alone."""
    of_row: Spelled | None
    """What is said of a row."""


@dataclass(frozen=True, slots=True)
class Held:
    """What came of it."""

    holds: bool
    why: str
    """In words, with the values."""
    rows: tuple[Mapping[str, str], ...] = ()
    """Those that match, with `any(…)`."""


@lru_cache(maxsize=1024)
def condition(text: str) -> Condition:
    """Understands a condition. Raises ConditionError."""
    found = tokens(text)
    inner, rest = _any(found)
    row = _row(inner)
    of_row = _compiled(spelled(inner, row)) if inner else None
    plain = _compiled(spelled(rest, "")) if rest else None
    uses = (*(plain.uses if plain else ()), *(of_row.uses if of_row else ()))
    names = tuple(dict.fromkeys(use.name for use in uses if not use.column))
    columns = tuple(dict.fromkeys(use.name for use in uses if use.column))
    return Condition(text.strip(), names, row, columns, plain, of_row)


def holds(
    asked: Condition,
    values: Mapping[str, str],
    rows: tuple[Mapping[str, str], ...] = (),
    table: str = "",
) -> Held:
    """Evaluates it over variables and the last table.

    A row that cannot be read (an empty duration, a text where a number should be) does not match. Raises
    ConditionError, which names what is not known.
    """
    said = _said(asked, values)
    if asked.plain and not _evaluated(asked.plain, values):
        return Held(holds=False, why=f"{said}`{asked.written}` does not hold")
    if asked.of_row is None:
        return Held(holds=True, why=f"{said}`{asked.written}` holds")
    if not table:
        raise ConditionError(f"no step has left a table, so `any({asked.row}.…)` has no rows; see `parse: table`")
    if table not in (asked.row, ANY_NAME):
        raise ConditionError(f"the last table is called `{table}`; write `any({table}.…)`, not `any({asked.row}.…)`")
    _check_columns(asked, rows)
    seen = [(row, _row_holds(asked.of_row, values, row)) for row in rows]
    matching = tuple(row for row, came in seen if came is True)
    unread = next((f"; {came}" for _, came in seen if isinstance(came, str) and came), "")
    some = f"{len(matching)} rows" if len(matching) > 1 else "1 row" if matching else "no row"
    match = "match" if len(matching) > 1 else "matches"
    return Held(bool(matching), f"{said}{some} of {len(rows)} {match} `{asked.written}`{unread}", matching)


CHECKED = ("exit", "output", "status", "value")
"""What the `expect` of a check may speak of."""


def expected(text: str, found: Mapping[str, int | float | str | None]) -> bool:
    """Whether a check's `expect` holds over exit, output (without spaces around it), status and value.

    What is None has not come about: what speaks of it does not hold. Raises ConditionError.
    """
    asked = condition(text)
    if asked.of_row is not None or set(asked.names) - set(CHECKED):
        raise ConditionError(f"`expect` speaks of {', '.join(CHECKED)}, as in `exit == 0`")
    if any(found.get(name) is None for name in asked.names):
        return False
    return holds(asked, {name: _plain(value) for name, value in found.items() if value is not None}).holds


def _plain(value: int | float | str) -> str:
    return value.strip() if isinstance(value, str) else f"{value:.15g}"


def _any(found: list[Token]) -> tuple[list[Token], list[Token]]:
    """What stands inside `any(…)`, and what stands beside it."""
    places = [place for place, token in enumerate(found[:-1]) if token.text == "any" and found[place + 1].text == "("]
    if not places:
        return [], found
    start = places[0]
    end = _closing(found, start + 1)
    before, after = found[:start], found[end + 1 :]
    beside = [*before, *after]
    depth = sum({"(": 1, ")": -1}.get(token.text, 0) for token in before)
    joined = (not before or before[-1].text == "&&") and (not after or after[0].text == "&&")
    if len(places) > 1 or depth or not joined or any(token.text == "||" for token in beside):
        raise ConditionError(
            "`any(…)` stands once, alone or joined by `and`, since `then` happens for each of its rows"
        )
    if end == start + 2:
        raise ConditionError("`any()` is empty; write one such as `any(query.duration > '10 minutes')`")
    return found[start + 2 : end], before[:-1] + (after if before else after[1:])


def _closing(found: list[Token], start: int) -> int:
    depth = 0
    for place in range(start, len(found)):
        depth += {"(": 1, ")": -1}.get(found[place].text, 0) if found[place].kind == "sign" else 0
        if depth == 0:
            return place
    raise ConditionError("a `(` is opened and not closed")


def _row(inner: list[Token]) -> str:
    """The word before the first dot."""
    spots = [place for place in range(1, len(inner)) if inner[place] == Token("sign", ".")]
    owners = [inner[place - 1] for place in spots if inner[place - 1].kind == "word"]
    if inner and not owners:
        raise ConditionError("`any(…)` names a row and its column, as in `any(query.duration > '10 minutes')`")
    return owners[0].text if owners else ""


def _compiled(told: Spelled) -> Spelled:
    _program(told.cel)
    return told


@lru_cache(maxsize=1024)
def _program(text: str) -> Any:
    import cel

    try:
        return cel.compile(text)
    except ValueError as error:
        raise ConditionError("cannot be read as a condition; write one such as `{{memory_percent}} > 95`") from error


def _evaluated(told: Spelled, values: Mapping[str, str], row: Mapping[str, str] | None = None) -> bool:
    bound = {use.bound: _read(use, told, values, row) for use in told.uses}
    try:
        came = _program(told.cel).execute(bound)
    except (TypeError, RuntimeError, ValueError, ArithmeticError) as error:
        raise ConditionError(f"cannot be evaluated: {str(error).split('. ')[0]}") from error
    if not isinstance(came, bool):
        raise ConditionError("says neither yes nor no; compare with something, as in `{{memory_percent}} > 95`")
    return came


def _row_holds(told: Spelled, values: Mapping[str, str], row: Mapping[str, str]) -> bool | str:
    """Whether it does; why not, where it cannot be read."""
    try:
        return _evaluated(told, values, row)
    except _UnreadableError as error:
        return str(error)


class _UnreadableError(ConditionError):
    """A row's value is not what it would have to be."""


def _read(use: Use, told: Spelled, values: Mapping[str, str], row: Mapping[str, str] | None) -> object:
    text = _text(use, values, row)
    mate = next((other for other in told.uses if other.bound == use.other), None)
    kind = _both(text, _text(mate, values, row), use) if use.kind == "alike" and mate else use.kind
    found = _as(kind, text)
    if found is None:
        of_row = use.column or (mate is not None and mate.column)
        if of_row and not text:
            raise _UnreadableError  # NULL is no fault, and matches nothing
        wrong = _UnreadableError if of_row else ConditionError
        raise wrong(f"`{use.name}` is «{escaped(text[:60])}», which is {_NOT[kind]}")
    return found


def _text(use: Use, values: Mapping[str, str], row: Mapping[str, str] | None) -> str:
    if use.column:
        found = (row or {}).get(use.name)
        if found is None:
            raise _UnreadableError(f"this row has no column `{use.name}`")
        return found
    if use.name not in values:
        raise ConditionError(f"`{use.name}` is not known")
    return values[use.name]


_NOT: Mapping[Kind, str] = {
    "number": "no number",
    "seconds": "no span of time such as 00:10:00 or 10 minutes; a plain number has no unit",
    "truth": "neither true nor false",
    "text": "no text",
    "alike": "not of the same kind as what it is compared with",
}


def _both(left: str, right: str, use: Use) -> Kind:
    for kind in ("number", "seconds"):
        if _as(kind, left) is not None and _as(kind, right) is not None:
            return kind
    return "alike" if use.ordered else "text"


def _as(kind: Kind, text: str) -> object:
    match kind:
        case "text":
            return text
        case "number":
            return _number(text)
        case "seconds":
            return seconds(text)
        case "truth":
            return {"true": True, "false": False, "t": True, "f": False}.get(text.strip().lower())
        case "alike":
            return None


def _number(text: str) -> float | None:
    text = text.strip().removesuffix("%")
    if len(text) > 40 or not text.isascii() or "_" in text:
        return None
    try:
        figure = float(text)
    except ValueError:
        return None
    return figure if isfinite(figure) else None


def _check_columns(asked: Condition, rows: tuple[Mapping[str, str], ...]) -> None:
    there = dict.fromkeys(name for row in rows for name in row)
    lacking = [name for name in asked.columns if name not in there]
    if rows and lacking:
        raise ConditionError(f"the last table has no column `{lacking[0]}`; it has {', '.join(list(there)[:20])}")


def _said(asked: Condition, values: Mapping[str, str]) -> str:
    known = [f"{name} is {escaped(values[name][:60])}" for name in asked.names if name in values and name != "output"]
    return ", ".join(known) + ": " if known else ""
