"""How many calls a limit lets through in a while, and when the next of some priority may go (pure).

Every call counts for as long as the limit's window, so no window of that length, wherever it begins, holds more calls
than are allowed. (A token bucket or GCRA, ITU-T I.371, lets through a burst and then a whole window's worth behind it:
twice the limit in one minute.) What cannot wait may use all of a window at once. What can wait keeps an even pace and
leaves a sixth of each window untouched, or as much as the urgent use lately, so that they find room at any time.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.priority import Priority

LEFT = 6
"""One call in so many is left to what is urgent: the rest still gets 20 calls done in the time of 24 at most."""
LATE_S = 0.05
"""A window is taken to last longer by this: no two clocks agree, and one call may be faster on its way than another."""
AT_ONCE = {Priority.BRIEFING: 4, Priority.CHATTER: 10}
"""Of a window's calls, one in so many may go at once, and two in any case; more go one after the other, evenly."""


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `calls` within any `seconds`; with `per_channel`, counted for each channel by itself."""

    calls: int
    seconds: float = 60.0
    per_channel: bool = False

    @property
    def window(self) -> float:
        """Seconds for which a call counts."""
        return self.seconds + LATE_S

    def most(self, priority: Priority, urgent: int = 0) -> int:
        """How many calls a window may hold for one of this priority to be among them.

        `urgent`: how many urgent ones there were in the last sixth of a window. As many are left to them in each, up to
        two thirds of all.
        """
        if priority <= Priority.APPROVAL:
            return self.calls
        return self.calls - min(max(self.calls // LEFT, LEFT * urgent), self.calls * 2 // 3)


@dataclass(frozen=True, slots=True)
class Used:
    """What was used of a limit, in seconds of some clock and in order; what no longer counts does no harm."""

    calls: Sequence[float]
    urgent: Sequence[float] = ()
    """When the urgent of them went."""
    evenly: bool = False
    """Whether also the urgent go one after the other, because the limit was found to allow no burst."""


class Allowances(Protocol):
    """What all replicas together have used of each limit."""

    async def take(self, limit: str, rate: Rate, priority: Priority) -> float:
        """Takes one call of the limit of this name and gives back 0; else the seconds until it may be there to take.

        Raises JournalDown.
        """
        ...

    async def hold(self, limit: str, seconds: float) -> None:
        """Nobody takes any for so long. Raises JournalDown."""
        ...


def due(rate: Rate, priority: Priority, used: Used, now: float) -> float:
    """When one more may go, not before `now`."""
    recent = [at for at in used.calls if at > now - rate.window]
    most = rate.most(priority, len([at for at in used.urgent if at > now - rate.window / LEFT]))
    earliest = recent[-most] + rate.window if len(recent) >= most else now
    if len(recent) >= _burst(rate, priority, used):
        earliest = max(earliest, recent[-1] + rate.window / most)
    return max(earliest, now)


def _burst(rate: Rate, priority: Priority, used: Used) -> float:
    """How many of this priority may go at once."""
    if used.evenly:
        return 1
    return max(2, rate.calls // AT_ONCE[priority]) if priority in AT_ONCE else math.inf
