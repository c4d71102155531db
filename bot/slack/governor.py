"""The governor of everything that goes to Slack: a call waits here until Slack will take it, the urgent ones first.

What waits is kept in memory only. Each call that waits belongs to a story's step, to a revision that is not shown yet
or to a run's event, all of which a crash leaves in the database: see docs/adr/0019-one-governor-for-slack.md.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable, Mapping

import structlog

from bot.measures import Measures
from bot.pace import Allowances, Rate, Used, due
from bot.ports import ChatError, JournalDown
from bot.priority import Priority, priority
from bot.slack.line import Next, Waiting, next_of
from bot.slack.rates import PUBLISHED, Call, limit_of, rate_of

log = structlog.get_logger(__name__)

EVENLY_S = 600.0
"""After a refusal a method's calls keep an even pace for so long: a burst is more than Slack takes of it now."""
LOOK_S = 1.0
"""How long a line stands before it looks again: what is left to the urgent changes all the time."""
LINES = 1_000
"""So many limits are kept in mind; those of channels in which nothing waits are forgotten first."""


class Governor:
    """One for all calls with one token. `rates`: None for a Slack without limits. `now`: seconds that never go back.

    Without `allowances` this process alone uses the limits; with them all replicas share them.
    """

    def __init__(
        self,
        rates: Mapping[str, Rate] | None = PUBLISHED,
        allowances: Allowances | None = None,
        measures: Measures | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.now = now
        self._rates = rates
        self._allowances = allowances
        self._measures = measures
        self._lines: dict[str, _Line] = {}
        self._refused: defaultdict[str, float] = defaultdict(lambda: -EVENLY_S)
        """Method → when Slack last refused it."""
        self._held: dict[str, float] = {}
        """Method → until when it is left alone in every channel."""

    @contextlib.asynccontextmanager
    async def turn(self, call: Call, since: float, longest_s: float) -> AsyncIterator[None]:
        """Waits until Slack will take the call, which is made inside. `since`: when it was first asked for, by `now`.

        Where Slack has asked for a longer pause than `longest_s` seconds, it raises ChatError at once; with 0 also
        where there is anything to wait for. A task that is cancelled while it waits leaves the line.
        """
        line, turn = self._line(call), asyncio.get_running_loop().create_future()
        waiting = Waiting(call, priority(), since, longest_s, turn)
        self._count(waiting.priority, 1)
        line.come(waiting)
        try:
            await turn
        except asyncio.CancelledError:
            line.leave(waiting)
            raise
        finally:
            self._count(waiting.priority, -1)
        try:
            yield
        finally:
            line.ended(waiting.priority)

    async def refused(self, call: Call, seconds: float) -> None:
        """Slack wants to be left alone with this for so long, whoever waits.

        It is the channel's pause where the limit is the channel's; once a second channel is told so, all wait.
        """
        log.info("slack asks to wait", method=call.method, seconds=seconds)
        if self._measures is not None:
            self._measures.refused_by_slack(call.method)
        now, line = self.now(), self._line(call)
        alike = [one for one in self._lines.values() if one.method == call.method]
        self._refused[call.method] = now
        if any(one.held_until > now for one in alike if one is not line):
            self._held[call.method] = max(now + seconds, self._held.get(call.method, now))
        line.held_until = max(line.held_until, now + seconds)
        for one in alike:
            one.wake()
        if self._allowances is not None:
            with contextlib.suppress(JournalDown):
                await self._allowances.hold(line.limit, seconds)

    def hurry(self, call: Call) -> None:
        """What waits to change the same message is as urgent as this now: it will say what this would."""
        line = self._lines.get(limit_of(call, rate_of(call, self._rates)))
        for one in line.waiting if line else ():
            if one.call == call and one.priority > priority():
                self._count(one.priority, -1)
                one.priority = priority()
                self._count(one.priority, 1)
        if line:
            line.wake()

    def evenly(self, method: str) -> bool:
        """Whether Slack has lately refused a burst of it."""
        return self.now() - self._refused[method] < EVENLY_S

    def held_until(self, line: _Line) -> float:
        """Until when Slack wants to be left alone with it."""
        return max(line.held_until, self._held.get(line.method, 0.0))

    async def take(self, line: _Line, wanted: Priority) -> float:
        """Takes one call of the limit and gives back 0, or the seconds until there is one. The database being away,
        this process goes by what it has used itself."""
        now = self.now()
        at = max(self.held_until(line), now)
        if line.rate is not None:
            at = max(at, due(line.rate, wanted, line.used(now), now))
        if at <= now and self._allowances is not None and line.rate is not None:
            with contextlib.suppress(JournalDown):
                at = now + await self._allowances.take(line.limit, line.rate, wanted)
        return at - now

    def _line(self, call: Call) -> _Line:
        rate = rate_of(call, self._rates)
        limit = limit_of(call, rate)
        if limit not in self._lines:
            if len(self._lines) >= LINES:
                self._forget()
            self._lines[limit] = _Line(self, call.method, limit, rate)
        return self._lines[limit]

    def _forget(self) -> None:
        for limit in [limit for limit, line in self._lines.items() if line.at_rest]:
            del self._lines[limit]

    def _count(self, wanted: Priority, more: int) -> None:
        if self._measures is not None:
            self._measures.waits_for_slack(wanted.name.lower(), more)


class _Line:
    """One limit, what was used of it, and who waits for it."""

    def __init__(self, governor: Governor, method: str, limit: str, rate: Rate | None) -> None:
        self.method, self.limit, self.rate = method, limit, rate
        self.waiting: list[Waiting] = []
        self._ended: deque[float] = deque(maxlen=rate.calls if rate else 0)
        """When the last calls had come back, as many as a window may hold: by then Slack had counted them."""
        self._urgent: deque[float] = deque(maxlen=rate.calls if rate else 0)
        """When the urgent of them had."""
        self._under_way = 0
        self.held_until = 0.0
        self._governor = governor
        self._turns = 0
        self._woken = asyncio.Event()
        self._serving: asyncio.Task[None] | None = None

    @property
    def at_rest(self) -> bool:
        """Whether nothing is lost with it."""
        now = self._governor.now()
        counts = self.rate is not None and self._ended and self._ended[-1] > now - self.rate.window
        return not (self.waiting or self._under_way or counts) and self.held_until <= now

    def used(self, now: float) -> Used:
        """What may still count. A call that is under way may reach Slack at any moment yet."""
        return Used([*self._ended, *[now] * self._under_way], self._urgent, self._governor.evenly(self.method))

    def come(self, one: Waiting) -> None:
        self.waiting.append(one)
        self.wake()

    def ended(self, wanted: Priority) -> None:
        """A call is over, whatever came of it."""
        self._under_way -= 1
        self._ended.append(self._governor.now())
        if wanted <= Priority.APPROVAL:
            self._urgent.append(self._governor.now())
        self.wake()

    def wake(self) -> None:
        """Somebody came or has become more urgent, or Slack has asked for a pause."""
        self._woken.set()
        if self.waiting and (self._serving is None or self._serving.done()):
            self._serving = asyncio.create_task(self._serve())

    def leave(self, one: Waiting) -> None:
        """It was cancelled, perhaps just when its turn had come."""
        if one in self.waiting:
            self.waiting.remove(one)
            self._woken.set()
        elif not one.turn.cancelled() and one.turn.exception() is None:
            self.ended(one.priority)

    async def _serve(self) -> None:
        """Lets them go one by one, until nobody waits. Whatever fails here fails for those who wait: none waits on."""
        try:
            await self._let_go()
        except Exception as problem:
            log.exception("who waited for slack is sent away", limit=self.limit)
            for one in self.waiting:
                if not one.turn.done():
                    one.turn.set_exception(problem)
            self.waiting.clear()

    async def _let_go(self) -> None:
        while self.waiting:
            self._woken.clear()
            wait = await self._governor.take(self, self._next().priority)
            if wait > 0:
                self._send_away(wait)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(min(wait, LOOK_S)):
                        await self._woken.wait()
            elif self.waiting:  # while it was taken, somebody more urgent may have come
                one = self._next().one
                self._turns += 1
                self.waiting.remove(one)
                if not one.turn.done():
                    self._under_way += 1
                    one.turn.set_result(None)

    def _next(self) -> Next:
        return next_of(self.waiting, self._turns + 1, self._governor.now())

    def _send_away(self, wait: float) -> None:
        """Those for whom the pause that Slack asked for is too long, and those who wait for nothing."""
        pause = self._governor.held_until(self) - self._governor.now()
        for one in [one for one in self.waiting if one.longest_s < pause or one.longest_s == 0.0 < wait]:
            self.waiting.remove(one)
            if not one.turn.done():
                one.turn.set_exception(ChatError("ratelimited", passing=True))
