"""What was found of open incidents, for those who ask for it again and again: a whole report is much to read."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.domain.analysis import Analysis
from bot.domain.incident import Incident
from bot.ports import Journal

MAY_CHANGE = timedelta(minutes=10)
"""After a report is there, a second opinion is added to it, and a crash in between costs a while. Then it stays."""
AGAIN = timedelta(minutes=10)
"""What stays is read again after so long all the same: a story that was held up adds to it late."""


@dataclass(frozen=True, slots=True)
class _Read:
    first: datetime
    last: datetime
    analysis: Analysis


@dataclass(frozen=True, slots=True)
class Findings:
    """By incident and opening; a reopened incident is looked into anew."""

    _read: dict[tuple[str, int], _Read] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self._read)

    async def of(self, journal: Journal, incident: Incident, now: datetime) -> Analysis | None:
        """None: nobody has looked yet. Raises JournalDown."""
        key = (incident.id, incident.opening)
        before = self._read.get(key)
        if before and now - before.first >= MAY_CHANGE and timedelta() <= now - before.last < AGAIN:
            return before.analysis
        report = await journal.report(*key)
        if report is None:
            return None
        self._read[key] = _Read(before.first if before else now, now, report.analysis)
        return report.analysis

    def only(self, incidents: Collection[Incident]) -> None:
        """Forgets what was found of all others."""
        there = {(one.id, one.opening) for one in incidents}
        for key in [key for key in self._read if key not in there]:
            del self._read[key]
