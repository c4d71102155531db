"""What people see of a run: one message that is edited, its gates, and each output in the thread."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import structlog

from bot.domain.briefing import Briefing
from bot.domain.incident import Posted
from bot.domain.move import Finish
from bot.domain.run import DeedEnded, Ended, GateOpened, StepPrepared
from bot.guard.autonomy import EARNED, grantable, suggest
from bot.insist import OUTAGE_S, attempt
from bot.ports import ChatError
from bot.runs import gate_message, run_message
from bot.runs.job import Job
from runbooks.prepared import Outcome, Prepared

log = structlog.get_logger(__name__)

SHORT = 1_500
"""Characters of an output that are shown; a longer one is put beside them as a file."""


SHOWING_S = 10.0
"""How long Slack is tried before the run goes on: what it then lacks, the next move shows."""
GONE = ("message_not_found", "thread_not_found")
"""What Slack says of a message that somebody removed."""


async def show(job: Job, *earned: str, patience_s: float = SHOWING_S) -> None:
    """Makes the run's message, and those of its gates, say what its events say. Slack being away stops nothing.

    A message that somebody removed is posted again: it is where people choose. `earned`: names of steps that a team
    could now let run unasked. Raises JournalDown.
    """
    words = run_message.run(job.run, job.events, earned)
    chat, run = job.shop.desk.chat, job.run

    async def stand() -> None:
        posted = run.message or await chat.find(run.channel_id, run.id)
        if posted is None or not await _edited(job, posted, words):
            posted = await chat.post(run.channel_id, words, key=run.id)
        if posted != run.message:
            await job.shop.runs.keep_message(run.id, posted)
            job.run = replace(job.run, message=posted)

    await _show_gates(job, patience_s)  # first: who reads of an end in the run's message finds it at its gates
    await attempt("run", stand, patience_s)


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

    async def stand() -> None:
        words = run_message.output(prepared, ended.index, text, SHORT)
        if await chat.find(message.channel_id, key, message.ts) is None:
            await chat.post(message.channel_id, words, key=key, thread=message.ts)

    await attempt("output", stand)
    if len(text) > SHORT:
        name = f"step-{prepared.path}.txt"
        await attempt(
            "output file", partial(chat.file, message, text, name=name, title=f"Step {prepared.path}", key=key)
        )


async def say(job: Job, text: str) -> Outcome:
    """A line of the runbook, in the incident's channel, once."""
    chat, run = job.shop.desk.chat, job.run
    key = f"{run.id}:say:{len(job.events)}"

    async def stand() -> None:
        if await chat.find(run.channel_id, key) is None:
            await chat.post(run.channel_id, run_message.line(text), key=key)

    done = await attempt("message", stand, SHOWING_S)
    return Outcome("done") if done else Outcome("failed", note="Slack did not take it")


async def finish(job: Job, move: Finish) -> None:
    """Appends the end, once, and shows it."""
    if not any(isinstance(event, Ended) for event in job.events):
        await job.audit_people()
        await job.audit("run.ended", {"result": move.result, "reason": move.reason})
        await job.append_for_sure(Ended(job.now(), move.result, move.reason))
        await _tell_the_head(job)
    await show(job, *await _earned(job), patience_s=OUTAGE_S)


async def _tell_the_head(job: Job) -> None:
    """Where the audit log stands, in the run's thread: Slack keeps it where no one who can cut the log can reach."""
    audit, message, key = job.shop.audit, job.run.message, f"{job.run.id}:audit"
    if audit is None or message is None:
        return
    chat, words = job.shop.desk.chat, run_message.audited(str(audit.head))

    async def stand() -> None:
        if await chat.find(message.channel_id, key, message.ts) is None:
            await chat.post(message.channel_id, words, key=key, thread=message.ts)

    await attempt("audit head", stand)


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
