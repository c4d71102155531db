"""The rules by which answers are scored: the folder's own `score.py` where it has one, else the same here."""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from statistics import fmean
from typing import Any, Protocol, cast

Truth = Mapping[str, Any]
"""What `truth.json` holds; `service` is None where nothing was wrong."""
Result = Mapping[str, Any]
"""One line of a replay."""


class Scorer(Protocol):
    """What `score.py` offers."""

    def place(self, result: Result, truth: Truth, strict: bool) -> float:
        """The first accepted service's place among those named, from 1; infinity where it was not named."""

    def figures(self, places: Sequence[float]) -> list[float]:
        """AC@1, AC@3, AC@5 and the mean reciprocal rank."""

    def chance(self, truths: Sequence[Truth], strict: bool) -> list[float]:
        """The same four, expected of a ranking by lot."""

    def interval(self, places: Sequence[float]) -> list[tuple[float, float]]:
        """The 95 % bootstrap interval of each of the four, with a fixed seed."""


def scorer_of(folder: Path) -> Scorer:
    """`score.py` of the folder or of the one above it; `Plain` where neither has one."""
    for place in (folder / "score.py", folder.parent / "score.py"):
        spec = importlib.util.spec_from_file_location("score", place) if place.is_file() else None
        if spec and spec.loader:
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            return cast(Scorer, module)
    return Plain()


class Plain:
    """The same rules for folders that bring none."""

    def place(self, result: Result, truth: Truth, strict: bool) -> float:
        accepted = {truth["service"]} | (set() if strict else set(truth.get("services_ok") or ()))
        ranked = dict.fromkeys(cause.get("service") for cause in result.get("causes", ()))
        return next((n for n, name in enumerate(ranked, 1) if name is not None and name in accepted), math.inf)

    def figures(self, places: Sequence[float]) -> list[float]:
        return [*(fmean(place <= k for place in places) for k in (1, 3, 5)), fmean(1 / place for place in places)]

    def chance(self, truths: Sequence[Truth], strict: bool) -> list[float]:
        """Of a lot's first k among n services at least one is accepted; 1 - hypergeometric(0)."""
        return [fmean(column) for column in zip(*(_by_lot(truth, strict) for truth in truths), strict=True)]

    def interval(self, places: Sequence[float]) -> list[tuple[float, float]]:
        draw = Random(7)
        drawn = [self.figures(draw.choices(places, k=len(places))) for _ in range(2000)]
        return [(sorted(column)[50], sorted(column)[1949]) for column in zip(*drawn, strict=True)]


def _by_lot(truth: Truth, strict: bool) -> list[float]:
    names = max(truth.get("candidates") or 1, 1)
    accepted = 1 + (0 if strict else len(truth.get("services_ok") or ()))
    missed = [math.comb(names - k, accepted) / math.comb(names, accepted) for k in range(names + 1)]
    reciprocal = sum((missed[k] - missed[k + 1]) / (k + 1) for k in range(names))
    return [*(1 - missed[min(k, names)] for k in (1, 3, 5)), reciprocal]
