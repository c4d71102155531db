"""The anchors are the simple rules that they say they are: strong enough to be worth beating."""

from __future__ import annotations

import pytest

from tests.eval.anchors import ANCHORS, by_largest_z, by_median_shift, down_the_calls, largest_z, median_shift
from tests.evidence.made import context, figures

CALLS = {"front": ["cart"], "cart": ["store"], "aside": []}


def test_the_largest_z_score_is_that_of_the_farthest_figure():
    assert largest_z([9, 11, 9, 11], [10, 14, 10]) == pytest.approx(4)


def test_a_figure_that_never_moved_is_not_infinitely_far():
    assert largest_z([10] * 5, [11]) == pytest.approx(10)
    assert median_shift([10] * 5, [11]) == pytest.approx(10)
    assert median_shift([0] * 5, [0, 0]) == 0


def test_the_median_is_deaf_to_one_spike():
    assert median_shift([8, 9, 10, 11, 12], [10, 900, 10]) == 0
    assert median_shift([8, 9, 10, 11, 12], [14, 14, 14]) == pytest.approx(2)


@pytest.mark.parametrize("rule", [by_largest_z, by_median_shift])
def test_the_loudest_comes_first(rule):
    answer = rule(
        context(figures("front", "cpu", 10, 14, since=-3), figures("cart", "cpu", 10, 90, since=-3), calls=CALLS)
    )
    assert [name for name, _ in answer.causes] == ["cart", "front"]
    assert answer.sure == "medium"


def test_the_walk_ends_at_the_deepest_that_moved():
    moved = [
        figures(name, "latency_p99", 1, level, since=-3) for name, level in (("front", 9), ("cart", 5), ("store", 1))
    ]
    answer = down_the_calls(context(*moved, calls=CALLS))
    assert [name for name, _ in answer.causes] == ["cart", "front"]


def test_the_walk_names_nobody_whom_it_does_not_reach():
    assert down_the_calls(context(figures("aside", "cpu", 10, 90, since=-3), calls=CALLS)).causes == ()


@pytest.mark.parametrize("rule", ANCHORS.values(), ids=ANCHORS)
def test_what_did_not_move_is_not_accused(rule):
    assert not rule(context(figures("front", "cpu", 10), calls=CALLS)).accuses


@pytest.mark.parametrize("rule", ANCHORS.values(), ids=ANCHORS)
def test_figures_of_single_calls_and_without_a_past_are_left_out(rule):
    of_a_call = figures("cart", "client_latency_p99", 1, 9, edge="front->cart")
    young = figures("cart", "cpu", 10, 90, history=1)
    assert rule(context(of_a_call, young, calls=CALLS)).causes == ()
