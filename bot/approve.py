"""Answers at a gate -> a decision (pure).

Of each person the last answer counts. An approval counts if it was read before the expiry, for this gate and for what
it shows, from somebody who may. A no needs less: whoever takes an approval back, or denies as an approver, is heard as
long as nothing has run, after the expiry too. What cannot be read is a no for now: an approval does not count, and a
denial holds the gate until Slack says whether it comes from an approver.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from bot.domain.approval import Approved, Decision, Denied, Expired, Gate, Halted, Person, Stop, Vote, Waiting


def decide(gate: Gate, votes: Sequence[Vote], now: datetime, stop: Stop | None) -> Decision:
    """Whether exactly this may run, by the answers read so far, in the order in which they were read.

    `stop` is the kill switch while it is on. Approvals that were read in time stay good after the expiry, so that a
    restart loses none. Any approver's denial wins, that of the one who asked too if they are an approver. Critical risk
    needs two different people, whatever the gate says. With the approvers not set nothing is ever approved.
    """
    if stop is not None:
        return Halted(stop.reason, stop.by)
    last = _last_of_each(gate, votes)
    if denied := [vote for vote in last if vote.answer == "deny" and _may(vote.person)]:
        return Denied(min(denied, key=lambda vote: vote.at).person.id)
    yes = tuple(vote.person.id for vote in last if vote.answer == "approve" and not why_not(gate, vote))
    held = any(vote.answer == "deny" and _unread(vote.person) for vote in last)
    missing = max(0, people_of(gate) - len(yes))
    if not missing and not held:
        return Approved(yes)
    if now >= gate.expires_at:
        return Expired()
    return Waiting(missing, yes, _turned_down(gate, votes, yes))


def people_of(gate: Gate) -> int:
    """How many different people have to approve: never fewer than one, never fewer than two for critical risk."""
    return max(2 if gate.risk == "critical" else 1, gate.people)


def _last_of_each(gate: Gate, votes: Iterable[Vote]) -> tuple[Vote, ...]:
    """The last answer of each person to this very gate, in the order in which people came to it.

    An approval that is read after the expiry never helps; it takes an earlier one away where its giver may no more.
    Whoever is seen to approve and to deny at the same moment denies.
    """
    last: dict[str, Vote] = {}
    for vote in votes:
        late = vote.answer == "approve" and vote.at >= gate.expires_at and (_may(vote.person) or _unread(vote.person))
        if late or not _meant(gate, vote):
            continue
        before = last.get(vote.person.id)
        if before and before.answer == "deny" and before.at == vote.at:
            continue
        if before and before.answer != vote.answer:  # who changes their mind comes anew
            del last[vote.person.id]
        last[vote.person.id] = vote
    return tuple(last.values())


def _meant(gate: Gate, vote: Vote) -> bool:
    return (vote.gate_id, vote.digest) == (gate.id, gate.digest)


def _may(person: Person) -> bool:
    return person.full_member and person.may is True


def _unread(person: Person) -> bool:
    """Whether Slack did not say who they are, or what they may. Guests, bots and strangers are read: they may not."""
    return person.may is None


def _turned_down(gate: Gate, votes: Iterable[Vote], yes: Sequence[str]) -> dict[str, str]:
    """Why the last answer of each person who is not among `yes` does not count."""
    last = {vote.person.id: vote for vote in votes}
    reasons = {person: why_not(gate, vote) for person, vote in last.items() if person not in yes}
    return {person: reason for person, reason in reasons.items() if reason}


def why_not(gate: Gate, vote: Vote) -> str:
    """Why this answer does not count, as mrkdwn for whoever gave it; empty where it counts.

    To take something back counts always. The ids in it are Slack's mentions; nothing is to be escaped but
    `Person.why_not`, which is shown as it is.
    """
    if vote.answer == "withdraw":
        return ""
    if not _meant(gate, vote):
        return "Not counted: what you answered has changed since. Answer the newer request."
    if vote.answer == "approve" and vote.at >= gate.expires_at:
        return f"Too late: this could be approved until {gate.expires_at:%H:%M} UTC. Nothing was run; ask for it anew."
    return _may_not(gate, vote)


def told_at_once(gate: Gate, votes: Iterable[Vote], user_id: str) -> str:
    """Why this person's last answer did not count when they gave it, if the answer to their command told them so.

    What was read again since, for Slack had not said who they are, is the same answer. Empty for a reaction: nothing
    answers that by itself.
    """
    given: Vote | None = None
    before: Vote | None = None
    for vote in votes:
        if vote.person.id == user_id:
            again = before and before.person.may is None and (vote.answer, vote.by) == (before.answer, before.by)
            given, before = given if again else vote, vote
    return why_not(gate, given) if given and given.by != "reaction" else ""


def _may_not(gate: Gate, vote: Vote) -> str:
    """Why this person's answer does not count, or empty."""
    verb = "approve" if vote.answer == "approve" else "stop"
    if not gate.approvers and verb == "approve":
        return f"Nobody can approve {gate.risk} risk here: no approvers are set. {setting_of(gate.risk)}"
    if vote.person.may is None:
        return "Not counted yet: Slack did not say whether you are an approver. It is asked again every 15 s."
    if not vote.person.full_member:
        reason = vote.person.why_not or f"only full members of this workspace can {verb} this"
        return f"{_sentence(reason)} {_ask(gate)}".strip()
    if not vote.person.may:
        return _only_they(gate, verb)
    if verb == "approve" and not gate.asker_may and vote.person.id == gate.asked_by:
        return f"You asked for this run, so somebody else has to approve it. {_ask(gate)}"
    return ""


def _only_they(gate: Gate, verb: str) -> str:
    if not gate.approvers:
        return "Nobody is an approver here. `/incident-action stop` ends the run."
    if verb == "approve":
        return f"Only {named(gate.approvers)} can approve {gate.risk} risk here. {_ask_them(gate)}"
    return f"Only {named(gate.approvers)} can stop this with ❌. `/incident-action stop` ends the whole run."


def _ask(gate: Gate) -> str:
    return f"Ask {'one of ' if len(gate.approvers) > 1 else ''}{named(gate.approvers)}." if gate.approvers else ""


def _ask_them(gate: Gate) -> str:
    return "Ask them." if len(gate.approvers) == 1 and gate.approvers[0][:1] in "UW" else "Ask one of them."


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


def setting_of(risk: str) -> str:
    """Which settings name the approvers for this risk, as a sentence."""
    return f"Set APPROVERS, or APPROVERS_{risk.upper()} for this risk alone."


def named(approvers: Sequence[str]) -> str:
    """Approvers as people read them: Slack's mentions, and «whoever is on call»."""
    return " or ".join(_mention(one) for one in approvers)


def _mention(approver: str) -> str:
    if approver == "oncall":
        return "whoever is on call"
    return f"<!subteam^{approver}>" if approver.startswith("S") else f"<@{approver}>"
