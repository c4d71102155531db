"""Alerts in: commit them, then begin the stories they open and wake whoever shows the changes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

import structlog

from bot.guard.redact import Redaction
from bot.measures import Measures
from bot.ports import Journal, Taken
from integrations.contract import Alert

log = structlog.get_logger(__name__)

Begin = Callable[[str, int], Coroutine[Any, Any, None]]
"""Begins the response to one opening (incident id, opening); a second time it does nothing."""

SHORT = 1_000
"""Characters of a delivery that are masked here and now, in a millisecond or two. To go to a thread and come back takes
longer where others work, and more of the processor; what is longer would hold everybody up."""


BEGINNINGS = 5
"""So many stories are begun at once: the engine's database takes no more in the same time, and in a storm webhooks have
their turn between. A story that waits for it is on record, like any that is not begun yet.
"""


class Intake:
    """What the webhooks call. The answer waits for the commit, never for a story."""

    def __init__(self, journal: Journal, begin: Begin, changed: asyncio.Event, measures: Measures) -> None:
        self._journal = journal
        self._begin = begin
        self._changed = changed
        self._measures = measures
        self._redaction = Redaction(count=measures.redacted)
        self._beginning: set[asyncio.Task[None]] = set()
        self._room = asyncio.Semaphore(BEGINNINGS)

    async def take(self, alerts: Sequence[Alert]) -> tuple[Taken, ...]:
        """Masks, commits and wakes. Raises JournalDown, and then nothing was committed."""
        taken = await self._journal.take(await self._clean(alerts))
        for one in taken:
            self._measures.alert(one.effect)
            log.info("alert taken", effect=one.effect, incident=one.incident_id)
        for opening in {(one.incident_id, one.opening) for one in taken if one.effect in ("opened", "reopened")}:
            task = asyncio.create_task(self._begin_in_turn(*opening))
            self._beginning.add(task)
            task.add_done_callback(self._began)
        if any(one.effect in ("joined", "resolved") for one in taken):
            self._changed.set()
        return taken

    async def _begin_in_turn(self, incident_id: str, opening: int) -> None:
        async with self._room:
            await self._begin(incident_id, opening)

    async def _clean(self, alerts: Sequence[Alert]) -> tuple[Alert, ...]:
        if _length(alerts) <= SHORT:
            return _masked(alerts, self._redaction)
        return await asyncio.to_thread(_masked, alerts, self._redaction)

    def _began(self, task: asyncio.Task[None]) -> None:
        self._beginning.discard(task)
        if not task.cancelled() and (problem := task.exception()):
            log.error("a story could not begin; it is tried again shortly", problem=repr(problem))


def _length(alerts: Sequence[Alert]) -> int:
    """Characters of all that somebody wrote in them."""
    pairs = (pair for alert in alerts for told in (alert.labels, alert.annotations) for pair in told.items())
    return sum(len(a.name) + len(a.summary) + len(a.url or "") for a in alerts) + sum(map(len, chain(*pairs)))


def _masked(alerts: Sequence[Alert], redaction: Redaction) -> tuple[Alert, ...]:
    """The alerts without secrets. What identifies one stays as it came, or its repetition would be another alert."""
    return tuple(
        replace(redaction.finding(alert), source=alert.source, fingerprint=alert.fingerprint) for alert in alerts
    )
