"""What the team itself wrote down, where it speaks of the incident's service."""

from __future__ import annotations

import re

from bot.domain.briefing import Section
from bot.domain.context import Report
from bot.domain.text import prose
from integrations.contract import Facts

SHOWN = 3
_BULLET = re.compile(r"^\s*(?:[-*+•]|\d+[.)])\s+")


def team(report: Report) -> Section | None:
    """The first lines of the team's notes that fit this service; all of them stand in the model's prompt."""
    facts = next(iter(report.context.of(Facts)), None)
    lines = fitting(facts.notes, facts.service.name) if facts and facts.notes else ()
    return Section(tuple(f"• {prose(line, 300)}" for line in lines[:SHOWN]), title="Team notes") if lines else None


def fitting(notes: str, service: str) -> tuple[str, ...]:
    """The lines that name this service, or that stand below a heading that does (pure)."""
    named = re.compile(rf"(?<![\w-]){re.escape(service)}(?![\w-])", re.IGNORECASE)
    found, below = [], False
    for line in notes.splitlines():
        if line.lstrip().startswith("#"):
            below = bool(named.search(line))
        elif line.strip() and (below or named.search(line)):
            found.append(_BULLET.sub("", line).strip())
    return tuple(found)
