"""What happened when, as the record and the last look have it."""

from __future__ import annotations

from datetime import datetime

from bot.domain.briefing import Section
from bot.domain.context import Report
from bot.domain.incident import Incident
from bot.domain.text import prose
from bot.domain.words import clock
from bot.timeline import of_incident, of_report

_NEWEST = 20
"""More nobody reads on a phone."""


def timeline(incident: Incident, report: Report, now: datetime) -> Section:
    """The newest moments, the oldest of them first; never empty, as an incident was opened at some time."""
    moments = sorted((*of_incident(incident), *of_report(report)), key=lambda moment: moment[0])
    lines = tuple(f"• {clock(at, now)} {prose(said, 200)}" for at, said in moments[-_NEWEST:])
    aside = f"the newest {_NEWEST} of {len(moments)}" if len(moments) > _NEWEST else ""
    return Section(lines, title="Timeline", aside=aside)
