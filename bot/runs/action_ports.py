"""What acting needs from the world, beside `bot/ports.py`: the record of runs, the audit, people, hands, a pager."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from bot.domain.approval import Gate, Person, Stop, Vote
from bot.domain.incident import Incident, Posted
from bot.domain.run import Event, Run
from integrations.contract import Paged
from runbooks.prepared import Outcome, Work


class TargetHeldError(Exception):
    """Another run works on the same target."""

    def __init__(self, run: Run) -> None:
        super().__init__(run.id)
        self.run = run


class Runs(Protocol):
    """The record of runs. Everything raises JournalDown where the database does not answer."""

    async def open(self, run: Run) -> None:
        """Commits it; the same run again does nothing. Raises TargetHeldError."""
        ...

    async def run(self, run_id: str) -> Run | None: ...

    async def events(self, run_id: str) -> tuple[Event, ...]: ...

    async def append(self, run_id: str, number: int, event: Event) -> bool:
        """Commits the event as the run's `number`-th (from 0). False: another event stands there already.

        `Ended` also frees the target.
        """
        ...

    async def keep_message(self, run_id: str, message: Posted) -> None: ...

    async def unended(self) -> tuple[Run, ...]:
        """Runs without `Ended`, the oldest first."""
        ...

    async def of_incident(self, incident_id: str) -> tuple[Run, ...]:
        """The newest first."""
        ...

    async def keep_gate(self, gate: Gate) -> None:
        """Commits it, or what has changed of it (its message)."""
        ...

    async def gate(self, gate_id: str) -> Gate | None: ...

    async def gate_at(self, posted: Posted) -> Gate | None:
        """The gate whose request is this message, open or not."""
        ...

    async def stands_at(self, posted: Posted) -> bool:
        """Whether this message is a run's, or the request of one of its gates."""
        ...

    async def keep_vote(self, vote: Vote) -> None: ...

    async def keep_vote_after(self, vote: Vote, before: Vote | None) -> bool:
        """Commits it if its giver's last vote at this gate is still `before` (None: they gave none). Whether it did."""
        ...

    async def votes(self, gate_id: str) -> tuple[Vote, ...]:
        """In the order in which they were read."""
        ...

    async def record_of(self, runbook_id: str, step: str, most: int) -> tuple[bool, ...]:
        """Of the last approved runs of this step, the newest first: whether its check was good (no check: False)."""
        ...


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the audit. Its texts are masked."""

    what: str
    """In the past tense, such as `gate.opened`, `vote.refused`, `deed.ended`, `stop.on`."""
    who: str
    """Slack user id, or `bot`."""
    incident_id: str = ""
    run_id: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """JSON: what was shown, decided, run, its exit code and output hash, and why."""


class Audit(Protocol):
    """Append-only, chained. What cannot be recorded must not be done."""

    @property
    def head(self) -> object:
        """The newest entry that this process wrote; its `str` is what `audit verify --head` takes."""
        ...

    async def record(self, entry: Entry, at: datetime) -> None:
        """Raises JournalDown."""
        ...


class Switch(Protocol):
    """The kill switch, shared by all replicas and kept over restarts."""

    async def state(self) -> Stop | None:
        """None: it is off. Raises JournalDown."""
        ...

    async def stop(self, stop: Stop) -> bool:
        """False: it was on already."""
        ...

    async def lift(self) -> Stop | None:
        """What it was; None: it was off."""
        ...


class People(Protocol):
    """Who somebody is and what they may, read fresh from Slack (and from who is on call)."""

    async def person(self, user_id: str, approvers: Sequence[str], service: str) -> Person:
        """`approvers`: user ids, group ids, `oncall` (of the service). Never raises: unreadable is `may=None`."""
        ...

    async def name(self, user_id: str) -> str:
        """What people call them, for where Slack's ids say nothing; empty where it cannot be read. Never raises."""
        ...

    async def shared(self, channel_id: str) -> bool | None:
        """Whether people of other companies are in the channel; None: it could not be read."""
        ...


class Hands(Protocol):
    """What does a deed. Never raises but CancelledError: everything else is an outcome."""

    async def perform(self, deed: Work, stop: asyncio.Event) -> Outcome:
        """Does it within its limits. When `stop` is set, it and its children are killed: `stopped`."""
        ...


class Pager(Protocol):
    """Calls people who are not there."""

    def off(self, service: str) -> str:
        """Why nobody can be called for this service, with what to set; empty where somebody can."""
        ...

    async def before(self, service: str, key: str) -> Paged | None:
        """Who was called under this key already, and whether they have answered; None: nobody. Raises RoomError."""
        ...

    async def page(self, service: str, title: str, body: str, key: str) -> Paged:
        """Calls who is on call for it, once for each key, however often it is asked for. Raises RoomError."""
        ...


class Escalator(Protocol):
    """Calls one level after the other, on the page that is there already or on one of its own."""

    source: str
    """Where it calls from: whoever answers there stands in the record under it, as `Entry.who` has it."""

    def off(self, service: str) -> str:
        """As `Pager.off`."""
        ...

    def level(self, incident: Incident) -> int:
        """Which level the sender of its alerts has called; 0: nobody was called yet."""
        ...

    async def escalate(self, incident: Incident, title: str, body: str, level: int) -> Paged:
        """Has this level called. Raises Refused where it cannot be, as for a level that there is not; RoomError."""
        ...

    async def answered(self, incident: Incident, page: str = "") -> bool | None:
        """Whether somebody of those who were called has answered; None where that is not known. Raises RoomError.

        By this page, as `Paged.id` has it; without one by the last.
        """
        ...
