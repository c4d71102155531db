"""The chart: a PNG where there is something to draw, from any thread, whatever the labels hold."""

import struct
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.chart import chart
from bot.domain.context import Report
from integrations.contract import Change, Finding, Series
from tests.stories.incident_sample import ALERTED, BEGAN, CONTEXT, FOUND, REPORT, incident, series


def size(png: bytes | None) -> tuple[int, int]:
    assert png is not None
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    return struct.unpack(">II", png[16:24])


def showing(*findings: Finding) -> Report:
    return replace(REPORT, context=replace(CONTEXT, findings=findings))


def test_errors_and_latency_are_two_panels() -> None:
    assert size(chart(REPORT, incident())) == (1600, 840)


def test_another_figure_that_is_bad_gets_a_panel() -> None:
    bad = replace(FOUND.signals[0], signal="memory", since=BEGAN)
    report = replace(
        showing(*CONTEXT.findings, series("memory", 46, 97)), analysis=replace(FOUND, signals=(*FOUND.signals, bad))
    )
    assert size(chart(report, incident())) == (1600, 1110)


@pytest.mark.parametrize(
    "findings",
    [
        (),
        (replace(series("error_rate", 1, 2), service="ledger"),),
        (replace(series("error_rate", 1, 2), instance="pod-1"),),
        (replace(series("error_rate", 1, 2), times=(), values=()),),
        (series("something", 1, 2),),
    ],
)
def test_without_a_series_of_the_service_there_is_no_chart(findings: tuple[Finding, ...]) -> None:
    assert chart(showing(*findings), incident()) is None


@pytest.mark.parametrize("values", [(0.0,), (0.0, 0.0), (-5.0, -1.0), (1e-12, 1e-12), (1e15, 2e15)])
def test_any_figures_can_be_drawn(values: tuple[float, ...]) -> None:
    times = tuple(BEGAN.timestamp() + step for step in range(len(values)))
    found = Series("payment-service", "latency", times, values)
    assert size(chart(showing(found), incident())) == (1600, 600)


@pytest.mark.parametrize("version", ["$x^{2$", "🔥 支付", "v" * 500, "", "a\nb\x00"])
def test_any_version_can_be_named(version: str) -> None:
    changes = tuple(Change("payment-service", "deployment", BEGAN - timedelta(minutes=n), version) for n in range(6))
    assert chart(showing(series("error_rate", 1, 9), *changes), incident()) is not None


def test_marks_outside_of_the_window_are_left_out() -> None:
    early = replace(incident(), started_at=ALERTED - timedelta(days=3))
    assert chart(replace(REPORT, analysis=replace(FOUND, onset=None)), early) is not None


def test_charts_can_be_drawn_side_by_side() -> None:
    with ThreadPoolExecutor(4) as pool:
        drawn = list(pool.map(lambda _: chart(REPORT, incident()), range(8)))
    assert len(set(drawn)) == 1
