"""A runbook's steps in words, as a tool. Reading one runs nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bot.domain.words import count
from integrations.arguments import Arguments, shown, spec, text
from integrations.contract import Scope, ToolAnswer
from integrations.telling import short, told
from runbooks.model import Library, Parameter, Runbook, Step, Trigger

NAME = "runbooks"
LONGEST_LINE = 500
MOST_OFFERED = 8


class ReadRunbook:
    """Its condition, its parameters and every step with its command, as they stand in the file."""

    spec = spec(
        "read_runbook",
        "One of the team's runbooks: when it fits, what it asks for, its steps with their commands, their checks and "
        'what undoes them. Nothing runs by reading it. Ask with id "" for the list of all.',
        id=text('Such as rollback-deployment; "" for the list.'),
    )

    def __init__(self, library: Library) -> None:
        self._library = library

    async def use(self, arguments: Mapping[str, Any], scope: Scope) -> ToolAnswer:
        given = Arguments(NAME, self.spec, arguments, scope)
        wanted = given.text("id", 100)
        there = [book for book in self._library.runbooks if not book.service or book.service in scope.services]
        if not wanted:
            lines = [short(f"{book.id}: {book.title}", LONGEST_LINE) for book in there]
            found = told((count(len(there), "runbook"),), lines, len(lines), "runbooks")
            return ToolAnswer(found.text, "runbooks", None, found.cut, hard=False)
        book = next((one for one in there if one.id == wanted), None)
        if book is None:
            names = ", ".join(one.id for one in there[:MOST_OFFERED])
            raise given.refused(f'no runbook {shown(wanted)} here; there are {names}, and id "" lists all'[:230])
        lines = [short(" ".join(line.rstrip().split("\n")), LONGEST_LINE) for line in _lines(book)]
        found = told((), lines, len(lines), "lines")
        services = (book.service,) if book.service else ()
        return ToolAnswer(found.text, f"runbook {book.id}", None, found.cut, services, hard=False)


def _lines(book: Runbook) -> Iterator[str]:
    whose = f" · only for {book.service}" if book.service else ""
    yield f"{book.id} · {book.title} · risk {book.risk}{whose}"
    if book.trigger:
        yield f"fits when: {_fits(book.trigger)}"
    for parameter in book.parameters:
        yield f"asks for {_parameter(parameter)}"
    for number, step in enumerate(book.steps, 1):
        yield from _step(str(number), step)


def _fits(trigger: Trigger) -> str:
    labels = ", ".join(f"{name}={value}" for name, value in trigger.labels.items())
    parts = {
        "metric": f"{trigger.metric} {trigger.condition}".strip(),
        "log line": trigger.log_pattern,
        "alert": trigger.alert,
        "labels": labels,
        "cause": trigger.cause,
    }
    return "; ".join(f"{name} {value}" for name, value in parts.items() if value)


def _parameter(parameter: Parameter) -> str:
    default = f", else {parameter.default}" if parameter.default is not None else ""
    about = f": {parameter.description}" if parameter.description else ""
    return f"{parameter.name} ({parameter.pattern or parameter.type}{default}){about}"


def _step(number: str, step: Step) -> Iterator[str]:
    asks = ", asks a person" if step.approval else ""
    risk = f", risk {step.risk}" if step.risk else ""
    yield f"{number}. {step.name or step.action} [{step.action}{risk}{asks}]"
    if step.condition:
        yield f"   if {step.condition}"
    if does := _does(step):
        yield f"   {does}"
    for place, item in enumerate(step.then, 1):
        yield from (f"   {line}" for line in _step(f"{number}.{place}", item))
    if step.verify:
        expects = f", expects {step.verify.expect}" if step.verify.expect else ""
        yield f"   then checks: {_does(step.verify.step)}{expects}"
    if step.rollback:
        yield f"   undone by: {_does(step.rollback)}"


def _does(step: Step) -> str:
    """Its command or, for other actions, what it needs: `method: GET, url: https://…`. No headers, no body."""
    if step.command:
        return step.command
    details = {name: value for name, value in step.details.items() if name not in ("headers", "body")}
    return ", ".join(f"{name}: {value}" for name, value in details.items())
