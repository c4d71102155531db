"""Which variables a runbook uses, and which of them its own steps leave."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from runbooks.conditions import ConditionError, condition
from runbooks.model import Runbook, Step
from runbooks.patterns import PatternError, groups
from runbooks.variables import BUILT_IN, names_in, texts_of


@dataclass(slots=True)
class _Left:
    """What the steps so far leave."""

    names: set[str] = field(default_factory=set)
    prefixes: list[str] = field(default_factory=list)

    def add(self, step: Step) -> None:
        parse = step.parse
        if parse is None:
            return
        if parse.kind == "line" and parse.name:
            self.names.add(parse.name)
        elif parse.kind == "regex":
            try:
                self.names |= set(groups(parse.pattern))
            except PatternError:
                return
        elif parse.kind == "json":
            self.prefixes.append(f"{parse.name}_" if parse.name else "")

    def __contains__(self, name: str) -> bool:
        return name in self.names or any(name.startswith(prefix) for prefix in self.prefixes)


def used_by(book: Runbook) -> tuple[str, ...]:
    """Variables that a run of the runbook needs to be told, in the order of use."""
    left, found = _Left(), dict[str, None]()
    said = {parameter.name for parameter in book.parameters} | set(BUILT_IN)
    for step in book.steps:
        known = said - left.names
        for name in names_of(step, lambda name, known=known: name in known):  # type: ignore[misc]
            if name in known or name not in left:
                found[name] = None
        left.add(step)
    return tuple(found)


def names_of(step: Step, certain: Callable[[str], bool]) -> tuple[str, ...]:
    """The variables of a step and what stands behind it; of names that may be columns only the certain ones."""
    found = [name for text in texts_of(step) for name in names_in(text)]
    columns = False
    if step.condition:
        try:
            asked = condition(step.condition)
        except ConditionError:
            return tuple(dict.fromkeys(found))
        found += asked.names
        columns = bool(asked.row)
    for inner in step.then:
        found += [name for name in names_of(inner, certain) if not columns or certain(name)]
    for behind in (step.verify.step if step.verify else None, step.rollback):
        found += names_of(behind, certain) if behind else ()
    return tuple(dict.fromkeys(found))
