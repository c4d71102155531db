"""Stories whose process died: which are taken up now, and which wait, so that one that ends its process each time
does not take the others with it.

A process that is killed does not say by what. So all its stories are taken up again at once; what had not gone on when
the next process dies is under suspicion, and is taken up one at a time. The one that ends its process alone, time after
time, is left alone for a while, longer each time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import Connection

from bot.domain.left_alone import LeftAlone
from bot.state.database import Database
from bot.state.down import down
from bot.state.insert import insert_new
from bot.state.lease import database_now
from bot.state.tables import audit, begun, incidents, questions, runs

TRIAL_S = 30.0
"""A story that is under suspicion and neither went on nor ended its process for so long is no longer."""
FREE = 5
"""So many times in a row a story is taken up without a pause."""
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(minutes=30)
FORGOTTEN = timedelta(hours=1)
"""What happened longer ago counts no more."""


@dataclass(frozen=True, slots=True)
class Mark:
    """How often in a row a story was taken up from a process that died, without having gone on; and when last."""

    times: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Choice:
    """Names of stories."""

    taken: Mapping[str, int] = field(default_factory=dict)
    """To be taken up now, each for the so many-th time in a row; on trial until they have gone on."""
    waiting: tuple[str, ...] = ()
    """Not now: another is on trial."""
    alone: Mapping[str, datetime] = field(default_factory=dict)
    """Left alone, each until that moment."""


def choose(names: Sequence[str], marks: Mapping[str, Mark], now: datetime, *, busy: bool) -> Choice:
    """Whom to take up (pure). `busy`: some are on trial, so that nobody else under suspicion may be.

    Those that nothing is known of come first, all at once; then the others one by one, whoever was taken up least.
    """
    recent = {name: marks[name] for name in names if name in marks and now - marks[name].at < FORGOTTEN}
    fresh = tuple(name for name in names if name not in recent)
    alone = {name: until for name, mark in recent.items() if (until := mark.at + pause(mark.times)) > now}
    due = sorted((name for name in recent if name not in alone), key=lambda name: (recent[name].times, name))
    trial = due[:1] if not (busy or fresh) else []
    taken = dict.fromkeys(fresh, 1) | {name: recent[name].times + 1 for name in trial}
    return Choice(taken, tuple(name for name in due if name not in trial), alone)


def pause(times: int) -> timedelta:
    """How long a story is left alone that was taken up so many times in a row for nothing."""
    if times < FREE:
        return timedelta()
    return min(FIRST_PAUSE * (1 << min(times - FREE, 10)), LONGEST_PAUSE)


class Begun:
    """The record of it, and who is on trial in this process. `passing`: seconds of a clock that nobody sets."""

    left_alone: tuple[LeftAlone, ...] = ()
    """Whom the last look left alone."""

    def __init__(self, database: Database, passing: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._passing = passing
        self._on_trial: dict[str, float] = {}
        self._acquitted: set[str] = set()

    async def choose(self, stories: Mapping[str, str]) -> Choice:
        """Whom of those whose process died to take up now, noted before it is done. Raises JournalDown.

        `stories`: name → the id of what it is about.
        """
        self._acquit_those_who_lasted()
        acquitted = tuple(self._acquitted)
        if not stories and not acquitted:
            self.left_alone = ()
            return Choice()

        def act(connection: Connection) -> tuple[Choice, tuple[LeftAlone, ...]]:
            now = database_now(connection)
            over = sa.or_(begun.c.story.in_(acquitted), begun.c.at < now - FORGOTTEN)
            connection.execute(begun.delete().where(over))
            choice = choose(tuple(stories), _marks(connection, stories), now, busy=bool(self._on_trial))
            for name, times in choice.taken.items():
                _note(connection, name, times, now)
            return choice, _left_alone(connection, choice, stories)

        with down("written"):
            choice, self.left_alone = await self._database.write(act)
        self._acquitted.difference_update(acquitted)
        self._on_trial |= dict.fromkeys(choice.taken, self._passing() + TRIAL_S)
        return choice

    def acquit(self, name: str) -> bool:
        """It went on, or has ended: what was counted of it is forgotten. Whether nobody is on trial any more."""
        if name not in self._on_trial:
            return False
        del self._on_trial[name]
        self._acquitted.add(name)
        return not self._on_trial

    def _acquit_those_who_lasted(self) -> None:
        for name in [name for name, until in self._on_trial.items() if until <= self._passing()]:
            self.acquit(name)


def _marks(connection: Connection, stories: Mapping[str, str]) -> dict[str, Mark]:
    """What is known of them. A run is one step, whatever it does: what the audit has of it since tells that it
    went on.
    """
    rows = connection.execute(sa.select(begun).where(begun.c.story.in_(list(stories)))).all()
    return {row.story: Mark(row.times, row.at) for row in rows if not _went_on(connection, stories[row.story], row.at)}


def _went_on(connection: Connection, run_id: str, since: datetime) -> bool:
    found = sa.select(audit.c.number).where(audit.c.run_id == run_id, audit.c.at > since).limit(1)
    return connection.scalar(found) is not None


def _note(connection: Connection, name: str, times: int, now: datetime) -> None:
    if not insert_new(connection, begun, story=name, times=times, at=now):
        connection.execute(begun.update().where(begun.c.story == name).values(times=times, at=now))


def _left_alone(connection: Connection, choice: Choice, stories: Mapping[str, str]) -> tuple[LeftAlone, ...]:
    """Each with its incident: it tells one itself, or a run of one, or a question in its channel."""
    return tuple(
        LeftAlone(name, _incident_of(connection, stories[name]) or "", until) for name, until in choice.alone.items()
    )


def _incident_of(connection: Connection, about: str) -> str | None:
    of_run = sa.select(runs.c.incident_id).where(runs.c.id == about)
    of_question = sa.select(questions.c.incident_id).where(questions.c.id == about)
    itself = sa.select(incidents.c.id).where(incidents.c.id == about)
    found: str | None = connection.scalar(sa.union_all(of_run, of_question, itself).limit(1))
    return found
