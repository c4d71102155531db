"""What a runbook must keep to besides its form, wherever it runs: each fault with its line."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from runbooks import psql
from runbooks.commands import CommandError, launcher, shell_syntax, split
from runbooks.conditions import ConditionError, condition
from runbooks.endless import endless, waits_s
from runbooks.model import Parameter, Runbook, Step, Verify
from runbooks.order import out_of_order
from runbooks.patterns import PatternError, check, matches
from runbooks.prepared import Http
from runbooks.reading import is_read, is_read_command
from runbooks.variables import malformed_in, pattern_of, references_in, texts_of, wrong
from runbooks.written import Wrong

MOST_RUNNING_S = 300.0
"""Of a whole run, as in `bot/domain/run.py`: no step may take longer by itself."""
MOST_PAUSE_S = 3_600.0
"""Of one pause: a run holds its target as long as it waits."""
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
            unsafe = deed.unsafe or step.unsafe
            found += [Wrong(deed.line, said) for said in (*_deed(deed, unsafe), *_humble(deed, step.risk or book.risk))]
        if step.rollback:
            found += [Wrong(step.rollback.line, said) for said in _deed(step.rollback, step.rollback.unsafe)]
        if step.verify:
            found += [Wrong(step.verify.step.line, said) for said in _verify(step.verify)]
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


def _deed(step: Step, unsafe: str) -> Said:
    """What is wrong with what one step does, whoever it stands behind."""
    for text in texts_of(step):
        for found in malformed_in(text):
            yield f"`{_short(found)}` is no variable; write `{{{{name}}}}` with letters, digits and `_`"
        if step.action != "http" and references_in(text):
            yield f"`{{{{env.{references_in(text)[0]}}}}}` stands only in `headers` and `body` of an `http` step"
    if step.timeout_s > MOST_RUNNING_S:
        yield f"a run may take {MOST_RUNNING_S:g} s in all, so no `timeout` can be {step.timeout_s:g} s"
    for need in step.needs:
        if need != "network" and not need.startswith("/"):
            yield f"`needs` lists `network` or whole paths of folders, not {need!r}"
    if step.action == "wait":
        yield from _pause(step.details["seconds"])
    if step.action == "http":
        yield from _url(step)
    if step.command:
        yield from _command(step, unsafe)


def _command(step: Step, unsafe: str) -> Said:
    mistakes = shell_syntax(step.command)
    yield from map(str, mistakes)
    try:
        argv = () if mistakes else split(step.command)
    except CommandError as error:
        yield str(error)
        return
    yield from _sql(argv)
    if why := launcher(argv):
        if not unsafe:
            yield f"{why}; write the command itself, or say with `unsafe: …` why it must be (the step is then critical)"
    elif why := endless(argv):
        yield f"an unbounded wait: {why}"
    elif (waits := waits_s(argv)) and waits > step.timeout_s:
        yield f"the command waits up to {waits:g} s and is ended after {step.timeout_s:g} s; make `timeout` longer"


def _sql(argv: tuple[str, ...]) -> Said:
    place = psql.place_of(argv) if argv else None
    if place is None:
        return
    try:
        psql.understood(argv[place:])
    except psql.PsqlError as error:
        yield str(error)


def _url(step: Step) -> Said:
    url = str(step.details["url"])
    if url and not url.startswith(("https://", "http://")):
        yield "`url` begins with `https://` or `http://`; a variable stands behind it"
    if references_in(url):
        yield "a secret in a `url` ends up in other people's logs; put `{{env.NAME}}` into `headers` or `body`"


def _pause(seconds: float) -> Said:
    if seconds > MOST_PAUSE_S:
        yield f"a pause of {seconds:g} s; it may be {MOST_PAUSE_S:g} s, for a run holds its service as long as it waits"


def _humble(step: Step, risk: str) -> Said:
    """Whether it calls itself low although it changes something."""
    if risk == "low" and step.action != "conditional" and not reads(step):
        yield "calls itself `risk: low` and is no read by the reading table; say `risk: medium` or more"


def _verify(verify: Verify) -> Said:
    """It is run without asking anybody."""
    yield from _deed(verify.step, "")
    yield from _pause(verify.wait_s)
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
