"""Reading a gate's answers: who reacts to its message now, and who they are, asked fresh each time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import structlog

from bot.action_ports import Entry
from bot.approve import decide
from bot.domain.approval import APPROVE, DENY, Approved, Gate, Vote
from bot.job import record
from bot.ports import ChatError
from bot.workshop import Workshop

log = structlog.get_logger(__name__)

Answer = Literal["approve", "deny", "withdraw"]


async def read(shop: Workshop, gate: Gate) -> bool:
    """Records every answer that is new since the last reading. False when Slack could not be asked."""
    if gate.message is None:
        return False
    try:
        reactions = await shop.desk.chat.reactions(gate.message)
    except ChatError as problem:
        log.warning("reactions cannot be read", gate=gate.id, slack=problem.code)
        return False
    now_by = _answers(reactions)
    votes = await shop.runs.votes(gate.id)
    for user, answer in _changes(now_by, votes).items():
        await keep(shop, gate, user, answer, "reaction")
    await _make_sure(shop, gate)
    return True


async def keep(
    shop: Workshop, gate: Gate, user: str, answer: Answer, by: Literal["reaction", "command", "button"]
) -> Vote:
    """Commits one answer, with who gave it and what they may at this moment."""
    person = await shop.people.person(user, gate.approvers, gate.service)
    vote = Vote(gate.id, gate.digest, person, answer, shop.desk.clock.now(), by)
    facts = {
        "gate": gate.id,
        "path": gate.path,
        "answer": answer,
        "by": by,
        "may": person.may,
        "why_not": person.why_not,
        "digest": gate.digest,
    }
    counts = person.full_member and bool(person.may)
    what = "vote.counted" if counts else "vote.refused"
    await record(shop, Entry(what, user, run_id=gate.run_id, facts=facts))
    await shop.runs.keep_vote(vote)
    return vote


async def _make_sure(shop: Workshop, gate: Gate) -> None:
    """Membership is fresh: before approvals count together, each that was read earlier is read again."""
    votes = await shop.runs.votes(gate.id)
    now = shop.desk.clock.now()
    match decide(gate, votes, now, None):
        case Approved(by) if len(by) > 1:
            for vote in _last(votes).values():
                if vote.person.id in by[:-1] and vote.answer == "approve":
                    await keep(shop, gate, vote.person.id, "approve", vote.by)


def _answers(reactions: Mapping[str, Sequence[str]]) -> dict[str, Answer]:
    """User → what their reactions say; whoever sets both means no."""
    found: dict[str, Answer] = dict.fromkeys(reactions.get(APPROVE, ()), "approve")
    return found | dict.fromkeys(reactions.get(DENY, ()), "deny")


def _last(votes: Sequence[Vote]) -> dict[str, Vote]:
    return {vote.person.id: vote for vote in votes}


def _changes(now_by: Mapping[str, Answer], votes: Sequence[Vote]) -> dict[str, Answer]:
    """What differs from the last reading; an answer whose giver could not be read is read again.

    A reaction that is gone takes back what that reaction said, not what was said by a command.
    """
    last = _last(votes)
    new: dict[str, Answer] = {
        user: answer
        for user, answer in now_by.items()
        if user not in last or last[user].answer != answer or last[user].person.may is None
    }
    gone: dict[str, Answer] = {
        user: "withdraw"
        for user, vote in last.items()
        if user not in now_by and vote.by == "reaction" and vote.answer != "withdraw"
    }
    return new | gone
