"""A world in which nothing is told, at one moment: what a room's stand-in shows is written over it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from playground.world import LogRecord, Person, Rollout, Sample, Shift


class Quiet:
    """`playground.world.World` without a sample, a line, a rollout or a person."""

    moment: ClassVar[datetime]

    def now(self) -> datetime:
        return self.moment

    def samples(self) -> Sequence[Sample]:
        return ()

    def logs(self) -> Sequence[LogRecord]:
        return ()

    def rollouts(self) -> Sequence[Rollout]:
        return ()

    def people(self) -> Sequence[Person]:
        return ()

    def shifts(self) -> Sequence[Shift]:
        return ()
