"""Rows of figures as a few short lines (pure)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime

from integrations.prometheus.answers import Row
from integrations.telling import short

MOST_SERIES = 20
MOST_POINTS = 12
_LONGEST_LABEL = 160


def figure(value: float) -> str:
    """Six digits are plenty: `23.4`, `0.000412`, `1.5e+09`."""
    return f"{value:.6g}"


def clock(moment: float, span_s: float) -> str:
    """UTC; with seconds where the whole span is short, with the day where it is long."""
    form = "%H:%M:%S" if span_s < 600 else "%H:%M"
    return datetime.fromtimestamp(moment, UTC).strftime(form)


def own_rows(rows: Sequence[Row], label: str, services: Collection[str]) -> list[Row]:
    """Those with figures, but none that says to be of another service; the highest last figure first.

    A second door: that only these services are read has been seen to before the question was put.
    """
    own = (row for row in rows if row.values and row.labels.get(label, "") in {"", *services})
    return sorted(own, key=lambda row: (-row.values[-1], sorted(row.labels.items())))


def name(labels: Mapping[str, str]) -> str:
    """`pod=cart-a code=500`; «all» for a figure without labels."""
    told = " ".join(f"{key}={value}" for key, value in sorted(labels.items()) if key != "__name__")
    metric = labels.get("__name__", "")
    return short(" ".join(f"{metric} {told}".split()) or "all", _LONGEST_LABEL)


def now_line(row: Row) -> str:
    return f"{name(row.labels)}: {figure(row.values[-1])}"


def range_line(row: Row) -> str:
    """First, last, min, max, and some of the figures between, evenly spaced and with their times."""
    ends = f"first {figure(row.values[0])}, last {figure(row.values[-1])}"
    bounds = f"min {figure(min(row.values))}, max {figure(max(row.values))}"
    span_s = row.times[-1] - row.times[0]
    points = (f"{clock(row.times[at], span_s)} {figure(row.values[at])}" for at in spread(len(row.values)))
    return f"{name(row.labels)}: {ends}, {bounds} | {' · '.join(points)}"


def spread(many: int) -> list[int]:
    """Places of at most `MOST_POINTS` figures of so many: the first, the last, and evenly between."""
    if many <= MOST_POINTS:
        return list(range(many))
    return [round(at * (many - 1) / (MOST_POINTS - 1)) for at in range(MOST_POINTS)]
