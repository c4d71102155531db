"""Whether a change helped: after a deployment, a release or a runbook during an incident, its signals are watched.

Each watch is an entry of the incident's record and a short story of its own: what the signals were when the change
came, then a few looks, and one message that says what they have come to.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import structlog

from bot.desk import Desk
from bot.domain.context import Report
from bot.domain.entry import BOT, Entry
from bot.domain.incident import Incident
from bot.domain.storm import rank
from bot.domain.watched import Before, Judged, judge
from bot.insist import OUTAGE_S, attempt
from bot.life.compose_watch import outcome, watched
from bot.life.reach import write
from bot.look import scope_of
from bot.ports import Steps
from bot.priority import Priority, done_as
from integrations.contract import Series

log = structlog.get_logger(__name__)

LOOKS = (0.2, 0.5, 1.0)
"""When it looks, as parts of the whole watch: with 15 minutes after 3, 7.5 and 15."""


@dataclass(frozen=True, slots=True)
class Watch:
    """One change of one incident, being watched for so many seconds."""

    desk: Desk
    entry: Entry
    """What began it: its text says what was changed, its value when (ISO, UTC)."""
    lasts_s: float

    @property
    def made_at(self) -> datetime:
        return datetime.fromisoformat(self.entry.value)

    @property
    def until(self) -> datetime:
        return self.entry.at + timedelta(seconds=self.lasts_s)


async def watch(watching: Watch, steps: Steps) -> None:
    """Told once for each change. After a crash it goes on with the next look."""
    before = await steps.once("before", partial(as_it_was, watching), tuple[Before, ...])
    passed = 0.0
    for number, part in enumerate(LOOKS, 1):
        await steps.sleep(watching.lasts_s * part - passed)
        passed = watching.lasts_s * part
        judged = await steps.once(f"look {number}", partial(as_it_is, watching, before), Judged)
        await steps.once(f"say {number}", partial(_say, watching, judged, over=part == LOOKS[-1]), bool)
    await steps.once("keep", partial(_keep, watching, judged), bool)


async def as_it_was(watching: Watch) -> tuple[Before, ...]:
    """The signals of the incident's service at the last moment before the change. Raises JournalDown."""
    incident = await watching.desk.journal.incident(watching.entry.incident_id)
    known = await _known_bad(watching.desk, incident)
    report = await look_again(watching.desk, incident)
    then = _as_they_were(report, watching.made_at)
    return tuple(
        Before(state.signal, then.get(state.signal, state.value), state.bad or state.signal in known)
        for state in report.analysis.signals
        if not state.silent_since
    )


async def as_it_is(watching: Watch, before: Sequence[Before]) -> Judged:
    """What the look before it did not see, this one reads back, of what was bad then. Raises JournalDown."""
    incident = await watching.desk.journal.incident(watching.entry.incident_id)
    report = await look_again(watching.desk, incident)
    known, then = await _known_bad(watching.desk, incident), _as_they_were(report, watching.made_at)
    missed = [
        Before(state.signal, then[state.signal], bad=True)
        for state in report.analysis.signals
        if state.signal in then.keys() - {one.signal for one in before} and (state.bad or state.signal in known)
    ]
    return judge((*before, *missed), report.analysis.signals, watching.desk.clock.now())


async def _known_bad(desk: Desk, incident: Incident) -> set[str]:
    """The signals that were bad in the briefing, which people acted upon. Raises JournalDown."""
    kept = await desk.journal.report(incident.id, incident.opening)
    return {state.signal for state in kept.analysis.signals if state.bad} if kept else set()


async def look_again(desk: Desk, incident: Incident) -> Report:
    """A look of its own, in its turn; the incident's report stays what it is."""

    async def nobody(_: Report) -> None:
        """Waits for a first impression."""

    async with desk.looks.turn(incident.id, rank(incident)):
        scope = scope_of(incident, desk.catalog.scope_of(incident.service), desk.clock.now())
        return await desk.looking.look(scope, nobody)


def _as_they_were(report: Report, made_at: datetime) -> Mapping[str, float]:
    """Of each signal the last figure that is not later than the change; without those that have none."""
    whole = [one for one in report.context.of(Series) if not one.instance and not one.edge]
    upto = {one.signal: one.values[: bisect_right(one.times, made_at.timestamp())] for one in whole}
    return {signal: values[-1] for signal, values in upto.items() if values}


@done_as(Priority.CHATTER)
async def _say(watching: Watch, judged: Judged, *, over: bool) -> bool:
    """One message for each watch, found by its key and edited. Where nobody measures, only the end is said."""
    if judged.verdict == "not seen" and not over:
        return False
    words = watched(watching.entry.text, watching.made_at, judged, over=over, until=watching.until)

    async def stand() -> None:
        incident = await watching.desk.journal.incident(watching.entry.incident_id)
        if incident.message is None:
            return
        channel, key = incident.message.channel_id, f"{incident.id}:watch:{watching.entry.number}"
        said = await watching.desk.chat.find(channel, key)
        if said is None:
            await watching.desk.chat.post(channel, words, key=key)
        else:
            await watching.desk.chat.edit(said, words)

    return await attempt("watch", stand, OUTAGE_S)


async def _keep(watching: Watch, judged: Judged) -> bool:
    """What came of it, for the timeline, the postmortem and the memory. Raises JournalDown."""
    what, entry = watching.entry.text, watching.entry
    told = Entry(entry.incident_id, key_of_outcome(entry), judged.at, "watched", BOT, f"{what}: {outcome(judged)}")
    await write(watching.desk, told)
    return True


def key_of_outcome(changed: Entry) -> str:
    """Of the entry that says what came of the watch which this one began."""
    return f"{changed.key}:over"
