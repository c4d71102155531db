"""A week's figures as a message: each beside the week before (pure)."""

from __future__ import annotations

from collections.abc import Iterator

from bot.domain.briefing import Briefing, Section
from bot.domain.digest import Digest
from bot.domain.text import safe
from bot.domain.words import count, span

HOW = "In brackets: the week before. Times are medians. The setting `DIGEST` says when it comes."


def digest(week: Digest, before: Digest) -> Briefing:
    """One message for the incidents channel."""
    title = f"The week {week.since:%d %b} to {week.until:%d %b}"
    plain = f"{title} · {count(week.incidents, 'incident')}"
    return Briefing(
        plain=plain,
        headline=f"*{title}* · {count(week.incidents, 'incident')} ({before.incidents})",
        sections=(Section(tuple(_lines(week, before))),),
        footer=HOW,
    )


def _lines(week: Digest, before: Digest) -> Iterator[str]:
    if worst := " · ".join(f"{severity.name} {number}" for severity, number in week.worst.items() if number):
        false = f" · false alarms {week.false_alarms}" if week.false_alarms else ""
        yield worst + false
    if week.incidents:
        yield (
            f"First response *{_time(week.response_s)}* ({_time(before.response_s)}) · "
            f"acknowledged *{_time(week.acknowledge_s)}* ({_time(before.acknowledge_s)}) · "
            f"resolved *{_time(week.resolve_s)}* ({_time(before.resolve_s)})"
        )
        if week.unacknowledged:
            yield f"Nobody acknowledged {week.unacknowledged} of {week.incidents}"
    yield f"{count(week.alerts, 'alert')} ({before.alerts:,})"
    for noise in week.noisy:
        yield f"Noisy: *{safe(noise.name)}* fired {noise.times:,} times, and nobody acknowledged one"
    if week.liked_share is not None:
        yield f"Answers: 👍 {week.liked} of {week.liked + week.disliked}"
    if week.spent.micros or before.spent.micros:
        yield f"Models *{week.spent}* ({before.spent})"


def _time(seconds: float | None) -> str:
    if seconds is None:
        return "–"
    return f"{seconds:.1f} s" if seconds < 10 else span(seconds)
