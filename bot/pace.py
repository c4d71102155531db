"""How many calls a limit lets through in a while, and when the next of some priority may go (pure).

Every call counts for as long as the limit's window, so no window of that length, wherever it begins, holds more calls
than are allowed. (A token bucket or GCRA, ITU-T I.371, lets through a burst and then a whole window's worth behind it:
twice the limit in one minute.) What cannot wait may use all of a window at once. What can wait keeps an even pace and
leaves a sixth of each window untouched, so that something urgent finds room at any time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.priority import Priority

LEFT = 6
"""One call in so many is left to what is urgent: the rest still gets 20 calls done in the time of 24 at most."""
LATE_S = 0.05
"""A window is taken to last longer by this: no two clocks agree, and one call may be faster on its way than another."""
AT_ONCE = {Priority.BRIEFING: 2, Priority.CHATTER: 10}
"""Of a window's calls, one in so many may go at once; more of them go one after the other, evenly."""


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

    def most(self, priority: Priority) -> int:
        """How many calls a window may hold for one of this priority to be among them."""
        return self.calls if priority <= Priority.APPROVAL else self.calls - self.calls // LEFT


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


def due(rate: Rate, priority: Priority, taken: Sequence[float], now: float, *, evenly: bool = False) -> float:
    """When one more may go, not before `now`. `taken`: when those before went, in order; older ones do no harm.

    `evenly`: also what is urgent goes one after the other, because the limit was found to allow no burst.
    """
    recent = [at for at in taken if at > now - rate.window]
    most = rate.most(priority)
    earliest = recent[-most] + rate.window if len(recent) >= most else now
    share = rate.calls if evenly else AT_ONCE.get(priority, 1)
    if recent and len(recent) >= max(1, rate.calls // share) and (evenly or priority in AT_ONCE):
        earliest = max(earliest, recent[-1] + rate.window / most)
    return max(earliest, now)
