"""Whether one way of answering is clearly better than another: differences on the same recordings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from statistics import fmean

DRAWS = 2000
SEED = 7


@dataclass(frozen=True, slots=True)
class Difference:
    """A mean difference and its 95 % bootstrap interval over the recordings."""

    mean: float
    low: float
    high: float

    @property
    def clear(self) -> bool:
        """Whether the interval lies on one side of zero."""
        return self.low > 0 or self.high < 0


def difference(ours: Sequence[float], theirs: Sequence[float], worth: Callable[[float], float]) -> Difference:
    """What places are worth by ours less what they are worth by theirs, recording by recording.

    Recordings are drawn, not answers: what is hard for one way is often hard for both, and a pair keeps that.
    """
    gaps = [worth(mine) - worth(other) for mine, other in zip(ours, theirs, strict=True)]
    draw = Random(SEED)
    means = sorted(fmean(draw.choices(gaps, k=len(gaps))) for _ in range(DRAWS))
    return Difference(fmean(gaps), means[int(0.025 * DRAWS)], means[int(0.975 * DRAWS) - 1])


def first(place: float) -> float:
    """Whether it is the first, as 1 or 0."""
    return float(place <= 1)


def among_three(place: float) -> float:
    """Whether it is among the first three, as 1 or 0."""
    return float(place <= 3)


def reciprocal(place: float) -> float:
    """One over the place; 0 where it was not named."""
    return 1 / place


def likely(right: int, of: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share that was seen so often (Wilson, JASA 1927): honest for few and for all."""
    z2 = 1.96**2
    share = right / of
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    reach = 1.96 * (share * (1 - share) / of + z2 / (4 * of * of)) ** 0.5 / (1 + z2 / of)
    return max(0.0, middle - reach), min(1.0, middle + reach)
