"""What people decide about a run: an answer by command, a reaction that may be late, a choice, a stop."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from bot.approve import decide, why_not
from bot.domain.approval import APPROVE, DENY, Approved, Decision, Denied, Gate, Vote, Waiting
from bot.domain.move import Choose
from bot.domain.run import Chosen, Ended, Event, GateDecided, Run, Stopped
from bot.domain.said import Reacted, Tap
from bot.domain.text import code
from bot.ports import JournalDown
from bot.runs import ballot
from bot.runs.action_ports import Entry
from bot.runs.job import record
from bot.runs.next_move import asks_again, choices, next_move
from bot.runs.still_approved import reconsider, runs_now, unbegun
from bot.runs.workshop import Workshop

_ANSWERS: dict[tuple[str, bool], ballot.Answer] = {
    (APPROVE, True): "approve",
    (DENY, True): "deny",
    (APPROVE, False): "withdraw",
}
"""What a reaction says that is set (True) or taken away. A ❌ that is gone says nothing to a gate that is decided."""
_CHOSEN = {"check": "Looking.", "again": "It is asked for again, by a new message.", "stop": "It ends here."}
_AT_ONCE = "It runs again at once: it only reads."
_HELD = (
    "Counted, and enough agree. But a ❌ holds it: Slack does not say whether it comes from an approver. It is asked "
    "again every 15 s."
)


async def vote(shop: Workshop, user_id: str, gate_id: str, answer: Literal["approve", "deny"]) -> str:
    """An answer by command; what to tell the one who gave it. Raises JournalDown."""
    gate = await shop.runs.gate(gate_id.strip("` ").upper()) if gate_id else None
    if gate is None:
        return _no_gate(gate_id)
    if gate.message is None:
        return f"{code(gate.id)} does not stand in Slack yet. Nobody can approve what nobody has seen."
    if over := _over(gate, await shop.runs.events(gate.run_id), answer, shop.desk.clock.now()):
        await _too_late(shop, gate, user_id, "command")
        return over
    given = await ballot.keep(shop, gate, user_id, answer, "command")
    if answer == "deny":
        await reconsider(shop, gate)
    over = await _outrun(shop, gate, user_id, answer, "command")  # to ask Slack who they are may have taken a while
    await shop.call(gate.run_id)
    votes = await shop.runs.votes(gate.id)
    return over or _counted(decide(gate, votes, given.at, await shop.switch.state()), given, why_not(gate, given))


def _counted(decision: Decision, given: Vote, why: str) -> str:
    """What an answer came to, for the one who gave it; `why` it does not count by itself, where it does not."""
    match decision:
        case Waiting(turned_down=turned_down) if given.person.id in turned_down:
            return turned_down[given.person.id]
        case Waiting(missing=0):
            return _HELD
        case Waiting(missing=missing):
            return f"Counted. {missing} more of the approvers {'has' if missing == 1 else 'have'} to agree."
        case _:
            return why or "Counted."


def _no_gate(gate_id: str) -> str:
    if gate_id:
        return f"No gate is called {code(gate_id, 40)}. `/incident-action status` lists what waits here."
    return "Which gate? Its id stands below the request, such as `G7K2QX`: `/incident-action approve G7K2QX`."


async def reaction(shop: Workshop, reacted: Reacted) -> str:
    """Wakes the story whose gate it is; what to tell somebody who came too late, else empty. Raises JournalDown.

    A no, and a yes that is taken away, are weighed here where the gate is decided and its step has not begun.
    """
    gate = await shop.runs.gate_at(reacted.message) if reacted.emoji in (APPROVE, DENY) else None
    if gate is None:
        return ""
    await shop.call(gate.run_id)
    answer = _ANSWERS.get((reacted.emoji, reacted.added))
    if answer is None:
        return ""
    user, weighed = reacted.user_id, answer != "approve" and await reconsider(shop, gate)
    if weighed:
        await shop.call(gate.run_id)
    over = await _outrun(shop, gate, user, answer, "reaction")
    if over or not weighed:
        return over
    mine = [vote for vote in await shop.runs.votes(gate.id) if vote.person.id == user]
    return why_not(gate, mine[-1]) if mine else ""


async def choice(shop: Workshop, tap: Tap) -> str:
    """How a run goes on that waits for somebody to say so; what to tell them. Raises JournalDown."""
    run_id, _, path = tap.value.partition(" ")
    run = await shop.runs.run(run_id)
    if run is None:
        return "That cannot be chosen any more."
    person = await shop.people.person(tap.user_id, (), "")
    if not person.full_member:
        return f"Not done: {person.why_not or 'only full members of this workspace can choose'}."
    events = await shop.runs.events(run.id)
    move, wanted = next_move(run, events), tap.does.removeprefix("choose.")
    possible = choices(events, path) if isinstance(move, Choose) and move.path == path else ()
    word = next((one for one in possible if one == wanted), None)
    if word is None or not await shop.runs.append(
        run.id, len(events), Chosen(shop.desk.clock.now(), path, word, tap.user_id)
    ):
        return "Somebody has chosen already; the run's message shows it."
    await _wake(shop, run)
    return _CHOSEN[word] if word != "again" or asks_again(events, path) else _AT_ONCE


async def stop(shop: Workshop, run: Run, user_id: str) -> str:
    """Ends a run for good; what to tell the one who did. Raises JournalDown."""
    while True:
        events = await shop.runs.events(run.id)
        if any(isinstance(one, Ended) for one in events):
            return f"{code(run.id)} has ended already."
        if any(isinstance(one, Stopped) for one in events):
            return f"{code(run.id)} is being stopped already."
        stopped = Stopped(shop.desk.clock.now(), user_id, "stopped by a person")
        if await shop.runs.append(run.id, len(events), stopped):
            break
    await _wake(shop, run)
    return f"{code(run.id)} is being stopped. What is running now is ended, and shown as it was left."


async def _wake(shop: Workshop, run: Run) -> None:
    """What was decided is on record, and its story finds it there anyway: a little later, where it cannot be called."""
    with contextlib.suppress(JournalDown):
        await shop.call(run.id)


async def _outrun(shop: Workshop, gate: Gate, user_id: str, answer: ballot.Answer, by: str) -> str:
    """Why an answer has come too late, told to the audit as well; empty where it has not, or all came of it."""
    events = await shop.runs.events(gate.run_id)
    over = "" if _took(gate, events, user_id, answer) else _over(gate, events, answer, shop.desk.clock.now())
    if over:
        await _too_late(shop, gate, user_id, by)
    return over


def _took(gate: Gate, events: Sequence[Event], user_id: str, answer: ballot.Answer) -> bool:
    """Whether the gate was decided by this person's answer, or the run was ended by it."""
    verdicts = [e.verdict for e in events if isinstance(e, GateDecided) and e.gate_id == gate.id]
    if answer == "approve":
        return any(isinstance(one, Approved) and user_id in one.by for one in verdicts)
    denied = any(isinstance(one, Denied) and one.by == user_id for one in verdicts)
    return denied or any(isinstance(e, Stopped) and e.by == user_id for e in events)


def _over(gate: Gate, events: Sequence[Event], answer: ballot.Answer, now: datetime) -> str:
    """Why an answer to this gate comes too late; empty: it is open. A no is heard until the step begins."""
    name = code(gate.id)
    if answer != "approve" and runs_now(events, gate):
        return f"Too late: the step of {name} runs by now. `/incident-action stop {gate.run_id}` ends it."
    if answer == "withdraw" or (answer == "deny" and unbegun(events, gate)):
        return ""
    if any(isinstance(e, GateDecided) and e.gate_id == gate.id for e in events):
        return f"{name} is decided already: your answer changes nothing. Its message shows what came of it."
    if any(isinstance(e, (Ended, Stopped)) for e in events):
        return f"{name} is closed: its run has ended. `/incident-action` begins another."
    if now >= gate.expires_at:
        return f"{name} expired at {gate.expires_at:%H:%M} UTC: no answer is a no. Ask again from its run."
    return ""


async def _too_late(shop: Workshop, gate: Gate, user_id: str, by: str) -> None:
    facts = {"gate": gate.id, "path": gate.path, "by": by, "why_not": "too late"}
    await record(shop, Entry("vote.refused", user_id, run_id=gate.run_id, facts=facts))
