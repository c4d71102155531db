"""One instance of many that is unlike its siblings."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.analyse import analyse
from bot.evidence.odd_one import odd_ones
from integrations.contract import Series
from tests.evidence.made import ALERT, context, figures

CALLS = {"front": ("cart", "stock")}


def pods(signal: str, normal: float, *then: float | None, service: str = "cart", **more: float) -> list[Series]:
    """One series for each of `then`, which is what that pod's figures become."""
    return [figures(service, signal, normal, one, instance=f"{service}-{n}", **more) for n, one in enumerate(then)]


def odd(*series: Series) -> list[tuple[str, str]]:
    return [(trace.signal, trace.instance) for trace in odd_ones(series, ALERT.timestamp())]


def test_the_one_that_is_worse_than_its_siblings_is_found():
    assert odd(*pods("cpu", 20.0, None, 95.0, None, None)) == [("cpu", "cart-1")]
    assert odd(*pods("availability", 99.0, None, None, 20.0)) == [("availability", "cart-2")]


@pytest.mark.parametrize("series", [
    pods("cpu", 20.0, None, 95.0), pods("cpu", 20.0, 95.0, 95.0, 95.0), pods("cpu", 90.0, None, 5.0, None, None),
    pods("requests", 20.0, None, 95.0, None), pods("mystery", 20.0, None, 95.0, None),
    pods("cpu", 20.0, 24.0, None, None),
])  # fmt: skip
def test_of_two_of_all_the_better_way_the_either_way_and_by_little_nobody_is_odd(series):
    assert odd(*series) == []


def test_a_pod_that_is_gone_is_not_compared():
    gone = pods("cpu", 20.0, 95.0, None, None, None)
    gone[0] = replace(gone[0], times=gone[0].times[:60], values=tuple(95.0 for _ in gone[0].values[:60]))
    assert odd(*gone) == []


def test_it_is_named_with_its_own_figure_and_looked_at_first_though_the_mean_hardly_moves():
    slow = figures("front", "latency_p99", 0.2, 0.4)
    found = analyse(context(slow, *pods("cpu", 20.0, *[None] * 17, 95.0, *[None] * 12), calls=CALLS))
    assert found.causes[0].service == "cart"
    assert found.causes[0].text.startswith("CPU of cart-17 9")
    assert "CPU of cart-17" in found.facts[0].text
    assert any("cart-17" in (step.command or "") for step in found.first_steps)


def test_one_that_was_always_unlike_the_others_is_no_news():
    leader = [replace(one, values=tuple(80.0 + v / 50 for v in one.values)) for one in pods("cpu", 20.0, None)]
    rest = [replace(one, instance=f"cart-9{one.instance}") for one in pods("cpu", 20.0, None, None, None)]
    assert odd(*leader, *rest) == [("cpu", "cart-0")]
    assert analyse(context(*leader, *rest, calls=CALLS)).causes == ()


def test_the_status_stays_that_of_the_whole_service():
    (state,) = analyse(context(*pods("cpu", 20.0, None, None, None, 95.0, service="front"))).signals
    assert state.value == pytest.approx(39, abs=3)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([3, 8, 30]))
def test_pods_that_differ_by_chance_accuse_nobody(seed, count):
    quiet = [
        one
        for service in ("front", "cart", "stock")
        for signal in ("cpu", "error_rate", "latency_p99")
        for one in pods(signal, 20.0, *[None] * count, service=service, noise=0.1, seed=seed)
    ]
    assert analyse(context(*quiet, calls=CALLS)).confidence in ("unknown", "low")


def test_one_pod_alone_is_no_more_than_a_guess_where_a_whole_service_would_be_certain():
    slow = figures("front", "latency_p99", 0.2, 2.0)
    one, every = (
        analyse(context(slow, *pods("cpu", 20.0, *then), figures("stock", "cpu", 20.0), calls=CALLS))
        for then in ([95.0] + [None] * 29, [95.0] * 30)
    )
    assert one.causes[0].service == every.causes[0].service == "cart"
    assert (one.confidence, every.confidence) == ("medium", "high")
