"""A runbook tried out: every step exactly as it would run with what is known, in text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.guard.autonomy import Approvers, rule
from bot.runs.autonomy_file import Grants, load_grants
from bot.runs.prepare_step import hidden
from bot.settings import Settings
from runbooks.conditions import ConditionError, condition
from runbooks.model import Parameter, Runbook, Step
from runbooks.order import left_by
from runbooks.prepare import House, Known, Missing, Refuse, Skip, prepare
from runbooks.prepared import Prepared, Value
from runbooks.showing import shown
from runbooks.variables import needed

_INCIDENT = Value("INC-0000", "made up here: the incident's own")


class UnknownParameterError(Exception):
    """A parameter that the runbook does not know; says which it does."""


@dataclass(frozen=True, slots=True)
class Told:
    text: str
    could_run: bool
    """Whether every step could be prepared, as far as can be told before the steps before it have run."""


@dataclass(frozen=True, slots=True)
class _Table:
    """By what a step's approval is judged."""

    profile: str
    approvers: Approvers
    grants: Grants


def told(book: Runbook, given: Mapping[str, str], house: House, settings: Settings) -> Told:
    """Every step of the runbook with these values; reads programs and autonomy.yaml. Raises UnknownParameterError."""
    left = {name: str(number) for number, step in enumerate(book.steps, 1) for name in left_by(step)}
    _only_known(book, given, left)
    known = Known({"incident_id": _INCIDENT} | {name: Value(text, "--param") for name, text in given.items()})
    table = _Table(settings.autonomy_profile, Approvers.of(settings), load_grants(settings.autonomy_file))
    lines, could_run = [f"{book.id} · {book.title} · risk {book.risk} · {book.file}:{book.line}"], True
    for number, step in enumerate(book.steps, 1):
        found = prepare(book, str(number), known, house)
        lines += ["", f"{number}. {step.name or step.action}"]
        later = _only_later(step, found, left, given)
        lines += [f"   {line}" for line in (later or _step(book, step, found, table))]
        could_run &= bool(later) or (isinstance(found, Skip | Prepared) and not _hidden(found))
    return Told("\n".join([*lines, "", "nothing was run"]), could_run)


def _only_known(book: Runbook, given: Mapping[str, str], left: Mapping[str, str]) -> None:
    names = [parameter.name for parameter in needed(book)]
    if other := next((name for name in given if name not in names and name not in left), ""):
        raise UnknownParameterError(
            f"`{book.id}` has no `{other}`; it knows {', '.join((*names, *left)) or 'no parameters'}"
        )


def _only_later(
    step: Step, found: Prepared | Skip | Missing | Refuse, left: Mapping[str, str], given: Mapping[str, str]
) -> list[str]:
    """What can be said of a step that waits for what an earlier one leaves; nothing where it does not."""
    as_written = [one.command or one.action for one in step.then or (step,)]
    if isinstance(found, Missing) and all(one.name in left for one in found.parameters):
        waits = ", ".join(f"{one.name} (step {left[one.name]})" for one in found.parameters)
        return [*as_written, f"known only then: {waits}; `--param {found.parameters[0].name}=…` shows it"]
    if step.condition and (row := _row(step)) and not (isinstance(found, Missing) and _asked(found, left, given)):
        return [*as_written, f"once for each row of `{row}` for which {step.condition}"]
    return []


def _asked(found: Missing, left: Mapping[str, str], given: Mapping[str, str]) -> bool:
    return any(one.name not in left and one.name not in given for one in found.parameters)


def _row(step: Step) -> str:
    try:
        return condition(step.condition).row
    except ConditionError:
        return ""


def _step(book: Runbook, step: Step, found: Prepared | Skip | Missing | Refuse, table: _Table) -> Iterator[str]:
    match found:
        case Prepared():
            yield from _prepared(book, step, found, table)
        case Skip(reason):
            yield f"left out: {reason}"
        case Missing(parameters):
            yield from (f"needs to know {_parameter(one)}" for one in parameters)
        case Refuse(reason):
            yield f"would be refused: {reason}"


def _prepared(book: Runbook, step: Step, found: Prepared, table: _Table) -> Iterator[str]:
    yield from (line for deed in found.deeds for line in shown(deed).splitlines())
    if found.values:
        yield "with " + ", ".join(f"{name}={value.text} ({value.source})" for name, value in found.values.items())
    yield f"would be refused: {why}" if (why := hidden(found)) else _asks(book, step, found, table)
    if step.parse:
        yield f"leaves {', '.join(sorted(left_by(step))) or step.parse.kind}"
    if found.check:
        after = f" after {found.check.wait_s:g} s" if found.check.wait_s else ""
        expects = f", expects {found.check.expect}" if found.check.expect else ""
        yield f"then checks{after}: {shown(found.check.deed).splitlines()[0]}{expects}"
    if found.undo:
        yield f"undone by: {found.undo.splitlines()[0]}"
    elif not found.reads:
        yield "nothing undoes it"


def _hidden(found: Prepared | Skip) -> str:
    """Why the bot would refuse it although it could be prepared; empty: it would not."""
    return hidden(found) if isinstance(found, Prepared) else ""


def _asks(book: Runbook, step: Step, found: Prepared, table: _Table) -> str:
    granted = table.grants.granted(book.id, step, table.profile, found) is not None
    ruling = rule(found, table.profile, table.approvers, granted=granted)
    match ruling.verdict:
        case "run" | "granted":
            return f"runs unasked: {ruling.why}"
        case "ask":
            who = ", ".join(ruling.approvers)
            return f"asks {'one' if ruling.people == 1 else ruling.people} of {who} · risk {found.risk}: {ruling.why}"
        case "refuse":
            return f"not in this house: {ruling.why}"


def _parameter(parameter: Parameter) -> str:
    about = f" ({parameter.description})" if parameter.description else ""
    return f"`{parameter.name}`{about}: --param {parameter.name}=…"
