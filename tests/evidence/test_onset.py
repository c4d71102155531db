"""When a signal left its own normal."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.evidence.onset import shift_of
from bot.evidence.traces import traces
from integrations.contract import Series
from tests.evidence.made import ALERT, at, figures

ALERTED = ALERT.timestamp()


def shift(*series: Series):
    (trace,) = traces(series)
    return shift_of(trace, ALERTED)


def test_a_lasting_rise_is_dated_to_its_first_point_and_tells_both_values():
    found = shift(figures("pay", "error_rate", 0.5, 20.0, since=-15))
    assert found.since == at(-15).timestamp()
    assert found.direction == "up"
    assert found.bad
    assert found.normal == pytest.approx(0.5, abs=0.05)
    assert found.value == pytest.approx(20, abs=0.2)
    assert found.surprise > 0.8


@pytest.mark.parametrize(("signal", "then", "bad"), [
    ("error_rate", 30.0, True), ("availability", 5.0, True), ("availability", 40.0, False), ("requests", 90.0, False),
    ("latency_p99", 2.0, False), ("latency_p99", 50.0, True), ("never_heard_of", 90.0, False),
])  # fmt: skip
def test_only_the_direction_that_hurts_is_bad(signal, then, bad):
    assert shift(figures("pay", signal, 20.0, then)).bad is bad


def test_a_quiet_signal_has_not_moved():
    assert shift(figures("pay", "latency_p99", 0.2)) is None


def test_one_spike_alone_is_no_departure():
    series = figures("pay", "latency_p99", 0.2)
    spiked = tuple(9.0 if place == len(series.values) - 3 else value for place, value in enumerate(series.values))
    assert shift(replace(series, values=spiked)) is None


def test_a_departure_that_ended_long_before_the_alert_is_not_of_this_incident():
    series = figures("pay", "latency_p99", 0.2)
    old = tuple(3.0 if 40 < place < 60 else value for place, value in enumerate(series.values))
    assert shift(replace(series, values=old)) is None


def test_what_the_signal_does_every_hour_anyway_surprises_less():
    once = figures("pay", "latency_p99", 0.2, 1.0, since=-4)
    habit = tuple(1.0 if place % 20 < 4 else value for place, value in enumerate(once.values))
    known = shift(replace(once, values=habit))
    assert known is None or known.surprise < 0.3 < shift(once).surprise


def test_what_yesterday_did_at_the_same_hour_surprises_less():
    series = figures("pay", "cpu", 20.0, 60.0)
    assert shift(replace(series, yesterday=(20.0, 70.0))).surprise < shift(series).surprise / 2


def test_a_slow_leak_does_not_hide_in_its_own_history():
    series = figures("pay", "memory", 40.0, noise=0.005)
    leak = tuple(value + max(0, place - 40) * 0.6 for place, value in enumerate(series.values))
    found = shift(replace(series, values=leak))
    assert found.normal == pytest.approx(40, abs=2)
    assert found.value > 80
    assert at(-85).timestamp() < found.since < at(-60).timestamp()


def test_a_rollout_that_changes_every_pod_leaves_one_unbroken_trace():
    old, new = (figures("pay", "cpu", 20.0, instance=name) for name in ("old", "new"))
    cut = len(old.times) // 2
    before = replace(old, times=old.times[:cut], values=old.values[:cut])
    after = replace(new, times=new.times[cut:], values=new.values[cut:])
    (trace,) = traces([before, after])
    assert len(trace.times) == len(old.times)
    assert shift_of(trace, ALERTED) is None


@pytest.mark.parametrize("phase", [0, 29, 30, 31])
def test_pods_whose_figures_lie_between_two_minutes_lose_none(phase):
    pods = [replace(one, times=tuple(at + phase for at in one.times)) for one in _pods("cpu")]
    (trace,) = traces(pods)
    assert (len(trace.times), trace.step) == (len(pods[0].times), 60.0)
    assert trace.times[0] == pytest.approx(pods[0].times[0], abs=30)
    assert shift_of(trace, ALERTED).since == pytest.approx(at(-5).timestamp() + phase, abs=30)


def _pods(signal: str) -> list[Series]:
    return [figures("pay", signal, 20.0, 90.0, instance=name) for name in "ab"]


def test_traffic_of_instances_adds_up_and_the_rest_is_their_mean():
    pods = [Series("pay", s, (60.0, 120.0), (10.0, 30.0), instance=i) for s in ("requests", "cpu") for i in "ab"]
    assert {t.signal: t.values for t in traces(pods)} == {"requests": (20.0, 60.0), "cpu": (10.0, 30.0)}


@pytest.mark.parametrize("count", [0, 1, 2])
def test_too_few_points_say_nothing(count):
    series = figures("pay", "error_rate", 1.0, 50.0)
    few = replace(series, times=series.times[:count], values=series.values[:count])
    assert [shift_of(trace, ALERTED) for trace in traces([few])] in ([], [None])


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.floats(-1e9, 1e9, allow_nan=False), min_size=1, max_size=40),
    st.sampled_from(["error_rate", "latency_p99", "requests", "memory", "what_is_this"]),
)
def test_any_figures_give_a_finite_answer_or_none(values, signal):
    times = tuple(at(place - len(values) + 1).timestamp() for place in range(len(values)))
    found = shift(Series("s", signal, times, tuple(values)))
    if found is not None:
        assert 0 < found.surprise <= 1
        assert math.isfinite(found.value)
        assert times[0] <= found.since <= times[-1]


@settings(max_examples=60, deadline=None)
@given(st.floats(0.01, 1000), st.floats(2, 50))
def test_scaling_a_latency_does_not_change_when_it_began(normal, factor):
    found = shift(figures("s", "latency_p99", normal, normal * factor, since=-6, noise=0.02))
    assert found.since == at(-6).timestamp()


def test_what_chance_does_to_a_small_count_is_no_departure():
    few = figures("s", "requests", 4 / 60, 7 / 60, noise=0.0)
    assert shift(few) is None
    assert shift(replace(few, values=tuple(100 * value for value in few.values))).direction == "up"


def test_a_figure_of_one_pod_that_is_lost_does_not_look_as_if_the_service_had_less_to_do():
    pods = [figures("pay", "requests", 20.0, instance=name, noise=0.01) for name in "abcd"]
    holes = [
        replace(
            pod,
            times=tuple(t for at, t in enumerate(pod.times) if (at + place) % 3),
            values=tuple(v for at, v in enumerate(pod.values) if (at + place) % 3),
        )
        for place, pod in enumerate(pods)
    ]
    (trace,) = traces(holes)
    assert min(trace.values[2:-2]) > 75
    assert shift_of(trace, ALERTED) is None


def test_a_pod_that_is_gone_counts_no_longer():
    gone, stays = (figures("pay", "requests", 20.0, instance=name, noise=0.0) for name in "ab")
    (trace,) = traces([replace(gone, times=gone.times[:60], values=gone.values[:60]), stays])
    assert (trace.values[59], trace.values[60]) == (40.0, 20.0)


@pytest.mark.parametrize("factor", [0.001, 1.0, 1000.0])
def test_a_signal_of_no_known_unit_leaves_normal_in_any_unit(factor):
    known = figures("pay", "what_is_this", 0.2, 2.0)
    found = shift(replace(known, values=tuple(factor * value for value in known.values)))
    assert found.since == at(-5).timestamp()
    assert found.surprise == pytest.approx(shift(known).surprise)


def test_the_order_in_which_series_come_does_not_matter():
    several = [figures(name, kind, 20.0, instance=pod) for name in "ba" for kind in ("cpu", "disk") for pod in "yx"]
    assert traces(several) == traces(several[::-1])
    assert [trace.service for trace in traces(several)] == ["a", "a", "b", "b"]
