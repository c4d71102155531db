"""What is open while the bot is at work."""

from __future__ import annotations

from dataclasses import dataclass

from bot.desk import Desk
from bot.house.open_answering import Answering
from bot.house.open_replica import Replica
from bot.house.open_traces import Tracing
from bot.settings import Settings
from bot.state.database import Database


@dataclass(frozen=True, slots=True)
class House:
    settings: Settings
    database: Database
    desk: Desk
    answering: Answering
    replica: Replica
    tracing: Tracing
