"""What a change has done so far, as a message (pure)."""

from __future__ import annotations

from datetime import datetime

from bot.domain.briefing import Briefing, Section
from bot.domain.text import safe
from bot.domain.watched import Judged, Reading, Verdict
from bot.domain.words import clock, quantity, span
from integrations.signals import signal

_SAYS: dict[Verdict, str] = {
    "helped": "✅ it helped: back to normal",
    "partly": "🔸 it helped in part",
    "no change": "◻️ no change so far",
    "worse": "🔺 it is worse than before",
    "nothing to mend": "◻️ nothing was out of normal, and nothing is",
    "not seen": "❔ unknown: it was not measured both then and now",
}
_AT_THE_END: dict[Verdict, str] = {"no change": "◻️ it did not help"}
_HELPED: tuple[Verdict, ...] = ("helped", "partly")
_COURSES = {"back": "back to normal", "nearing": "on its way back", "same": "no change", "worse": "worse"}


def watched(what: str, made_at: datetime, judged: Judged, *, over: bool, until: datetime) -> Briefing:
    """One message, edited in place until the watch is over. `what` is in words from outside, not yet escaped."""
    passed = span((judged.at - made_at).total_seconds())
    verdict = _AT_THE_END.get(judged.verdict, _SAYS[judged.verdict]) if over else _SAYS[judged.verdict]
    head = f"*{safe(what, 120)}* · {passed} later: {verdict}"
    ends = "That was the last look." if over else f"I look again until {clock(until, judged.at)} UTC."
    lines = tuple(_line(one) for one in judged.readings)
    return Briefing(
        plain=head.replace("*", ""), headline=head, sections=(Section(lines),) if lines else (), footer=ends
    )


def outcome(judged: Judged) -> str:
    """The verdict in plain words, for the record."""
    said = _AT_THE_END.get(judged.verdict, _SAYS[judged.verdict])
    return said.split(" ", 1)[1]


def told_to_help(outcome: str) -> bool:
    """Whether words that end with an `outcome` say that it helped, at least in part."""
    return outcome.endswith(tuple(_SAYS[verdict].split(" ", 1)[1] for verdict in _HELPED))


def _line(one: Reading) -> str:
    """«Errors *0.4 %* (was 23.4 %, normal 0.3 %) · back to normal»."""
    kind = signal(one.state.signal)
    was = f"was {quantity(one.before.value, kind.unit)}" if one.before else "not measured then"
    normal = "" if one.state.normal is None else f", normal {quantity(one.state.normal, kind.unit)}"
    course = _COURSES.get(one.course, one.course)
    return f"{safe(kind.label, 60)} *{quantity(one.state.value, kind.unit)}* ({was}{normal}) · {course}"
