"""When a figure that goes on as it did reaches a threshold: a straight line through its points (pure).

Ordinary least squares; R² is the share of the figures' variance that the line explains.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

FEWEST = 5
"""Fewer points than this are no trend."""
FARTHEST_S = 30 * 86_400.0
"""What is farther off than this is not worth a moment."""
GOOD, FAIR = 0.9, 0.6
"""R² from which a fit is called so."""


@dataclass(frozen=True, slots=True)
class Trend:
    """A line as it stands at the last point."""

    began: float
    """Where the line is at the first point."""
    level: float
    """Where it is at the last."""
    slope: float
    """Of the figure's unit a second."""
    fit: float
    """R², 0 to 1; 1 for figures that do not move at all."""

    @property
    def quality(self) -> str:
        return "good" if self.fit >= GOOD else "fair" if self.fit >= FAIR else "poor"

    def passed(self, threshold: float) -> bool:
        """Whether it crossed the threshold within its points, or stands on it."""
        return self.level == threshold or (self.began - threshold) * (self.level - threshold) < 0

    def reaches(self, threshold: float) -> float | None:
        """Seconds after the last point until it is there; None where it moves away, stands still or is too slow."""
        seconds = (threshold - self.level) / self.slope if self.slope else -1.0
        return seconds if 0 <= seconds <= FARTHEST_S else None


def trend(times: Sequence[float], values: Sequence[float]) -> Trend | None:
    """The line through these points, in order of time; None where they are too few, or too
    large."""
    if len(values) < FEWEST or times[-1] <= times[0]:
        return None
    if min(values) == max(values):
        return Trend(values[0], values[0], 0.0, 1.0)
    since_last = [at - times[-1] for at in times]
    try:
        slope, level = statistics.linear_regression(since_last, values)
        fit = min(1.0, statistics.correlation(since_last, values) ** 2)
    except (ArithmeticError, ValueError):
        return None  # figures at either end of what a float holds
    found = Trend(level + slope * since_last[0], level, slope, fit)
    return found if all(map(math.isfinite, (found.began, level, slope, fit))) else None
