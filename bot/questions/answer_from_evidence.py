"""A question is answered out of the last look, by what its words ask for; no model is needed (pure).

Which part of the report is meant is read from the question's words. What is not understood is said, with what can
be asked; nothing is made up.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

from bot import sections
from bot.compose import brief
from bot.domain.briefing import Briefing, Section
from bot.domain.context import Report
from bot.domain.incident import Incident
from bot.domain.money import NOTHING, Money

Part = Callable[[Incident, Report, datetime], Section | None]

_PARTS: tuple[tuple[str, str, Part], ...] = (
    ("cause", r"why|caus\w*|reason|wrong|broke\w*|root", lambda i, r, now: sections.analysis(i, r)),
    (
        "status",
        r"status|metrics?|errors?|latency|slow|traffic|p9\d|cpu|memory|signals?|how bad",
        lambda i, r, now: sections.status(r, sections.measured(r, now)),
    ),
    ("logs", r"logs?|lines?|exceptions?|patterns?", lambda i, r, now: sections.patterns(r)),
    ("changes", r"chang\w*|deploy\w*|releas\w*|merge\w*|rollout|shipped", lambda i, r, now: sections.changes(r, now)),
    (
        "timeline",
        r"timeline|when|since|sequence|order|happened|history of",
        lambda i, r, now: sections.timeline(i, r, now),
    ),
    ("similar", r"before|similar|history|past|again|last time", lambda i, r, now: sections.similar(r, now)),
    ("runbooks", r"runbooks?|playbooks?|procedure", lambda i, r, now: sections.runbooks(r)),
    (
        "first steps",
        r"what (can|should|do)|first|steps?|fix|do now|next",
        lambda i, r, now: sections.first_steps(r.analysis, i.id if i.lead else ""),
    ),
    ("on call", r"who|on.?call|pager|owner|owns", lambda i, r, now: sections.on_call(r, now)),
    ("gaps", r"gaps?|missing|could not|couldn't|see|blind", lambda i, r, now: sections.gaps(r)),
    (
        "other alerts",
        r"alerts?|others?|dependenc\w*|upstream|downstream",
        lambda i, r, now: sections.open_alerts(r, now),
    ),
)
ASKABLE = ", ".join(name for name, _, _ in _PARTS)


def answer(question: str, incident: Incident, report: Report | None, now: datetime, cost: Money = NOTHING) -> Briefing:
    """What the last look says about the question. `cost` is what a model took that came to nothing."""
    if report is None:
        return _line("I am still looking. The briefing comes in this channel in a few seconds.", paid(cost))
    asked = [(name, part) for name, words, part in _PARTS if re.search(rf"\b({words})\b", question, re.IGNORECASE)]
    if not asked:
        return _line(f"I don't know. From the evidence I can tell: {ASKABLE}.", _asof(report, now, cost))
    told = [(name, part(incident, report, now)) for name, part in asked[:3]]
    found = [section for _, section in told if section is not None]
    if nothing := [name for name, section in told if section is None]:
        found.append(Section((f"Nothing found about: {', '.join(nothing)}.",)))
    first, *others = found
    plain = brief(incident, report, now).plain
    return Briefing(plain, "\n".join(first.text), tuple(others), _asof(report, now, cost))


def paid(cost: Money) -> str | None:
    """What a model took that left no answer; None where none was paid."""
    return f"{cost} for a model" if cost.micros else None


def _asof(report: Report, now: datetime, cost: Money) -> str:
    return f"{sections.measured(report, now)} · {paid(cost) or 'no model was used'}"


def _line(text: str, footer: str | None) -> Briefing:
    return Briefing(plain=text, headline=text, footer=footer)
