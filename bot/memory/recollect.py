"""What is remembered of an incident: from its record, its last look, what people said and what was run (pure).

What people said outranks what the bot thought: a cause by `/incident cause`, how it was resolved, a false alarm.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.closing import FALSE_ALARM, false_alarm
from bot.domain.context import Report
from bot.domain.entry import BOT, Entry
from bot.domain.incident import Incident
from bot.domain.memory import MOST_TEXT, Fingerprint, Learnt, Memory, Ran, memory_id
from bot.domain.run import Checked, Ended, Event, Run
from bot.evidence.likeness import fingerprint
from bot.life.lifecycle import Standing, standing
from bot.runs.progress import changed

MOST_ALERTS = 50
"""Names, the first ones: a storm may have thousands, and they stand in each vector, each queue and each draft."""


@dataclass(frozen=True, slots=True)
class Life:
    """One opening of an incident, as all records have it."""

    incident: Incident
    opening: int
    report: Report | None
    entries: Sequence[Entry] = ()
    runs: Sequence[tuple[Run, Sequence[Event]]] = ()
    """The first one first."""
    thumbs: tuple[int, int] = (0, 0)
    """How many people found the bot's words about it helpful, and how many did not."""
    began: datetime | None = None
    """When it was opened, as far as is known of one between the first and the last."""
    ended: datetime | None = None
    """When it was closed, where a later one began; None: it is the last."""

    @property
    def since(self) -> datetime:
        """When it was opened; where nobody knows better, when the first one was."""
        if self.incident.opening == self.opening:
            return self.incident.last_opened_at
        return self.began or self.incident.opened_at


def by_itself(life: Life) -> Life:
    """Without what was done in another opening, and what fired in a later one; what people named as cause stays."""
    ended = life.ended
    runs = [one for one in life.runs if one[0].asked_at >= life.since and (ended is None or one[0].asked_at <= ended)]
    if ended is None:
        return replace(life, runs=runs)
    entries = [entry for entry in life.entries if entry.at <= ended or entry.kind == "cause"]
    alerts = tuple(alert for alert in life.incident.alerts if alert.starts_at <= ended)
    over = [alert.ends_at for alert in alerts if alert.ends_at and life.since <= alert.ends_at <= ended]
    incident = replace(life.incident, alerts=alerts, resolved_at=max(over, default=ended))
    return replace(life, incident=incident, entries=entries, runs=runs)


def recollect(life: Life) -> Memory:
    """The memory of it, waiting to be looked at."""
    incident, found = life.incident, life.report.analysis if life.report else None
    stands, runs = standing(life.entries, life.since), tuple(_ran(run, events) for run, events in life.runs)
    cause = found.causes[0] if found and found.causes else None
    memory = Memory(
        id=memory_id(incident.id, life.opening),
        incident_id=incident.id,
        opening=life.opening,
        service=incident.service,
        env=incident.env,
        title=incident.title[:MOST_TEXT],
        opened_at=life.since,
        began_at=found.onset if found else None,
        minutes=_minutes(life.since, incident, stands),
        alerts=tuple(dict.fromkeys(alert.name for alert in incident.alerts))[:MOST_ALERTS],
        summary="\n".join(dict.fromkeys(alert.summary for alert in incident.alerts if alert.summary))[:MOST_TEXT],
        cause=cause.text[:MOST_TEXT] if cause else "",
        confidence=cause.confidence if cause else "unknown",
        resolution=_resolution(stands, [_ran(run, events) for run, events in life.runs if changed(events)])[:MOST_TEXT],
        runs=runs,
        false_alarm=_false_alarm(stands),
        fingerprint=fingerprint(found) if found else Fingerprint(),
        liked=life.thumbs[0],
        disliked=life.thumbs[1],
    )
    return told_by_people(memory, stands.cause)


def told_by_people(memory: Memory, cause: Entry | None) -> Memory:
    """With the cause that a person named, where one did."""
    if cause is None:
        return memory
    return replace(memory, cause=cause.text[:MOST_TEXT], cause_by="person", confidence="high")


def to_look_at(memory: Memory, at: datetime) -> Learnt:
    """The memory as it waits for a person."""
    told = {
        "cause": f"{memory.cause or 'not known'} ({sure(memory)})",
        "fixed by": memory.resolution or "not known",
        "runbooks": ", ".join(f"{ran.runbook} {ran.result}" for ran in memory.runs),
        "alerts": ", ".join(memory.alerts),
    }
    text = (
        "a false alarm" if memory.false_alarm else "\n".join(f"{name}: {said}" for name, said in told.items() if said)
    )
    return Learnt(f"memory:{memory.id}", "memory", memory.incident_id, at, f"{memory.service} · {memory.title}", text)


def sure(memory: Memory) -> str:
    """Who says so, and how sure that is, in words."""
    if memory.cause_by != "evidence":
        return "told by a person" if memory.cause_by == "person" else "by the record"
    return f"by the evidence, confidence {memory.confidence}{', doubted by people' if memory.doubted else ''}"


def _minutes(since: datetime, incident: Incident, stands: Standing) -> float | None:
    """Until its last alert was resolved, or a person closed it before: who closes it may come hours later."""
    told = stands.resolved or stands.closed
    ended = min((at for at in (told.at if told else None, incident.resolved_at) if at), default=None)
    return round((ended - since).total_seconds() / 60, 1) if ended and ended > since else None


def _resolution(stands: Standing, runs: Sequence[Ran]) -> str:
    """What a person said of it, else the last runbook that helped, or that ran to its end unchecked.

    `runs`: those that changed something.
    """
    for told in () if _false_alarm(stands) else (stands.resolved, stands.closed):
        said = told.text.strip() if told and told.who != BOT else ""
        if said:
            return said
    done = [ran for ran in runs if ran.result == "done" and ran.helped is not False]
    helped = [ran for ran in done if ran.helped] or done
    if not helped:
        return ""
    return f"runbook {helped[-1].runbook}" + (", its check said that it helped" if helped[-1].helped else "")


def _false_alarm(stands: Standing) -> bool:
    told = [one for one in (stands.resolved, stands.closed) if one]
    return any(one.value == FALSE_ALARM or false_alarm(one.text) is not None for one in told)


def _ran(run: Run, events: Sequence[Event]) -> Ran:
    ended = next((event.result for event in events if isinstance(event, Ended)), "not ended")
    checks = [event.ok for event in events if isinstance(event, Checked)]
    return Ran(run.runbook.id, ended, checks[-1] if checks else None)
