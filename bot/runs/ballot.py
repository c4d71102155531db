"""Reading a gate's answers: who reacts to its message now, and who they are, asked fresh each time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Literal

import structlog

from bot.approve import decide, why_not
from bot.domain.approval import APPROVE, DENY, Approved, Decision, Expired, Gate, Vote, Waiting
from bot.ports import ChatError
from bot.runs.action_ports import Entry
from bot.runs.job import record
from bot.runs.workshop import Workshop

log = structlog.get_logger(__name__)

Answer = Literal["approve", "deny", "withdraw"]
By = Literal["reaction", "command", "button"]
GRACE = timedelta(seconds=60)
"""So long after its end a gate waits for Slack to say whether an approval that was read in time still stands."""
FRESH = timedelta(seconds=5)
"""So long who somebody is counts as just read."""
OVERTAKEN = "overtaken by a later answer of the same person"


async def weigh(shop: Workshop, gate: Gate, *, recent: bool = False) -> Decision:
    """What people decide by now: their answers and who they are are read again. Raises JournalDown.

    An approval by a reaction that cannot be read now may be gone: nobody is `missing`, and it is waited for.
    `recent`: it was approved a moment ago. Then only what people changed since is read, if Slack can be asked.
    """
    seen, fresh = await _read(shop, gate)
    votes, now = await shop.runs.votes(gate.id), shop.desk.clock.now()
    decision = decide(gate, votes, now, await shop.switch.state())
    if recent or not isinstance(decision, Approved):
        return decision
    last = _last(votes)
    if not seen and any(last[user].by == "reaction" for user in decision.by):
        return Waiting(0, decision.by) if now < gate.expires_at + GRACE else Expired()
    for user in decision.by:  # membership is fresh when approvals count
        if user not in fresh and (user != decision.by[-1] or now - last[user].at > FRESH):
            await _keep_read(shop, gate, user, ("approve", last[user].by), last[user])
    return decide(gate, await shop.runs.votes(gate.id), now, await shop.switch.state())


async def _read(shop: Workshop, gate: Gate) -> tuple[bool, set[str]]:
    """Records every answer that is new or could not be weighed. Whether Slack could be asked, and whose were new."""
    found: Mapping[str, Answer] | None = None
    if gate.message is not None:
        try:
            found = _answers(await shop.desk.chat.reactions(gate.message))
        except ChatError as problem:
            log.warning("reactions cannot be read", gate=gate.id, slack=problem.code)
    votes = await shop.runs.votes(gate.id)
    changes, last = _changes(found, votes), _last(votes)
    for user, given in changes.items():
        await _keep_read(shop, gate, user, given, last.get(user))
    return found is not None, set(changes)


async def keep(shop: Workshop, gate: Gate, user: str, answer: Answer, by: By) -> Vote:
    """Commits what somebody answers now, with who they are and what they may at this moment."""
    vote = await _vote(shop, gate, user, (answer, by))
    await _record(shop, gate, vote)
    await shop.runs.keep_vote(vote)
    return vote


async def _keep_read(shop: Workshop, gate: Gate, user: str, given: tuple[Answer, By], before: Vote | None) -> None:
    """The same for an answer that was read a while ago, as its giver's last was `before`: what they said since stays.

    To ask Slack who they are takes its time, and a no that came meanwhile must not be undone by an older yes.
    """
    vote = await _vote(shop, gate, user, given)
    if _last(await shop.runs.votes(gate.id)).get(user) != before:
        return
    await _record(shop, gate, vote)
    if not await shop.runs.keep_vote_after(vote, before):
        await _record(shop, gate, vote, OVERTAKEN)


async def _vote(shop: Workshop, gate: Gate, user: str, given: tuple[Answer, By]) -> Vote:
    person = await shop.people.person(user, gate.approvers, gate.service)
    answer, by = given
    return Vote(gate.id, gate.digest, person, answer, shop.desk.clock.now(), by)


async def _record(shop: Workshop, gate: Gate, vote: Vote, why: str = "") -> None:
    """Tells the audit of an answer, and why it does not count where it does not."""
    why, person = why or why_not(gate, vote), vote.person
    facts = {
        "gate": gate.id,
        "path": gate.path,
        "answer": vote.answer,
        "by": vote.by,
        "may": person.may,
        "why_not": why,
        "digest": gate.digest,
    }
    counts = person.full_member and bool(person.may) and not why
    await record(shop, Entry("vote.counted" if counts else "vote.refused", person.id, run_id=gate.run_id, facts=facts))


def _answers(reactions: Mapping[str, Sequence[str]]) -> dict[str, Answer]:
    """User → what their reactions say; whoever sets both means no."""
    found: dict[str, Answer] = dict.fromkeys(reactions.get(APPROVE, ()), "approve")
    return found | dict.fromkeys(reactions.get(DENY, ()), "deny")


def _last(votes: Sequence[Vote]) -> dict[str, Vote]:
    return {vote.person.id: vote for vote in votes}


def _changes(now_by: Mapping[str, Answer] | None, votes: Sequence[Vote]) -> dict[str, tuple[Answer, By]]:
    """What differs from the last reading; an answer whose giver could not be read is read again.

    A reaction that is gone takes back what that reaction said, not what was said by a command; nor does a reaction
    undo a no by command, for it may be the older of the two. None: the reactions cannot be read.
    """
    last, reacted = _last(votes), _last([vote for vote in votes if vote.by == "reaction"])
    found: dict[str, tuple[Answer, By]] = {
        user: (vote.answer, vote.by)
        for user, vote in last.items()
        if vote.person.may is None and vote.answer != "withdraw" and vote.by != "reaction"
    }
    for user, answer in (now_by or {}).items():
        before, latest = reacted.get(user), last.get(user)
        refused = latest is not None and latest.by != "reaction" and latest.answer == "deny" != answer
        if not refused and (
            before is None or before.answer != answer or (before is latest and before.person.may is None)
        ):
            found[user] = (answer, "reaction")
    if now_by is not None:
        gone = (vote for user, vote in last.items() if user not in now_by and vote.by == "reaction")
        found |= {vote.person.id: ("withdraw", "reaction") for vote in gone if vote.answer != "withdraw"}
    return found
