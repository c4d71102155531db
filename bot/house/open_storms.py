"""The composition of storms: their record, and the line in which incidents wait for their looks."""

from __future__ import annotations

from dataclasses import replace

from bot.desk import Desk
from bot.settings import Settings
from bot.state.database import Database
from bot.state.storms import SqlStorms
from bot.storms.waiting_line import WaitingLine


def with_storms(desk: Desk, settings: Settings, database: Database) -> Desk:
    """The same desk, on which storms are known."""
    storms = SqlStorms(database, desk.clock, settings.storm_threshold)
    return replace(desk, storms=storms, looks=WaitingLine(settings.looks_at_once))
