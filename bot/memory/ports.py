"""What remembering needs from the world: the record of memories, and vectors that follow it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from bot.domain.entry import Entry
from bot.domain.memory import Kind, Learnt, Memory, Review
from bot.domain.postmortem import Written


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person makes of something that was learnt."""

    learnt_id: str
    review: Review
    by: str
    """Slack user id."""
    at: datetime
    text: str | None = None
    """Where they wrote it anew."""
    memory: Callable[[Memory], Memory] | None = None
    """Of a memory: what it makes of it as it stands at that moment."""
    entry: Entry | None = None
    """What that adds to the incident's record."""
    written: Written | None = None
    """The postmortem as it is from then on."""


class Memories(Protocol):
    """The record of what is remembered: the truth, of which vectors are a copy. Every method raises JournalDown."""

    async def keep(self, memory: Memory, seen: Memory | None = None) -> bool:
        """Writes it only where `seen`, as it was read before, still stands under its id; None: where nothing does.

        False: somebody wrote there since, and nothing changed.
        """
        ...

    async def memory(self, memory_id: str) -> Memory | None: ...

    async def of_incident(self, incident_id: str) -> Sequence[Memory]:
        """Of every opening, the first one first."""
        ...

    async def known(self) -> Sequence[Memory]:
        """Every memory but the rejected ones, the newest first; the newest 3,000."""
        ...

    async def stamp(self) -> str:
        """Another text once anything among them has changed."""
        ...

    async def digests(self) -> Mapping[str, str]:
        """Id of each memory that may be shown → a text that changes with it."""
        ...

    async def thumbs(self, incident_id: str) -> tuple[int, int]:
        """How many 👍 and how many 👎 people gave to what the bot said of it: briefing and answers."""
        ...

    async def vote(self, incident_id: str, user_id: str, vote: Literal["up", "down"] | None, at: datetime) -> None:
        """What a person thinks of its briefing, the newest of each person; None takes it back."""
        ...

    async def forget(self, memory_ids: Sequence[str]) -> int:
        """Removes them with all that waits of them; how many were there."""
        ...

    async def older_than(self, moment: datetime) -> Sequence[str]:
        """Ids of those whose incident was opened before then, the oldest first."""
        ...


class Reviews(Protocol):
    """What was learnt and waits for a person. Every method raises JournalDown."""

    async def wait(self, learnt: Learnt) -> bool:
        """Puts it into the queue. False: it was there already, and what a person made of it stands."""
        ...

    async def learnt(self, learnt_id: str) -> Learnt | None: ...

    async def queue(self, most: int) -> Sequence[Learnt]:
        """What waits, the oldest first."""
        ...

    async def count(self) -> int:
        """How much waits."""
        ...

    async def settled(self, kinds: Sequence[Kind]) -> Sequence[Learnt]:
        """What was accepted or edited of these kinds, the oldest first."""
        ...

    async def of_kind(self, kind: Kind) -> Sequence[Learnt]:
        """Whatever people made of it, the newest first; the newest 200."""
        ...

    async def decide(self, decision: Decision) -> bool:
        """Commits it with all that follows from it, at once. False: somebody had decided already, and nothing changed.

        Raises LookupError where its entry is of no incident.
        """
        ...


class Owed(Protocol):
    """What still has to follow from what people said. It is committed with it, so that no crash comes between.

    Every method raises JournalDown.
    """

    async def memories(self) -> Sequence[tuple[str, int]]:
        """Incident and opening of each memory that does not know yet what people said of it since."""
        ...

    async def of(self, memory_id: str) -> int:
        """How often that was said; 0 where it knows all."""
        ...

    async def settle(self, memory_id: str, owed: int) -> None:
        """It knows by now. Nothing happens where more was said than this."""
        ...

    async def decisions(self) -> Sequence[Learnt]:
        """Decisions of which what follows is not done, the oldest first."""
        ...

    async def done(self, learnt_id: str) -> None: ...


class Leftovers(Protocol):
    """What else is kept of incidents that are over: reports, questions with their answers, postmortems.

    `kind` is `reports` or `transcripts`: a postmortem goes on request. Every method raises JournalDown.
    """

    async def count(self, kind: str, before: datetime) -> int:
        """How many are older: of incidents resolved before then, or asked before then and answered."""
        ...

    async def remove(self, kind: str, before: datetime) -> None: ...

    async def is_open(self, incident_id: str) -> bool:
        """Also while its end is not written up: what is forgotten before that would be learnt after it."""
        ...

    async def of_incident(self, incident_id: str) -> Mapping[str, int]:
        """How many of each kind."""
        ...

    async def remove_of(self, incident_id: str) -> None:
        """All of it, and what waits to be looked at."""
        ...


class Vectors(Protocol):
    """Memories as a room keeps them to find them by text. Every method raises RoomError."""

    async def held(self) -> Mapping[str, str]:
        """Id → the digest that it was kept with."""
        ...

    async def keep(self, memories: Iterable[tuple[Memory, str]]) -> None:
        """Each with its digest, over what is there."""
        ...

    async def drop(self, memory_ids: Sequence[str]) -> None: ...
