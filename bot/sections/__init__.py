"""The parts of a briefing, one function each: findings and facts in, lines of mrkdwn out, None for nothing to say."""

from bot.sections.addressed import addressed
from bot.sections.cause import analysis, evidence, patterns, title_of
from bot.sections.known import changes, gaps, on_call, open_alerts, similar
from bot.sections.status import measured, status
from bot.sections.steps import first_steps, runbooks
from bot.sections.timeline import timeline

__all__ = [
    "addressed",
    "analysis",
    "changes",
    "evidence",
    "first_steps",
    "gaps",
    "measured",
    "on_call",
    "open_alerts",
    "patterns",
    "runbooks",
    "similar",
    "status",
    "timeline",
    "title_of",
]
