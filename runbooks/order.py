"""What the steps of a runbook leave for one another, in their order: nothing is used before it is there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from runbooks import psql
from runbooks.commands import CommandError, split
from runbooks.conditions import ConditionError, condition
from runbooks.model import Runbook, Step
from runbooks.patterns import PatternError, groups
from runbooks.using import names_of
from runbooks.variables import BUILT_IN, SIGNALS
from runbooks.written import Wrong


def out_of_order(book: Runbook) -> list[Wrong]:
    """Variables used before a step leaves them, or left although they are there; rows that no step leaves."""
    return [Wrong(step.line, said) for rule in (_twice, _shadowing, _too_early, _no_table) for step, said in rule(book)]


def left_by(step: Step) -> frozenset[str]:
    """The variables that a step leaves, as far as its file tells: the keys of a JSON are known when it has run."""
    if step.parse is None:
        return frozenset()
    if step.parse.kind == "line":
        return frozenset((step.parse.name,))
    try:
        return frozenset(groups(step.parse.pattern)) if step.parse.kind == "regex" else frozenset()
    except PatternError:
        return frozenset()


Said = Iterator[tuple[Step, str]]


def _twice(book: Runbook) -> Said:
    """A grant names a step by its name, so there must be only one."""
    seen: dict[str, int] = {}
    for number, step in enumerate(book.steps, 1):
        if step.name and step.name in seen:
            yield step, f"step {seen[step.name]} is called `{step.name}` already; give this one another name"
        seen.setdefault(step.name, number)


def _shadowing(book: Runbook) -> Said:
    declared = {parameter.name for parameter in book.parameters}
    for step in book.steps:
        for name in sorted(left_by(step)):
            if name in declared:
                yield step, f"leaves `{name}`, which is a parameter; give it another name"
            elif name in BUILT_IN:
                yield step, f"leaves `{name}`, which every run has ({BUILT_IN[name]}); give it another name"
            elif name in SIGNALS:
                yield step, f"leaves `{name}`, which the briefing measures; give it another name"


def _too_early(book: Runbook) -> Said:
    leaves = {name: number for number, step in reversed([*enumerate(book.steps, 1)]) for name in left_by(step)}
    declared = {parameter.name for parameter in book.parameters} | set(BUILT_IN)
    there: set[str] = set()
    for step in book.steps:
        before, after = _used(step, lambda name: name in leaves)
        early = [name for name in before if name not in there]
        there |= left_by(step)
        early += [name for name in after if name not in there]
        for name in dict.fromkeys(early):
            if name in leaves and name not in declared:
                yield step, f"uses `{{{{{name}}}}}`, which step {leaves[name]} leaves; put that step before this one"


def _used(step: Step, certain: Callable[[str], bool]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What it needs to run, and what only its check and its rollback need."""
    before = names_of(replace(step, verify=None, rollback=None), certain)
    return before, tuple(name for name in names_of(step, certain) if name not in before)


def _no_table(book: Runbook) -> Said:
    """A table without a name is called as the condition calls it."""
    table: str | None = None
    for step in book.steps:
        row = _row(step)
        if row and table is None:
            yield step, "looks at the rows of a table, and no step before it leaves one; give that step `parse: table`"
        elif row and table and table != row:
            yield step, f"looks at the rows of `{row}`, and the last table is called `{table}`"
        table = _table(step) if _table(step) is not None else table


def _row(step: Step) -> str:
    try:
        return condition(step.condition).row if step.condition else ""
    except ConditionError:
        return ""


def _table(step: Step) -> str | None:
    """The name of the table that it leaves; psql's rows are one without `parse`, and a list in JSON may be one."""
    if step.parse is not None:
        return {"table": step.parse.name, "json": ""}.get(step.parse.kind)
    try:
        return "" if step.action == "exec" and psql.place_of(split(step.command)) is not None else None
    except CommandError:
        return None
