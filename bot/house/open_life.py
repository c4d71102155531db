"""The composition of an incident's life: what its verbs, its reminders and what is told on of it need."""

from __future__ import annotations

from datetime import timedelta

from bot.intake import Intake
from bot.life.reach import Life, Pace
from bot.questions.question_ports import Questions
from bot.runs.workshop import Workshop
from bot.settings import Settings
from bot.state.database import Database
from bot.state.entries import SqlEntries


def open_life(settings: Settings, shop: Workshop, database: Database, questions: Questions, intake: Intake) -> Life:
    """Nothing is connected here."""
    sev1, others = settings.status_reminder_urgent_s, settings.status_reminder_s
    return Life(
        desk=shop.desk,
        outbox=SqlEntries(database),
        people=shop.people,
        runs=shop.runs,
        questions=questions,
        take=intake.take,
        labels=((settings.service_labels or ("",))[0], (settings.env_labels or ("",))[0]),
        pace=Pace(timedelta(seconds=sev1), timedelta(seconds=others)),
    )
