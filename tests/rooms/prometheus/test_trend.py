"""Where a straight line through figures leads."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.prometheus.trend import FARTHEST_S, trend

MINUTES = [60.0 * at for at in range(31)]


def line(start, per_minute):
    return trend(MINUTES, [start + per_minute * at for at in range(31)])


@pytest.mark.parametrize(
    ("start", "per_minute", "threshold", "passed", "seconds"),
    [
        (40, 1, 100, False, 30 * 60),
        (100, -1, 40, False, 30 * 60),
        (40, 1, 60, True, None),
        (40, 1, 70, True, 0),
        (40, 1, 30, False, None),
        (40, 0, 100, False, None),
        (40, 0, 40, True, None),
        (40, 0.0001, 100, False, None),
    ],
)
def test_when_it_is_there(start, per_minute, threshold, passed, seconds):
    found = line(start, per_minute)
    assert found.passed(threshold) is passed
    assert found.reaches(threshold) == (None if seconds is None else pytest.approx(seconds, abs=1e-3))


@pytest.mark.parametrize(
    ("values", "quality"),
    [
        ([at * 2.0 for at in range(31)], "good"),
        ([at + (6 if at % 2 else -6) for at in range(31)], "fair"),
        ([1.0 if at % 2 else 9.0 for at in range(31)], "poor"),
    ],
)
def test_how_well_a_line_fits(values, quality):
    assert trend(MINUTES, values).quality == quality


@pytest.mark.parametrize(
    ("times", "values"),
    [
        ([], []),
        ([0, 60, 120], [1, 2, 3]),
        ([5.0] * 6, [1.0, 2, 3, 4, 5, 6]),
        (MINUTES[:5], [1e308, -1e308] * 2 + [1e308]),
    ],
)
def test_too_few_figures_and_too_large_ones_are_no_trend(times, values):
    assert trend(times, values) is None


@given(
    values=st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=5, max_size=40),
    threshold=st.floats(-1e9, 1e9),
)
def test_whatever_the_figures_it_is_a_finite_moment_ahead_or_none(values, threshold):
    found = trend([15.0 * at for at in range(len(values))], values)
    if found is not None:
        assert math.isfinite(found.slope)
        assert 0 <= found.fit <= 1
        seconds = found.reaches(threshold)
        assert seconds is None or 0 <= seconds <= FARTHEST_S
