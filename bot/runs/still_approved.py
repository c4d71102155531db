"""Whether an approved step may begin: until then people may say no or take their yes back, and it must be as shown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from bot.domain.approval import Approved, Denied, Gate, Halted, Vote, Waiting
from bot.domain.entry import BOT
from bot.domain.move import Prepare
from bot.domain.run import DeedBegun, DeedEnded, Event, GateDecided, StepPrepared, StepsLeft, Stopped
from bot.runs import at_work, ballot
from bot.runs.job import Job
from bot.runs.known_values import changed_since
from bot.runs.prepare_step import prepare, resolve
from bot.runs.workshop import Workshop
from runbooks.prepared import Prepared, digest

LONG_AGO = timedelta(seconds=5)
"""Where the run's last event is older, it is read once more too who those are that approved."""
ASK_SLACK_S = 15.0
"""How soon it is tried again where Slack does not say whether an approval stands."""


async def may_begin(job: Job, step: StepPrepared) -> bool:
    """Whether the next of its commands may begin: the approval stands, and it is of what would run now.

    One approval covers the whole step: between its commands nobody is asked, unless the bot died there.
    """
    decided = next((e for e in reversed(job.events) if isinstance(e, GateDecided)), None)
    gate = await job.shop.runs.gate(decided.gate_id) if decided else None
    if decided is None or gate is None or not isinstance(decided.verdict, Approved):
        return False
    begun = [event for event in job.events[job.events.index(decided) :] if isinstance(event, DeedBegun)]
    if begun and begun[-1].by == at_work.me():
        return True
    stood = await _stands(job, gate, decided.verdict, begun=bool(begun))
    if stood is None:
        await job.shop.rest(job.run.id, ASK_SLACK_S)
        await job.refresh()
    return stood is True and (bool(begun) or await _as_shown(job, step, gate))


async def reconsider(shop: Workshop, gate: Gate) -> bool:
    """Ends a run whose step was approved here and has not begun, where the approval does not stand any more.

    Whether there was such a step. Either this is on record before its first command begins, or that begins and this
    is not. Raises JournalDown.
    """
    job, found = await Job.take_up(shop, gate.run_id), False
    while approved := unbegun(job.events, gate):
        found = True
        if await _stands(job, gate, approved) is not False:
            break
    return found


def unbegun(events: Sequence[Event], gate: Gate) -> Approved | None:
    """The approval at this gate of which nothing has come yet."""
    approved, since = _approved(events, gate)
    return approved if all(isinstance(event, StepsLeft) for event in since) else None


def runs_now(events: Sequence[Event], gate: Gate) -> bool:
    """Whether the step that was approved at this gate has begun, and nothing else has happened since."""
    _, since = _approved(events, gate)
    return bool(since) and all(isinstance(event, StepsLeft | DeedBegun | DeedEnded) for event in since)


def _approved(events: Sequence[Event], gate: Gate) -> tuple[Approved | None, Sequence[Event]]:
    """The approval at this gate, and all that came after it."""
    for number, event in enumerate(events):
        if isinstance(event, GateDecided) and event.gate_id == gate.id and isinstance(event.verdict, Approved):
            return event.verdict, events[number + 1 :]
    return None, ()


async def _stands(job: Job, gate: Gate, approved: Approved, *, begun: bool = False) -> bool | None:
    """Whether it still stands. False: it does not, and who ended the run is on record. None: Slack does not say now.

    A step that has `begun` is ended half way by people only: for Slack being away it is not.
    """
    recent = job.now() - job.events[-1].at <= LONG_AGO
    match await ballot.weigh(job.shop, gate, recent=recent):
        case Approved():
            return True
        case Waiting(missing=0):
            return None
        case Halted():
            await job.halted()
        case Denied(by):
            await job.append(Stopped(job.now(), by, "it was denied before it ran"))
        case _:
            by, why = _gone(approved, await job.shop.runs.votes(gate.id))
            if begun and by == BOT:
                return True
            await job.append(Stopped(job.now(), by, why))
    return False


def _gone(approved: Approved, votes: Sequence[Vote]) -> tuple[str, str]:
    """By whom the run ends whose approval does not stand any more, and why."""
    last = {vote.person.id: vote for vote in votes}
    given = [last[user] for user in approved.by if user in last]
    if back := next((vote for vote in given if vote.answer == "withdraw"), None):
        return back.person.id, "the approval was taken back before it ran"
    if any(vote.person.may is not None and not (vote.person.may and vote.person.full_member) for vote in given):
        return BOT, "who approved it may not approve it any more"
    return BOT, "Slack did not say in time whether the approval still stands"


async def _as_shown(job: Job, step: StepPrepared, gate: Gate) -> bool:
    """Whether what was approved is what would run now. If not, it is prepared anew, and so asked again."""
    changed = await changed_since(job, step.prepared)
    if changed:
        await job.audit("values.changed", {"path": gate.path, "values": {n: v.text for n, v in changed.items()}})
        await job.append(StepsLeft(job.now(), gate.path, changed))
    found = resolve(job, gate.path)
    if isinstance(found, Prepared) and digest(job.run.id, found) == gate.digest:
        return True
    await prepare(job, Prepare(gate.path))
    return False
