"""What replicas share of a limit, on both databases: never more together than one alone may take."""

from __future__ import annotations

import asyncio

import pytest

from bot.pace import Rate
from bot.priority import Priority
from bot.state.allowances import SqlAllowances

MINUTE = Rate(20, 60.0)
LIMIT = "chat.postMessage C1"


@pytest.fixture
def replicas(database):
    return [SqlAllowances(database, "slack") for _ in range(3)]


async def test_together_they_take_what_one_may_take(replicas):
    asked = [replicas[n % 3].take(LIMIT, MINUTE, Priority.HEADLINE) for n in range(30)]
    waits = await asyncio.gather(*asked)
    assert len([wait for wait in waits if wait <= 0]) == MINUTE.calls
    assert all(0 < wait <= MINUTE.window for wait in waits if wait > 0)


async def test_what_can_wait_leaves_something_for_another_replicas_headline(replicas):
    first, second, _ = replicas
    for _ in range(MINUTE.calls):
        await first.take(LIMIT, MINUTE, Priority.ANSWER)
    assert await first.take(LIMIT, MINUTE, Priority.ANSWER) > 0
    assert await second.take(LIMIT, MINUTE, Priority.HEADLINE) == 0


async def test_limits_of_other_names_are_others(replicas, database):
    one = Rate(1)
    assert await replicas[0].take(LIMIT, one, Priority.HEADLINE) == 0
    for other in (LIMIT + "2", "chat.postMessage C", "chat.update"):
        assert await replicas[1].take(other, one, Priority.HEADLINE) == 0
    assert await SqlAllowances(database, "another").take(LIMIT, one, Priority.HEADLINE) == 0
    assert await replicas[2].take(LIMIT, one, Priority.HEADLINE) > 0


async def test_a_pause_is_kept_by_all_and_the_longest_counts(replicas):
    first, second, _ = replicas
    await first.hold(LIMIT, 100.0)
    await second.hold(LIMIT, 1.0)
    assert 90.0 < await second.take(LIMIT, MINUTE, Priority.HEADLINE) <= 100.0
    assert await second.take("chat.update", MINUTE, Priority.HEADLINE) == 0


async def test_what_no_longer_counts_is_not_kept(replicas):
    short = Rate(2, 0.0)
    waits = [await replicas[0].take(LIMIT, short, Priority.HEADLINE) for _ in range(3)]
    assert waits[:2] == [0, 0]
    await asyncio.sleep(waits[2])
    assert await replicas[0].take(LIMIT, short, Priority.HEADLINE) == 0
