"""Requests and answers as Prometheus' HTTP API writes them (prometheus.io/docs, HTTP API)."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import numpy as np

from playground.prometheus.values import Millis, Row, Scalar, Text, Value

MOST_POINTS = 11_000
_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800, "y": 31_536_000}
_DURATION = re.compile(r"(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?")


class BadData(Exception):
    """A parameter that cannot be read: HTTP 400, errorType `bad_data`."""


def moment(parameters: Mapping[str, str], name: str, default: float | None = None) -> int:
    """A parameter as milliseconds: Unix seconds or RFC 3339. Raises BadData."""
    text = parameters.get(name, "")
    if not text and default is not None:
        return round(default * 1_000)
    try:
        seconds = float(text)
    except ValueError:
        seconds = _rfc3339(text)
    if math.isfinite(seconds):
        return round(seconds * 1_000)
    raise BadData(f'invalid parameter "{name}": cannot parse "{text}" to a valid timestamp')


def _rfc3339(text: str) -> float:
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return math.nan
    return math.nan if when.tzinfo is None else when.timestamp()


def duration(parameters: Mapping[str, str], name: str) -> int:
    """A parameter as milliseconds: seconds or a Prometheus duration such as 5m. Raises BadData."""
    text = parameters.get(name, "")
    try:
        seconds = float(text)
    except ValueError:
        parts = _DURATION.fullmatch(text) if text else None
        if parts is None:
            raise BadData(f'invalid parameter "{name}": cannot parse "{text}" to a valid duration') from None
        units = ("y", "w", "d", "h", "m", "s", "ms")
        seconds = sum(int(part or 0) * _UNITS[unit] for part, unit in zip(parts.groups(), units, strict=True))
    if not math.isfinite(seconds):
        raise BadData(f'invalid parameter "{name}": cannot parse "{text}" to a valid duration. It overflows int64')
    return round(seconds * 1_000)


def steps(parameters: Mapping[str, str]) -> Millis:
    """The moments of a range query in milliseconds. Raises BadData beyond 11,000 points."""
    start, end = moment(parameters, "start"), moment(parameters, "end")
    if end < start:
        raise BadData('invalid parameter "end": end timestamp must not be before start time')
    step = duration(parameters, "step")
    if step <= 0:
        raise BadData(
            'invalid parameter "step": zero or negative query resolution step widths are not accepted.'
            " Try a positive integer"
        )
    if (end - start) // step > MOST_POINTS:
        raise BadData(
            "exceeded maximum resolution of 11,000 points per timeseries."
            " Try decreasing the query resolution (?step=XX)"
        )
    return np.arange(start, end + 1, step, dtype=np.int64)


# ── answers ──────────────────────────────────────────────────────────────────────────────────────


def figure(value: float) -> str:
    """A number as Go writes it: the shortest that reads back the same, exponents only below 1e-6 and from 1e21."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    text = repr(value)
    if "e" in text and (value == 0 or 1e-6 <= abs(value) < 1e21):
        text = np.format_float_positional(value, trim="-")
    return text.removesuffix(".0")


def seconds(milliseconds: int) -> float | int:
    return milliseconds // 1_000 if milliseconds % 1_000 == 0 else milliseconds / 1_000


def instant(value: Value, at: Millis) -> dict[str, Any]:
    """`data` of an instant query."""
    when = seconds(int(at[0]))
    match value:
        case Text():
            return {"resultType": "string", "result": [when, value.value]}
        case Scalar():
            return {"resultType": "scalar", "result": [when, figure(float(value.values[0]))]}
        case _:
            rows = [row for row in value if row.there[0]]
            result = [{"metric": dict(row.labels), "value": [when, figure(float(row.values[0]))]} for row in rows]
            return {"resultType": "vector", "result": result}


def matrix(value: Value, at: Millis) -> dict[str, Any]:
    """`data` of a range query: every row with its points, in order of labels."""
    if isinstance(value, Scalar):
        value = [Row((), value.values, np.ones(at.size, dtype=np.bool_))]
    rows = sorted(value, key=lambda row: row.labels) if isinstance(value, list) else []
    stamps = [seconds(step) for step in at.tolist()]
    result = [{"metric": dict(row.labels), "values": _points(row, stamps)} for row in rows if row.there.any()]
    return {"resultType": "matrix", "result": result}


def _points(row: Row, stamps: list[float | int]) -> list[tuple[float | int, str]]:
    values = row.values.tolist()
    return [(stamps[i], figure(values[i])) for i in np.flatnonzero(row.there).tolist()]
