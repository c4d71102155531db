"""What people see of a run: one message that is edited, its gates, and each output in the thread."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import TypeVar

import structlog

from bot.domain.briefing import Briefing
from bot.domain.incident import Posted
from bot.domain.move import Finish
from bot.domain.run import DeedEnded, Ended, GateOpened, Run, StepPrepared
from bot.guard.autonomy import EARNED, grantable, suggest
from bot.insist import OUTAGE_S, attempt
from bot.new_place import GONE as LOST
from bot.ports import ChatError
from bot.runs import gate_message, run_message
from bot.runs.endings import everything_stopped
from bot.runs.job import Job
from runbooks.prepared import Outcome, Prepared

T = TypeVar("T")
log = structlog.get_logger(__name__)

SHORT = 1_500
"""Characters of an output that are shown; a longer one is put beside them as a file."""


SHOWING_S = 10.0
"""How long Slack is tried before the run goes on: what it then lacks, the next move shows."""
GONE = ("message_not_found", "thread_not_found")
"""What Slack says of a message that somebody removed."""


async def show(job: Job, *earned: str, patience_s: float = SHOWING_S) -> bool:
    """Makes the run's message, and those of its gates, say what its events say; whether the run's does.

    Slack being away stops nothing. A message that somebody removed is posted again: it is where people choose. Where
    its channel is gone, it stands where the incident is told by now. `earned`: names of steps that a team could now let
    run unasked. Raises JournalDown.
    """
    words = run_message.run(job.run, job.events, earned)

    async def stand() -> None:
        try:
            posted = await _standing(job, place(job.run), words)
        except ChatError as problem:
            elsewhere = await _another_place(job, problem)
            if elsewhere is None:
                raise
            posted = await _standing(job, elsewhere, words)
        if posted != job.run.message:
            await job.shop.runs.keep_message(job.run.id, posted)
            job.run = replace(job.run, message=posted)

    await _show_gates(job, patience_s)  # first: who reads of an end in the run's message finds it at its gates
    return await attempt("run", stand, patience_s)


def place(run: Run) -> str:
    """The channel in which the run is told: that of its message, once it stands."""
    return run.message.channel_id if run.message else run.channel_id


async def speak(job: Job, act: Callable[[str], Awaitable[T]]) -> T:
    """Does something in the run's channel; where that is gone, in the one in which the run goes on.

    Raises ChatError, JournalDown.
    """
    here = place(job.run)
    try:
        return await act(here)
    except ChatError as problem:
        if problem.code not in LOST:
            raise
        await show(job)
        if place(job.run) == here:
            raise
        return await act(place(job.run))


async def follow(job: Job, known: str) -> str:
    """Shows the run anew once its incident is told in another channel than `known`; where that is. Raises JournalDown.

    For whoever waits: nothing else would find that the run's own channel is gone.
    """
    incident = await job.shop.desk.journal.incident(job.run.incident_id)
    told = incident.message.channel_id if incident.message else known
    return told if told == known or await show(job) else known


async def _standing(job: Job, channel_id: str, words: Briefing) -> Posted:
    """The run's message in this channel, with these words. Raises ChatError."""
    chat, run = job.shop.desk.chat, job.run
    mine = run.message if run.message and run.message.channel_id == channel_id else None
    posted = mine or await chat.find(channel_id, run.id)
    if posted is None or not await _edited(job, posted, words):
        posted = await chat.post(channel_id, words, key=run.id)
    return posted


async def _another_place(job: Job, problem: ChatError) -> str | None:
    """Where the incident is told, if the run's channel is gone, and none of another company reads along there."""
    incident = await job.shop.desk.journal.incident(job.run.incident_id)
    told = incident.message.channel_id if incident.message else place(job.run)
    if problem.code not in LOST or told == place(job.run) or not await job.shop.ours(told):
        return None
    return told


async def _edited(job: Job, posted: Posted, words: Briefing) -> bool:
    """False: somebody removed it. Raises ChatError."""
    try:
        await job.shop.desk.chat.edit(posted, words)
    except ChatError as problem:
        if problem.code in GONE:
            return False
        raise
    return True


async def show_output(job: Job, prepared: Prepared, ended: DeedEnded, outcome: Outcome) -> None:
    """What a deed wrote, in the thread of the run; a long one also whole, as a file.

    `ended` is on record by now: a deed that is done anew ends under another number, and shows what it wrote then.
    """
    number = job.events.index(ended)
    chat, message, key = job.shop.desk.chat, job.run.message, f"{job.run.id}:{ended.path}:{ended.index}:{number}"
    text = "\n".join(part for part in (outcome.output.rstrip(), outcome.errors.rstrip()) if part)
    if message is None or not text:
        return

    words = run_message.output(prepared, ended.index, text, SHORT)
    await attempt("output", partial(chat.stand, message.channel_id, words, key=key, thread=message.ts))
    if len(text) > SHORT:
        name = f"step-{prepared.path}.txt"
        await attempt(
            "output file", partial(chat.file, message, text, name=name, title=f"Step {prepared.path}", key=key)
        )


async def say(job: Job, text: str) -> Outcome:
    """A line of the runbook, in the incident's channel, once."""
    chat, key = job.shop.desk.chat, f"{job.run.id}:say:{len(job.events)}"

    async def stand() -> None:
        await speak(job, partial(chat.stand, briefing=run_message.line(text), key=key))

    done = await attempt("message", stand, SHOWING_S)
    return Outcome("done") if done else Outcome("failed", note="Slack did not take it")


async def finish(job: Job, move: Finish) -> None:
    """Appends the end, once, and shows it."""
    await job.refresh()  # while the last step was shown, somebody may have stopped it
    if not any(isinstance(event, Ended) for event in job.events):
        await job.audit_people()
        await job.audit("run.ended", {"result": move.result, "reason": move.reason})
        await job.end(Ended(job.now(), move.result, move.reason))
        await _tell_the_head(job)
    await show(job, *await _earned(job), patience_s=OUTAGE_S)
    await _tell_of_the_stop(job)


async def _tell_of_the_stop(job: Job) -> None:
    """A message of its own where the run was told, once: an edit above tells nobody that everything is stopped."""
    halted, chat, key = everything_stopped(job.events), job.shop.desk.chat, f"{job.run.id}:halted"
    if halted is None or place(job.run) == job.shop.desk.incidents_channel:
        return
    words = run_message.stopped_with_all(job.run, halted)
    await attempt("emergency stop", partial(speak, job, partial(chat.stand, briefing=words, key=key)))


async def _tell_the_head(job: Job) -> None:
    """Where the audit log stands, in the run's thread: Slack keeps it where no one who can cut the log can reach."""
    audit, message, key = job.shop.audit, job.run.message, f"{job.run.id}:audit"
    if audit is None or message is None:
        return
    chat, words = job.shop.desk.chat, run_message.audited(str(audit.head))
    await attempt("audit head", partial(chat.stand, message.channel_id, words, key=key, thread=message.ts))


async def _earned(job: Job) -> list[str]:
    """Steps of this run that were approved and found good ten times running, and may be granted."""
    found = []
    for event in job.events:
        if isinstance(event, StepPrepared) and event.ruling == "ask" and grantable(event.prepared):
            record = await job.shop.runs.record_of(job.run.runbook.id, event.prepared.name, EARNED)
            if suggest(record) and event.prepared.name not in found:
                found.append(event.prepared.name)
    return found


async def _show_gates(job: Job, patience_s: float) -> None:
    """The last two: those before say what they said when they were decided."""
    opened = [event.gate for event in job.events if isinstance(event, GateOpened)]
    for gate in opened[-2:]:
        kept = await job.shop.runs.gate(gate.id)
        if kept is not None and kept.message is not None:
            words = gate_message.gate(job.run, job.events, kept)
            await attempt("gate", partial(job.shop.desk.chat.edit, kept.message, words), patience_s)
