"""A picture of the incident: errors and latency over the window, with deployments, the onset and the alert marked."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bot.domain.analysis import SignalState
from bot.domain.context import Report
from bot.domain.incident import Incident
from bot.domain.words import quantity
from integrations.contract import Change, Series
from integrations.signals import signal

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_ERRORS = ("error_rate", "availability")
_LATENCY = ("latency_p99", "latency_p95", "latency_p90", "latency", "latency_avg", "latency_p50")
_WIDTH, _HEIGHTS, _DPI = 16 / 3, (2.0, 2.8, 3.7), 300
"""Inches, the height by the number of panels: 1600 × 840 pixels for two, with letters that a phone can show."""
_BACK, _INK, _FAINT, _LINE = "#1d2129", "#e8e9eb", "#6f7780", "#5cb8ff"
_DEPLOYED, _BEGAN, _ALERTED = "#c79bff", "#ffb454", "#ff6b6b"
_MOST_DEPLOYS = 3
_LONGEST_LABEL = 18
_LATIN = 0x250
"""Letters from here on are not in the font that matplotlib brings."""


@dataclass(frozen=True, slots=True)
class _Mark:
    at: float
    label: str
    color: str
    style: str


def chart(report: Report, incident: Incident) -> bytes | None:
    """A PNG of 1600 × 840 pixels, lower or higher with one or three panels; None where there is no series to draw.

    Takes about 0.15 s, and once half a second for the import; safe in any thread.
    """
    panels = _panels(report)
    if not panels:
        return None
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    height = _HEIGHTS[len(panels) - 1]
    figure = Figure(figsize=(_WIDTH, height), dpi=_DPI, facecolor=_BACK)
    FigureCanvasAgg(figure)  # not pyplot's: nothing global is touched
    since, until = report.context.scope.window.since.timestamp(), report.context.scope.window.until.timestamp()
    marks = [mark for mark in _marks(report, incident) if since <= mark.at <= until]
    for place, series in enumerate(panels):
        axes = figure.add_subplot(len(panels), 1, place + 1)
        _look(axes, (since, until), last=place == len(panels) - 1)
        _draw(axes, series, _normal(report, series))
        for mark in marks:
            axes.axvline(mark.at, color=mark.color, linewidth=1.1, linestyle=mark.style, zorder=1)
    _label(figure.axes[0], marks, (since, until))
    figure.subplots_adjust(left=0.14, right=0.975, top=1 - 0.78 / height, bottom=0.26 / height, hspace=0.45)
    png = io.BytesIO()
    figure.savefig(png, format="png")
    return png.getvalue()


def _panels(report: Report) -> list[Series]:
    """Errors and latency of the service as a whole, and the first other figure that is bad."""
    own = report.context.scope.service.name
    whole = {
        series.signal: series
        for series in report.context.of(Series)
        if series.service == own and series.times and not series.instance and not series.edge
    }
    found = [next((whole[name] for name in names if name in whole), None) for names in (_ERRORS, _LATENCY)]
    bad = sorted((s for s in report.analysis.signals if s.bad and s.signal in whole), key=_since)
    other = [whole[s.signal] for s in bad if signal(s.signal).family not in ("errors", "latency")]
    return [*(series for series in found if series), *other[:1]]


def _since(state: SignalState) -> float:
    return state.since.timestamp() if state.since else float("inf")


def _normal(report: Report, series: Series) -> float | None:
    return next((s.normal for s in report.analysis.signals if s.signal == series.signal), None)


def _marks(report: Report, incident: Incident) -> Iterator[_Mark]:
    deployed = [c for c in report.context.of(Change) if c.what == "deployment"]
    for change in sorted(deployed, key=lambda change: -change.at.timestamp())[:_MOST_DEPLOYS]:
        yield _Mark(change.at.timestamp(), _drawable(change.version) or "deploy", _DEPLOYED, "--")
    if report.analysis.onset is not None:
        yield _Mark(report.analysis.onset.timestamp(), "began", _BEGAN, "-")
    yield _Mark(incident.started_at.timestamp(), "alert", _ALERTED, "-")


def _drawable(text: str) -> str:
    shown = "".join(char if char.isprintable() and ord(char) < _LATIN else "?" for char in text)
    return shown if len(shown) <= _LONGEST_LABEL else shown[: _LONGEST_LABEL - 1] + "…"


# ── drawing ──────────────────────────────────────────────────────────────────────────────────────


def _look(axes: Axes, span: tuple[float, float], *, last: bool) -> None:
    from matplotlib.ticker import FixedLocator, FuncFormatter

    axes.set_facecolor(_BACK)
    axes.set_xlim(*span)
    axes.xaxis.set_major_locator(FixedLocator(_ticks(*span)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda at, _: _clock(at) if last else ""))
    axes.tick_params(colors=_INK, labelsize=9, length=0)
    axes.grid(visible=True, axis="y", color=_FAINT, linewidth=0.4, alpha=0.5)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _draw(axes: Axes, series: Series, normal: float | None) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    known = signal(series.signal)
    marker = "o" if len(series.times) < 3 else ""
    axes.plot(series.times, series.values, color=_LINE, linewidth=1.6, marker=marker, zorder=3)
    axes.fill_between(series.times, series.values, color=_LINE, alpha=0.15, linewidth=0)
    highest = max((*series.values, normal or 0.0), default=0.0)
    axes.set_ylim(min(0.0, *series.values), highest * 1.12 or 1.0)
    axes.yaxis.set_major_locator(MaxNLocator(3))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: quantity(value, known.unit)))
    title = f"{_drawable(known.label)} {quantity(series.values[-1], known.unit)}"
    if normal is not None:
        axes.axhline(normal, color=_INK, linewidth=0.9, linestyle=":", zorder=2)
        title += f"  ·  normal {quantity(normal, known.unit)} (dotted)"
    axes.set_title(title, loc="left", color=_INK, fontsize=9.5, pad=4, parse_math=False)


def _label(axes: Axes, marks: Sequence[_Mark], span: tuple[float, float]) -> None:
    """Names the marks above the upper panel: on three levels, so that neighbours do not cover each other."""
    ordered = sorted(marks, key=lambda mark: mark.at)
    taken = [float("-inf")] * 3
    for mark in ordered:
        text = f"{mark.label} {_clock(mark.at)}"
        width = len(text) * 0.0165 * (span[1] - span[0])
        left = mark.at - width if mark.at + width > span[1] else mark.at
        level = next((n for n, until in enumerate(taken) if until <= left), 2)
        taken[level] = left + width
        axes.annotate(
            text,
            (mark.at, 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(0, 17 + 11 * level),
            textcoords="offset points",
            ha="right" if left < mark.at else "left",
            color=mark.color,
            fontsize=9,
            annotation_clip=False,
            parse_math=False,
        )


def _ticks(since: float, until: float) -> list[float]:
    """Full quarters, half or whole hours: at most eight."""
    step = next((s for s in (300, 900, 1_800, 3_600) if (until - since) / s <= 8), 86_400)
    first = int(since // step + 1) * step
    return [float(at) for at in range(first, int(until) + 1, step)]


def _clock(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%H:%M}"
