"""What cannot be done now is tried again after a while that grows, and is told of at first and then rarely."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

FIRST_S = 5.0
LONGEST_S = 60.0
"""Between two tries: soon enough that what people have mended goes on before they wonder."""
TOLD_S = 3_600.0
"""Between two lines of the log about the same thing."""


@dataclass(frozen=True, slots=True)
class _Failing:
    pause_s: float
    again_at: float
    told_at: float


class Later:
    """What failed in this process, by names that whoever asks makes up. A restart tries everything at once.

    `passing`: seconds of a clock that nobody sets.
    """

    def __init__(self, passing: Callable[[], float] = time.monotonic) -> None:
        self._passing = passing
        self._failing: dict[str, _Failing] = {}

    def __len__(self) -> int:
        return len(self._failing)

    def is_due(self, what: str) -> bool:
        failing = self._failing.get(what)
        return failing is None or self._passing() >= failing.again_at

    def put_off(self, what: str) -> bool:
        """It failed; whether that is to be told."""
        now, before = self._passing(), self._failing.get(what)
        tell = before is None or now - before.told_at >= TOLD_S
        pause_s = FIRST_S if before is None else min(2 * before.pause_s, LONGEST_S)
        told_at = now if tell or before is None else before.told_at
        # What nobody tries any more is over by now.
        self._failing = {one: kept for one, kept in self._failing.items() if now - kept.again_at < TOLD_S}
        self._failing[what] = _Failing(pause_s, now + pause_s, told_at)
        return tell

    def done(self, what: str) -> None:
        self._failing.pop(what, None)
