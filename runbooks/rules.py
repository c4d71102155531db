"""What a runbook must keep to besides its form, wherever it runs: each fault with its line."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from runbooks.commands import CommandError, launcher, shell_syntax, split
from runbooks.conditions import ConditionError, condition
from runbooks.endless import endless, waits_s
from runbooks.model import Parameter, Runbook, Step, Verify
from runbooks.order import out_of_order
from runbooks.patterns import PatternError, check, matches
from runbooks.prepare import LONGEST_WAIT_S
from runbooks.prepared import Http
from runbooks.probing import open_house, refusal
from runbooks.reading import is_read, is_read_command
from runbooks.steps import MUST
from runbooks.variables import malformed_in, pattern_of, texts_of, wrong
from runbooks.written import Wrong

MOST_RUNNING_S = 300.0
"""Of a whole run, as in `bot/domain/run.py`: no step may take longer by itself."""
_OPTIONS = ("-x", "-f/etc/passwd", "--all", "--all=true")
"""What no parameter may be, whatever its pattern."""
_BEGIN = "begin its pattern with what it may begin with, such as `[A-Za-z0-9]`"
_FIGURE = {"exec": "exit", "http": "status", "promql": "value"}
"""What an `expect` may look at, besides `output`."""


def faults_of(book: Runbook) -> list[Wrong]:
    """Every fault of the runbook (pure). Loading, `lint` and `doctor` all stand on these rules."""
    found = [Wrong(book.line, said) for said in chain.from_iterable(map(_parameter, book.parameters))]
    found += [Wrong(book.line, said) for said in _names_twice(book)]
    for step in book.steps:
        found += [Wrong(step.line, said) for said in _condition(step)]
        for deed in (step, *step.then):
            found += [Wrong(deed.line, said) for said in (*_deed(book, deed), *_humble(deed, step.risk or book.risk))]
        if step.rollback:
            found += [Wrong(step.rollback.line, said) for said in _deed(book, step.rollback)]
        if step.verify:
            found += [Wrong(step.verify.step.line, said) for said in _verify(book, step.verify)]
    return found + out_of_order(book)


Said = Iterator[str]


def _names_twice(book: Runbook) -> Said:
    names = [parameter.name for parameter in book.parameters]
    yield from (f"parameter `{name}` stands there twice" for name in dict.fromkeys(names) if names.count(name) > 1)


def _parameter(parameter: Parameter) -> Said:
    pattern = pattern_of(parameter)
    try:
        check(pattern)
        if any(matches(pattern, text) for text in _OPTIONS):
            yield f"parameter `{parameter.name}` may begin with `-`, which programs take for an option; {_BEGIN}"
    except PatternError as error:
        yield f"parameter `{parameter.name}`: {error}"
        return
    if parameter.default is not None or not pattern:
        said = wrong(parameter, parameter.default or "")
        if said:
            yield f"the default of parameter {said}" if pattern else f"parameter {said}"


def _condition(step: Step) -> Said:
    if not step.condition:
        return
    try:
        condition(step.condition)
    except ConditionError as error:
        yield f"condition: {error}"


def _expect(verify: Verify) -> Said:
    if not verify.expect:
        return
    figure = _FIGURE.get(verify.step.action, "exit")
    try:
        asked = condition(verify.expect)
    except ConditionError as error:
        yield f"expect: {error}"
        return
    if asked.row or set(asked.names) - {figure, "output"}:
        yield f"`expect` looks at `{figure}` and `output`, as in `{figure} == {200 if figure == 'status' else 0}`"


def _deed(book: Runbook, step: Step) -> Said:
    """What is wrong with what one step does, whoever it stands behind."""
    malformed = [found for text in texts_of(step) for found in malformed_in(text)]
    for found in malformed:
        yield f"`{_short(found)}` is no variable; write `{{{{name}}}}` with letters, digits and `_`"
    syntax = shell_syntax(step.command)
    yield from map(str, syntax)
    if step.timeout_s > MOST_RUNNING_S:
        yield f"a run may take {MOST_RUNNING_S:g} s in all, so no `timeout` can be {step.timeout_s:g} s"
    for need in step.needs:
        if need != "network" and not need.startswith("/"):
            yield f"`needs` lists `network` or whole paths of folders, not {need!r}"
    if step.action == "conditional" or malformed or syntax or not _whole(step):
        return
    yield from _wait(step)
    if why := refusal(book, step, open_house(step)):
        yield why


def _whole(step: Step) -> bool:
    """Whether all is there that its action needs; what is not, reading has said."""
    return bool(step.command) if step.action == "exec" else all(step.details.get(key) for key in MUST[step.action])


def _wait(step: Step) -> Said:
    try:
        argv = split(step.command) if step.command else ()
    except CommandError:
        return  # preparing says so
    if why := "" if launcher(argv) else endless(argv):
        yield f"an unbounded wait: {why}"
    elif (waits := waits_s(argv)) and waits > step.timeout_s:
        yield f"the command waits up to {waits:g} s and is ended after {step.timeout_s:g} s; make `timeout` longer"


def _humble(step: Step, risk: str) -> Said:
    """Whether it calls itself low although it changes something."""
    if "low" in (step.risk, risk) and step.action != "conditional" and not reads(step):
        yield "calls itself `risk: low` and is no read by the reading table; say `risk: medium` or more"


def _verify(book: Runbook, verify: Verify) -> Said:
    """It is run without asking anybody."""
    yield from _deed(book, verify.step)
    if verify.wait_s > LONGEST_WAIT_S:
        yield f"`verify` waits at most {LONGEST_WAIT_S:g} s, not {verify.wait_s:g} s"
    yield from _expect(verify)
    if not reads(verify.step):
        yield "a check only looks, for nobody is asked before it; this one is no read by the reading table"


def reads(step: Step) -> bool:
    """Whether the step only looks, whatever its variables will be."""
    match step.action:
        case "promql" | "wait" | "message":
            return True
        case "http":
            asked = step.details
            return is_read(Http(asked["method"], asked["url"], asked["headers"], str(asked["body"]), step.timeout_s))
        case "exec":
            try:
                return is_read_command(split(step.command))
            except CommandError:
                return True  # what is wrong with it is said elsewhere
        case "copy" | "conditional":
            return False


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:37]}…"
