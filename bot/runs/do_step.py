"""The moves that act and look: a deed, what its output leaves, the check after it, and what a crash left open."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator
from dataclasses import replace

import stamina
import structlog

from bot.domain.move import Act, Check, Glean, LoseSight
from bot.domain.run import (
    Checked,
    DeedBegun,
    DeedEnded,
    MayHaveRun,
    StepRefused,
    StepsLeft,
    Stopped,
)
from bot.guard.limits import within
from bot.guard.redact import redact
from bot.ports import JournalDown
from bot.runs import at_work, run_facts
from bot.runs.job import Job
from bot.runs.prepare_step import ruling_of
from bot.runs.progress import prepared_at, progress_of
from bot.runs.show_run import say, show, show_output
from bot.runs.step_words import found_nothing, outcome_words
from bot.runs.still_approved import may_begin
from runbooks.conditions import ConditionError, expected
from runbooks.gleaning import GleanError
from runbooks.gleaning import glean as gleaned
from runbooks.prepare import step_at
from runbooks.prepared import Deed, Outcome, Say, Value
from runbooks.reading import is_read

log = structlog.get_logger(__name__)

LOOK_S = 0.5
"""How often a running deed looks whether it is to be stopped."""
OTHERS_S = 1.0
"""How often it is looked whether another replica has ended its deed."""
KEPT = 256 * 1024
"""Characters of an output that the record keeps; the whole is in the thread."""


async def act(job: Job, move: Act) -> None:
    """Does one deed, at most once: whoever appends that it begins, does it."""
    step, gated = prepared_at(job.events, move.path), progress_of(job.events, move.path).gate is not None
    if gated and not await may_begin(job, step):
        return
    if not gated and step.ruling == "granted" and ruling_of(job, step.prepared).verdict != "granted":
        await job.append(Stopped(job.now(), "bot", "its grant does not hold any more; run it again, and it asks"))
        return
    if await job.halted():  # to make sure of the approval may have taken a while
        return
    deed = within(job.events, move.path, step.prepared.deeds[move.index])
    facts = run_facts.of_deed(step.prepared, move.index)
    await job.audit("deed.begun", facts)
    if not await job.append(DeedBegun(job.now(), move.path, move.index, at_work.me())):
        return
    outcome = await _perform(job, deed)
    whole = f"{outcome.output}\0{outcome.errors}"
    hashed = hashlib.sha256(whole.encode(errors="replace")).hexdigest()
    masked = await asyncio.to_thread(_masked, outcome)
    became = {"result": outcome.result, "exit": outcome.exit, "seconds": outcome.seconds, "output_sha256": hashed}
    await job.audit_for_sure("deed.ended", {**facts, **became})
    ended = DeedEnded(job.now(), move.path, move.index, _kept(masked), hashed)
    await job.append_for_sure(ended)
    await show_output(job, step.prepared, ended, masked)
    if outcome.result in ("stopped", "refused"):  # by whom and why, where it was the switch
        await job.halted()


async def glean(job: Job, move: Glean) -> None:
    """Appends what the step's output leaves for later steps."""
    last = next(e for e in reversed(job.events) if isinstance(e, DeedEnded) and e.path == move.path)
    try:
        found = await asyncio.to_thread(gleaned, step_at(job.run.runbook, move.path), last.outcome)
    except GleanError as problem:
        await job.append(StepRefused(job.now(), move.path, redact(problem.reason)))
        return
    values = {name: Value(text, f"step {move.path}") for name, text in found.values.items()}
    await job.append(StepsLeft(job.now(), move.path, values, found.rows, found.table))


async def check(job: Job, move: Check) -> None:
    """Waits as long as the step says, looks, and appends whether it helped."""
    prepared = prepared_at(job.events, move.path).prepared
    asked = prepared.check
    if asked is None:
        await job.append(Checked(job.now(), move.path, ok=False, said="this step has no check"))
        return
    if not is_read(asked.deed):
        await job.append(Checked(job.now(), move.path, ok=False, said="its check is no read, so it was not run"))
        return
    async with _stop_of(job) as stop:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(asked.wait_s - _seconds_since_end(job, move.path)):
                await stop.wait()
        if stop.is_set():
            await job.refresh()
            return
        outcome = await job.shop.hands.perform(asked.deed, stop)
    ok, said = _judged(asked.expect, asked.deed, outcome)
    await job.audit("check.ended", {"path": move.path, "ok": ok, "said": redact(said)})
    await job.append(Checked(job.now(), move.path, ok, redact(said)))


def _seconds_since_end(job: Job, path: str) -> float:
    """A restart in the middle of the wait does not begin it anew."""
    ends = [event.at for event in job.events if isinstance(event, DeedEnded) and event.path == path]
    return (job.now() - ends[-1]).total_seconds() if ends else 0.0


async def lose_sight(job: Job, move: LoseSight) -> None:
    """Appends that a deed began and nobody saw its end; what another replica may be at has its time first."""
    begun = next(e for e in reversed(job.events) if isinstance(e, DeedBegun))
    deed = prepared_at(job.events, move.path).prepared.deeds[move.index]
    if job.now() < at_work.until(begun, deed, job.events, await job.shop.switch.state()):
        await job.shop.rest(job.run.id, OTHERS_S)
        await job.refresh()
        return
    await job.audit("deed.may_have_run", {"path": move.path, "index": move.index})
    await job.append(MayHaveRun(job.now(), move.path, move.index))


async def _perform(job: Job, deed: Deed) -> Outcome:
    """Does it, and beside it tells people that it runs: Slack being away holds it up at no time, the database only at
    its beginning.
    """
    if isinstance(deed, Say):  # alone: to say it can move the run to another channel, which one at a time may do
        return await say(job, deed.text)
    showing = asyncio.create_task(show(job))
    try:
        async with _stop_of(job, len(job.events)) as stop:
            return await job.shop.hands.perform(deed, stop)
    finally:
        showing.cancel()
        await asyncio.gather(showing, return_exceptions=True)


@contextlib.asynccontextmanager
async def _stop_of(job: Job, after: int | None = None) -> AsyncIterator[asyncio.Event]:
    """An event that is set once a person ends the run, or the kill switch is on, on whatever replica.

    For a deed, of which the first `after` events tell that it began, also once another replica has given it up: this
    process then stood still for longer than a deed may take. It is set from the first where that came before. While
    the database does not say, nothing begins.
    """
    stop = asyncio.Event()
    async for tried in stamina.retry_context(JournalDown, attempts=None, timeout=None, wait_max=5.0):
        with tried:
            if await _is_stopped(job, after):
                stop.set()

    async def watch() -> None:
        while not stop.is_set():
            await asyncio.sleep(LOOK_S)
            with contextlib.suppress(JournalDown):
                if await _is_stopped(job, after):
                    stop.set()

    watching = asyncio.create_task(watch())
    watching.add_done_callback(lambda _: stop.set())  # nothing runs that nobody watches
    try:
        yield stop
    finally:
        watching.cancel()


async def _is_stopped(job: Job, after: int | None) -> bool:
    """By a person; or another replica has given the deed up that began with the events before `after`."""
    if await job.shop.switch.state() is not None:
        return True
    events = await job.shop.runs.events(job.run.id)
    given_up = after is not None and any(isinstance(event, MayHaveRun) for event in events[after:])
    return given_up or any(isinstance(event, Stopped) for event in events)


def _judged(expect: str, deed: Deed, outcome: Outcome) -> tuple[bool, str]:
    """Whether a check was good, and its result in words."""
    said = outcome_words(outcome, deed)
    if not expect:
        return outcome.ok and not found_nothing(outcome, deed), said
    found = {"exit": outcome.exit, "status": outcome.exit, "output": outcome.output, "value": outcome.value}
    try:
        return expected(expect, found), f"{said}, expected {expect}"
    except ConditionError as problem:
        return False, f"{said}; what it expects cannot be told: {problem}"


def _masked(outcome: Outcome) -> Outcome:
    return replace(outcome, output=redact(outcome.output), errors=redact(outcome.errors), note=redact(outcome.note))


def _kept(outcome: Outcome) -> Outcome:
    """What the record keeps of it."""
    if len(outcome.output) <= KEPT and len(outcome.errors) <= KEPT:
        return outcome
    return replace(outcome, output=outcome.output[:KEPT], errors=outcome.errors[:KEPT], cut=True)
