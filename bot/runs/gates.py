"""The moves that wait for people: a gate is asked and its answers read until it is decided; a choice is made."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import count

import structlog

from bot.approve import told_at_once
from bot.domain.approval import APPROVE, DENY, Gate, Waiting
from bot.domain.incident import Posted
from bot.domain.move import Ask, Await, Choose
from bot.domain.run import Chosen, GateDecided, GateOpened
from bot.insist import attempt
from bot.ports import ChatError
from bot.runs import ballot, gate_message, run_facts
from bot.runs.job import Job
from bot.runs.prepare_step import ruling_of
from bot.runs.progress import prepared_at, progress_of
from bot.runs.show_run import SHOWING_S, follow, place, speak
from bot.runs.worth_knowing import worth_knowing
from runbooks.prepared import Prepared, digest

log = structlog.get_logger(__name__)

READ_S = 15.0
"""How often reactions are read without being told of one: a dropped socket loses no decision."""
LAST_LOOK_S = 1.0
"""Before a gate expires it is read once more."""
CHOICE_S = 24 * 3600.0
"""How long the bot waits for somebody to say what to do about a step that may have run."""
ASK_AGAIN_S = 1800.0
"""How long a gate that nobody answered can be asked again; until then the run holds its target."""


async def ask(job: Job, move: Ask) -> None:
    """Appends a new gate for the step as it is prepared now. It is asked once; asking again is another gate."""
    prepared = prepared_at(job.events, move.path).prepared
    ruling, warned, now = ruling_of(job, prepared), await _warned(job, prepared), job.now()
    gate = Gate(
        id=await _free_id(job),
        run_id=job.run.id,
        path=move.path,
        digest=digest(job.run.id, prepared),
        risk=prepared.risk,
        asked_by=job.run.asked_by,
        asked_at=now,
        expires_at=now + timedelta(seconds=job.shop.rules.approval_timeout_s),
        approvers=ruling.approvers,
        people=ruling.people,
        asker_may=ruling.asker_may,
        service=_service(job),
        warned=warned,
    )
    await job.shop.runs.keep_gate(gate)
    await job.audit("gate.opened", run_facts.of_gate(gate, prepared))
    await job.append(GateOpened(now, gate))


async def await_decision(job: Job, move: Await) -> None:
    """Waits until the gate is decided, and appends the decision. Reactions are read at each event and every 15 s."""
    gate, told, at = move.gate, set[tuple[str, str]](), place(job.run)
    while True:
        at = await follow(job, at)
        if gate.message is None:
            gate = await standing(job, gate)
        decision = await ballot.weigh(job.shop, gate)
        now = job.now()
        if not isinstance(decision, Waiting):
            await job.audit("gate.decided", run_facts.of_verdict(gate, decision))
            await job.append(GateDecided(now, gate.id, decision))
            return
        await _tell_why(job, gate, decision, told)
        await job.shop.rest(job.run.id, _until_next_look((gate.expires_at - now).total_seconds()))
        seen = len(job.events)
        await job.refresh()
        if len(job.events) != seen:  # somebody ended the run
            return


async def _tell_why(job: Job, gate: Gate, waiting: Waiting, told: set[tuple[str, str]]) -> None:
    """Says to each whose answer does not count why, once; the answer to a command has said it. Raises JournalDown."""
    new = [(user, why) for user, why in waiting.turned_down.items() if (user, why) not in told]
    votes = await job.shop.runs.votes(gate.id) if new else ()
    for user, why in new:
        told.add((user, why))
        if told_at_once(gate, votes, user) != why:
            await tell(job, user, why)


async def await_choice(job: Job, move: Choose) -> None:
    """Waits until a person says how to go on with a step that may have run, or that nobody answered for."""
    seen, since = len(job.events), job.events[-1].at
    patience = CHOICE_S if progress_of(job.events, move.path).lost is not None else ASK_AGAIN_S
    at = place(job.run)
    while len(job.events) == seen:
        at = await follow(job, at)
        if await job.shop.switch.state() is not None:
            return
        if job.now() - since >= timedelta(seconds=patience):
            await job.append(Chosen(job.now(), move.path, "stop", "bot"))
            return
        await job.shop.rest(job.run.id, READ_S)
        await job.refresh()


async def standing(job: Job, gate: Gate) -> Gate:
    """The gate with its message in Slack, posted once, and with the two reactions that one taps.

    It stays where people have seen it: answers are read there, and nowhere else. One that nobody has seen, for its
    channel was gone, is posted where the run goes on.
    """
    kept = await job.shop.runs.gate(gate.id) or gate
    if kept.message is None:
        words = gate_message.gate(job.run, job.events, kept)
        posted: list[Posted] = []

        async def post() -> None:
            posted.append(await speak(job, partial(job.shop.desk.chat.stand, briefing=words, key=gate.id)))

        if not await attempt("gate", post, SHOWING_S):
            return kept  # nobody sees it by now: if that stays so it expires, which is a no
        await job.shop.runs.keep_gate(replace(kept, message=posted[-1]))
        kept = await job.shop.runs.gate(gate.id) or kept  # another replica may have been first
    if kept.message is not None:
        react = partial(job.shop.desk.chat.react, kept.message, APPROVE, DENY)
        await attempt("gate's reactions", react, SHOWING_S)
    return kept


async def tell(job: Job, user: str, why: str) -> None:
    """Says it to one person only, where the gate is."""
    try:
        await job.shop.desk.chat.whisper(place(job.run), user, gate_message.turned_down(why))
    except ChatError as problem:
        log.warning("could not be told", slack=problem.code)


async def _warned(job: Job, prepared: Prepared) -> str:
    """Raises JournalDown."""
    incident = await job.shop.desk.journal.incident(job.run.incident_id)
    others = [(run, await job.shop.runs.events(run.id)) for run in await job.shop.runs.of_incident(incident.id)]
    return worth_knowing(job.run, prepared, incident, others, job.now())


def _service(job: Job) -> str:
    """Whose on-call counts."""
    found = job.run.given.get("service")
    return found.text if found else job.run.target.partition("/")[0]


def _until_next_look(left: float) -> float:
    """After its end a gate waits only for Slack."""
    return min(READ_S, left - LAST_LOOK_S if left > LAST_LOOK_S else left if left > 0 else READ_S)


async def _free_id(job: Job) -> str:
    """Short; the same gate after a crash has the same id, and no gate that of another run's."""
    for turn in count():
        made = hashlib.sha256(f"{job.run.id}:{len(job.events)}:{turn}".encode()).digest()
        found = "G" + base64.b32encode(made)[:6].decode()
        kept = await job.shop.runs.gate(found)
        if kept is None or kept.run_id == job.run.id:
            return found
    raise AssertionError("it is tried for ever")
