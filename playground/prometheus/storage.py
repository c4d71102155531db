"""The world's series by name, ready to be selected by matchers; rebuilt only when something was scraped again."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal, Protocol

import numpy as np

from playground.prometheus.values import Floats, Labels, Millis, labels_of
from playground.world import Sample

Op = Literal["=", "!=", "=~", "!~"]


@dataclass(frozen=True, slots=True)
class Matcher:
    name: str
    op: Op
    value: str

    def fits(self, labels: Mapping[str, str]) -> bool:
        """A label that is not there counts as an empty one; expressions match the whole value."""
        value = labels.get(self.name, "")
        match self.op:
            case "=":
                return value == self.value
            case "!=":
                return value != self.value
            case "=~":
                return _whole(self.value)(value)
            case "!~":
                return not _whole(self.value)(value)


@lru_cache(maxsize=512)
def _whole(expression: str) -> Callable[[str], bool]:
    compiled = re.compile(f"(?:{expression})", re.DOTALL)
    return lambda value: compiled.fullmatch(value) is not None


class Stored:
    """One series with its times in whole milliseconds, as Prometheus keeps them."""

    def __init__(self, sample: Sample) -> None:
        self.labels: Labels = labels_of(sample.labels)
        self.by_name = dict(self.labels)
        self._sample = sample

    @cached_property
    def _columns(self) -> tuple[Floats, Floats]:
        points = self._sample.points
        times, values = getattr(points, "times", None), getattr(points, "values", None)
        if times is None or values is None:
            table = np.asarray(points, dtype=np.float64).reshape(-1, 2)
            return table[:, 0], table[:, 1]
        return times, values

    @cached_property
    def times(self) -> Millis:
        return np.rint(self._columns[0] * 1_000).astype(np.int64)

    @property
    def values(self) -> Floats:
        return self._columns[1]

    @cached_property
    def resets(self) -> Floats:
        """What the counter had reached at its resets so far: added to a value, it makes up for them."""
        before, after = self.values[:-1], self.values[1:]
        return np.concatenate([[0.0], np.cumsum(np.where(after < before, before, 0.0))])


class Scraped(Protocol):
    """What the storage needs of a world."""

    def samples(self) -> Sequence[Sample]: ...


class Storage:
    """The series of a world, as far as they have been scraped."""

    def __init__(self, world: Scraped) -> None:
        self._world = world
        self._samples: Sequence[Sample] = ()
        self._by_metric: dict[str, list[Stored]] = {}

    def select(self, matchers: Sequence[Matcher]) -> list[Stored]:
        """The series that fit every matcher."""
        self._refresh()
        name = next((m.value for m in matchers if m.name == "__name__" and m.op == "="), None)
        among = self._by_metric.get(name, []) if name is not None else self.all()
        return [stored for stored in among if all(matcher.fits(stored.by_name) for matcher in matchers)]

    def all(self) -> list[Stored]:
        self._refresh()
        return [stored for group in self._by_metric.values() for stored in group]

    def _refresh(self) -> None:
        samples = self._world.samples()
        if samples is self._samples:
            return
        self._samples, self._by_metric = samples, {}
        for stored in map(Stored, samples):
            self._by_metric.setdefault(stored.by_name.get("__name__", ""), []).append(stored)
