"""The chapters of a postmortem, each out of the record alone (pure)."""

from __future__ import annotations

from bot.postmortem.actions import actions
from bot.postmortem.cause import cause
from bot.postmortem.impact import impact
from bot.postmortem.lessons import lessons
from bot.postmortem.resolution import resolution
from bot.postmortem.summary import summary
from bot.postmortem.timeline import timeline

__all__ = ["actions", "cause", "impact", "lessons", "resolution", "summary", "timeline"]
