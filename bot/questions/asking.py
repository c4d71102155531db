"""What lies in reach while one question is answered."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.desk import Desk
from bot.domain.incident import Posted
from bot.domain.money import Account
from bot.domain.question import Answer, Question, Source
from bot.ports import Doing
from bot.questions.consult import Consult
from bot.questions.question_ports import Questions


@dataclass(frozen=True, slots=True)
class Known:
    """What was known when the answering began. After a restart it is the same."""

    words: str
    """The first message of the talk with a model, fenced; the question is its end."""
    sources: tuple[Source, ...]
    evidence: str
    """Digest of what the answer will rest on."""
    until: datetime
    """When an answer has to be there."""
    ask_a_model: bool
    """Whether there is one to ask."""
    same: Answer | None = None
    """What the same question on the same evidence was answered with a moment ago, at `same_at`."""
    same_at: datetime | None = None


@dataclass(slots=True)
class Asking:
    """One question, being answered."""

    desk: Desk
    questions: Questions
    consult: Consult
    question: Question
    reply: Posted | None = None
    """Where the answer grows, once it has begun to."""
    said: str = ""
    """What the model said in the turns that are over."""
    doing: dict[str, Doing] = field(default_factory=dict)
    """The uses of tools so far, in their order."""

    @property
    def account(self) -> Account:
        asked = self.question
        return Account("answer", asked.incident_id, asked.user_id, asked.id)

    async def show(self, text: str = "") -> None:
        """Shows what is there by now; `text` is the present turn's, so far."""
        if self.reply is not None:
            whole = "\n\n".join(part for part in (self.said, text) if part)
            await self.desk.chat.grow_reply(self.reply, whole, tuple(self.doing.values()))

    def does(self, doing: Doing) -> None:
        self.doing[doing.id] = doing

    def did(self, id_: str, *, failed: bool) -> None:
        self.doing[id_] = replace(self.doing[id_], state="error" if failed else "complete")
