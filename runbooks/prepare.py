"""A step and what is known become exactly what will run, or the reason why nothing will.

Risk: a read (by `runbooks/reading.py`) has the risk that the file gives it, the step's word before the runbook's. What
is no read has the highest of the step's, the runbook's and medium: the file can raise it, never lower it. What needs
`unsafe: reason` is critical. A rollback is always asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace

from runbooks.commanding import command
from runbooks.commands import Program
from runbooks.conditions import CHECKED, ConditionError, Held, condition, holds
from runbooks.copying import copy
from runbooks.filling import Filling, MissingError, RefusedError, without_references
from runbooks.model import Parameter, Risk, Runbook, Step
from runbooks.prepared import Check, Deed, Exec, Http, Prepared, Promql, Say, Value, Wait
from runbooks.reading import is_read
from runbooks.requesting import query, request
from runbooks.showing import escaped, shown

LONGEST_WAIT_S = 900.0
MOST_DEEDS = 20
"""Of one step."""
LONGEST_MESSAGE = 2_000
_RISKS: tuple[Risk, ...] = ("low", "medium", "high", "critical")


@dataclass(frozen=True, slots=True)
class Known:
    """What a run knows by now."""

    values: Mapping[str, Value] = field(default_factory=dict)
    rows: tuple[Mapping[str, str], ...] = ()
    """Of the last table that a step left."""
    table: str = ""
    """Name of that table; empty: there is none."""


@dataclass(frozen=True, slots=True)
class House:
    """What may be used here."""

    program: Callable[[str], Program]
    """The real program behind a name; raises NotAllowedError."""
    hosts: Collection[str] = ()
    """RUNBOOK_ALLOWED_HOSTS: `host` (the usual port of its scheme) or `host:port`."""
    env: Collection[str] = ()
    """RUNBOOK_ENV: names that a step may refer to as `{{env.NAME}}`."""


@dataclass(frozen=True, slots=True)
class Skip:
    """The step's condition does not hold."""

    reason: str


@dataclass(frozen=True, slots=True)
class Missing:
    """Variables that the step uses and nobody knows: a person is asked."""

    parameters: tuple[Parameter, ...]


@dataclass(frozen=True, slots=True)
class Refuse:
    """The step cannot or must not run; says what to do."""

    reason: str


def step_at(book: Runbook, path: str) -> Step:
    """The step at `2`, or what undoes it at `2.rollback`. Raises KeyError."""
    number, dot, behind = path.partition(".")
    if not number.isdecimal() or not 1 <= int(number) <= len(book.steps) or behind not in ("", "rollback"):
        raise KeyError(path)
    step = book.steps[int(number) - 1]
    if not dot:
        return step
    if step.rollback is None:
        raise KeyError(path)
    return replace(step.rollback, name=step.rollback.name or f"undo {step.name or f'step {number}'}")


def prepare(book: Runbook, path: str, known: Known, house: House) -> Prepared | Skip | Missing | Refuse:
    """Everything of one step decided and frozen. Pure but for `house.program`."""
    try:
        step = step_at(book, path)
        found = _Work(book, known, house).prepared(path, step)
    except KeyError:
        return Refuse(f"runbook `{book.id}` has no step `{path}`")
    except MissingError as error:
        return Missing(error.parameters)
    except (RefusedError, ConditionError) as error:
        return Refuse(str(error))
    return found


@dataclass(frozen=True, slots=True)
class _Work:
    book: Runbook
    known: Known
    house: House

    def prepared(self, path: str, step: Step) -> Prepared | Skip:
        held = self._held(step)
        if held is not None and not held.holds:
            return Skip(held.why)
        pairs = tuple(self._each(step, held))
        deeds = tuple(deed for deed, _ in pairs)
        reads = all(is_read(deed) for deed in deeds)
        unsafe = "; ".join(dict.fromkeys(one.unsafe for one in (step, *step.then) if one.unsafe))
        rollback, undo = self._undo(step)
        return Prepared(
            path=path,
            name=step.name or f"step {path}",
            deeds=deeds,
            risk="critical" if unsafe else self._risk(step, reads),
            reads=reads,
            asks=step.approval or path.endswith(".rollback") or any(one.approval for one in step.then),
            values=_used([filling for _, filling in pairs], rows=bool(held and held.rows)),
            undo=undo,
            unsafe=unsafe,
            check=self._check(step),
            rollback=rollback,
            continue_on_failure=step.continue_on_failure,
        )

    def _held(self, step: Step) -> Held | None:
        if step.action != "conditional":
            return None
        asked = condition(step.condition)
        filling = self._filling()
        filling.need(asked.names)
        values = {name: value.text for name in asked.names if (value := filling.value(name)) is not None}
        return holds(asked, values, self.known.rows, self.known.table)

    def _filling(self, row: Mapping[str, str] | None = None, number: int = 0) -> Filling:
        return Filling(self.book, self.known.values, row or {}, f"row {number} of the last table")

    def _each(self, step: Step, held: Held | None) -> Iterator[tuple[Deed, Filling]]:
        """Every deed of the step, with what it used: of a condition over rows, once for each row that matches."""
        inner = step.then if step.action == "conditional" else (step,)
        rows: tuple[Mapping[str, str] | None, ...] = (held.rows or (None,)) if held else (None,)
        if len(inner) * len(rows) > MOST_DEEDS:
            raise RefusedError(
                f"{len(inner) * len(rows)} commands would result, and one gate covers at most {MOST_DEEDS}; "
                "narrow the condition, or the query with LIMIT"
            )
        for row in rows:
            number = self.known.rows.index(row) + 1 if row is not None else 0
            for one in inner:
                filling = self._filling(row, number)
                yield self._deed(one, filling), filling

    def _deed(self, step: Step, filling: Filling) -> Deed:
        match step.action:
            case "exec":
                return command(step, filling, self.house.program)
            case "copy":
                return copy(step, filling, self.house.program)
            case "http":
                return request(step, filling, self.house.hosts, self.house.env)
            case "promql":
                return query(step, filling)
            case "wait":
                return Wait(_pause(step))
            case "message":
                return Say(_message(step, filling))
            case "conditional":
                raise RefusedError("a condition cannot stand inside another; join them with `and`")

    def _risk(self, step: Step, reads: bool) -> Risk:  # noqa: FBT001 - what the table says of it
        said = [one.risk for one in (step, *step.then) if one.risk is not None]
        if reads:
            return max(said, key=_RISKS.index) if said else self.book.risk
        return max([*said, self.book.risk, "medium"], key=_RISKS.index)

    def _check(self, step: Step) -> Check | None:
        if step.verify is None:
            return None
        deed = self._deed(step.verify.step, self._filling())
        if not isinstance(deed, Exec | Http | Promql):
            raise RefusedError("`verify` is a command, a request or a query")
        if not 0 <= step.verify.wait_s <= LONGEST_WAIT_S:
            raise RefusedError(f"`verify` waits at most {LONGEST_WAIT_S:g} s")
        if step.verify.expect:
            names = condition(step.verify.expect).names
            if other := next((name for name in names if name not in CHECKED), None):
                raise RefusedError(f"`{other}` is nothing that `expect` knows; it speaks of {', '.join(CHECKED)}")
        return Check(deed, step.verify.wait_s, step.verify.expect)

    def _undo(self, step: Step) -> tuple[tuple[Deed, ...], str]:
        """What undoes the step, and how the gate says it; in words where it cannot be prepared yet."""
        if step.rollback is None:
            return (), ""
        try:
            deed = self._deed(step.rollback, self._filling())
        except MissingError as error:
            names = ", ".join(parameter.name for parameter in error.parameters)
            return (), f"{_written(step.rollback)} (once it is known: {names})"
        except RefusedError as error:
            return (), f"{_written(step.rollback)} (the bot cannot run it: {error})"
        return (deed,), shown(deed)


def _used(fillings: list[Filling], *, rows: bool) -> dict[str, Value]:
    """Every value that went in; those of rows by their place, as `pid[2]`."""
    found: dict[str, Value] = {}
    for filling in fillings:
        for name, value in filling.used.items():
            of_row = rows and name in filling.row
            found[f"{name}[{filling.row_source.split()[1]}]" if of_row else name] = value
    return found


def _pause(step: Step) -> float:
    try:
        seconds = float(step.details.get("seconds", 0))
    except (TypeError, ValueError) as error:
        raise RefusedError("`wait` says how long, as in `for: 30s`") from error
    if not 0 < seconds <= LONGEST_WAIT_S:
        raise RefusedError(f"`wait` is more than 0 and at most {LONGEST_WAIT_S:g} s")
    return seconds


def _message(step: Step, filling: Filling) -> str:
    def form(name: str, value: str, _place: int) -> str:
        if any(char in value for char in "<>&"):
            raise RefusedError(f"`{name}` goes into a message and must not carry <, > or &")
        return value

    text = filling.put(without_references(str(step.details.get("text", ""))), form)
    if not text.strip() or len(text) > LONGEST_MESSAGE:
        raise RefusedError(f"a message has 1 to {LONGEST_MESSAGE} characters")
    return text


def _written(step: Step) -> str:
    return escaped(step.command or str(step.details.get("url") or step.details.get("from") or step.action))
