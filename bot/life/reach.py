"""What lies in reach of the verbs of `/incident`: the desk, the record, people, and how long silence may last."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from bot.desk import Desk
from bot.domain.entry import Entry
from bot.domain.incident import Incident, Severity
from bot.guard.redact import redact
from bot.life.entry_ports import Outbox
from bot.life.lifecycle import Standing, standing
from bot.ports import Taken
from bot.questions.question_ports import Questions
from bot.runs.action_ports import People, Runs
from integrations.contract import Alert

LONGEST = 3_000
"""Characters of one entry's text: as many as a section of a Slack message holds."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How long nothing may be said before somebody is asked for a status; zero: nobody is ever asked."""

    sev1: timedelta = timedelta(minutes=15)
    others: timedelta = timedelta(minutes=30)

    def of(self, severity: Severity) -> timedelta:
        return self.sev1 if severity is Severity.SEV1 else self.others


@dataclass(frozen=True, slots=True)
class Life:
    desk: Desk
    outbox: Outbox
    people: People
    runs: Runs
    questions: Questions
    take: Callable[[Sequence[Alert]], Awaitable[tuple[Taken, ...]]]
    """Commits alerts, and begins what they open. Raises JournalDown."""
    labels: tuple[str, str] = ("service", "env")
    """Under which an alert names its service and its environment."""
    pace: Pace = Pace()

    async def standing(self, incident: Incident) -> Standing:
        """Where it stands by now. Raises JournalDown."""
        return standing(await self.desk.entries.of_incident(incident.id), incident.last_opened_at)

    async def write(self, entry: Entry) -> Entry | None:
        """Commits it, masked and within bounds; the incident is shown anew. None: it was there. Raises JournalDown."""
        return await write(self.desk, entry)


async def write(desk: Desk, entry: Entry, longest: int = LONGEST) -> Entry | None:
    """As `Life.write`, for stories, and for what may be longer."""
    kept = await desk.entries.append(replace(entry, text=redact(entry.text)[:longest]))
    if kept is not None:
        desk.changed.set()
        desk.written.set()
        desk.written_elsewhere.set()
    return kept
