"""The next level is called: once for each reason, said in the channel, and one level higher where nobody answers.

What decides it stands in `bot/life/why_escalate.py`. It is recorded first; the call carries a key of its own, so that a
step which a crash cuts short calls nobody twice by an incident of ours.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial

import structlog

from bot.desk import Desk
from bot.domain.entry import BOT, Entry
from bot.domain.incident import Incident
from bot.domain.storm import rank
from bot.guard.redact import redact
from bot.life.answered import answered_there, over, taken
from bot.life.compose_escalation import Call
from bot.life.findings import Findings
from bot.life.lifecycle import of_nobody, standing
from bot.life.reach import write
from bot.life.say_called import InTurn, called_key, say_called
from bot.life.why_escalate import (
    OF_ALL_TOLD_WITH_IT,
    OF_REPORTS,
    OF_RUNS,
    Known,
    Reason,
    Rule,
    judged,
    key_of,
    reasons,
    to_judge,
)
from bot.ports import JournalDown, Steps
from bot.runs.action_ports import Escalator, Runs
from integrations.contract import Refused, RoomError

log = structlog.get_logger(__name__)

EVERY_S = 30.0
MOST_LEVELS = 5
AGAIN_S = 20.0
"""A pager that does not answer is asked again after so long, for an hour."""
TRIES = 180
LONGEST_CALL = timedelta(hours=2)
"""No call lasts longer, its tries and their pauses included. What has ended is not begun again: when an incident is
open for weeks, the engine has forgotten that it was told, and the next level would be called for nothing."""

Begin = Callable[[str, int], Awaitable[object]]
"""Begins, or goes on with, the escalation that an incident's entry stands for, by its number."""


@dataclass(frozen=True, slots=True)
class Escalation:
    """What a team has switched on, and who calls."""

    desk: Desk
    runs: Runs
    pager: Escalator
    rules: Sequence[Rule]
    after: timedelta
    """How long nobody may acknowledge; and how long each level has to answer."""
    findings: Findings = field(default_factory=Findings)


async def look_for_reasons(at: Escalation, begin: Begin) -> None:
    """One round over all open incidents. Never raises for a database that is away: the next round finds it again."""
    try:
        known = sorted(await at.desk.journal.open_incidents(), key=rank)
        at.findings.only(known)
        entries = await at.desk.entries.of_open()
        for incident, rules in judged(known, at.rules, lambda service: at.desk.catalog.service(service).oncall):
            await _judge(at, incident, entries.get(incident.id, ()), rules)
        since = at.desk.clock.now() - MOST_LEVELS * (at.after + LONGEST_CALL)  # whatever began before has ended
        for of_one in (await at.desk.entries.of_open()).values():
            for entry in of_one:
                if entry.kind == "escalated" and entry.value.startswith("begun") and entry.at > since:
                    await begin(entry.incident_id, entry.number)
    except JournalDown as problem:
        log.warning("cannot look whom to call", problem=str(problem))


async def _judge(at: Escalation, incident: Incident, entries: Sequence[Entry], rules: Sequence[Rule]) -> None:
    """In a storm there are hundreds to judge: only what a rule needs that was not called for yet is read."""
    now = at.desk.clock.now()
    left = to_judge(incident, rules, entries, now)
    if left:
        for reason in reasons(await _known(at, incident, entries, left), left, at.after, now):
            await _enter(at, incident, reason)


async def _known(at: Escalation, incident: Incident, entries: Sequence[Entry], rules: Sequence[Rule]) -> Known:
    """As far as these rules look at it: with the runs, in its present opening, of all that are told with it."""
    told_with = await at.desk.links.linked_to(incident.id) if _any(rules, OF_ALL_TOLD_WITH_IT) else ()
    together = (incident, *told_with) if _any(rules, OF_RUNS) else ()
    runs = [run for one in together for run in await at.runs.of_incident(one.id)]
    events = [event for run in runs for event in await at.runs.events(run.id) if event.at >= incident.last_opened_at]
    found = await at.findings.of(at.desk.journal, incident, at.desk.clock.now()) if _any(rules, OF_REPORTS) else None
    return Known(incident, standing(entries, incident.last_opened_at), found, told_with, events)


def _any(rules: Sequence[Rule], of: frozenset[Rule]) -> bool:
    return not of.isdisjoint(rules)


async def _enter(at: Escalation, incident: Incident, reason: Reason) -> None:
    """Once for each reason of each opening."""
    key, now = key_of(incident, reason.rule), at.desk.clock.now()
    if await write(at.desk, Entry(incident.id, key, now, "escalated", BOT, reason.text, f"begun {incident.opening}")):
        log.info("escalating", incident=incident.id, rule=reason.rule)


@dataclass(frozen=True, slots=True)
class _Course:
    """One escalation while it is told."""

    at: Escalation
    entry: Entry
    steps: Steps
    telling: InTurn

    def say(self, name: str, call: Call) -> None:
        """Beside the calls: an outage of Slack is no reason to call anybody late."""
        said = partial(say_called, self.at.desk, self.entry, call, self.at.after)
        self.telling.say(self.steps.once(name, said, bool))

    async def answered(self, name: str, by: Call | None) -> bool:
        """`by` is the last call that was made for this reason."""
        return await self.steps.once(f"answered {name}", partial(_answered, self.at, self.entry, by), bool)


async def escalate(at: Escalation, entry: Entry, steps: Steps) -> None:
    """Told once for each reason: calls, says so, waits, and calls one level higher until somebody answers."""
    async with asyncio.TaskGroup() as group:
        await _escalate(_Course(at, entry, steps, InTurn(group)))


async def _escalate(course: _Course) -> None:
    level = await course.steps.once("from", partial(_level_of, course.at, course.entry), int)
    before: Call | None = None
    while 0 < level <= MOST_LEVELS:
        call = await _call(course, level, before)
        if call is None:
            return
        course.say(f"say {level}", call)
        if call.problem:
            return
        await course.steps.sleep(course.at.after.total_seconds())
        if await course.answered(f"{level}", call):
            return
        level, before = level + 1, call


async def _call(course: _Course, level: int, before: Call | None) -> Call | None:
    """Tried for an hour where the pager does not answer, which people are told at once: they can call by hand.

    Each try is a step, so that a restart goes on with it. The first of all is always made: who acknowledged a moment
    ago did not know of the reason. None: somebody answered in Slack, or it is over.
    """
    for number in range(TRIES):
        act = partial(_wanted if before or number else _called, course.at, course.entry, level)
        call = await course.steps.once(f"call {level}.{number}", act, Call)
        if not call.again:
            return None if call.needless else call
        if number == 0:
            course.say(f"say trouble {level}", call)
        await course.steps.sleep(AGAIN_S)
        if await course.answered(f"{level}.{number}", before):
            return None
    return replace(call, again=False)


async def _wanted(at: Escalation, entry: Entry, level: int) -> Call:
    """Called, unless somebody answered since it was last looked: a restart may lie between."""
    incident = await at.desk.journal.incident(entry.incident_id)
    if over(incident, entry) or await taken(at.desk, incident, entry):
        return Call(level, needless=True)
    return await _called(at, entry, level)


async def _called(at: Escalation, entry: Entry, level: int) -> Call:
    """With an entry where somebody was. Raises JournalDown."""
    incident = await at.desk.journal.incident(entry.incident_id)
    if missing := at.pager.off(incident.service):
        return Call(level, problem=missing)
    title = redact(f"{incident.severity.name} {incident.service}: {entry.text} · {incident.title}")
    where = f"#{incident.channel.name}" if incident.channel else "Slack"
    body = redact(f"{incident.id}, talked about in {where}. Called because {entry.text}.")
    try:
        paged = await at.pager.escalate(incident, title, body, level)
    except Refused as no:
        return Call(level, problem=". ".join(part for part in (no.reason, no.fix) if part))
    except RoomError as problem:
        log.warning("nobody could be called", incident=incident.id, reason=str(problem))
        return Call(level, problem=problem.reason, again=True)
    call = Call(level, paged.who, paged.url or "", page=paged.id)
    await _enter_call(at, entry, call)
    return call


async def _enter_call(at: Escalation, entry: Entry, call: Call) -> None:
    key, now = called_key(entry, call.level), at.desk.clock.now()
    text = f"level {call.level} was called: {', '.join(call.who) or 'whoever is on call'}"
    await write(at.desk, Entry(entry.incident_id, key, now, "reassigned", BOT, text, str(call.level), call.url))


async def _level_of(at: Escalation, entry: Entry) -> int:
    """Above the highest that was called in this opening; 0 where nobody needs to be called any more."""
    incident = await at.desk.journal.incident(entry.incident_id)
    if over(incident, entry):
        return 0
    if of_nobody(entry) and (
        await taken(at.desk, incident, entry) or await answered_there(at.desk, at.pager, incident)
    ):
        return 0
    called = [one for one in await at.desk.entries.of_incident(incident.id) if one.kind == "reassigned"]
    levels = [
        int(one.value) for one in called if one.who == BOT and one.value.isdigit() and one.at >= incident.last_opened_at
    ]
    return max(levels, default=at.pager.level(incident)) + 1


async def _answered(at: Escalation, entry: Entry, by: Call | None) -> bool:
    """By `/incident ack` or 👀, in the pager, or because it is over.

    Before anybody was called for this reason, what they answered in the pager was another.
    """
    incident = await at.desk.journal.incident(entry.incident_id)
    if over(incident, entry) or await taken(at.desk, incident, entry):
        return True
    if by is None and not of_nobody(entry):
        return False
    return await answered_there(at.desk, at.pager, incident, by.page if by else "")
