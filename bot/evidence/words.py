"""How figures, moments and log lines are put into words: the number first, its normal in brackets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from bot.domain.analysis import LogPattern
from bot.evidence.onset import Shift
from integrations.signals import signal

LONGEST_LINE = 110
"""Characters of a log line that a sentence can carry."""


def quantity(name: str, value: float) -> str:
    """A value of the signal `name` with its unit, as exact as a person wants it."""
    unit = signal(name).unit
    if unit == "s":
        return f"{value:,.1f} s" if value >= 10 else f"{value * 1000:,.0f} ms" if value >= 0.0095 else _tiny(value)
    if unit in ("/s", "B/s"):
        return f"{_short(value)}{unit if unit == '/s' else ' B/s'}"
    return f"{_short(value)} {unit}".rstrip()


def _tiny(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"


def _short(value: float) -> str:
    if abs(value) >= 100 or value == round(value):
        return f"{value:,.0f}"
    return f"{value:.2g}" if abs(value) < 1 else f"{value:.1f}"


def label(shift: Shift) -> str:
    return signal(shift.signal).label


def moved(shift: Shift) -> str:
    """Such as «p99 2,340 ms (180 ms)»; where the figure is of one edge or one instance, it names it."""
    edge = f" {shift.edge.replace('->', ' → ')}" if shift.edge else f" of {shift.instance}" if shift.instance else ""
    now, normal = quantity(shift.signal, shift.value), quantity(shift.signal, shift.normal)
    return f"{label(shift)}{edge} {now} ({normal})"


def clock(moment: float | datetime) -> str:
    """Hours and minutes, UTC."""
    at = moment if isinstance(moment, datetime) else datetime.fromtimestamp(moment, UTC)
    return at.astimezone(UTC).strftime("%H:%M")


def span(seconds: float) -> str:
    """«40 s», «15 min», «2 h 5 min», «3 days»."""
    whole = round(abs(seconds))
    if whole < 120:
        return f"{whole} s"
    if whole < 2 * 3600:
        return f"{round(whole / 60)} min"
    if whole < 48 * 3600:
        hours, minutes = divmod(round(whole / 60), 60)
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{round(whole / 86400)} days"


def quoted(pattern: LogPattern) -> str:
    """The line in backticks: its template where nothing in it varies, else one sample; cut where it is long."""
    text = pattern.template if "<*>" not in pattern.template or not pattern.sample else pattern.sample
    text = " ".join(text.replace("`", "'").split())
    return f"`{text if len(text) <= LONGEST_LINE else text[: LONGEST_LINE - 1] + '…'}`"


def counted(pattern: LogPattern) -> str:
    """«1,204 × `…`, none seen in the hour before» or «about 17,000 × `…` (12 in as long before)»."""
    said = f"{pattern.often} × {quoted(pattern)}"
    return f"{said}, {pattern.usual}" if pattern.new else f"{said} ({pattern.before:,.0f} in as long before)"


def listed(names: Sequence[str], most: int = 2) -> str:
    """«a», «a and b», «a, b and c», «a, b and 3 more»."""
    shown = [*names[:most], f"{len(names) - most} more"] if len(names) > most else list(names)
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)
