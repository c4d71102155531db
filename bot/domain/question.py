"""A question that a person asked in Slack, and the answer that was given."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bot.domain.briefing import Briefing
from bot.domain.money import NOTHING, Money

Ended = Literal["complete", "limit", "stopped", "evidence"]
"""`limit`: a limit of turns, tools, time or tokens cut it short. `evidence`: no model answered."""


@dataclass(frozen=True, slots=True)
class Question:
    id: str
    """Channel and ts of the message: the same however often Slack delivers it."""
    incident_id: str
    channel_id: str
    thread: str
    """Where the answer goes: the thread that the message stands in, or begins."""
    user_id: str
    text: str
    """Masked, without the mention of the bot."""
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class Source:
    """What an answer may cite by its number."""

    id: int
    label: str
    """For people: what was asked or seen, in a few words; not yet escaped."""
    url: str | None = None
    hard: bool = True
    """Whether figures or records stand behind it; False for words that people or programs wrote."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was said, as it stands in Slack, and how it came about."""

    briefing: Briefing
    plain: str
    """The same in plain words, for the next question of the thread."""
    ended: Ended
    model: str | None = None
    cost: Money = NOTHING
    evidence: str = ""
    """Digest of what the answer rests on: the same question on the same evidence has the same answer. Empty where this
    one is not to be given again, as where it repeats another itself: what is repeated would never grow old."""
