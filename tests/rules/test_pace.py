"""What a limit lets through: never more than it allows in any window, and always something for what is urgent."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.pace import LATE_S, LEFT, Rate, Used, due
from bot.priority import Priority

MINUTE = Rate(20, 60.0)
URGENT = (Priority.HEADLINE, Priority.APPROVAL)

rates = st.builds(Rate, st.integers(1, 120), st.sampled_from([1.0, 4.0, 60.0]))
asked = st.lists(st.tuples(st.sampled_from(Priority), st.floats(0.0, 30.0), st.booleans()), min_size=1, max_size=150)
"""Who asks, how long after the one before, and whether what is urgent goes evenly too."""


def told(rate: Rate, calls: list[tuple[Priority, float, bool]]) -> list[float]:
    """When each of them goes, one after the other."""
    taken: list[float] = []
    now = 1_000.0
    for priority, pause, evenly in calls:
        now = due(rate, priority, Used(taken, evenly=evenly), now + pause)
        taken.append(now)
    return taken


@given(rates, asked)
def test_no_window_wherever_it_begins_holds_more_calls_than_are_allowed(rate, calls):
    taken = told(rate, calls)
    for at in taken:
        assert len([one for one in taken if at <= one < at + rate.seconds]) <= rate.calls


@given(rates, asked)
def test_what_can_wait_leaves_a_part_of_each_window_to_what_is_urgent(rate, calls):
    taken = told(rate, [(max(priority, Priority.ANSWER), pause, evenly) for priority, pause, evenly in calls])
    left = rate.calls // LEFT
    now = taken[-1]
    for _ in range(left):
        assert due(rate, Priority.HEADLINE, Used(taken), now) == now
        taken.append(now)


@given(rates, asked, st.floats(0.0, 200.0))
def test_the_more_urgent_is_never_due_later(rate, calls, pause):
    taken = told(rate, calls)
    at = [due(rate, priority, Used(taken), taken[-1] + pause) for priority in Priority]
    assert at == sorted(at)


@given(rates, asked, st.sampled_from(Priority), st.booleans())
def test_everything_is_due_within_one_window(rate, calls, priority, evenly):
    taken = told(rate, calls)
    assert due(rate, priority, Used(taken, evenly=evenly), taken[-1]) <= taken[-1] + rate.window + 1e-6


@given(st.sampled_from([Rate(20), Rate(50), Rate(100), Rate(4, 4.0)]), st.sampled_from(Priority), st.integers(2, 300))
def test_many_of_one_kind_take_a_fifth_longer_than_the_limit_asks_for_at_most(rate, priority, many):
    taken = told(rate, [(priority, 0.0, False)] * many)
    assert taken[-1] - taken[0] <= 1.2 * many * rate.seconds / rate.calls + LATE_S * (1 + many / rate.calls)


def test_what_is_urgent_goes_at_once_as_often_as_the_window_allows():
    for priority in URGENT:
        assert told(MINUTE, [(priority, 0.0, False)] * 20) == [1_000.0] * 20


def test_a_briefing_bursts_less_and_chatter_hardly():
    pauses = {
        priority: told(MINUTE, [(priority, 0.0, False)] * 17).count(1_000.0)
        for priority in (Priority.ANSWER, Priority.BRIEFING, Priority.CHATTER)
    }
    assert pauses == {Priority.ANSWER: 17, Priority.BRIEFING: 5, Priority.CHATTER: 2}


def test_where_a_burst_was_refused_everything_goes_evenly():
    taken = told(MINUTE, [(Priority.HEADLINE, 0.0, True)] * 3)
    assert taken == pytest.approx([1_000.0 + n * MINUTE.window / MINUTE.calls for n in range(3)])


def test_what_can_wait_leaves_to_the_urgent_what_they_use_lately():
    taken = [1_000.0 + n for n in range(10)]
    quiet, busy = Used(taken), Used(taken, taken[-2:])
    assert due(MINUTE, Priority.ANSWER, quiet, 1_010.0) == 1_010.0
    assert due(MINUTE, Priority.ANSWER, busy, 1_010.0) > 1_060.0
    assert due(MINUTE, Priority.ANSWER, busy, 1_021.0) == 1_021.0  # by then they have gone quiet
    assert due(MINUTE, Priority.HEADLINE, busy, 1_010.0) == 1_010.0
