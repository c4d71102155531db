"""Facts before they have a number, and the numbering: every statement can be traced to what was seen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.domain.analysis import Fact
from bot.evidence import words
from bot.evidence.changes import Suspicion
from bot.evidence.log_patterns import Growth
from bot.evidence.onset import Shift

METRICS, LOGS, CHANGES, CATALOG = "prometheus", "elasticsearch", "github", "services.yaml"
"""The rooms from which findings come."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One statement that was seen; two that say the same are one."""

    source: str
    service: str
    text: str
    at: datetime | None = None
    url: str | None = None


def of_shift(shift: Shift) -> Seen:
    text = f"{words.moved(shift)} since {words.clock(shift.since)}"
    return Seen(METRICS, shift.service, text, datetime.fromtimestamp(shift.since, UTC), shift.url)


def of_growth(growth: Growth) -> Seen:
    pattern = growth.pattern
    text = words.counted(pattern)
    return Seen(LOGS, pattern.service, text, pattern.first_seen, pattern.url)


def of_change(suspicion: Suspicion) -> Seen:
    change = suspicion.change
    title = f" “{change.title}”" if change.title else ""
    who = f" by {change.author}" if change.author else ""
    name = change.version or change.what
    return Seen(
        CHANGES, change.service, f"{name}{title}, {change.what} {words.clock(change.at)}{who}", change.at, change.url
    )


class Numbering:
    """Gives each statement its number when it is cited first, from 1."""

    def __init__(self) -> None:
        self._ids: dict[Seen, int] = {}

    def cite(self, seen: Iterable[Seen]) -> tuple[int, ...]:
        """The numbers of these statements, in their order, each once."""
        return tuple(dict.fromkeys(self._ids.setdefault(one, len(self._ids) + 1) for one in seen))

    def facts(self) -> tuple[Fact, ...]:
        return tuple(
            Fact(number, seen.source, seen.service, seen.text, seen.at, seen.url) for seen, number in self._ids.items()
        )
