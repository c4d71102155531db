"""Numbers, times and spans as the bot says them: the number first, its unit behind it, times in UTC."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime, timedelta

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def figure(value: float) -> str:
    """A number as a person reads it: 2,340 · 23.4 · 0.3 · 0.004."""
    size = abs(value)
    if size >= 99.95 or value == round(value):
        return f"{value:,.0f}" if round(value) else "0"
    if size >= 1:
        return f"{value:.1f}".removesuffix(".0")
    return "0" if size < 1e-6 else f"{float(f'{value:.2g}'):.6f}".rstrip("0").rstrip(".")


def quantity(value: float, unit: str) -> str:
    """A value with its unit (of `integrations.signals`): «23.4 %», «2,340 ms», «12.5 s», «410/s», «1.2 MB/s»."""
    if not math.isfinite(value):
        return "?"
    return _UNITS[unit](value) if unit in _UNITS else f"{figure(value)} {unit}".rstrip()


def _percent(value: float) -> str:
    """Two places just under 100, where they are what matters: 99.97 %."""
    return f"{value:.2f} %" if 99 < value < 99.995 else f"{figure(value)} %"


def _seconds(value: float) -> str:
    if abs(value) >= 10:
        return f"{figure(value)} s"
    milliseconds = value * 1_000
    return f"{figure(round(milliseconds) if abs(milliseconds) >= 10 else milliseconds)} ms"


def _mebibytes(value: float) -> str:
    return f"{figure(value / 1024)} GiB" if abs(value) >= 10_240 else f"{figure(value)} MiB"


def _bytes_per_second(value: float) -> str:
    for size, name in ((1e9, "GB/s"), (1e6, "MB/s"), (1e3, "kB/s")):
        if abs(value) >= size:
            return f"{figure(value / size)} {name}"
    return f"{figure(value)} B/s"


_UNITS: dict[str, Callable[[float], str]] = {
    "%": _percent,
    "s": _seconds,
    "/s": lambda value: f"{figure(value)}/s",
    "m": lambda value: f"{figure(round(value))}m",
    "MiB": _mebibytes,
    "B/s": _bytes_per_second,
}


def count(number: int, noun: str, several: str = "") -> str:
    """«1 alert», «3 alerts»; «2 entries» where `several` says so."""
    return f"{number:,} {noun if number == 1 else several or f'{noun}s'}"


def where_known(known: int, services: int) -> str:
    """« (repositories known of 2 of 5 services)»: behind what is said of all of them; empty where all are known."""
    return f" (repositories known of {known} of {services} services)" if known < services else ""


def clock(moment: datetime, now: datetime) -> str:
    """HH:MM, with the day before it when it is not today, and the year when it is not this one. All in UTC."""
    time = f"{moment:%H:%M}"
    if moment.date() == now.date():
        return time
    day = f"{moment.day} {_MONTHS[moment.month - 1]}"
    return f"{day} {time}" if moment.year == now.year else f"{day} {moment.year} {time}"


def ordinal(number: int) -> str:
    """«1st», «2nd», «3rd», «11th»."""
    ending = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def span(seconds: float) -> str:
    """A length of time in its two largest units at most: «40 s», «15 min», «1 h 20 min», «3 d 4 h»."""
    minutes = round(abs(seconds) / 60)
    if abs(seconds) < 90:  # up to here seconds say more
        return f"{round(abs(seconds))} s"
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 24 * 60:
        return _two(*divmod(minutes, 60), "h", "min")
    return _two(*divmod(round(minutes / 60), 24), "d", "h")


def _two(large: int, small: int, large_name: str, small_name: str) -> str:
    return f"{large} {large_name}" + (f" {small} {small_name}" if small else "")


def ago(moment: datetime, now: datetime) -> str:
    """«5 min ago», «3 h ago», «12 days ago», «3 months ago», «2 years ago»; one unit, rounded."""
    passed = max(now - moment, timedelta())
    for at_least, days, noun in ((730, 365.0, "year"), (60, 30.44, "month"), (2, 1.0, "day")):
        if passed.days >= at_least:
            return f"{count(round(passed.days / days), noun)} ago"
    hours = passed.total_seconds() / 3_600
    return f"{round(hours)} h ago" if hours >= 2 else f"{span(passed.total_seconds())} ago"
