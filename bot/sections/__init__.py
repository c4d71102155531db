"""The parts of a briefing, one function each: findings and facts in, lines of mrkdwn out, None for nothing to say."""

from bot.sections.addressed import addressed
from bot.sections.cause import analysis, evidence, patterns, sources, title_of
from bot.sections.known import changes, gaps, on_call, open_alerts, similar
from bot.sections.linked import because, linked, over_sign, still_firing, told_with
from bot.sections.standing import standing, who
from bot.sections.status import measured, measured_before, over, status
from bot.sections.steps import aimed, first_steps, only_for, runbook_of, runbooks
from bot.sections.team import team
from bot.sections.timeline import timeline

__all__ = [
    "addressed",
    "aimed",
    "analysis",
    "because",
    "changes",
    "evidence",
    "first_steps",
    "gaps",
    "linked",
    "measured",
    "measured_before",
    "on_call",
    "only_for",
    "open_alerts",
    "over",
    "over_sign",
    "patterns",
    "runbook_of",
    "runbooks",
    "similar",
    "sources",
    "standing",
    "status",
    "still_firing",
    "team",
    "timeline",
    "title_of",
    "told_with",
    "who",
]
