"""What was done in an incident, as steps of a runbook where it can be some, else in words (pure)."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.memory.recollect import Life
from bot.memory.what_mended import Mended, Typed, argv_of
from runbooks.commands import CommandError, NotAllowedError, Program, launcher, split
from runbooks.endless import waits_s
from runbooks.lint import not_here
from runbooks.loader import read
from runbooks.model import Library, Parameter, Runbook, Step
from runbooks.prepare import House
from runbooks.rules import MOST_RUNNING_S, reads
from runbooks.safe_commands import looks_like_a_command
from runbooks.steps import TIMEOUT_S
from runbooks.writing import written

LOCAL = frozenset({"df", "du", "find"})
"""Programs that need no network."""
_LABELS = ("namespace", "cluster", "pod", "node", "container", "deployment", "instance")
"""Labels of an alert whose value in a command is the incident's, not the command's."""
_VALUE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{2,252}")
"""What may stand for a variable that nobody declared; shorter values are too often something else."""
_PLAIN = re.compile(r"(?:[\w@%+=:,./-]|\{\{\w+\}\})+", re.ASCII)
_MASKED = "[redacted"


@dataclass(frozen=True, slots=True)
class Shelf:
    """What there is already, and what a runbook may use here."""

    library: Library
    house: House


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that was done, as steps, or in words where it can be none."""

    at: datetime
    steps: tuple[Step, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    words: str = ""


def allowed(programs: Collection[str], hosts: Collection[str] = (), env: Collection[str] = ()) -> House:
    """A house by its lists alone: nobody has to have the programs installed to write of them."""
    names = {name.rsplit("/", 1)[-1] for name in programs}

    def program(name: str) -> Program:
        if name not in programs and name not in names:
            raise NotAllowedError(f"`{name}` is not in RUNBOOK_ALLOWED_PROGRAMS")
        return Program(name, "")

    return House(program, hosts, env)


def deeds(life: Life, told: Iterable[Typed], ran: Iterable[Mended], changed: Iterable[str], shelf: Shelf) -> list[Deed]:
    """All that was done, in its order; changes that nobody typed stand last, for a person to do by hand."""
    values = values_of(life)
    found = [deed for one in told if (deed := _of_typed(one, values, shelf)) is not None]
    found += [_of_run(one) for one in ran]
    return [
        *sorted(found, key=lambda deed: deed.at),
        *(Deed(life.incident.opened_at, words=f"helped then: {change}") for change in changed),
    ]


def _of_typed(one: Typed, values: Mapping[str, str], shelf: Shelf) -> Deed | None:
    """None: it is no command."""
    words = f"by hand: {one.text}"
    if is_step(one.text, shelf):
        first, second, *rest = split(one.text)
        argv = [first, second, *(_with_variables(arg, values) for arg in rest)]
        return Deed(one.at, (_step_of(argv, f"done by hand at {one.at:%H:%M} UTC"),), words=words)
    return Deed(one.at, words=words) if is_command(one.text, shelf) else None


def is_step(text: str, shelf: Shelf) -> bool:
    """Whether it can be run here as it stands: one command, no shell, no interpreter, no masked secret."""
    try:
        argv = split(text)
    except CommandError:
        return False
    if _MASKED in text or launcher(argv) or not is_command(text, shelf):
        return False
    return sound(book_of([_step_of(argv)]), shelf)


def is_command(text: str, shelf: Shelf) -> bool:
    """Whether it begins with a program, and goes on: a version or a name in backticks is no command."""
    argv = argv_of(text)
    return len(argv) > 1 and (looks_like_a_command(text) or _is_allowed(argv[0], shelf.house))


def _is_allowed(program: str, house: House) -> bool:
    try:
        house.program(program)
    except NotAllowedError:
        return False
    return True


def _step_of(argv: Sequence[str], name: str = "") -> Step:
    waits = waits_s(argv) or 0.0
    return Step(
        "exec",
        name=name,
        command=" ".join(arg if _PLAIN.fullmatch(arg) else shlex.quote(arg) for arg in argv),
        approval=True,
        timeout_s=min(MOST_RUNNING_S, max(TIMEOUT_S, waits + 10)),
        needs=() if argv[0] in LOCAL else ("network",),
    )


def _of_run(one: Mended) -> Deed:
    """Its steps as its runbook has them: they hold variables already."""
    book = one.run.runbook
    steps = tuple(
        replace(step, approval=True, risk=step.risk or book.risk) if not reads(step) else step for _, step in one.steps
    )
    return Deed(one.steps[0][0], steps, book.parameters, f"runbook {book.id} ran and helped")


def values_of(life: Life) -> dict[str, str]:
    """Value → the variable that stands for it in another incident."""
    incident = life.incident
    services = life.report.context.scope.services if life.report else {}
    own = services.get(incident.service)
    named = [("service", incident.service), ("namespace", own.namespace if own and own.namespace else "")]
    named += [(label, alert.labels.get(label, "")) for alert in incident.alerts for label in _LABELS]
    named += [("env", incident.env), ("incident_id", incident.id)]
    found: dict[str, str] = {}
    for name, value in named:
        if _VALUE.fullmatch(value):
            found.setdefault(value, name)
    return dict(sorted(found.items(), key=lambda pair: -len(pair[0])))


def _with_variables(arg: str, values: Mapping[str, str]) -> str:
    """The argument with variables for the incident's own values, where they stand as words of their own."""
    if "{{" in arg or not values:
        return arg
    either = "|".join(map(re.escape, values))
    return re.sub(rf"(?<![\w.-])(?:{either})(?![\w.-])", lambda found: "{{" + values[found[0]] + "}}", arg)


def book_of(steps: Iterable[Step]) -> Runbook:
    """A runbook that says nothing of itself yet. Nobody has tried it, so its risk is high."""
    return Runbook("draft", "Draft", tuple(steps), risk="high")


def sound(book: Runbook, shelf: Shelf) -> bool:
    """Whether it would be loaded, and could run here."""
    library = read(written(book))
    return not library.problems and not not_here(library, shelf.house)
