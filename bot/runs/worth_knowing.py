"""What people should know before they let a step run: that it ran already, that its incident is over (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from bot.domain.incident import Incident
from bot.domain.move import ROLLBACK
from bot.domain.run import DeedBegun, Event, Run
from bot.domain.text import code
from bot.domain.words import clock
from bot.runs.progress import Progress, progress_of
from runbooks.prepared import Prepared

Told = tuple[Run, Sequence[Event]]
"""A run and all that happened in it."""


def worth_knowing(run: Run, step: Prepared, incident: Incident, others: Iterable[Told], now: datetime) -> str:
    """As sentences in mrkdwn, of the moment in which it is asked; empty where there is nothing, and for what only
    reads. `others`: runs of the incident, the newest first, this one among them or not.
    """
    if step.reads:
        return ""
    return " ".join((*_ran_already(run, step, others, now), *_over(incident, now)))


def _ran_already(run: Run, step: Prepared, others: Iterable[Told], now: datetime) -> Iterator[str]:
    """The last time that this step came to its end, in a run of the same runbook on the same target."""
    if step.path.endswith(ROLLBACK):
        return
    for other, events in others:
        same = (other.runbook.id, other.target) == (run.runbook.id, run.target) and other.id != run.id
        at = progress_of(events, step.path)
        began = [event.at for event in events if isinstance(event, DeedBegun) and event.path == step.path]
        if same and began and at.prepared is not None and at.prepared.prepared.name == step.name and _done(at):
            when = f"{clock(began[-1], now)} UTC in this incident ({code(other.id)})"
            yield f"This step already ran at {when}{_came(at)}."
            return


def _done(at: Progress) -> bool:
    return at.helped or (at.prepared is not None and at.done >= len(at.prepared.prepared.deeds))


def _came(at: Progress) -> str:
    if at.checked is None:
        return ""
    return ", and its check was good" if at.checked.ok else ", and its check was not good"


def _over(incident: Incident, now: datetime) -> Iterator[str]:
    if incident.closed_at is not None:
        yield f"The incident is closed since {clock(incident.closed_at, now)} UTC."
    elif incident.status == "resolved" and incident.resolved_at is not None:
        yield f"None of its alerts fires any more, since {clock(incident.resolved_at, now)} UTC."
