"""Everything that is known of an incident when it is closed, and the numbers under which it is cited (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.domain.analysis import Cause, Fact
from bot.domain.closing import Closing, opened_again
from bot.domain.context import Report
from bot.domain.entry import Entry
from bot.domain.incident import BY_HAND, Incident
from bot.domain.question import Source
from bot.domain.run import Event, Run
from bot.life.lifecycle import Standing, standing

MOST_FIRING = 20
SURE = ("high", "medium")
"""Confidence at which a cause counts as one; below it is one possibility among several."""


class Sources:
    """Numbers sources from 1, in the order in which they are first cited."""

    def __init__(self) -> None:
        self._sources: dict[str, Source] = {}

    def cite(self, label: str, url: str | None = None) -> int:
        """The number of this source. What has the same address is the same source, under its first name."""
        made = Source(len(self._sources) + 1, label, url or None)
        return self._sources.setdefault(url or label, made).id

    def all(self) -> tuple[Source, ...]:
        return tuple(self._sources.values())


@dataclass(frozen=True, slots=True)
class Record:
    """What a postmortem is written from."""

    incident: Incident
    closing: Closing
    report: Report | None
    """The last look; None where nobody could look."""
    entries: Sequence[Entry] = ()
    runs: Sequence[tuple[Run, Sequence[Event]]] = ()
    """Of every opening, in the order in which they were asked for."""
    slo: float | None = None
    """Percent of requests that have to be good, over 30 days; None: not set."""
    names: Mapping[str, str] = field(default_factory=dict)
    """User id → name, where people are to be named; empty: roles stand in their place."""
    named: bool = False
    sources: Sources = field(default_factory=Sources)

    # ── moments ──

    @property
    def began(self) -> datetime:
        """By the evidence where it saw it begin before the opening, else with that."""
        onset = self.report.analysis.onset if self.report else None
        return onset if onset is not None and onset < self.opened else self.opened

    @property
    def since(self) -> datetime | None:
        """When the opening began, of a later one; None: with the first alert, or nobody knows any more."""
        return opened_again(self.incident, self.closing.opening, self.closing.at)

    @property
    def until(self) -> datetime | None:
        """When the opening was closed, where a later one began; None: what comes now is still told of this one."""
        return self.closing.at if self.incident.opening > self.closing.opening else None

    @property
    def opened(self) -> datetime:
        """When the first alert of the opening fired, or a person did what `by_hand` says."""
        return self.since or self.incident.started_at

    @property
    def by_hand(self) -> str:
        """What a person did with which the opening began, in words; empty: an alert fired."""
        if self.since and any(entry.at == self.since for entry in self.of_kind("reopened")):
            return "it was opened again"
        made = (alert for alert in self.incident.alerts if alert.source == BY_HAND and alert.starts_at <= self.opened)
        on = any(alert.ends_at is None or alert.ends_at >= self.opened for alert in made)
        return "it was declared" if on else ""  # an earlier opening's ended with that

    @property
    def quiet(self) -> datetime | None:
        """When the last alert of the opening ended; None: one fires on, or none ended in it, as far as is known."""
        until, since = self.closing.at, self.since
        alerts = [one for one in self.incident.alerts if one.source != BY_HAND and one.starts_at <= until]
        if self.closing.firing or any(one.ends_at is None or one.ends_at > until for one in alerts):
            return None
        ends = (one.ends_at for one in alerts if one.ends_at)
        return max((at for at in ends if since is None or at >= since), default=None)

    @property
    def ended(self) -> datetime:
        """The last resolution that came before the closing; what fires again later is another opening's."""
        over = self.incident.resolved_at
        return over if over is not None and over <= self.closing.at else self.closing.at

    @property
    def looked(self) -> datetime | None:
        """Until when the last look saw."""
        return self.report.context.scope.window.until if self.report else None

    @property
    def early(self) -> timedelta:
        """How long before the opening it began."""
        return _apart(self.began, self.opened)

    @property
    def lasted(self) -> timedelta:
        return _apart(self.began, self.ended)

    # ── what counts ──

    @property
    def standing(self) -> Standing:
        return standing(self.entries, self.since, self.until)

    @property
    def ran(self) -> Sequence[tuple[Run, Sequence[Event]]]:
        """What was run in this opening: what was run before did not hold, and what was run after is another's."""
        return [(run, events) for run, events in self.runs if self.holds(run.asked_at)]

    def holds(self, at: datetime) -> bool:
        """Whether what was done then was done in this opening."""
        return (self.since is None or at >= self.since) and (self.until is None or at <= self.until)

    @property
    def suspected(self) -> Cause | None:
        """The evidence's first cause, where it counts as one."""
        causes = self.report.analysis.causes if self.report else ()
        return causes[0] if causes and causes[0].confidence in SURE else None

    @property
    def still_firing(self) -> tuple[str, ...]:
        """Alerts that fired when it was closed, each name once; of very many the first."""
        return tuple(dict.fromkeys(self.closing.firing))[:MOST_FIRING]

    # ── sources ──

    def own(self) -> int:
        """The incident's own record: its opening, its alerts' times, how it was closed."""
        return self.sources.cite(f"record of {self.incident.id}: its opening, its alerts, how it was closed")

    def alert(self, name: str) -> int:
        found = next((alert for alert in self.incident.alerts if alert.name == name), None)
        if found is None:
            return self.own()
        return self.sources.cite(f"{found.source}: alert {found.name}", found.url)

    def facts(self, ids: Iterable[int]) -> tuple[int, ...]:
        """The numbers here of the report's facts; the look itself where none of them exists."""
        known = {fact.id: fact for fact in self.report.analysis.facts} if self.report else {}
        cited = tuple(self.fact(known[id_]) for id_ in dict.fromkeys(ids) if id_ in known)
        return cited or (self.look(),)

    def fact(self, fact: Fact) -> int:
        return self.sources.cite(f"{fact.source}: {fact.text}", fact.url)

    def look(self) -> int:
        """The look as a whole, for what it counted or could not see."""
        if self.report is None:
            return self.own()
        window = self.report.context.scope.window
        return self.sources.cite(f"look into {self.incident.id}, {window.since:%H:%M} to {window.until:%H:%M} UTC")

    def run(self, run: Run) -> int:
        return self.sources.cite(f"record of run {run.id}, runbook {run.runbook.id} on {run.target}")

    def entry(self, entry: Entry) -> int:
        return self.sources.cite(f"record of {self.incident.id}, entry {entry.number}: {entry.kind}", entry.link)

    def of_kind(self, *kinds: str) -> Iterator[Entry]:
        """Of this opening."""
        return (entry for entry in self.entries if entry.kind in kinds and self.holds(entry.at))


def _apart(first: datetime, then: datetime) -> timedelta:
    """As whoever subtracts the times that are shown; below a minute to the second."""
    apart = then - first
    whole = timedelta(minutes=1)
    return apart if apart < whole else then.replace(second=0, microsecond=0) - first.replace(second=0, microsecond=0)
