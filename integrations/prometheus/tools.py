"""What a model may ask Prometheus: figures now or over a span, and where they lead."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from integrations.arguments import Arguments, spec
from integrations.contract import Scope, ToolAnswer
from integrations.prometheus import NAME
from integrations.prometheus.answers import Row
from integrations.prometheus.asking import LONGEST_MIN, Asked, Asking
from integrations.prometheus.table import MOST_SERIES, figure, name, now_line, own_rows, range_line
from integrations.prometheus.trend import FARTHEST_S, FEWEST, Trend, trend
from integrations.telling import told

SHORTEST_TREND_MIN = 5


class QueryMetrics:
    """Figures as they are, or how they ran."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self.spec = spec(
            "query_metrics",
            "Figures from Prometheus, of this incident's services only: now, or over the last minutes as first, last, "
            f"min, max and up to 12 points for each series, times in UTC. At most {MOST_SERIES} series, those with the "
            "highest last figure; where it says that it cut, aggregate with sum by (…) or topk. Either a query in "
            "PromQL, or a signal and a service.",
            **asking.parameters(f"How far back: 0 for now, else up to {LONGEST_MIN}."),
        )

    async def use(self, arguments: Mapping[str, Any], scope: Scope) -> ToolAnswer:
        given = Arguments(NAME, self.spec, arguments, scope)
        asked = self._asking.asked(given, scope, 0)
        if given.whole("minutes", 0, LONGEST_MIN):
            rows = await self._asking.ask(lambda client: client.range(asked.query, asked.window, asked.step_s))
            head = (
                f"from {asked.window.since:%H:%M} to {asked.window.until:%H:%M} UTC, one figure every {asked.step_s} s"
            )
            return self._answer(asked, rows, head, range_line)
        rows = await self._asking.ask(lambda client: client.now(asked.query, asked.window.until))
        return self._answer(asked, rows, f"at {asked.window.until:%H:%M:%S} UTC", now_line)

    def _answer(self, asked: Asked, rows: tuple[Row, ...], head: str, line: Callable[[Row], str]) -> ToolAnswer:
        own = own_rows(rows, self._asking.labels.service, asked.services)
        return _answer(asked, [line(row) for row in own], head, self._asking.url)


class Forecast:
    """Where figures lead that go on as they did."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self.spec = spec(
            "forecast",
            "When a figure reaches a threshold if it goes on in a straight line: for each series of a query or signal "
            "the slope, how well a line fits (R²), and the time, or that it does not. For disks, memory, pools and "
            f"queues that fill. At most {MOST_SERIES} series, the soonest first. A poor fit is no forecast.",
            **asking.parameters(f"How many of the last minutes to go by, {SHORTEST_TREND_MIN} to {LONGEST_MIN}."),
            threshold={"type": "number", "description": "In the figure's own unit, such as 100 for a disk in %."},
        )

    async def use(self, arguments: Mapping[str, Any], scope: Scope) -> ToolAnswer:
        given = Arguments(NAME, self.spec, arguments, scope)
        threshold = given.number("threshold")
        asked = self._asking.asked(given, scope, SHORTEST_TREND_MIN)
        rows = await self._asking.ask(lambda client: client.range(asked.query, asked.window, asked.step_s))
        own = own_rows(rows, self._asking.labels.service, asked.services)
        head = f"{asked.span}; threshold {figure(threshold)}"
        return _answer(asked, forecasts(own, threshold), head, self._asking.url)


def forecasts(rows: Sequence[Row], threshold: float) -> list[str]:
    """A line for each series, those that are there first, then the soonest (pure)."""
    lines = [(row, trend(row.times, row.values)) for row in rows]
    return [_forecast(row, line, threshold) for row, line in sorted(lines, key=lambda one: _soon(one[1], threshold))]


def _soon(line: Trend | None, threshold: float) -> float:
    if line is None:
        return 2 * FARTHEST_S
    seconds = line.reaches(threshold)
    return -1.0 if line.passed(threshold) else FARTHEST_S if seconds is None else seconds


def _forecast(row: Row, line: Trend | None, threshold: float) -> str:
    if line is None:
        return f"{name(row.labels)}: last {figure(row.values[-1])}; too few figures for a trend, {FEWEST} are needed"
    told_slope = f"{line.slope * 3600:+.4g} an hour" if line.slope else "steady"
    head = f"{name(row.labels)}: last {figure(row.values[-1])}, {told_slope}, fit {line.quality} (R² {line.fit:.2f})"
    seconds = line.reaches(threshold)
    if line.passed(threshold):
        return f"{head}: has passed {figure(threshold)} already"
    if seconds is None:
        return f"{head}: does not reach {figure(threshold)} in 30 days"
    at = datetime.fromtimestamp(row.times[-1], tz=UTC) + timedelta(seconds=seconds)
    sure = "" if line.quality != "poor" else ", but a line does not fit: no forecast to rely on"
    return f"{head}: reaches {figure(threshold)} in {_duration(seconds)}, at {at:%Y-%m-%d %H:%M} UTC{sure}"


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    days, hours, rest = minutes // 1440, minutes % 1440 // 60, minutes % 60
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {rest} min" if hours else f"{rest} min"


def _answer(asked: Asked, lines: Sequence[str], head: str, address: str) -> ToolAnswer:
    unit = f", in {asked.unit}" if asked.unit else ""
    shown = list(lines[:MOST_SERIES]) or ["no figures"]
    found = told((asked.label, head + unit), shown, max(len(lines), 1), "series")
    return ToolAnswer(found.text, asked.source, asked.url(address), found.cut, asked.services)
