"""What answering needs of the record: questions, their answers, who may still ask, and what people thought of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, Protocol

from bot.domain.incident import Posted
from bot.domain.question import Answer, Question

Vote = Literal["up", "down"]


class Questions(Protocol):
    """Every method raises JournalDown."""

    async def ask(self, question: Question) -> bool:
        """Commits it. False: it was there already, under the same id."""
        ...

    async def question(self, question_id: str) -> Question | None: ...

    async def unanswered(self) -> Sequence[str]:
        """Ids of questions without an answer, the oldest first: their stories have to be gone on with."""
        ...

    async def keep_reply(self, question_id: str, reply: Posted) -> None:
        """Where the answer stands."""
        ...

    async def reply(self, question_id: str) -> Posted | None: ...

    async def keep_answer(self, question_id: str, answer: Answer, at: datetime) -> None: ...

    async def answer(self, question_id: str) -> Answer | None: ...

    async def earlier(self, question: Question, most: int) -> Sequence[tuple[Question, Answer]]:
        """What was asked and answered in the same thread before, the oldest first, the newest `most`."""
        ...

    async def of_incident(self, incident_id: str, most: int) -> Sequence[tuple[Question, Answer]]:
        """What was asked and answered in this incident, the oldest first, the newest `most`."""
        ...

    async def same(self, question: Question, evidence: str, since: datetime) -> tuple[Answer, datetime] | None:
        """The newest answer to the same words in the same incident on evidence with this digest, and when it came."""
        ...

    async def among(self, ids: Sequence[str]) -> frozenset[str]:
        """Those of these ids under which a question is recorded."""
        ...

    async def in_thread(self, channel_id: str, thread: str) -> bool:
        """Whether the bot has been asked in this thread before."""
        ...

    async def asked_by(self, user_id: str, since: datetime) -> tuple[Sequence[datetime], int]:
        """When this person asked since then, and how many of their questions are not answered yet."""
        ...

    async def stop(self, channel_id: str, thread: str) -> int:
        """Whatever is being answered in this thread is to end; how many that are."""
        ...

    async def stopped(self, question_id: str) -> bool: ...

    async def vote(self, question_id: str, user_id: str, vote: Vote, at: datetime) -> Vote | None:
        """Keeps what a person thought of an answer, the newest of each person; gives back what it was before."""
        ...
