"""The chapters of a postmortem, each out of the record alone (pure)."""

from __future__ import annotations

from bot.closing.postmortem.actions import actions
from bot.closing.postmortem.cause import cause
from bot.closing.postmortem.impact import impact
from bot.closing.postmortem.lessons import lessons
from bot.closing.postmortem.resolution import resolution
from bot.closing.postmortem.summary import summary
from bot.closing.postmortem.timeline import timeline

__all__ = ["actions", "cause", "impact", "lessons", "resolution", "summary", "timeline"]
