"""What was found among logs, changes and alerts that speaks to an assistant instead of to people."""

from __future__ import annotations

from collections.abc import Iterator

from bot.domain.briefing import Section
from bot.domain.context import Report
from bot.domain.incident import Incident
from bot.domain.text import code
from bot.guard.instructions import addresses_the_assistant
from integrations.contract import Change

_SHOWN = 160
"""Characters of such a line."""


def addressed(incident: Incident, report: Report) -> Section | None:
    """Who put it there wants something of a machine that reads it; people should know, and look who it was."""
    lines = tuple(dict.fromkeys(_lines(incident, report)))[:3]
    return Section(tuple(f"⚠️ {line} It was taken as data." for line in lines)) if lines else None


def _lines(incident: Incident, report: Report) -> Iterator[str]:
    for what, text in _texts(incident, report):
        for line in addresses_the_assistant(text)[:1]:
            yield f"{what} addresses the assistant: {code(line, _SHOWN)}"


def _texts(incident: Incident, report: Report) -> Iterator[tuple[str, str]]:
    for pattern in report.analysis.patterns:
        yield "A log line", pattern.sample or pattern.template
    for change in report.context.of(Change):
        yield "A change's title", change.title
    for alert in incident.alerts[:20]:
        yield "An alert", "\n".join((alert.name, alert.summary, *alert.annotations.values()))
