"""A program run with exactly its arguments: checked, fenced, and what became of it in words."""

from __future__ import annotations

import asyncio
import errno
import os
import re
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Literal

from runbooks.commands import NotAllowedError, Program
from runbooks.prepared import Exec, Outcome
from runbooks.running.keeper import MOST_PROCESSES
from runbooks.running.kept import MOST_READ, Order, Told, keep
from runbooks.running.output import Kept, plain
from runbooks.running.place import Place, place
from runbooks.running.programs import digest, open_approved
from runbooks.running.references import mask, mask_cut, secrets_of
from runbooks.running.sandbox import inside
from runbooks.running.settings import HandsSettings

_SHORTEST_S = 0.1
"""What a second program gets where the first took all the time."""
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_STEERING = re.compile(
    r"LD_.*|PATH|HOME|TMPDIR|IFS|ENV|BASH_ENV|PYTHON.*|PERL5.*|RUBY.*|NODE_OPTIONS|JAVA_TOOL_OPTIONS"
)
"""Variables that make a program load or run something else than what was shown."""
_REASONS: Mapping[int, str] = {
    errno.E2BIG: "an argument is longer than the system takes (128 KiB each, about 2 MiB in all); pass less",
    errno.ENOEXEC: "it is neither a program for this machine nor a script that begins with #!",
    errno.ENOENT: "the interpreter that it names after #!, or its loader, is not installed",
    errno.EACCES: "the bot has no right to start it, or its disk is mounted noexec",
}


async def execute(deed: Exec, halt: asyncio.Event, settings: HandsSettings) -> Outcome:
    """Runs the approved file, and what stands behind it in the same folder; every failure is an outcome.

    Each program is checked before the first is started. `halt` and being cancelled end what runs with its children.
    """
    deeds, handles = tuple(_in_order(deed)), list[int]()
    try:
        for one in deeds:
            handles.append(await _opened(one, settings))
        with place() as own:
            orders = [_order(one, own, handle, settings) for one, handle in zip(deeds, handles, strict=True)]
            return await _one_by_one(deeds, orders, halt, secrets_of(settings.passed))
    except NotAllowedError as problem:
        return _refused(problem.reason)
    except OSError as error:
        return _refused(f"the bot could not make its folder ({error.strerror}); look at TMPDIR")
    finally:
        for handle in handles:
            os.close(handle)


def _in_order(deed: Exec) -> Iterator[Exec]:
    yield deed
    if deed.then is not None:
        yield from _in_order(deed.then)


async def _opened(deed: Exec, settings: HandsSettings) -> int:
    """A descriptor of its approved file. Raises NotAllowedError."""
    _sound(deed)
    program = Program(deed.program, deed.program_digest)
    return await _in_thread(lambda: open_approved(deed.argv[0], program, settings), os.close)


async def _one_by_one(
    deeds: Sequence[Exec], orders: Sequence[Order], halt: asyncio.Event, secrets: Mapping[str, str]
) -> Outcome:
    """Each where the one before ended well; together they have the time of the first."""
    done = await _one(deeds[0], orders[0], halt, secrets)
    for deed, order in zip(deeds[1:], orders[1:], strict=True):
        if not done.ok:
            break
        if halt.is_set():
            return replace(done, result="stopped", note="stopped between its two commands; the second did not run")
        if await asyncio.to_thread(digest, order.program) != deed.program_digest:
            note = f"{deed.program} was changed while `{deeds[0].argv[0]}` ran, so it did not run; see who changed it"
            return replace(done, result="failed", exit=None, note=note)
        left = max(_SHORTEST_S, min(order.timeout_s, deeds[0].timeout_s - done.seconds))
        done = _both(done, await _one(deed, replace(order, timeout_s=left), halt, secrets))
    return done


async def _one(deed: Exec, order: Order, halt: asyncio.Event, secrets: Mapping[str, str]) -> Outcome:
    out, err = Kept(), Kept()
    try:
        told = await keep(order, halt, out, err)
    except OSError as error:
        return _refused(f"the bot could not start it ({error.strerror}); look at its memory and open files")
    return _outcome(deed, told, out, err, secrets)


def _both(first: Outcome, second: Outcome) -> Outcome:
    """One outcome of two commands. The first has run, so a second that was not begun is a failure."""
    return replace(
        second,
        result="failed" if second.result == "refused" else second.result,
        output=first.output + second.output,
        errors=first.errors + second.errors,
        seconds=first.seconds + second.seconds,
        cut=first.cut or second.cut,
        note="; ".join(filter(None, (first.note, second.note))),
    )


def environment(deed: Exec, home: str, settings: HandsSettings) -> Mapping[str, str]:
    """All that the program finds in its environment."""
    own = {"PATH": settings.path, "LANG": "C.UTF-8", "HOME": home, "TMPDIR": home}
    return {**own, **settings.passed, **deed.env}


def _sound(deed: Exec) -> None:
    """Raises NotAllowedError for what no system call would take, or what would steer another program's loading."""
    if not deed.argv or any("\0" in text for text in (*deed.argv, *deed.env.values())):
        raise NotAllowedError("an argument holds a zero byte, or there is none; mend the command")
    try:
        for text in (*deed.argv, *deed.env.values()):
            text.encode()
    except UnicodeEncodeError as error:
        raise NotAllowedError("an argument is not valid Unicode; mend the command") from error
    for name in deed.env:
        if not _NAME.fullmatch(name) or _STEERING.fullmatch(name):
            raise NotAllowedError(f"a step may not set {name!r}; take it out of the runbook")


def _order(deed: Exec, own: Place, handle: int, settings: HandsSettings) -> Order:
    link, arguments = str(own.link(deed.argv[0], handle)), deed.argv
    if settings.sandbox == "bwrap":
        arguments = inside(own, deed.needs, (link, *deed.argv[1:]), settings)
        link = arguments[0]
    return Order(
        file=link,
        argv=arguments,
        env=environment(deed, str(own.work), settings),
        folder=str(own.work),
        place=str(own.root),
        program=handle,
        sandboxed=settings.sandbox == "bwrap",
        timeout_s=deed.timeout_s,
    )


def _outcome(deed: Exec, told: Told, out: Kept, err: Kept, secrets: Mapping[str, str]) -> Outcome:
    if told.why == "refused":
        reason = _REASONS.get(told.errno, os.strerror(told.errno) + "; look at the file")
        return _refused(f"{deed.program} does not start: {reason}")
    errors = _shown(err, secrets)
    return Outcome(
        result=_result(told),
        exit=_exit(told),
        output=_shown(out, secrets),
        errors=errors,
        seconds=told.seconds,
        cut=out.cut or err.cut,
        note="; ".join(_notes(deed, told, errors)),
    )


def _exit(told: Told) -> int | None:
    """As a shell counts it: 128 and the signal's number where one ended it. None where it was us."""
    if told.why != "ended" or told.status is None:
        return None
    return told.status if told.status >= 0 else 128 - told.status


def _result(told: Told) -> Literal["done", "failed", "timeout", "stopped"]:
    match told.why:
        case "timeout":
            return "timeout"
        case "stopped":
            return "stopped"
        case "ended" if told.status == 0:
            return "done"
        case _:
            return "failed"


def _notes(deed: Exec, told: Told, errors: str) -> list[str]:
    notes = {
        "timeout": f"ended at its limit of {deed.timeout_s:g} s; if it needs longer, raise the step's `timeout`",
        "stopped": f"stopped after {told.seconds:.1f} s; it may have done part of its work",
        "flood": f"ended because it wrote more than {MOST_READ >> 20} MiB; ask it for less",
        "crowd": f"ended because it started more than {MOST_PROCESSES} processes; it may have done part of its work",
        "lost": "the process that watched over it was killed, so it was ended; it may have done part of its work",
    }
    found = [notes[told.why]] if told.why in notes else []
    if told.why == "ended" and told.status is not None and told.status < 0:
        found.append(f"ended by {_signal(-told.status)}")
    if told.status == 1 and errors.startswith("bwrap: "):
        found.append("its sandbox could not be made; see RUNBOOK_SANDBOX and `first-responder doctor`")
    if told.left:
        found.append(f"{told.left} of its processes went on in the background and were ended")
    if told.alive:
        found.append(f"{told.alive} of its processes cannot be ended; look at them on the bot's host")
    return found


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _shown(kept: Kept, secrets: Mapping[str, str]) -> str:
    return plain((mask_cut if kept.cut else mask)(kept.text, secrets))


def _refused(reason: str) -> Outcome:
    return Outcome("refused", note=reason)


async def _in_thread(work: Callable[[], int], give_back: Callable[[int], None]) -> int:
    """The result of blocking work; when nobody waits for it any more, it is given back."""
    task = asyncio.ensure_future(asyncio.to_thread(work))

    def unwanted(done: asyncio.Future[int]) -> None:
        if not done.cancelled() and done.exception() is None:
            give_back(done.result())

    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        task.add_done_callback(unwanted)
        raise
