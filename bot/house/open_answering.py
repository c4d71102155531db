"""The composition of answers: the model behind its budget and pace, and the record of questions."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bot.desk import Desk
from bot.guard.redact import Redaction
from bot.llm.claude import Claude, wanted
from bot.llm.pace import Pace
from bot.measures import Measures
from bot.ports import Clock
from bot.questions.asking import Asking
from bot.questions.budget import Limits
from bot.questions.consult import Call, Consult
from bot.questions.model_ports import Model, Purse
from bot.settings import Settings
from bot.state.budget_lines import SqlBudgetLines
from bot.state.database import Database
from bot.state.model_pace import SqlPace
from bot.state.purse import SqlPurse
from bot.state.questions import SqlQuestions


@dataclass(frozen=True, slots=True)
class Answering:
    """What answers, and briefings with a second opinion, stand on."""

    consult: Consult
    purse: SqlPurse
    lines: SqlBudgetLines
    questions: SqlQuestions
    model: Claude | None

    @property
    def to_spend(self) -> Purse | None:
        """None where there is no model, and so nothing to spend."""
        return self.purse if self.consult.available else None

    async def asking(self, desk: Desk, question_id: str) -> Asking:
        """Raises JournalDown; LookupError for a question that nobody asked."""
        question = await self.questions.question(question_id)
        if question is None:
            raise LookupError(f"no question is called {question_id}")
        return Asking(desk, self.questions, self.consult, question)

    async def get_ready(self) -> None:
        """What takes long to load is loaded before the first incident needs it."""
        if self.model is not None:
            await self.model.get_ready()


@asynccontextmanager
async def open_answering(
    settings: Settings,
    database: Database,
    clock: Clock,
    measures: Measures,
    traced: Callable[[Model], Model] = lambda model: model,
) -> AsyncIterator[Answering]:
    """Everything that asking a model needs; nothing is connected yet. Raises SettingsError.

    `traced`: the same model, seen at work.
    """
    purse = SqlPurse(database, clock, _limits(settings))
    redaction = Redaction(settings.redact_emails, settings.redact_cards, measures.redacted)
    model = Claude(asked, redaction.text) if (asked := wanted(settings)) else None
    limits = (settings.model_requests_per_minute, settings.model_tokens_per_minute)
    pace = Pace(*limits, shared=SqlPace(database, *limits) if database.shared else None)

    def told(call: Call) -> None:
        measures.called(call.model, call.account.story, call.usage, call.cost, call.end)

    consult = Consult(traced(model) if model else None, purse, pace, told)
    try:
        yield Answering(consult, purse, SqlBudgetLines(database, clock), SqlQuestions(database), model)
    finally:
        await consult.close()


def _limits(settings: Settings) -> Limits:
    return Limits.dollars(
        answer=settings.budget_answer,
        incident=settings.budget_incident,
        person_day=settings.budget_person_day,
        day=settings.budget_day,
        month=settings.budget_month,
    )
