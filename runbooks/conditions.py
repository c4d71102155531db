"""Conditions in CEL, and the spellings that teams write, translated when a runbook is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


class ConditionError(Exception):
    """A condition that cannot be understood or evaluated; says what to write instead."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition, understood."""

    written: str
    cel: str
    """With `any(…)`: over one row."""
    names: tuple[str, ...]
    """Variables that it uses; not the row's columns."""
    row: str = ""
    """What it calls a row of the last table (`any(query.duration > …)`: query); empty: it looks at no rows."""
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Held:
    """What came of it."""

    holds: bool
    why: str
    """In words, with the values."""
    rows: tuple[Mapping[str, str], ...] = ()
    """Those that match, with `any(…)`."""


def condition(text: str) -> Condition:
    """Understands a condition. Raises ConditionError."""
    raise NotImplementedError


def holds(asked: Condition, values: Mapping[str, str], rows: tuple[Mapping[str, str], ...], table: str) -> Held:
    """Evaluates it. Raises ConditionError, which names what is not known."""
    raise NotImplementedError


def expected(text: str, found: Mapping[str, int | float | str | None]) -> bool:
    """Whether a check's `expect` holds over `exit`, `output`, `status`, `value`. Raises ConditionError."""
    raise NotImplementedError
