"""Spans of time as databases, programs and people write them, in seconds."""

from __future__ import annotations

import re

_YEAR, _MONTH, _DAY = 365.25 * 86_400, 30 * 86_400, 86_400
"""As PostgreSQL's `extract(epoch from interval)` has them."""
_UNITS: dict[str, float] = {
    **dict.fromkeys(("us", "µs", "microsecond", "microseconds", "usec", "usecs"), 1e-6),
    **dict.fromkeys(("ms", "millisecond", "milliseconds", "msec", "msecs"), 1e-3),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1.0),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60.0),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 3_600.0),
    **dict.fromkeys(("d", "day", "days"), float(_DAY)),
    **dict.fromkeys(("w", "week", "weeks"), 7.0 * _DAY),
    **dict.fromkeys(("mon", "mons", "month", "months"), float(_MONTH)),
    **dict.fromkeys(("y", "year", "years", "yr", "yrs"), float(_YEAR)),
}
_PART = re.compile(r"([+-]?\d{1,12}(?:\.\d{1,9})?)\s*([a-zµ]+)\s*,?\s*")
_CLOCK = re.compile(r"([+-]?)(\d{1,9}):([0-5]?\d)(?::([0-5]?\d(?:\.\d{1,9})?))?")
_SQL_DAYS = re.compile(r"([+-]?\d{1,9})\s+(?=[+-]?\d{1,3}:)")
_ISO = re.compile(r"(-?)P(?=.)(.*?)(?:T(?=.)(.*))?", re.IGNORECASE)
_ISO_PART = re.compile(r"([+-]?\d{1,12}(?:\.\d{1,9})?)([A-Za-z])")
_ISO_DATE = {"y": _YEAR, "m": _MONTH, "w": 7.0 * _DAY, "d": _DAY}
_ISO_TIME = {"h": 3_600.0, "m": 60.0, "s": 1.0}
LONGEST = 100


def seconds(text: str) -> float | None:
    """The span in seconds; None: it is none. A plain number is none: its unit is not known.

    Reads PostgreSQL's four styles (`1 day 02:03:04.5`, `-00:00:01`, `@ 1 min ago`, `P1DT2H`, `1 2:03:04`), Go's
    (`1h2m3s`), and words (`10 minutes`).
    """
    text = text.strip()
    if not text or len(text) > LONGEST or not text.isascii():
        return None
    if text.lstrip("-").upper().startswith("P"):
        return _iso(text)
    text = text.lower().removeprefix("@ ").strip()
    if text.endswith(" ago"):
        told = _worded(text.removesuffix(" ago"))
        return None if told is None else -told
    return _worded(text)


def _worded(text: str) -> float | None:
    total, place, sign = 0.0, 0, 1.0
    if (days := _SQL_DAYS.match(text)) is not None:
        total, place = float(days[1]) * _DAY, days.end()
    elif re.match(r"-\d[\d.]*[a-z]", text):
        sign, place = -1.0, 1  # Go writes one sign, before the whole
    while part := _PART.match(text, place):
        unit = _UNITS.get(part[2])
        if unit is None:
            return None
        total, place = total + float(part[1]) * unit, part.end()
    if clock := _CLOCK.match(text, place):
        figure = float(clock[2]) * 3_600 + float(clock[3]) * 60 + float(clock[4] or 0)
        total, place = total + (-figure if clock[1] == "-" else figure), clock.end()
    return sign * total if place == len(text) and place > (sign < 0) else None


def _iso(text: str) -> float | None:
    found = _ISO.fullmatch(text)
    if found is None:
        return None
    date, time = _sum(found[2] or "", _ISO_DATE), _sum(found[3] or "", _ISO_TIME)
    if date is None or time is None:
        return None
    return (date + time) * (-1 if found[1] else 1)


def _sum(text: str, units: dict[str, float]) -> float | None:
    total, place = 0.0, 0
    while part := _ISO_PART.match(text, place):
        unit = units.get(part[2].lower())
        if unit is None:
            return None
        total, place = total + float(part[1]) * unit, part.end()
    return total if place == len(text) else None
