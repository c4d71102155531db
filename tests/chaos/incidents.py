"""kill -9 during whole incidents: alerts, briefings, questions, runbooks, their ends; then all of it is counted.

Two incidents at least are going on at any time, each with its people, who answer late and ask again when nothing
comes; beside them single alerts come in. What happened is read from Slack's stand-in, from the database, and from the
programs that the steps ran, not from what the bot says of itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time

from playground import town as playground
from playground.bot import NotStarted
from tests.chaos.count import Tally, count
from tests.chaos.noting import Program
from tests.chaos.rounds import BOOK, Round, Sender, seen
from tests.chaos.strike import Strike
from tests.end_to_end.replicas import NO_SOURCES
from tests.end_to_end.watch import briefing, channel_of

AT_ONCE = 2
LIFE_S = 6.0
"""A bot of which nothing is seen that is to be struck is killed after so long, wherever it is."""
END_S = 180.0
"""All that goes on has to have come to its end so long after the last kill, or the last cut."""
STEP_S = 0.2
ALONE = 0.4
"""With each life of the bot, so often comes an alert about a service that nobody does anything about."""
SETTINGS = {name: value for name, value in NO_SOURCES.items() if name not in ("PROMETHEUS_URL", "EXTRA_CA_FILE")}
"""Prometheus is looked at; with all the sources each start would take longer."""


async def chaos(folder, kills, seed, model="script", **settings) -> Tally:
    """So many kills, each at a moment of its own (`tests.chaos.strike`), and a start after each."""
    began = time.monotonic()
    async with open_crowd(folder, random.Random(seed), model, **settings) as crowd:
        bot, strike = crowd.town.bot, crowd.strike
        strike.plan(kills)
        async with asyncio.TaskGroup() as group:
            while strike.stages.total() < kills:
                crowd.go_on(group)
                await _one_life(bot, strike)
            await bot.start()
            await crowd.over()
        await crowd.town.slack.deliveries.close()  # what was not heard by now is not half heard at the end
        await bot.stop()  # which finishes what is in hand
        tally = await count(crowd)
    tally.stages, tally.seconds = dict(strike.stages), time.monotonic() - began
    return tally


@contextlib.asynccontextmanager
async def open_crowd(folder, draw, model="script", **settings):
    """A crowd before a bot that is not started yet."""
    folder.mkdir(exist_ok=True)
    note = Program(folder, "note")
    note.takes(STEP_S)
    (folder / "books").mkdir()
    (folder / "books" / "both.yaml").write_text(BOOK)
    more = {"RUNBOOKS_DIR": str(folder / "books"), "RUNBOOK_ALLOWED_PROGRAMS": str(note.path), **SETTINGS, **settings}
    async with playground.running(folder, more=more, model=model) as town:
        strike = Strike(town, draw)
        yield Crowd(town, Sender(town, strike, draw), strike, note, draw)


class Crowd:
    """What goes on: incidents with everything, alerts that nobody does anything about, and who sends them."""

    def __init__(self, town, sender, strike, note, draw):
        self.town, self.sender, self.strike, self.note = town, sender, strike, note
        self.rounds: list[Round] = []
        self.alone: list[str] = []
        """Services of single alerts."""
        self._draw = draw
        self._going: set[asyncio.Task[None]] = set()
        self._single: set[asyncio.Task[None]] = set()

    def go_on(self, group):
        """As many incidents as there are to be, and now and then an alert beside them."""
        while len(self._going) < AT_ONCE:
            number = len(self.rounds)
            self.rounds.append(Round(self.town, self.sender, self.strike, f"shop-{number}", number, self._draw))
            self._begin(group, self.rounds[-1].play(), self._going)
        if self._draw.random() < ALONE:
            self.alone.append(f"alone-{len(self.alone)}")
            self._begin(group, self.sender.send(self.alone[-1]), self._single)

    async def over(self):
        """Waits until all of them have come to their ends, or raises TimeoutError, which says what did not."""
        try:
            async with asyncio.timeout(END_S):
                while self._going or self._single:  # noqa: ASYNC110 - tasks of a group, looked at together
                    await asyncio.sleep(0.1)
                await seen(lambda: not self._unbriefed())
        except TimeoutError:
            left, log = f"{len(self._going)} rounds, {len(self._single)} alerts", self.town.bot.log.read_text()[-4_000:]
            raise TimeoutError(f"at work: {left}; without a briefing: {self._unbriefed()}\n{log}") from None

    def _unbriefed(self):
        return [service for service in self.alone if not briefing(channel_of(self.town, service))]

    def _begin(self, group, what, among):
        task = group.create_task(what)
        among.add(task)
        task.add_done_callback(among.discard)


async def _one_life(bot, strike) -> None:
    """From a start to a kill."""
    strike.arm()
    strike.seen("started")
    with contextlib.suppress(NotStarted):
        await bot.start()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LIFE_S):
            await strike.fell.wait()
    if bot.pid is None:
        return  # it ended by itself
    strike.anywhere()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LIFE_S):
            await strike.fell.wait()
    await bot.kill()  # it is dead; this waits for it
