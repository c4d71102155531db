"""Everyday things that have nothing to do with the fault, made up and added to a real recording.

The recordings have no log lines and no rollouts. Whether those witnesses could find a cause cannot be seen there, but
whether they are led astray can: what is added goes on in each service as ever, or happened to an innocent one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from random import Random

from bot.domain.context import Context
from integrations.contract import Change, LogLine, Logs
from tests.eval.cases import Case

A_MINUTE = {"INFO": 3.0, "WARN": 0.5, "ERROR": 0.3}
"""Mean lines a minute of each service, by level, of each of two templates."""
MOST_SERVICES = 50
LINES = {
    "INFO": ("GET /api/{n} 200 in {n} ms", "job {n} done"),
    "WARN": ("retry {n} of call {n}", "cache miss ratio {n}%"),
    "ERROR": ("request {n} failed: timeout after {n} ms", "could not parse header of request {n}"),
}
BURST = 6.0
"""How many times as many lines come in a service's busiest minute, which may lie anywhere."""
WITHIN = 3600.0
"""Seconds before the alert in which the innocent rollout lies."""

Added = Callable[[Context, Case], Context]


def with_lines(context: Context, case: Case) -> Context:
    """Log lines of every service, at a steady rate by chance, with one busy minute each."""
    draw = Random(case.name)
    window = context.scope.window
    minutes = int((window.until - window.since).total_seconds() // 60)
    lines = []
    for service in list(context.scope.services)[:MOST_SERVICES]:
        busy = draw.randrange(max(1, minutes))
        for minute in range(minutes):
            for level, mean in A_MINUTE.items():
                for template in LINES[level]:
                    for _ in range(poisson(draw, mean * (BURST if minute == busy else 1.0))):
                        moment = window.since + timedelta(seconds=60 * (minute + draw.random()))
                        text = template.format(n=draw.randrange(10_000))
                        lines.append(LogLine(moment, service, text, level, ""))
    lines.sort(key=lambda line: line.time)
    return replace(context, findings=(*context.findings, Logs(tuple(lines), len(lines))))


def with_rollout(context: Context, case: Case) -> Context:
    """One rollout of a service that is not the cause, at some moment of the hour before the alert."""
    draw = Random(case.name)
    guilty = {case.truth["service"], *(case.truth.get("services_ok") or ())}
    innocent = draw.choice([name for name in context.scope.services if name not in guilty] or ["unknown-service"])
    at = context.scope.alerted_at - timedelta(seconds=draw.random() * WITHIN)
    return replace(context, findings=(*context.findings, Change(innocent, "deployment", at, "v2")))


EVERYDAY: Mapping[str, Added] = {"everyday log lines": with_lines, "an innocent rollout": with_rollout}
"""What is added → how."""


def poisson(draw: Random, mean: float) -> int:
    """How often something of this mean happens (Knuth's way: fine for small means)."""
    count, left = 0, draw.random()
    while left > math.exp(-mean):
        count, left = count + 1, left * draw.random()
    return count
