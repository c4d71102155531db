"""Which runbooks fit an incident, and why: by its alerts' names and labels, the metric behind them, and log lines."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from math import inf

from integrations.contract import Alert, RunbookMatch
from runbooks.model import Library, Runbook, Trigger

MOST = 5
"""Matches that are shown; who needs more looks into the library."""
_WEIGHTS = {"alert": 0.5, "metric": 0.35, "log_pattern": 0.35, "cause": 0.3, "labels": 0.25, "service": 0.2}
"""How much each agreement says: the alert's own name the most, a service that many runbooks share the least."""
_WORDS = re.compile(r"[a-z0-9]+")
LONGEST = 2_000
"""Characters of one line that a log pattern is searched in."""
_ENDLESS = re.compile(r"[+*}]\s*\)\s*[+*{]|\|[^()]*\)\s*[+*{]")
"""A repetition of a repetition or of alternatives."""
Lines = tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """What the evidence saw, by the time it has been looked at."""

    lines: Iterable[str] | Mapping[str, float] = ()
    """Log lines or templates that grew; with how often each was seen, a trigger's `count` counts too."""
    signals: Iterable[str] = ()
    """Names of those that moved the way that hurts."""
    cause: str | None = None
    """The kind that the evidence points at, empty where it points nowhere, None before anyone has looked."""


def match(
    library: Library, alerts: Sequence[Alert], services: Sequence[str], seen: Seen = Seen()
) -> tuple[RunbookMatch, ...]:
    """The runbooks that fit, the best first; at most five.

    A runbook for one service fits no other. One without any trigger fits only by its service. Before anything was
    seen, the alerts alone decide.
    """
    sight = _Sight(_lines(alerts, seen), frozenset(seen.signals), seen.cause or "")
    books = [book for book in library.runbooks if seen.cause is None or book.trigger.cause in ("", seen.cause)]
    found = [_match(book, alerts, services, sight) for book in books]
    return tuple(sorted((one for one in found if one is not None), key=lambda one: (-one.score, one.id))[:MOST])


@dataclass(frozen=True, slots=True)
class _Sight:
    lines: Lines
    moved: frozenset[str]
    cause: str


def _match(book: Runbook, alerts: Sequence[Alert], services: Sequence[str], sight: _Sight) -> RunbookMatch | None:
    if book.service and book.service != services[0]:
        return None
    why = {"service": f"for {book.service}"} if book.service else {}
    if book.trigger:
        reasons = {name: reason for name, fits in _TESTS.items() if (reason := fits(book.trigger, alerts, sight))}
        if not reasons:
            return None
        why |= reasons
    if not why:
        return None
    score = min(1.0, sum(_WEIGHTS[name] for name in why))
    return RunbookMatch(book.id, book.title, "; ".join(why.values()), round(score, 3))


def _by_alert(trigger: Trigger, alerts: Sequence[Alert], _sight: _Sight) -> str:
    patterns = [part.strip().lower() for part in trigger.alert.split("|") if part.strip()]
    hit = next((a.name for a in alerts if any(fnmatchcase(a.name.lower(), pattern) for pattern in patterns)), "")
    return f"alert {hit}" if hit else ""


def _by_labels(trigger: Trigger, alerts: Sequence[Alert], _sight: _Sight) -> str:
    wanted = trigger.labels.items()
    if wanted and any(all(fnmatchcase(alert.labels.get(key, ""), value) for key, value in wanted) for alert in alerts):
        return "labels " + ", ".join(f"{key}={value}" for key, value in wanted)
    return ""


def _by_metric(trigger: Trigger, alerts: Sequence[Alert], sight: _Sight) -> str:
    """A signal that moved, a metric named in an alert's expression, or one whose words the alert's name holds."""
    metric = trigger.metric
    if not metric:
        return ""
    told = f"metric {metric} {trigger.condition}".strip()
    if metric in sight.moved or any(_words_of(signal) <= _words_of(metric) for signal in sight.moved):
        return told
    if any(metric in (alert.url or "") for alert in alerts):
        return told
    words = set(_WORDS.findall(metric.lower())) - {"usage", "percent", "total", "container", "seconds", "used"}
    return told if words and any(words <= _words_of(alert.name) for alert in alerts) else ""


def _by_log(trigger: Trigger, _alerts: Sequence[Alert], sight: _Sight) -> str:
    if not trigger.log_pattern:
        return ""
    pattern = _pattern(trigger.log_pattern)
    hits = sum(count for line, count in sight.lines if pattern.search(line))
    return f"log line «{trigger.log_pattern}»" if hits >= trigger.count else ""


def _by_cause(trigger: Trigger, _alerts: Sequence[Alert], sight: _Sight) -> str:
    return f"cause: {trigger.cause}" if trigger.cause and trigger.cause == sight.cause else ""


def _lines(alerts: Sequence[Alert], seen: Seen) -> Lines:
    """Each text with how often it was seen; what an alert says, or a line that nobody counted, is often enough."""
    counted = seen.lines.items() if isinstance(seen.lines, Mapping) else ((line, inf) for line in seen.lines)
    told = (part for alert in alerts for part in (alert.summary, *alert.annotations.values()) if part)
    return tuple((line[:LONGEST], count) for line, count in (*counted, *((part, inf) for part in told)))


@cache
def _pattern(written: str) -> re.Pattern[str]:
    """As a regular expression; plain words where it is none, or one that could take for ever."""
    try:
        return re.compile(re.escape(written) if _ENDLESS.search(written) else written, re.IGNORECASE)
    except re.error:
        return re.compile(re.escape(written), re.IGNORECASE)


_TESTS: dict[str, Callable[[Trigger, Sequence[Alert], _Sight], str]] = {
    "alert": _by_alert,
    "labels": _by_labels,
    "metric": _by_metric,
    "log_pattern": _by_log,
    "cause": _by_cause,
}


def _words_of(name: str) -> set[str]:
    """`HighMemoryUsage` and `high_memory_usage` are the words high, memory and usage."""
    return set(_WORDS.findall(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).lower()))
