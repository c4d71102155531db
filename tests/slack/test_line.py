"""Who goes next, told by everyone who might wait: urgent before noise, in turn, and nobody for ever."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.pace import Rate, Used, due
from bot.priority import Priority
from bot.slack.line import LONG_S, TURNS, Waiting, next_of
from bot.slack.rates import Call

CALL = Call("chat.update")
arrivals = st.lists(st.tuples(st.floats(0.0, 20.0), st.sampled_from(Priority)), min_size=1, max_size=80)
"""How long after the one before each comes."""


@dataclass(frozen=True, slots=True)
class Went:
    """One that went: when it did, and who else waited then."""

    one: Waiting
    at: float
    others: tuple[Waiting, ...]
    turn: int


@pytest.fixture(scope="module")
def loop():
    made = asyncio.new_event_loop()
    yield made
    made.close()


def told(loop, rate: Rate, came: list[tuple[float, Priority]]) -> list[Went]:
    """The whole story of a line, as the governor tells it."""
    coming, at = [], 1_000.0
    for pause, priority in came:
        at += pause
        coming.append(Waiting(CALL, priority, at, 30.0, loop.create_future()))
    waiting: list[Waiting] = []
    went: list[Went] = []
    now = 1_000.0
    while coming or waiting:
        while coming and coming[0].since <= now:
            waiting.append(coming.pop(0))
        arrives = coming[0].since if coming else float("inf")
        if not waiting:
            now = arrives
            continue
        next_one = next_of(waiting, len(went) + 1, now)
        goes = due(rate, next_one.priority, Used([each.at for each in went]), now)
        if goes > now:
            now = min(goes, arrives)
            continue
        waiting.remove(next_one.one)
        went.append(Went(next_one.one, now, tuple(waiting), len(went) + 1))
    return went


rates = st.sampled_from([Rate(4, 4.0), Rate(20), Rate(50), Rate(1)])


@given(rates, arrivals)
def test_everyone_goes_once(loop, rate, came):
    assert len({id(each.one) for each in told(loop, rate, came)}) == len(came)


@given(rates, arrivals)
def test_nobody_goes_before_one_more_urgent_but_who_has_waited_longest_each_tenth_turn(loop, rate, came):
    for each in told(loop, rate, came):
        if any(other.priority < each.one.priority for other in each.others):
            assert each.turn % TURNS == 0
            assert each.at - each.one.since > LONG_S
            assert all(each.one.since <= other.since for other in each.others)


@given(rates, arrivals)
def test_the_equally_urgent_go_in_the_order_in_which_they_came(loop, rate, came):
    for each in told(loop, rate, came):
        alike = [other.since for other in each.others if other.priority == each.one.priority]
        assert all(each.one.since <= since for since in alike)


@given(rates, arrivals)
def test_whoever_has_waited_a_minute_goes_within_ten_turns_for_each_older_one(loop, rate, came):
    went = told(loop, rate, came)
    for number, each in enumerate(went):
        after = [before for before in went[:number] if before.at > each.one.since + LONG_S]
        older = [before for before in after if before.one.since < each.one.since]
        assert len(after) <= TURNS * (len(older) + 1)
