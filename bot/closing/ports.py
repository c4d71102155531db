"""What closing needs of the world: the record of closings and postmortems, and where a postmortem is published."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.domain.closing import Closing, Over, Proposal
from bot.domain.incident import Incident, Posted
from bot.domain.postmortem import Written


class NotReopenedError(Exception):
    """Why an incident cannot be opened again, as a plain sentence that says what to do."""


@dataclass(frozen=True, slots=True)
class Reopening:
    """A person opens an incident again."""

    incident_id: str
    opening: int
    """The one that was over."""
    by: str
    at: datetime
    words: str = ""


class Closings(Protocol):
    """How incidents end, and begin anew. Every method raises JournalDown."""

    async def close(self, closing: Closing) -> Closing | None:
        """Closes this opening, with the alerts that fire all the same; the closing that counts, the first one.

        None: it is not the incident's present opening any more, or it is open and no person closes it.
        """
        ...

    async def closing(self, incident_id: str, opening: int) -> Closing | None: ...

    async def reopen(self, reopening: Reopening) -> int:
        """The number of the opening that begins with it. Raises NotReopenedError."""
        ...

    async def unwrapped(self) -> Sequence[Over]:
        """What is over and not wrapped up to its end, the oldest first.

        Without what is told with another and waits for that to be closed.
        """
        ...

    async def propose(self, proposal: Proposal) -> Proposal:
        """Keeps it, and where it stands and since when; as it is kept, also where somebody kept it before."""
        ...

    async def proposal(self, incident_id: str, opening: int) -> Proposal | None:
        """The last one."""
        ...

    async def keep_open(self, incident_id: str, opening: int, by: str, at: datetime) -> bool:
        """A person turns the last proposal down. False: there is none that is still to be answered."""
        ...

    async def unsettled(self) -> Sequence[Proposal]:
        """Proposals that stand in Slack although they were answered, or their opening is not over any more.

        Without those of what is being wrapped up: its story sees to them.
        """
        ...

    async def settle(self, proposal: Proposal) -> None:
        """Its message says how it ended."""
        ...

    async def keep_wrapped(self, incident_id: str, opening: int) -> None:
        """The story of its end has come to its own."""
        ...

    async def to_archive(self, before: datetime) -> Sequence[Incident]:
        """Closed before then, with a channel that no other incident uses, and that was not put away yet."""
        ...

    async def keep_archived(self, incident_id: str, at: datetime | None) -> None:
        """When its channel was put away; None: it is in use again."""
        ...


class Postmortems(Protocol):
    """What was written about incidents. Every method raises JournalDown."""

    async def write(self, written: Written) -> None:
        """Keeps the text, over an earlier one of the same opening; where that stands is kept.

        One that a person accepted or edited stays: only another review changes it.
        """
        ...

    async def written(self, incident_id: str, opening: int) -> Written | None: ...

    async def newest(self, incident_id: str) -> Written | None:
        """Of its last opening that has one."""
        ...

    async def published(self, incident_id: str) -> Written | None:
        """Of its last opening whose own stands beyond the channel."""
        ...

    async def keep_message(self, incident_id: str, opening: int, message: Posted) -> None: ...

    async def keep_url(self, incident_id: str, opening: int, url: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Publication:
    """A postmortem as it goes to where a team keeps them: one place for each incident, its newest version there."""

    incident_id: str
    version: int
    title: str
    text: str
    """Markdown."""
    folder: str
    """Year, such as `2026`: what postmortems are sorted by."""


class Publisher(Protocol):
    async def publish(self, publication: Publication) -> str:
        """Puts it there, over an earlier version of the same incident; the address. May be repeated.

        Raises RoomError, whose reason may be shown.
        """
        ...

    async def close(self) -> None: ...
