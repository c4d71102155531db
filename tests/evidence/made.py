"""Small incidents made for tests: an alert at 12:00, two quiet hours before it, one figure a minute."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from random import Random

from bot.domain.context import Context
from integrations.contract import Alert, Finding, LogLine, Logs, Scope, Series, Service, Window

ALERT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def at(minutes: float) -> datetime:
    """The moment that many minutes after the alert."""
    return ALERT + timedelta(minutes=minutes)


def figures(
    service: str,
    signal: str,
    normal: float,
    then: float | None = None,
    *,
    since: float = -5,
    until: float = 1,
    history: float = 120,
    noise: float = 0.03,
    edge: str = "",
    instance: str = "",
    seed: int = 0,
) -> Series:
    """A signal that jitters around `normal` and, from `since` minutes on, around `then`."""
    draw = Random(f"{service}{signal}{edge}{instance}{seed}")
    minutes = [-history + step for step in range(int(history + until) + 1)]
    level = [then if then is not None and minute >= since else normal for minute in minutes]
    return Series(
        service,
        signal,
        tuple(at(minute).timestamp() for minute in minutes),
        tuple(value + normal * noise * draw.gauss(0, 1) for value in level),
        edge=edge,
        instance=instance,
    )


def said(
    service: str, message: str, level: str, minutes: Sequence[float], *, instance: str = ""
) -> tuple[LogLine, ...]:
    """The same line at each of these minutes; `{n}` in it is a number that changes."""
    return tuple(
        LogLine(at(minute), service, message.replace("{n}", str(1000 + place)), level, instance)
        for place, minute in enumerate(minutes)
    )


def spread(since: float, until: float, count: int) -> list[float]:
    return [since + (until - since) * place / count for place in range(count)]


def logs(*lines: Sequence[LogLine], total: int | None = None) -> Logs:
    every = sorted((line for several in lines for line in several), key=lambda line: line.time)
    return Logs(tuple(every), total if total is not None else len(every))


def context(
    *findings: Finding, calls: Mapping[str, Sequence[str]] | None = None, until: float = 1, **more: object
) -> Context:
    """A context whose alerting service is the first of `calls` (service → callees); each has a repository."""
    calls = calls or {"front": ()}
    alert = Alert("test", "f1", "Slow", "firing", ALERT)
    names = dict.fromkeys([*calls, *(name for called in calls.values() for name in called)])
    services = {
        name: Service(
            name,
            namespace="shop",
            owner=f"team-{name}",
            repo=f"shop/{name}",
            depends_on=tuple(calls.get(name, ())),
        )
        for name in names
    }
    scope = Scope("INC-1", "production", (alert,), services, Window(at(-120), at(until)))
    return Context(scope, tuple(findings), **more)  # type: ignore[arg-type]
