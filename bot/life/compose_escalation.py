"""That the next level was called, or could not be, as a message (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from bot.domain.briefing import Briefing, Section
from bot.domain.incident import Incident
from bot.domain.text import link, safe
from bot.domain.words import span


@dataclass(frozen=True, slots=True)
class Call:
    """What came of calling one level."""

    level: int
    who: tuple[str, ...] = ()
    """Names, as far as the pager tells them."""
    url: str = ""
    problem: str = ""
    """Why nobody was called; empty where somebody was."""
    again: bool = False
    """Whether it may go better in a moment."""
    needless: bool = False
    """Whether somebody answered before this one was made: nobody was called."""
    page: str = ""
    """What they were called by, as the pager calls it."""


def escalated(incident: Incident, why: str, call: Call, after: timedelta) -> Briefing:
    """«📟 *Level 2 called*: Lee, because nobody acknowledged it for 10 min.»"""
    service = safe(incident.service, 80)
    if call.problem:
        so = "I try on for an hour: call them if you can." if call.again else "I could not: call them."
        line = f"📟 *Level {call.level} should be called* for {service}, because {safe(why)}. {so}"
        return Briefing(
            plain=f"Call level {call.level}", headline=line, sections=(Section((f"{safe(call.problem)}.",)),)
        )
    names = ", ".join(safe(name, 60) for name in call.who[:5]) or "whoever is on call"
    line = f"📟 *Level {call.level} called*: {names}, for {service}, because {safe(why)}."
    seen = f"{link(call.url, 'See the page')}. " if call.url else ""
    rest = f"else the next level is called in {span(after.total_seconds())}"
    footer = f"{seen}`/incident ack` or an answer there ends it; {rest}."
    return Briefing(plain=f"Level {call.level} called", headline=line, footer=footer)
