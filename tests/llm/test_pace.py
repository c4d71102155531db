"""The pace that all stories keep together, on a clock that only moves when it is told to."""

from __future__ import annotations

import asyncio
import heapq
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.llm.pace import LONGEST_REST_S, Pace


class Clock:
    """Seconds that pass only in `run`."""

    def __init__(self):
        self.time = 0.0
        self.alarms = []

    def now(self):
        return self.time

    async def sleep(self, seconds):
        alarm = asyncio.get_running_loop().create_future()
        heapq.heappush(self.alarms, (self.time + seconds, id(alarm), alarm))
        await alarm

    async def run(self, until):
        """Lets everything happen that happens until then."""
        while True:
            for _ in range(20):
                await asyncio.sleep(0)
            if not self.alarms or self.alarms[0][0] > until:
                break
            self.time, _, alarm = heapq.heappop(self.alarms)
            if not alarm.done():
                alarm.set_result(None)
        self.time = until


class Calls:
    """Who went when."""

    def __init__(self, requests=60, tokens=6_000):
        self.clock = Clock()
        self.pace = Pace(requests, tokens, self.clock.now, self.clock.sleep)
        self.went = []
        self.tasks = []

    def ask(self, name, tokens=0, *, urgent=False):
        async def go():
            await self.pace.turn(tokens, urgent=urgent)
            self.went.append((name, round(self.clock.time, 3)))

        self.tasks.append(asyncio.create_task(go()))
        return self.tasks[-1]

    async def until(self, seconds):
        await self.clock.run(seconds)
        return self.went

    async def end(self):
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)


@pytest.fixture
async def calls():
    made = Calls()
    yield made
    await made.end()


async def test_nobody_waits_under_the_limit(calls):
    for name in range(60):
        calls.ask(name, 100)
    assert await calls.until(0) == [(name, 0.0) for name in range(60)]


async def test_requests_over_the_limit_come_one_by_one_as_it_fills(calls):
    for name in range(62):
        calls.ask(name)
    assert (await calls.until(10))[60:] == [(60, 1.0), (61, 2.0)]


async def test_tokens_are_limited_too_and_who_came_first_goes_first(calls):
    calls.ask("all", 6_000)
    calls.ask("much", 3_000)
    calls.ask("little", 100)
    assert await calls.until(60) == [("all", 0.0), ("much", 30.0), ("little", 31.0)]


async def test_the_urgent_go_before_all_who_wait_and_keep_their_order(calls):
    calls.ask("all", 6_000)
    calls.ask("answer", 1_000)
    await calls.until(5)
    calls.ask("briefing", 1_000, urgent=True)
    calls.ask("second briefing", 1_000, urgent=True)
    assert await calls.until(60) == [("all", 0.0), ("briefing", 10.0), ("second briefing", 20.0), ("answer", 30.0)]


async def test_an_urgent_one_that_is_small_goes_at_once_though_the_first_in_line_has_to_wait(calls):
    calls.ask("most", 5_000)
    calls.ask("answer", 6_000)
    await calls.until(1)
    calls.ask("briefing", 1_000, urgent=True)
    assert (await calls.until(1))[1:] == [("briefing", 1.0)]


async def test_more_than_the_limit_takes_all_of_it(calls):
    calls.ask("huge", 1_000_000)
    calls.ask("next", 100)
    assert await calls.until(60) == [("huge", 0.0), ("next", 1.0)]


async def test_who_gives_up_holds_nobody_up(calls):
    calls.ask("all", 6_000)
    gives_up = calls.ask("gives up", 6_000)
    calls.ask("next", 100)
    await calls.until(0.5)
    gives_up.cancel()
    with suppress(asyncio.CancelledError):
        await gives_up
    assert await calls.until(60) == [("all", 0.0), ("next", 1.0)]


async def test_a_rest_holds_everybody_up_the_urgent_too(calls):
    calls.pace.rest(12)
    calls.ask("briefing", urgent=True)
    calls.ask("answer")
    assert await calls.until(60) == [("briefing", 12.0), ("answer", 12.0)]


async def test_a_rest_counts_for_who_waits_already_and_a_shorter_one_ends_none(calls):
    calls.ask("all", 6_000)
    calls.ask("next", 100)
    await calls.until(0.5)
    calls.pace.rest(12)
    calls.pace.rest(1)
    assert (await calls.until(60))[1:] == [("next", 12.5)]


async def test_no_rest_is_longer_than_a_minute(calls):
    calls.pace.rest(3_600)
    calls.ask("looks", 0)
    assert await calls.until(3_600) == [("looks", LONGEST_REST_S)]


CALLS = st.lists(
    st.tuples(st.integers(0, 50), st.integers(0, 900), st.booleans(), st.booleans()), min_size=1, max_size=30
)


@given(CALLS, st.integers(1, 10), st.integers(10, 500))
def test_whatever_comes_the_limit_holds_and_everybody_has_a_turn(made, requests, tokens):
    """In any span of time: no more than the buckets held, and what came in since."""

    async def play():
        calls = Calls(requests, tokens)
        for after, amount, urgent, gives_up in sorted(made):
            await calls.until(max(calls.clock.time, after))
            task = calls.ask(min(amount, tokens), amount, urgent=urgent)
            if gives_up:
                await asyncio.sleep(0)
                task.cancel()
        went = await calls.until(1e6)
        await calls.end()
        assert all(task.done() for task in calls.tasks)
        for index, (_, since) in enumerate(went):
            for last in range(index, len(went)):
                span = went[last][1] - since + 0.01
                assert last - index + 1 <= requests * (1 + span / 60) + 1e-6
                assert sum(amount for amount, _ in went[index : last + 1]) <= tokens * (1 + span / 60) + 1e-6

    asyncio.run(play())
